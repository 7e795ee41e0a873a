// What a model says of a text as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millwright::text {

enum class Problem : uint8_t {
  single_label,  ///< one of its labels
  multi_label,   ///< any number of them, each a yes or no of its own
  regression     ///< a number
};

[[nodiscard]] constexpr std::string_view name_of(Problem problem) {
  constexpr std::string_view kNames[] = {"single_label", "multi_label", "regression"};
  return kNames[static_cast<size_t>(problem)];
}

}  // namespace millwright::text
