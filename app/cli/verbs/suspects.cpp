// `suspects P`: labels that are probably wrong.
#include <iostream>

#include "labels/task.h"
#include "models/label_errors.h"
#include "snapshots/snapshot.h"
#include "store/lookup.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, task, snapshot;
  int64_t limit = 0;
};

Result<int> list(Context& context, const Options& options) {
  MW_ASSIGN(const auto project, context.open(options.project, true));
  int64_t task = 0, snapshot = 0;
  if (!options.task.empty()) {
    MW_ASSIGN(const auto found, labels::find_task(project, options.task));
    task = found.id;
  }
  if (!options.snapshot.empty()) {
    MW_ASSIGN(const auto found, snapshots::find_snapshot(project, options.snapshot));
    snapshot = found.id;
  }
  MW_ASSIGN(const auto made, models::newest_cross_validation(project, task, snapshot));
  MW_ASSIGN(auto all, models::suspected_labels(project, made, context.work("Suspects")));
  const size_t found = all.size();
  if (options.limit > 0 && found > static_cast<size_t>(options.limit)) all.resize(static_cast<size_t>(options.limit));
  Json document = models::to_json(made);
  document["found"] = found;
  document["suspects"] = Json::array();
  Table table({"record", "label", "probability", "rather", "probability"});
  for (const auto& one : all) {
    MW_ASSIGN(const std::string record, store::record_to_text(project, one.record));
    document["suspects"].push_back({{"record", record},
                                    {"label", one.label},
                                    {"label_confidence", one.label_confidence},
                                    {"predicted", one.predicted},
                                    {"confidence", one.confidence}});
    table.row({record, one.label, fixed(one.label_confidence, 3), one.predicted, fixed(one.confidence, 3)});
  }
  context.answer(document, [&](std::ostream& out) {
    table.print(out);
    out << found << " labels look wrong. `queue P add --suspects` puts them before a labeler.\n";
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "suspects", "Labels that are probably wrong, by the newest cross-validation",
                                "suspects demo --limit 20");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--task", options->task, "Labels of this task")->type_name("T");
  verb->add_option("--snapshot", options->snapshot, "By the newest cross-validation of this snapshot")->type_name("S");
  verb->add_option("--limit", options->limit, "At most so many, the most suspicious first")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  context.action(verb, [options](Context& c) { return list(c, *options); });
}
const Registration kRegistration(166, add);

}  // namespace
}  // namespace millwright::cli
