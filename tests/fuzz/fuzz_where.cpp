// --where: any text is an expression or an error, and an expression printed and read again is the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "records/where.h"

using namespace millwright;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto where = records::Where::parse(text);
  if (!where) return 0;
  const std::string printed = where->text();
  const auto again = records::Where::parse(printed);
  if (!again || again->text() != printed || again->fields() != where->fields()) std::abort();
  return 0;
}
