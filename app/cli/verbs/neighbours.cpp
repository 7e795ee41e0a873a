// `neighbours P`: records whose embeddings point the same way.
#include "models/neighbours.h"

#include <iostream>

#include "base/ids.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project;
  models::NeighboursRequest request;
};

Json to_json(const models::FoundNeighbours& found) {
  Json neighbours = Json::array();
  for (const auto& [record, similarity] : found.neighbours)
    neighbours.push_back({{"record", record}, {"similarity", similarity}});
  return {{"record", found.record}, {"neighbours", std::move(neighbours)}};
}

Result<int> run(Context& context, const Options& options) {
  context.set_streams();
  MW_ASSIGN(const auto project, context.open(options.project, true));
  MW_ASSIGN(const models::Model model, models::find_neighbours(
                                           project, options.request,
                                           [&](const models::FoundNeighbours& found) {
                                             context.line(to_json(found));
                                             return !context.output_gone();
                                           },
                                           context.work("Neighbours")));
  context.note("By the embeddings of " + (model.name.empty() ? tail(model.uuid) : model.name) + ".");
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "neighbours", "Records whose embeddings are nearest, as JSON Lines",
                                "neighbours demo --record k3f9x2-17 --limit 5");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--asset", options->request.asset, "Records of this asset")->type_name("A");
  verb->add_option("--model", options->request.model, "The encoder; the one that computed embeddings last otherwise")
      ->type_name("M");
  verb->add_option("--record", options->request.records, "Of this record; may be repeated; of every one otherwise")
      ->type_name("R");
  verb->add_option("--limit", options->request.count, "So many of each, 10 otherwise")->type_name("N");
  verb->add_flag("--exact", options->request.exact, "Look at all records, even where there are more than 100,000");
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(191, add);

}  // namespace
}  // namespace millwright::cli
