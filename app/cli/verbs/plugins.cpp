// `plugins`: what can be read, and which libraries could not be used.
#include <iostream>

#include "records/connectors.h"
#include "verb.h"

namespace millwright::cli {
namespace {

Result<int> list(Context& context) {
  Json found = Json::array();
  Table table({"connector", "version", "plugin", "reads"});
  for (const auto& c : records::connectors()) {
    found.push_back(Json{{"name", c.name},
                         {"version", c.version},
                         {"kind", "connector"},
                         {"description", c.description},
                         {"options", c.options_help},
                         {"plugin", c.plugin_name},
                         {"plugin_version", c.plugin_version},
                         {"license", c.license},
                         {"path", c.plugin.string()}});
    table.row({c.name, c.version, c.plugin_name + " " + c.plugin_version, c.description});
  }
  Json refused = Json::array();
  for (const auto& r : records::refused_plugins())
    refused.push_back(Json{{"path", r.path.string()}, {"reason", r.reason}});
  context.answer(Json{{"plugins", found}, {"refused", refused}}, [&](std::ostream& out) {
    table.print(out);
    for (const auto& r : records::refused_plugins()) out << r.path.string() << " is not used: " << r.reason << '\n';
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  CLI::App* verb = context.verb(app, "plugins", "What can be read, and by which plugin", "plugins --json");
  context.action(verb, [](Context& c) { return list(c); });
}
const Registration kRegistration(980, add);

}  // namespace
}  // namespace millwright::cli
