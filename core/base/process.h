// Running another program and waiting for it: apt, pdftotext. No shell: arguments are handed over as they are.
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace millwright {

struct ProcessResult {
  int exit_code = 0;   ///< 128 + signal when a signal ended it
  std::string output;  ///< stdout, unless it went to a file; at most 64 MiB are kept
  std::string errors;  ///< the last 64 KiB of stderr
};

struct ProcessOptions {
  std::filesystem::path output_file;     ///< stdout goes there when not empty
  std::vector<std::string> environment;  ///< "NAME=value", added to this program's own
  double timeout_seconds = 0;            ///< 0: none; then SIGTERM, and SIGKILL two seconds later
  std::stop_token stop;
};

/// `arguments[0]` is the program, found on PATH. Errors: process.not_found, process.timeout, cancelled.
/// A program that ends with another code than 0 is no error here.
[[nodiscard]] Result<ProcessResult> run_process(const std::vector<std::string>& arguments,
                                                const ProcessOptions& options = {});
/// A program that answers questions, one line each, until it is let go of. Not thread-safe.
class Conversation {
 public:
  /// `arguments[0]` is the program. Errors: process.not_found, a path's.
  [[nodiscard]] static Result<Conversation> start(const std::vector<std::string>& arguments,
                                                  const std::vector<std::string>& environment = {});
  Conversation(Conversation&&) noexcept;
  Conversation& operator=(Conversation&&) noexcept;
  /// Closes its input, and kills what has not ended two seconds later.
  ~Conversation();

  /// Writes the question (without a line end in it) and waits for one line. Writing and reading go on together, so that
  /// neither side can wait for the other on a full pipe. Errors: cancelled; job "process.ended" with the last words on
  /// its stderr: afterwards there is nobody left to ask.
  [[nodiscard]] Result<std::string> ask(std::string_view question, const std::stop_token& stop = {});

 private:
  struct State;
  explicit Conversation(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Whether a program of that name is on PATH.
[[nodiscard]] bool program_exists(const std::string& name);

}  // namespace millwright
