// What a training learns from its rows.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace millwright::engine {

enum class Objective : uint8_t {
  classification,        ///< one label a row
  multi_label,           ///< any number of labels a row
  token_classification,  ///< labeled stretches of the text
  regression,            ///< a number a row
  masked_lm,             ///< words that were hidden: needs no labels
  sentence_embedding     ///< texts that belong together come to lie side by side
};

[[nodiscard]] std::string_view name_of(Objective objective);  ///< "classification", "multi-label", …
/// Error: usage "train.bad_option".
[[nodiscard]] Result<Objective> objective_named(std::string_view name);

}  // namespace millwright::engine
