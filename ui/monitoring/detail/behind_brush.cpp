#include "behind_brush.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "labels/task.h"
#include "models/prediction.h"
#include "ui_records/words.h"

namespace millwright::ui::detail {
namespace {

struct Behind {
  std::vector<RecordRef> records;
  std::vector<int32_t> label;  ///< into labels; −1: not predicted
  std::vector<double> confidence;
  std::vector<std::string> labels;
  std::vector<records::SchemaField> fields;
  bool predicted = false;
};

Result<std::vector<RecordRef>> each_once(std::vector<RecordRef> records) {
  std::unordered_map<RecordRef, bool> seen;
  std::erase_if(records, [&seen](const RecordRef& ref) { return !seen.emplace(ref, true).second; });
  return records;
}

struct Said {
  int32_t label = -1;
  double confidence = 0;
};

Status look_up_predictions(const store::Project& project, const records::Window& window, Behind& behind) {
  std::unordered_map<RecordRef, Said> said;
  std::unordered_map<std::string, int32_t> places;
  for (const int64_t batch : window.batches) {
    MW_ASSIGN(const auto saved, models::saved_predictions(project, batch));
    if (!saved) continue;
    std::vector<int32_t> place;
    for (const auto& label : saved->labels) {
      const auto [at, added] = places.emplace(label, static_cast<int32_t>(behind.labels.size()));
      if (added) behind.labels.push_back(label);
      place.push_back(at->second);
    }
    for (const auto& row : saved->rows)
      said[row.record] = {row.label >= 0 ? place[static_cast<size_t>(row.label)] : -1, row.confidence};
  }
  behind.predicted = !said.empty();
  for (const auto& ref : behind.records) {
    const auto found = said.find(ref);
    behind.label.push_back(found == said.end() ? -1 : found->second.label);
    behind.confidence.push_back(found == said.end() ? std::numeric_limits<double>::quiet_NaN()
                                                    : found->second.confidence);
  }
  return {};
}

void least_certain_first(Behind& behind) {
  std::vector<size_t> order(behind.records.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto certainty = [&behind](size_t i) { return std::isnan(behind.confidence[i]) ? 2.0 : behind.confidence[i]; };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return certainty(a) < certainty(b); });
  Behind sorted;
  for (const size_t i : order) {
    sorted.records.push_back(behind.records[i]);
    sorted.label.push_back(behind.label[i]);
    sorted.confidence.push_back(behind.confidence[i]);
  }
  behind.records = std::move(sorted.records);
  behind.label = std::move(sorted.label);
  behind.confidence = std::move(sorted.confidence);
}

Result<Behind> find_behind(const store::Project& project, const BrushQuestion& question) {
  records::ReadRequest request;
  request.window = question.window;
  request.count = records::Count::arrivals;
  MW_ASSIGN(request.where, records::Where::parse(question.where));
  request.where = request.where.empty() ? question.brush : records::Where::both(request.where, question.brush);
  MW_ASSIGN(const auto table, records::RecordTable::open(project, request));
  Behind behind;
  behind.fields = table.fields();
  MW_ASSIGN(auto all, table.records());
  MW_ASSIGN(behind.records, each_once(std::move(all)));
  MW_TRY(look_up_predictions(project, question.window, behind));
  if (behind.predicted) least_certain_first(behind);
  return behind;
}

}  // namespace

Result<std::shared_ptr<RecordSource>> records_behind_brush(store::Project& project, const BrushQuestion& question,
                                                           const Work&) {
  MW_ASSIGN(auto found, find_behind(project, question));
  RecordLook look;
  look.first_fields = question.first_fields;
  look.first_fields.push_back(question.field);
  std::vector<ExtraColumn> extras;
  if (found.predicted) {
    const auto behind = std::make_shared<const Behind>(found);
    extras.push_back({{.title = QObject::tr("Predicted")}, [behind](int64_t place) {
                        const int32_t label = behind->label[static_cast<size_t>(place)];
                        return Cell(label < 0 ? QString() : text_of(behind->labels[static_cast<size_t>(label)]));
                      }});
    extras.push_back({{.title = QObject::tr("Confidence"), .kind = Column::Kind::figure}, [behind](int64_t place) {
                        const double confidence = behind->confidence[static_cast<size_t>(place)];
                        return Cell(std::isnan(confidence) ? QString() : QString::number(confidence, 'f', 2));
                      }});
  }
  look.only = true;
  return make_list_source(project, found.fields, std::move(found.records), std::move(extras), look);
}

Result<labels::Queued> queue_behind_brush(store::Project& project, const BrushQuestion& question,
                                          const std::string& report, const std::string& words, const Work& work) {
  MW_ASSIGN(const auto tasks, labels::list_tasks(project));
  const labels::Task* task = nullptr;
  for (const auto& one : tasks)
    if (one.asset == question.window.asset) task = &one;
  if (!task)
    return fail(ErrorKind::usage, "queue.no_task", "There is no labeling task on these records yet.", {},
                "Create a task on the Labels page; then queue them.");
  MW_ASSIGN(const auto behind, find_behind(project, question));
  labels::QueueRequest request;
  request.task = task->id;
  request.name = "drift: " + question.field + " " + words;
  request.order = behind.predicted ? labels::Order::uncertain : labels::Order::given;
  request.origin = {{"drift", report}, {"field", question.field}, {"where", question.brush.text()}};
  std::vector<labels::QueueEntry> entries;
  for (size_t i = 0; i < behind.records.size(); ++i) {
    labels::QueueEntry entry{behind.records[i], std::nullopt};
    if (!std::isnan(behind.confidence[i])) entry.score = behind.confidence[i];
    entries.push_back(entry);
  }
  return labels::add_to_queue(project, request, entries, work);
}

}  // namespace millwright::ui::detail
