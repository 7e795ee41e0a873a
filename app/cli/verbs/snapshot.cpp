// `snapshot P`: freeze the labeled data; `snapshots P`: those that there are.
#include "snapshots/snapshot.h"

#include <iostream>

#include "base/clock.h"
#include "labels/task.h"
#include "records/batch.h"
#include "snapshots/card.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, task, where, split, group;
  std::vector<std::string> batches;
  std::optional<int64_t> seed;
  CLI::Option* group_option = nullptr;
};

Json snapshot_json(const snapshots::Snapshot& snapshot) {
  return {
      {"snapshot", tail(snapshot.uuid)},
      {"root", to_hex(snapshot.root)},
      {"rows",
       {{"train", snapshot.counts.train}, {"validation", snapshot.counts.validation}, {"test", snapshot.counts.test}}},
      {"conflicts", snapshot.counts.conflicts},
      {"unlabeled", snapshot.counts.unlabeled},
      {"verdict", quality::to_string(snapshot.verdict)},
      {"time", iso8601(snapshot.time_ms)},
      {"by", snapshot.by}};
}

Result<int> make(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  snapshots::SnapshotRequest request;
  request.task = task.id;
  request.where = options.where;
  for (const std::string& typed : options.batches) {
    MW_ASSIGN(const auto batch, records::find_batch(project, typed));
    request.batches.push_back(batch.id);
  }
  if (!options.split.empty()) {
    MW_ASSIGN(request.shares, snapshots::shares_from(options.split));
  }
  request.seed = options.seed;
  if (options.group_option->count() > 0) request.group = options.group;
  MW_ASSIGN(const auto made, snapshots::make_snapshot(project, request, context.work("Snapshot")));
  MW_ASSIGN(const auto card, snapshots::data_card(project, made.snapshot));
  Json document = snapshot_json(made.snapshot);
  document["existed"] = made.existed;
  document["card"] = card.json;
  document["card"]["markdown"] = card.markdown;
  context.answer(document, [&](std::ostream& out) {
    const auto& counts = made.snapshot.counts;
    out << (made.existed ? "The same data was frozen before: " : "Froze ") << grouped(counts.rows()) << " rows as "
        << tail(made.snapshot.uuid) << ": " << grouped(counts.train) << " train, " << grouped(counts.validation)
        << " validation, " << grouped(counts.test) << " test; left out " << grouped(counts.conflicts)
        << " conflicts and " << grouped(counts.unlabeled) << " unlabeled; gate "
        << quality::to_string(made.snapshot.verdict) << "\n\n"
        << card.markdown;
  });
  return 0;
}

Result<int> list(Context& context, const Options& options) {
  MW_ASSIGN(const auto project, context.open(options.project, true));
  std::optional<int64_t> task;
  if (!options.task.empty()) {
    MW_ASSIGN(const auto found, labels::find_task(project, options.task));
    task = found.id;
  }
  MW_ASSIGN(const auto all, snapshots::list_snapshots(project, task));
  Json document = {{"snapshots", Json::array()}};
  Table table({"snapshot", "train", "validation", "test", "conflicts", "unlabeled", "gate", "time"});
  for (const auto& snapshot : all) {
    document["snapshots"].push_back(snapshot_json(snapshot));
    const auto& counts = snapshot.counts;
    table.row({tail(snapshot.uuid), grouped(counts.train), grouped(counts.validation), grouped(counts.test),
               grouped(counts.conflicts), grouped(counts.unlabeled), std::string(quality::to_string(snapshot.verdict)),
               iso8601(snapshot.time_ms)});
  }
  context.answer(document, [&](std::ostream& out) { table.print(out); });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "snapshot", "Freeze the labeled data",
                                "snapshot demo --task section --split 80/10/10 --seed 7 --group source");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--task", options->task, "The task; the only one otherwise")->type_name("T");
  verb->add_option("--batch", options->batches, "Rows of this batch; may be repeated; all otherwise")->type_name("B");
  verb->add_option("--where", options->where, "Rows that this chooses")->type_name("EXPR");
  verb->add_option("--split", options->split, "Parts of train, validation and test, at a task's first snapshot")
      ->type_name("80/10/10");
  verb->add_option("--seed", options->seed, "Of the split, at a task's first snapshot")->type_name("N");
  options->group_option =
      verb->add_option("--group", options->group, "Rows of a group stay together; the asset's group field otherwise")
          ->type_name("F");
  context.action(verb, [options](Context& c) { return make(c, *options); });
  CLI::App* all = context.verb(app, "snapshots", "Snapshots that there are", "snapshots demo");
  all->add_option("PROJECT", options->project, "Project folder")->required();
  all->add_option("--task", options->task, "Of this task")->type_name("T");
  context.action(all, [options](Context& c) { return list(c, *options); });
}
const Registration kRegistration(140, add);

}  // namespace
}  // namespace millwright::cli
