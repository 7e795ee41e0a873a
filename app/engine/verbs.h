// The engine's own verbs, for people and scripts: each in a file of its own. They get what follows the verb and return
// the exit code.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace millwright::app {

/// Arguments taken apart: options that take a value, those that do not, and the rest.
struct Arguments {
  std::vector<std::string> places;
  std::map<std::string, std::string, std::less<>> options;
  [[nodiscard]] bool has(std::string_view name) const { return options.find(name) != options.end(); }
  [[nodiscard]] std::string value(std::string_view name, std::string_view otherwise) const {
    const auto found = options.find(name);
    return found == options.end() ? std::string(otherwise) : found->second;
  }
};
/// Error: usage "usage" with what is wrong.
[[nodiscard]] Result<Arguments> take_apart(std::span<char*> arguments, std::span<const std::string_view> with_value,
                                           std::span<const std::string_view> without_value);

/// Writes an error to stderr and returns its exit code.
int complain(const Error& error);

/// predict MODEL_DIR [--device D]: answers questions on stdin, a line each
int run_predict(std::span<char*> arguments);
/// info MODEL_DIR: what a model folder holds, as one JSON document.
int run_info(std::span<char*> arguments);
/// forward MODEL_DIR [FILE] [--hidden] [--dtype T] [--device D] [--threads N]
int run_forward(std::span<char*> arguments);
/// selftest [--device D]: a row for each operator; 1 when one is wrong
int run_selftest(std::span<char*> arguments);
/// bench [--suite matmul|train|infer] [--device D] [--dtype T] [--seconds N] and sizes of the model
int run_bench(std::span<char*> arguments);

}  // namespace millwright::app
