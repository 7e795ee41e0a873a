// `queue P list|add|next`: which records are to be labeled, in which order, by whom.
#include "labels/queue.h"

#include <iostream>

#include "labels/labeling.h"
#include "models/registry.h"
#include "monitoring/fill_queue.h"
#include "records/batch.h"
#include "records/reading.h"
#include "store/lookup.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, task, name, where, drift, field, range, order = "given", model, assign;
  std::vector<std::string> batches, records;
  int64_t limit = 0;
  uint64_t seed = 0;
  bool unlabeled = false, suspects = false;
};

Json queue_json(const labels::Queue& queue) {
  return {{"queue", tail(queue.uuid)},
          {"name", queue.name},
          {"items", queue.items},
          {"done", queue.done},
          {"order", labels::to_string(queue.order)},
          {"assigned", queue.assigned ? Json(*queue.assigned) : Json(nullptr)},
          {"origin", queue.origin}};
}

Result<monitoring::QueueQuestion> question_of(const store::Project& project, const Options& options) {
  monitoring::QueueQuestion question;
  const auto order = labels::order_from(options.order);
  if (!order)
    return fail(ErrorKind::usage, "queue.order", "There is no order {order}.", {{"order", options.order}},
                "Orders are given, random and uncertain.");
  question.order = *order;
  if (options.drift.empty() ? !options.field.empty() || !options.range.empty()
                            : options.field.empty() || options.range.empty())
    return fail(ErrorKind::usage, "queue.drift", "--drift, --field and --range belong together.");
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  question.task = task.id;
  for (const std::string& typed : options.records) {
    MW_ASSIGN(const RecordRef record, store::record_from_text(project, typed));
    question.records.push_back(record);
  }
  for (const std::string& typed : options.batches) {
    MW_ASSIGN(const auto batch, records::find_batch(project, typed));
    question.batches.push_back(batch.id);
  }
  if (!options.drift.empty()) {
    MW_ASSIGN(auto report, monitoring::find_drift_report(project, options.drift));
    MW_ASSIGN(auto part, monitoring::part_of(project, report, options.field, options.range));
    question.behind = {std::move(report), std::move(part)};
  }
  if (!options.model.empty()) {
    MW_ASSIGN(const auto model, models::find_model(project, options.model));
    question.model = model.id;
  }
  question.name = options.name;
  question.where = options.where;
  question.unlabeled_only = options.unlabeled;
  question.suspects = options.suspects;
  question.seed = options.seed;
  question.limit = options.limit;
  if (!options.assign.empty()) question.assign = options.assign;
  return question;
}

Result<int> add_records(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const auto question, question_of(project, options));
  MW_ASSIGN(const auto queued, monitoring::fill_queue(project, question, context.work("Queue")));
  Json document = queue_json(queued.queue);
  document["added"] = queued.added;
  document["already"] = queued.already;
  context.answer(document, [&](std::ostream& out) {
    out << queued.queue.name << ": " << grouped(queued.added) << " records added, " << grouped(queued.queue.items)
        << " in all, " << grouped(queued.queue.done) << " done\n";
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
  MW_ASSIGN(const auto queues, labels::list_queues(project, task));
  Json document = {{"queues", Json::array()}};
  Table table({"queue", "id", "items", "done", "order", "assigned"});
  for (const auto& queue : queues) {
    document["queues"].push_back(queue_json(queue));
    table.row({queue.name, tail(queue.uuid).substr(0, kShortTail), grouped(queue.items), grouped(queue.done),
               std::string(labels::to_string(queue.order)), queue.assigned.value_or("")});
  }
  context.answer(document, [&](std::ostream& out) { table.print(out); });
  return 0;
}

Result<int> next(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  project.set_actor(context.actor());
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  MW_ASSIGN(const auto queue, labels::find_queue(project, task.id, options.name));
  MW_ASSIGN(auto labeling, labels::Labeling::open(project, task.id, queue.id));
  MW_ASSIGN(const auto items, labeling.upcoming(1));
  Json document = queue_json(queue);
  document["record"] = nullptr;
  std::string text;
  if (!items.empty()) {
    MW_ASSIGN(auto reader, records::RecordReader::open(project));
    MW_ASSIGN(const auto record, reader.get(items.front().record));
    MW_ASSIGN(const std::string id, reader.id(items.front().record));
    document["record"] = id;
    Json fields = Json::object();
    for (const std::string& field : task.fields) fields[field] = std::string(record.text(field));
    document["fields"] = std::move(fields);
    document["score"] = items.front().score ? number_or_null(*items.front().score) : Json(nullptr);
    text = std::string(record.text(task.text_field));
  }
  context.answer(document, [&](std::ostream& out) {
    if (items.empty())
      out << "Nothing left in " << queue.name << ".\n";
    else
      out << document["record"].get<std::string>() << "\n"
          << text << "\n"
          << grouped(queue.done) << " of " << grouped(queue.items) << " done\n";
  });
  return items.empty() ? 1 : 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "queue", "Records that are to be labeled", "queue demo list");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--task", options->task, "The task; the only one otherwise")->type_name("T");
  verb->require_subcommand(1);
  CLI::App* show = context.verb(*verb, "list", "Queues and how far they are", "queue demo list --task section");
  context.action(show, [options](Context& c) { return list(c, *options); });
  CLI::App* fill = context.verb(*verb, "add", "Put records into a queue",
                                "queue demo add --name unsure --batch latest --order uncertain --limit 200");
  fill->add_option("--name", options->name, "The queue; made when there is none")->type_name("Q");
  fill->add_option("--where", options->where, "Rows that this chooses")->type_name("EXPR");
  fill->add_option("--batch", options->batches, "Rows of this batch; may be repeated")->type_name("B");
  fill->add_flag("--unlabeled", options->unlabeled, "Only records that nobody has labeled");
  fill->add_flag("--suspects", options->suspects,
                 "Only records whose label the newest cross-validation suspects, the most suspicious first");
  fill->add_option("--record", options->records, "This record; may be repeated")->type_name("R");
  fill->add_option("--drift", options->drift, "Records behind a drift report's field")->type_name("D");
  fill->add_option("--field", options->field, "Which field of the report")->type_name("F");
  fill->add_option("--range", options->range, "Which part of it: a..b, missing, or categories")->type_name("a..b");
  fill->add_option("--order", options->order, "given, random or uncertain")->type_name("O");
  fill->add_option("--model", options->model, "Whose saved predictions say what is uncertain")->type_name("M");
  fill->add_option("--seed", options->seed, "For the random order")->type_name("N");
  fill->add_option("--limit", options->limit, "At most so many, the first in the order")->type_name("N");
  fill->add_option("--assign", options->assign, "Who is to label them")->type_name("NAME");
  context.action(fill, [options](Context& c) { return add_records(c, *options); });
  CLI::App* one = context.verb(*verb, "next", "The next record of a queue", "queue demo next --name unsure --by ana");
  one->add_option("--name", options->name, "The queue; the newest open one otherwise")->type_name("Q");
  context.action(one, [options](Context& c) { return next(c, *options); });
}
const Registration kRegistration(110, add);

}  // namespace
}  // namespace millwright::cli
