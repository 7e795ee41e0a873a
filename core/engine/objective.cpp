#include "engine/objective.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace millwright::engine {
namespace {

/// As jobs/algorithms offers them.
constexpr std::string_view kNames[] = {"classification", "multi-label", "token-classification",
                                       "regression",     "masked-lm",   "sentence-embedding"};

}  // namespace

std::string_view name_of(Objective objective) { return kNames[static_cast<size_t>(objective)]; }

Result<Objective> objective_named(std::string_view name) {
  const auto* const found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found != std::end(kNames)) return static_cast<Objective>(found - std::begin(kNames));
  return fail(ErrorKind::usage, "train.bad_option", "{value} is no objective.", {{"value", std::string(name)}});
}

}  // namespace millwright::engine
