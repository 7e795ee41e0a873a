// `runs P`: what was trained, when, on what, with which outcome.
#include <iostream>

#include "base/clock.h"
#include "base/ids.h"
#include "figures.h"
#include "labels/task.h"
#include "models/training.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, task;
};

Result<int> list(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  int64_t task = 0;
  if (!options.task.empty()) {
    MW_ASSIGN(const labels::Task found, labels::find_task(project, options.task));
    task = found.id;
  }
  MW_ASSIGN(const auto runs, models::list_runs(project, task));
  Json array = Json::array();
  for (const models::Run& run : runs) array.push_back(models::to_json(run));
  context.answer({{"runs", array}}, [&](std::ostream& out) {
    Table table({"run", "task", "snapshot", "algorithm", "test", "seconds", "model", "time"});
    for (const models::Run& run : runs)
      table.row({tail(run.uuid), run.task_name, tail(run.snapshot_uuid).substr(0, kShortTail), run.algorithm,
                 headline_text(run.metrics), fixed(run.seconds, 1), tail(run.model_uuid), iso8601(run.time_ms)});
    table.print(out);
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "runs", "Training runs, newest first", "runs demo --task section");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--task", options->task, "Of one task only")->type_name("T");
  context.action(verb, [options](Context& c) { return list(c, *options); });
}
const Registration kRegistration(180, add);

}  // namespace
}  // namespace millwright::cli
