// EncoderModel on libtorch.
#pragma once

#include <memory>

#include "engine/encoder_model.h"

namespace millwright::engine {

/// Errors: usage "engine.no_device", "engine.bad_dtype"; job "train.out_of_memory",
/// "train.device_gone", "engine.torch".
[[nodiscard]] Result<std::unique_ptr<EncoderModel>> make_encoder(const EncoderLayout& layout,
                                                                 const EncoderSettings& settings);

}  // namespace millwright::engine
