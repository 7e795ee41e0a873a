// `tokenize MODEL_DIR [FILE]`: what a model's tokenizer makes of texts. Loads no libtorch.
#pragma once

#include <span>

namespace millwright {

/// The arguments behind the verb. Gives the exit code.
int tokenize_verb(std::span<char* const> arguments);

}  // namespace millwright
