// `lineage P ID`: what something was made of, and what was made of it.
#include "planning/lineage.h"

#include <iostream>

#include "base/clock.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, id;
};

Result<int> run(Context& context, const Options& options) {
  MW_ASSIGN(const auto project, context.open(options.project, true));
  MW_ASSIGN(const auto lineage, planning::lineage(project, options.id));
  context.answer(planning::to_json(lineage), [&](std::ostream& out) {
    Table nodes({"", "kind", "id", "title", "time"});
    for (const auto& node : lineage.nodes)
      nodes.row({node.asked ? "*" : "", node.kind, node.id, node.title, node.time_ms > 0 ? iso8601(node.time_ms) : ""});
    nodes.print(out);
    out << '\n';
    Table edges({"from", "", "to", "rows"});
    for (const auto& edge : lineage.edges)
      edges.row({edge.from, edge.kind, edge.to, edge.rows > 0 ? grouped(edge.rows) : ""});
    edges.print(out);
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      context.verb(app, "lineage", "What something was made of, and what was made of it", "lineage demo k3f9x2");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("ID", options->id, "A model, run, snapshot, batch or record")->required();
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(320, add);

}  // namespace
}  // namespace millwright::cli
