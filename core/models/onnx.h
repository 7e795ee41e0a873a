// Encoders as ONNX, for programs that have neither this engine nor Python.
#pragma once

#include <cstdint>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "base/work.h"
#include "models/registry.h"
#include "text/encoder_folder.h"

namespace millwright::models {

/// Protobuf reads no message of 2 GiB or more.
inline constexpr uint64_t kLargestOnnxFile = (uint64_t{1} << 31) - 1;

/// Writes model.onnx into a folder: operator set 17, float32, inputs and output as detail/onnx_graph.h says. Where the
/// file would be larger than `largest`, the weights stand beside it in model.onnx.data (ONNX's external data). Holds
/// one weight in memory at a time. Files appear whole, model.onnx last. Errors: those of EncoderFolder::usable() and
/// read(); cancelled.
[[nodiscard]] Result<std::vector<ModelFile>> write_onnx(const text::EncoderFolder& encoder, const fs::path& folder,
                                                        const Work& work, uint64_t largest = kLargestOnnxFile);

}  // namespace millwright::models
