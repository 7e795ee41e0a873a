// `version`: what runs here.
#include <openssl/crypto.h>
#include <sqlite3.h>

#include <iostream>

#include "verb.h"

namespace millwright::cli {
namespace {

Result<int> show(Context& context) {
  const Json document = {{"name", "millwright"},
                         {"version", MILLWRIGHT_VERSION},
                         {"libraries",
                          {{"sqlite", sqlite3_libversion()},
                           {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
                           {"cli11", CLI11_VERSION}}}};
  context.answer(document, [&](std::ostream& out) {
    out << "Millwright " << MILLWRIGHT_VERSION << '\n';
    for (const auto& [name, version] : document["libraries"].items())
      out << "  " << name << ' ' << version.get<std::string>() << '\n';
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  CLI::App* verb = context.verb(app, "version", "Versions of the program and its libraries", "version --json");
  context.action(verb, show);
}
const Registration kRegistration(990, add);

}  // namespace
}  // namespace millwright::cli
