#include "labels_overview.h"

#include <algorithm>
#include <charconv>

#include "labels/annotation.h"
#include "records/reading.h"

namespace millwright::ui::detail {
namespace {

constexpr int64_t kTouchedAtMost = 100'000;

std::optional<int64_t> as_row(const std::string& text) {
  int64_t row = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), row);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(row) : std::nullopt;
}

/// The queue that was named, in whatever task it is: by row, name or tail.
std::optional<labels::Queue> named_queue(const std::string& name, const std::vector<labels::Queue>& all) {
  if (const auto row = as_row(name))
    for (const auto& queue : all)
      if (queue.id == *row) return queue;
  for (const auto& queue : all)
    if (queue.name == name || tail(queue.uuid).starts_with(name)) return queue;
  return std::nullopt;
}

}  // namespace

const labels::Task* LabelsOverview::chosen_task() const {
  for (const auto& one : tasks)
    if (one.id == task) return &one;
  return nullptr;
}

const labels::Queue* LabelsOverview::chosen_queue() const {
  for (const auto& one : queues)
    if (one.id == queue) return &one;
  return nullptr;
}

Status read_overview(store::Project& project, const std::string& task, const std::string& queue,
                     std::optional<int64_t> known_task, std::optional<int64_t> known_queue, LabelsOverview& overview) {
  MW_ASSIGN(overview.assets, records::list_assets(project));
  std::erase_if(overview.assets, [](const auto& asset) { return asset.schema.fields.empty(); });
  MW_ASSIGN(overview.tasks, labels::list_tasks(project));
  MW_ASSIGN(overview.people, labels::people(project));
  MW_ASSIGN(const auto all, labels::list_queues(project, std::nullopt));
  std::optional<labels::Queue> named;
  if (!queue.empty()) named = named_queue(queue, all);
  for (const auto& one : overview.tasks)
    if (!task.empty() && (one.name == task || tail(one.uuid).starts_with(task))) overview.task = one.id;
  if (named) overview.task = named->task;
  if (!overview.task) overview.task = known_task;
  if (!overview.chosen_task()) {
    overview.task = overview.tasks.empty() ? std::nullopt : std::optional(overview.tasks.back().id);
    // A task that somebody waits for goes before the newest.
    for (const auto& one : all)
      if (one.items > one.done) {
        overview.task = one.task;
        break;
      }
  }
  for (const auto& one : all)
    if (one.task == overview.task) overview.queues.push_back(one);
  overview.queue = named ? std::optional(named->id) : known_queue;
  if (!overview.chosen_queue()) {
    overview.queue = overview.queues.empty() ? std::nullopt : std::optional(overview.queues.front().id);
    for (const auto& one : overview.queues)
      if (one.items > one.done) {
        overview.queue = one.id;
        break;
      }
  }
  return {};
}

Result<GuideContent> read_guide_content(store::Project& project, int64_t task) {
  GuideContent content;
  MW_ASSIGN(content.guide, labels::read_guide(project, task));
  MW_ASSIGN(const auto about, labels::read_task(project, task));
  MW_ASSIGN(auto reader, records::RecordReader::open(project));
  for (const auto& rule : content.guide.rules) {
    std::vector<std::string> texts;
    for (const auto& example : rule.examples) {
      const auto record = reader.get(example);
      if (!record) continue;  // erased since: the rule stays
      std::string words;
      for (const auto& field : about.fields) words.append(record->text(field)).append(" ");
      texts.push_back(std::move(words));
    }
    content.examples.push_back(std::move(texts));
  }
  return content;
}

Result<labels::Queued> queue_touched_labels(store::Project& project, int64_t task, const Uuid& rule, const Work& work) {
  MW_ASSIGN(const auto touched, labels::labels_before_rule(project, task, rule, kTouchedAtMost));
  std::vector<labels::QueueEntry> entries;
  for (const auto& record : touched.records) entries.push_back({record, std::nullopt});
  labels::QueueRequest request;
  request.task = task;
  request.name = "rule " + tail(rule).substr(0, kShortTail);
  request.origin = {{"rule", tail(rule)}};
  return labels::add_to_queue(project, request, entries, work);
}

}  // namespace millwright::ui::detail
