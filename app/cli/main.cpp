// millwright-cli: every use case without a screen. What it promises to scripts is written in the manual's command line
// page.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <iostream>

#include "verb.h"

namespace millwright::cli {
namespace {

struct Entry {
  int place;
  Registration::Add add;
};
std::vector<Entry>& entries() {
  static std::vector<Entry> all;
  return all;
}

int main_of(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is seen by output_gone(), not by dying half-way
  CLI::App app{"Millwright: data in, proven fit, labeled, frozen, trained, watched.", "millwright-cli"};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every verb");
  app.get_formatter()->column_width(34);
  Context context;
  auto& all = entries();
  std::stable_sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.place < b.place; });
  for (const Entry& entry : all) entry.add(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help
    const bool json = std::any_of(argv, argv + argc, [](const char* a) { return std::string_view(a) == "--json"; });
    if (json)
      std::cout << to_text(Json{{"error",
                                 {{"code", "cli.usage"},
                                  {"message", e.what()},
                                  {"hint", "millwright-cli VERB --help shows an example that works."},
                                  {"context", Json::object()}}}},
                           2)
                << '\n';
    else
      std::cerr << "millwright-cli: " << e.what() << "\n  millwright-cli VERB --help shows an example that works.\n";
    return exit_code(ErrorKind::usage);
  }
  return context.run();
}

}  // namespace

Registration::Registration(int place, Add add) { entries().push_back({place, add}); }

}  // namespace millwright::cli

int main(int argc, char** argv) {
  try {
    return millwright::cli::main_of(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "millwright-cli: " << e.what() << '\n';
    return millwright::exit_code(millwright::ErrorKind::job);
  }
}
