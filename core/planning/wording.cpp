// English words for what to do next. The workbench looks the same texts up in its translations.
#include <cmath>
#include <cstdio>

#include "base/result.h"
#include "planning/flywheel.h"

namespace millwright::planning {
namespace {

struct Words {
  const char* code;
  const char* text;
};
constexpr Words kActions[] = {
    {"import_data", "Bring data in"},
    {"create_task", "Say what is to be labeled"},
    {"queue_items", "Queue items for labeling"},
    {"fix_gate", "Open the gate"},
    {"label", "Label {waiting} items"},
    {"snapshot", "Freeze a snapshot"},
    {"train", "Train on the newest snapshot"},
    {"look_at_job", "See why the job failed"},
    {"promote", "Make the newest model the champion"},
    {"look_at_drift", "Look at what drifted"},
    {"compare_batches", "Compare the newest batch with the first"},
};
constexpr Words kReasons[] = {
    {"no_data", "The project is empty."},
    {"no_task", "There is data, but no task that asks for labels."},
    {"no_labels", "{records} records, none labeled."},
    {"batch_gate_fails", "The gate of batch {batch} fails: no training on its rows."},
    {"snapshot_gate_fails", "The gate of snapshot {snapshot} fails: no training on it."},
    {"queue_waits", "Queue “{queue}”: {waiting} of {items} wait."},
    {"labels_not_frozen", "{labels} labels, no snapshot that holds them."},
    {"snapshot_not_trained", "Snapshot {snapshot} has no run yet."},
    {"job_failed", "Job {job} failed."},
    {"no_champion", "Model {model} is only a candidate (test accuracy {accuracy})."},
    {"no_champion_yet", "Model {model} is only a candidate."},
    {"fields_drifted", "{drifted} fields moved, most of all {field} (effect {effect})."},
    {"batches_not_compared", "Two batches were never compared."},
};

std::string number_text(const Figure& figure) {
  if (!figure.text.empty()) return figure.text;
  if (!std::isfinite(figure.number)) return "–";
  char out[64];
  if (figure.name == "accuracy") {
    std::snprintf(out, sizeof out, "%.1f %%", figure.number * 100);
    return out;
  }
  if (figure.number != std::floor(figure.number)) {
    std::snprintf(out, sizeof out, "%.2f", figure.number);
    return out;
  }
  std::string digits = std::to_string(static_cast<int64_t>(figure.number));
  for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

template <size_t N>
std::string look_up(const Words (&table)[N], const std::string& code, const std::vector<Figure>& figures) {
  Arguments arguments;
  for (const Figure& figure : figures) arguments.emplace_back(figure.name, number_text(figure));
  for (const Words& words : table)
    if (code == words.code) return fill(words.text, arguments);
  return code;
}

}  // namespace

std::string words_of(const NextAction& action) { return look_up(kActions, action.action, action.figures); }
std::string reason_of(const NextAction& action) { return look_up(kReasons, action.why, action.figures); }

}  // namespace millwright::planning
