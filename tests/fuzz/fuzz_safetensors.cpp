// Model weights from a stranger: whatever parses must be what the header promised, inside the bytes that there are.
#include <cstdint>
#include <cstdlib>

#include "base/safetensors.h"

using namespace millwright;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<TensorView> tensors;
  std::map<std::string, std::string> metadata;
  if (!parse_safetensors({data, size}, tensors, metadata)) return 0;
  for (const auto& tensor : tensors) {
    uint64_t elements = 1;
    for (const uint64_t extent : tensor.shape) elements *= extent;
    if (elements * size_of(tensor.type) != tensor.bytes.size()) std::abort();
    const bool inside = tensor.bytes.empty() || (tensor.bytes.data() >= data && tensor.bytes.size() <= size &&
                                                 tensor.bytes.data() + tensor.bytes.size() <= data + size);
    if (!inside) std::abort();
  }
  return 0;
}
