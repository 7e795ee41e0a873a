#include <algorithm>
#include <unordered_map>

#include "labels/current.h"
#include "models/prediction.h"
#include "queue_dialog.h"
#include "records/reading.h"

namespace millwright::ui::detail {
namespace {

/// Confidence of each record by the newest saved predictions of its batch.
Result<std::unordered_map<RecordRef, double>> confidences(store::Project& project, const records::Window& window) {
  std::unordered_map<RecordRef, double> scores;
  for (const int64_t batch : window.batches) {
    MW_ASSIGN(const auto saved, models::saved_predictions(project, batch));
    if (!saved) continue;
    for (const auto& row : saved->rows) scores[row.record] = row.confidence;
  }
  return scores;
}

}  // namespace

Result<labels::Queued> fill_queue(store::Project& project, const QueueQuestion& question, const Work& work) {
  MW_ASSIGN(const auto task, labels::read_task(project, question.task));
  MW_ASSIGN(const auto asset, records::asset_by_id(project, task.asset));
  records::ReadRequest request;
  MW_ASSIGN(request.window, records::whole_asset(project, asset));
  MW_ASSIGN(request.where, records::Where::parse(question.where));
  MW_ASSIGN(const auto table, records::RecordTable::open(project, request));
  MW_ASSIGN(const auto refs, table.records());
  std::unordered_map<RecordRef, double> scores;
  if (question.order == labels::Order::uncertain) {
    MW_ASSIGN(scores, confidences(project, request.window));
  }
  labels::CurrentLabels current;
  if (question.unlabeled_only) {
    labels::CurrentRequest wanted;
    wanted.task = task.id;
    MW_ASSIGN(current, labels::current_labels(project, wanted, work));
  }
  std::vector<labels::QueueEntry> entries;
  for (const auto& ref : refs) {
    if (question.unlabeled_only && current.find(ref)) continue;
    labels::QueueEntry entry{ref, std::nullopt};
    if (const auto score = scores.find(ref); score != scores.end()) entry.score = score->second;
    entries.push_back(entry);
  }
  if (question.order == labels::Order::uncertain)
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto& a, const auto& b) { return a.score.value_or(2) < b.score.value_or(2); });
  labels::QueueRequest wanted;
  wanted.task = task.id;
  wanted.name = question.name;
  wanted.order = question.order;
  wanted.assign = question.assign;
  wanted.origin = {{"where", question.where}, {"unlabeled_only", question.unlabeled_only}, {"limit", question.limit}};
  if (question.order == labels::Order::random && question.limit > 0) {
    // The sample is drawn here, so that a limit does not mean "the first ones, shuffled".
    Random random(wanted.seed);
    random.shuffle(entries.begin(), entries.end());
  }
  if (question.limit > 0 && static_cast<int64_t>(entries.size()) > question.limit)
    entries.resize(static_cast<size_t>(question.limit));
  return labels::add_to_queue(project, wanted, entries, work);
}

}  // namespace millwright::ui::detail
