// What the engine can train, and with which options: declared once. Forms, command-line checks, defaults and the engine
// itself all read this list.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace millwright::jobs {

enum class OptionType { whole, real, boolean, choice };

struct OptionDeclaration {
  std::string_view name;
  OptionType type = OptionType::real;
  std::string_view standard;  ///< the default, as one would type it
  double low = 0, high = 0;   ///< inclusive range of numbers
  std::span<const std::string_view> choices;
  std::string_view unit;         ///< "", "epochs", "threads"
  std::string_view description;  ///< English; the workbench translates it
};

struct Algorithm {
  std::string_view name;         ///< "linear"
  std::string_view title;        ///< "Linear baseline"
  std::string_view description;  ///< one sentence: what it is and when to take it
  std::span<const OptionDeclaration> options;
  bool needs_torch = false;  ///< trains on libtorch's devices, and can start from another model
};

[[nodiscard]] std::span<const Algorithm> algorithms();
/// nullptr when there is none of that name.
[[nodiscard]] const Algorithm* find_algorithm(std::string_view name);

/// Whether a name can be that of a device the algorithm computes on; whether this machine has it is known by the
/// engine. Error: usage "train.device".
[[nodiscard]] Status check_device(const Algorithm& algorithm, const std::string& device);

/// What option `epochs` means by 0: passes over so many training rows that give about as many steps as encoders need.
/// `fresh`: the model begins from nothing.
[[nodiscard]] int64_t default_epochs(size_t rows, bool fresh);

/// Settings "name=value" made into a full set of typed values (defaults filled in, in the order of the declaration).
/// Errors: usage "train.no_such_option", "train.bad_option" with the range that is allowed.
[[nodiscard]] Result<Json> complete_options(const Algorithm& algorithm,
                                            std::span<const std::pair<std::string, std::string>> settings);
/// The same for values that came as JSON (a job's spec): unknown names and values out of range are errors.
[[nodiscard]] Result<Json> check_options(const Algorithm& algorithm, const Json& values);
/// The seed in the body of a job's spec; 0 where there is none. Error: usage "train.bad_option".
[[nodiscard]] Result<uint64_t> seed_of(const Json& body);

/// Whether models for the folds of a cross-validation can be trained with complete options: their objective is to tell
/// labels, and where they stop early there is a fold left to stop by. Error: usage "train.bad_option".
[[nodiscard]] Status check_fold_options(const Json& options, int64_t folds);

}  // namespace millwright::jobs
