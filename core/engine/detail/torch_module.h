/* What the module that links libtorch offers. Plain C: nothing of libtorch's types crosses. */
#ifndef MILLWRIGHT_TORCH_MODULE_H
#define MILLWRIGHT_TORCH_MODULE_H

#ifdef __cplusplus
extern "C" {
#endif

#define MILLWRIGHT_TORCH_ABI 1

/* Raised with every change below. */
__attribute__((visibility("default"))) int millwright_torch_abi(void);
/* Sets threads and deterministic mode, and describes what there is: a JSON object {"version","threads",
   "deterministic","build","devices":[{"name","kind","memory"}]}. The text lives until the next call; NULL when libtorch
   fails. */
__attribute__((visibility("default"))) const char* millwright_torch_start(int threads, int deterministic);

#ifdef __cplusplus
}
#endif
#endif
