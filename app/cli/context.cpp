#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <thread>

#include "base/remark.h"
#include "display.h"
#include "verb.h"

namespace millwright::cli {
namespace {

/// Never destroyed: the thread that waits for signals may still be in request_stop() when main() returns.
std::stop_source& stop_source() {
  static auto* const source = new std::stop_source;
  return *source;
}
int signal_pipe[2] = {-1, -1};

// A handler may only write to a pipe; a thread of its own turns that into a stop request. The second Ctrl+C does not
// wait.
void on_signal(int) {
  static volatile std::sig_atomic_t count = 0;
  count = count + 1;
  if (count > 2) _exit(6);
  const char byte = 1;
  [[maybe_unused]] const ssize_t ignored = ::write(signal_pipe[1], &byte, 1);
}

void watch_signals() {
  static bool watching = false;
  if (watching || ::pipe(signal_pipe) != 0) return;
  watching = true;
  std::thread([] {
    char byte = 0;
    while (::read(signal_pipe[0], &byte, 1) == 1) stop_source().request_stop();
  }).detach();
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

CLI::App* Context::verb(CLI::App& parent, const std::string& name, const std::string& description,
                        const std::string& example) {
  CLI::App* made = parent.add_subcommand(name, description);
  made->footer("Example:\n  millwright-cli " + example);
  made->fallthrough();
  if (parent.get_parent() == nullptr) add_global_options(made);
  return made;
}

void Context::add_global_options(CLI::App* verb) {
  verb->add_flag("--json", json_, "One JSON document on stdout")->group("Everywhere");
  verb->add_option("--by", by_, "Who does it")->type_name("NAME")->group("Everywhere");
  verb->add_option("--lock-timeout", lock_timeout_, "How long to wait for another program")
      ->type_name("SECONDS")
      ->check(CLI::NonNegativeNumber)
      ->group("Everywhere");
  verb->add_flag("--yes", yes_, "No questions")->group("Everywhere");
  verb->add_flag("--quiet", quiet_, "Nothing on stderr but errors")->group("Everywhere");
}

void Context::action(CLI::App* verb, Action action) { actions_.emplace_back(verb, std::move(action)); }

Actor Context::actor() const { return {by_.empty() ? user_name() : by_, this_device()}; }

Status Context::require_by() const {
  if (!by_.empty()) return {};
  return fail(ErrorKind::usage, "cli.by_needed", "Say who: --by NAME.", {},
              "This act carries a name for ever, so none is guessed.");
}

std::chrono::milliseconds Context::lock_timeout() const {
  return std::chrono::milliseconds(static_cast<int64_t>(lock_timeout_ * 1000));
}

Result<store::Project> Context::open(const std::string& typed, bool read_only) const {
  return store::Project::open(store::Project::folder_for(typed), actor(), {read_only, lock_timeout()});
}

Work Context::work(const std::string& title) {
  watch_signals();
  Work work;
  work.stop = stop_source().get_token();
  if (quiet_ || ::isatty(STDERR_FILENO) == 0) return work;
  work.progress = display_progress(title);
  return work;
}

void Context::answer(const Json& document, const std::function<void(std::ostream&)>& human) {
  if (json_)
    std::cout << to_text(document, 2) << '\n';
  else
    human(std::cout);
  std::cout.flush();
}

int Context::queued(const std::string& job) {
  answer({{"job", job}}, [&](std::ostream& out) {
    out << "Queued as job " << job << ". `jobs run` works it off here; so does an open workbench.\n";
  });
  return 0;
}

void Context::line(const Json& document) {
  streams_ = true;
  std::cout << to_text(document) << '\n';
}

void Context::raw(std::string_view text) { std::cout.write(text.data(), static_cast<std::streamsize>(text.size())); }

void Context::note(std::string_view text) const {
  if (!quiet_) std::cerr << text << '\n';
}

bool Context::output_gone() const { return !std::cout.good(); }

int Context::report(const Error& error) const {
  if (json_ || streams_) {
    Json context = Json::object();
    for (const auto& [name, value] : error.arguments) context[name] = value;
    const Json document = {{"error",
                            {{"code", error.code},
                             {"message", message_of(error)},
                             {"hint", hint_of(error)},
                             {"context", std::move(context)}}}};
    std::cout << to_text(document, streams_ ? -1 : 2) << '\n';
    std::cout.flush();
  }
  if (!json_) {
    std::cerr << "millwright-cli: " << message_of(error) << '\n';
    if (!error.hint.empty()) std::cerr << "  " << hint_of(error) << '\n';
  }
  return exit_code(error.kind);
}

int Context::run() {
  // The innermost verb that was given wins: `labels P add`, not `labels P`.
  Action* chosen = nullptr;
  for (auto& [verb, action] : actions_)
    if (verb->parsed()) chosen = &action;
  if (chosen == nullptr)
    return report(
        Error{ErrorKind::usage, "cli.no_verb", "Say what to do.", {}, "millwright-cli --help lists the verbs."});
  const Result<int> done = (*chosen)(*this);
  std::cout.flush();
  if (!done) return report(done.error());
  return *done;
}

void Table::print(std::ostream& out) const {
  const auto width_of = [](const std::string& text) {
    return static_cast<size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  };
  const auto numeric = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789.,-+ %e\xE2\x80\x93") == std::string::npos;
  };
  std::vector<size_t> width(header_.size());
  std::vector<bool> right(header_.size(), !rows_.empty());
  for (size_t c = 0; c < header_.size(); ++c) {
    width[c] = width_of(header_[c]);
    for (const auto& row : rows_) {
      width[c] = std::max(width[c], width_of(row[c]));
      if (!row[c].empty() && !numeric(row[c])) right[c] = false;
    }
  }
  const auto put = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (size_t c = 0; c < cells.size(); ++c) {
      const std::string pad(width[c] - width_of(cells[c]), ' ');
      text += right[c] ? pad + cells[c] : cells[c] + pad;
      if (c + 1 < cells.size()) text += "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << '\n';
  };
  put(header_);
  for (const auto& row : rows_) put(row);
}

std::string grouped(int64_t value) { return millwright::grouped(value); }

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "–";
  char out[64];
  std::snprintf(out, sizeof out, "%.*f", digits, value);
  return out;
}

std::string percent(double share, int digits) { return std::isfinite(share) ? fixed(share * 100, digits) + " %" : "–"; }

}  // namespace millwright::cli
