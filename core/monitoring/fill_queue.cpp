#include "monitoring/fill_queue.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "detail/kept_predictions.h"
#include "labels/current.h"
#include "labels/task.h"
#include "models/label_errors.h"
#include "records/batch.h"
#include "records/columns.h"

namespace millwright::monitoring {
namespace {

Result<labels::Task> task_of(const store::Project& project, const QueueQuestion& question) {
  if (question.task != 0 || !question.behind) return labels::read_task(project, question.task);
  MW_ASSIGN(auto tasks, labels::list_tasks(project));
  std::erase_if(tasks, [&](const auto& task) { return task.asset != question.behind->report.asset; });
  if (tasks.empty())
    return fail(ErrorKind::usage, "queue.no_task", "There is no labeling task on these records yet.", {},
                "Create a task; then queue them.");
  return *std::max_element(tasks.begin(), tasks.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
}

/// Batches that the records may come from.
Result<records::Window> window_of(const store::Project& project, const QueueQuestion& question,
                                  const labels::Task& task) {
  if (!question.batches.empty()) return records::window_of_batches(project, question.batches);
  if (question.behind) return question.behind->report.current;
  MW_ASSIGN(const auto asset, records::asset_by_id(project, task.asset));
  return records::whole_asset(project, asset);
}

Result<std::vector<RecordRef>> chosen_rows(const store::Project& project, const records::Window& window,
                                           const std::string& expression) {
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
  MW_ASSIGN(auto all, scan.records());
  MW_ASSIGN(const auto where, records::Where::parse(expression));
  if (where.empty()) return all;
  MW_ASSIGN(const auto rows, scan.select(where));
  std::vector<RecordRef> chosen;
  for (const int64_t row : rows) chosen.push_back(all[static_cast<size_t>(row)]);
  return chosen;
}

Result<std::vector<RecordRef>> records_of(const store::Project& project, const QueueQuestion& question,
                                          const records::Window& window) {
  if (!question.records.empty()) {
    if (question.behind || question.suspects || !question.batches.empty() || !question.where.empty())
      return fail(ErrorKind::usage, "queue.records_alone",
                  "Named records and a choice of rows cannot be asked for at once.", {},
                  "Name the records, or choose rows; two calls add to the same queue.");
    return question.records;
  }
  if (!question.behind) return chosen_rows(project, window, question.where);
  FieldPart part = question.behind->part;
  MW_ASSIGN(const auto own, records::Where::parse(question.where));
  if (!own.empty()) part.where = records::Where::both(own, part.where);
  return records_behind(project, question.behind->report, part, question.batches);
}

/// What cross-validation suspects, most suspicious first, of the rows that are chosen.
Result<std::vector<labels::QueueEntry>> suspects_of(const store::Project& project, const QueueQuestion& question,
                                                    const labels::Task& task, const records::Window& window,
                                                    const Work& work) {
  if (question.behind || question.model != 0)
    return fail(ErrorKind::usage, "queue.suspects_alone",
                "Suspected labels cannot be asked for together with a shift or a model's predictions.");
  MW_ASSIGN(const auto made, models::newest_cross_validation(project, task.id));
  MW_ASSIGN(const auto suspects, models::suspected_labels(project, made, work));
  MW_ASSIGN(const auto chosen, chosen_rows(project, window, question.where));
  const std::unordered_set<RecordRef> among(chosen.begin(), chosen.end());
  std::vector<labels::QueueEntry> entries;
  for (const models::SuspectedLabel& suspect : suspects)
    if (among.contains(suspect.record)) entries.push_back({suspect.record, suspect.label_confidence});
  return entries;
}

Status leave_out_labeled(const store::Project& project, const labels::Task& task,
                         std::vector<labels::QueueEntry>& entries, const Work& work) {
  MW_ASSIGN(const auto current, labels::current_labels(project, {.task = task.id}, work));
  std::erase_if(entries, [&](const labels::QueueEntry& entry) { return current.find(entry.record) != nullptr; });
  return {};
}

/// What was asked for, to be kept with the queue.
Json origin_of(const store::Project& project, const QueueQuestion& question) {
  Json origin = Json::object();
  const auto keep = [&](const char* key, const std::string& value) {
    if (!value.empty()) origin[key] = value;
  };
  keep("where", question.where);
  if (question.behind) {
    const auto& report = question.behind->report;
    if (!report.id.is_null()) origin["drift"] = tail(report.id);
    keep("field", question.behind->part.field);
    keep("range", question.behind->part.where.text());
  }
  if (question.suspects) origin["suspects"] = true;
  for (const int64_t batch : question.batches)
    if (const auto info = records::batch_by_id(project, batch)) origin["batches"].push_back(tail(info->uuid));
  if (question.unlabeled_only) origin["unlabeled_only"] = true;
  if (question.limit > 0) origin["limit"] = question.limit;
  if (question.order == labels::Order::random) origin["seed"] = question.seed;
  return origin;
}

/// The records, with the confidence that models' kept predictions give them, and the order where none was said.
Result<std::vector<labels::QueueEntry>> entries_of(const store::Project& project, const QueueQuestion& question,
                                                   const records::Window& window, labels::Order& order) {
  MW_ASSIGN(const auto records, records_of(project, question, window));
  const bool needed = question.order == labels::Order::uncertain || question.model != 0;
  detail::KeptPredictions kept;
  if (needed || !question.order) {
    MW_ASSIGN(kept, detail::kept_predictions(project, window.batches, question.model));
  }
  if (needed && kept.of.empty())
    return fail(ErrorKind::bad_input, "queue.no_predictions", "No model has saved predictions for these records.", {},
                "Make some: predict PROJECT --model M --batch B --save");
  std::vector<labels::QueueEntry> entries;
  for (const RecordRef& record : records) {
    const auto found = kept.of.find(record);
    entries.push_back({record, found == kept.of.end() || std::isnan(found->second.confidence)
                                   ? std::nullopt
                                   : std::optional(found->second.confidence)});
  }
  order = question.order.value_or(kept.of.empty() ? labels::Order::given : labels::Order::uncertain);
  return entries;
}

}  // namespace

Result<labels::Queued> fill_queue(store::Project& project, const QueueQuestion& question, const Work& work) {
  MW_ASSIGN(const auto task, task_of(project, question));
  MW_ASSIGN(const auto window, window_of(project, question, task));
  labels::QueueRequest request;
  request.order = question.order.value_or(labels::Order::given);
  std::vector<labels::QueueEntry> entries;
  if (question.suspects && question.records.empty()) {
    MW_ASSIGN(entries, suspects_of(project, question, task, window, work));
  } else {
    MW_ASSIGN(entries, entries_of(project, question, window, request.order));
  }
  if (question.unlabeled_only) MW_TRY(leave_out_labeled(project, task, entries, work));
  request.task = task.id;
  request.name = question.name;
  request.seed = question.seed;
  request.origin = origin_of(project, question);
  request.assign = question.assign;
  request.limit = question.limit;
  return labels::add_to_queue(project, request, entries, work);
}

}  // namespace millwright::monitoring
