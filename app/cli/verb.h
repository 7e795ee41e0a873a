// What a verb of the command line is made of. One file in verbs/ for each verb: it declares options, calls the use
// case, prints. A verb holds no rules.
//
//   static Result<int> import_file(Context& context, const ImportOptions& options) { … }
//   static void add(CLI::App& app, Context& context) {
//     auto options = std::make_shared<ImportOptions>();
//     CLI::App* verb = context.verb(app, "import", "Bring a file in as a batch", "import demo data.csv --text
//     description"); verb->add_option("PROJECT", options->project, "Project folder")->required();
//     verb->add_option("SOURCE", …)->required();
//     context.action(verb, [options](Context& c) { return import_file(c, *options); });
//   }
//   static const Registration kRegistration(20, add);
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "store/project.h"

namespace millwright::cli {

class Context {
 public:
  /// What a verb does; the value is its exit code: 0, or 1 when the answer is no.
  using Action = std::function<Result<int>(Context&)>;

  /// Declares a verb, or with `parent` a verb of its own an inner one (`labels P add`): name, one line, and an example
  /// that works, shown by --help. The options that are valid everywhere are added here.
  CLI::App* verb(CLI::App& parent, const std::string& name, const std::string& description, const std::string& example);
  void action(CLI::App* verb, Action action);

  [[nodiscard]] bool json() const { return json_; }
  [[nodiscard]] bool quiet() const { return quiet_; }
  /// --yes: no questions.
  [[nodiscard]] bool yes() const { return yes_; }
  /// Who does it: --by, else the user's name.
  [[nodiscard]] Actor actor() const;
  /// --by as it was given; empty when it was not: for verbs where it says whose labels or whose responsibility.
  [[nodiscard]] const std::string& given_by() const { return by_; }
  /// The error for a verb where --by must be given.
  [[nodiscard]] Status require_by() const;

  /// Opens the project as the global options say.
  [[nodiscard]] Result<store::Project> open(const std::string& typed, bool read_only = false) const;
  [[nodiscard]] std::chrono::milliseconds lock_timeout() const;

  /// For long work: progress and time left on a terminal's stderr, Ctrl+C stops it.
  [[nodiscard]] Work work(const std::string& title);

  /// The verb's answer: with --json the document on stdout, else what `human` writes to stdout.
  void answer(const Json& document, const std::function<void(std::ostream&)>& human);
  /// Says that a job waits to be worked off: what a verb with --wait says without it. Returns the exit code.
  int queued(const std::string& job);
  /// One line of a verb that streams (JSON Lines on stdout, always).
  void line(const Json& document);
  /// Text or CSV lines of a verb that streams in another format; stdout.
  void raw(std::string_view text);
  /// A remark for people: stderr, not with --quiet.
  void note(std::string_view text) const;
  /// True when stdout has gone (a closed pipe): a stream should stop.
  [[nodiscard]] bool output_gone() const;
  /// The verb prints JSON Lines: then an error is the last line of the stream.
  void set_streams() { streams_ = true; }
  [[nodiscard]] bool streams() const { return streams_; }

  /// Runs what was parsed; prints an error where there is one. The exit code.
  int run();
  int report(const Error& error) const;

 private:
  void add_global_options(CLI::App* verb);
  bool json_ = false, quiet_ = false, yes_ = false, streams_ = false;
  std::string by_;
  double lock_timeout_ = 10;
  CLI::App* chosen_ = nullptr;
  std::vector<std::pair<CLI::App*, Action>> actions_;
};

/// Plain table for people: columns padded, numbers right-aligned.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void print(std::ostream& out) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

/// 63440 → "63,440"
[[nodiscard]] std::string grouped(int64_t value);
/// 0.8471 → "84.7 %"
[[nodiscard]] std::string percent(double share, int digits = 1);
/// Fixed digits; "–" for NaN.
[[nodiscard]] std::string fixed(double value, int digits);

/// Puts a verb in the program; a static object in the verb's file. Verbs appear in --help in the order of `place`.
struct Registration {
  using Add = void (*)(CLI::App& app, Context& context);
  Registration(int place, Add add);
};

}  // namespace millwright::cli
