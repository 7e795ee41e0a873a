/* The header is C: this file is compiled as C, and the sizes it sees must be those that C++ sees. */
#include "sdk/millwright_plugin.h"

size_t c_size_of_batch(void);
size_t c_size_of_connector(void);
size_t c_size_of_batch(void) { return sizeof(struct millwright_batch); }
size_t c_size_of_connector(void) { return sizeof(struct millwright_connector); }
