// What the Labels page reads before anything else, and the guide with its examples.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "guide_panel.h"
#include "labels/from_field.h"
#include "labels/queue.h"
#include "labels/task.h"
#include "records/asset.h"
#include "store/project.h"

namespace millwright::ui::detail {

struct LabelsOverview {
  std::vector<records::Asset> assets;
  std::vector<labels::Task> tasks;
  std::vector<labels::Queue> queues;  ///< of the chosen task
  std::vector<std::string> people;
  std::optional<int64_t> task, queue;
  [[nodiscard]] const labels::Task* chosen_task() const;
  [[nodiscard]] const labels::Queue* chosen_queue() const;
};
/// What is named wins, then what was known, then the newest task and its newest queue that is not done.
[[nodiscard]] Status read_overview(store::Project& project, const std::string& task, const std::string& queue,
                                   std::optional<int64_t> known_task, std::optional<int64_t> known_queue,
                                   LabelsOverview& overview);
[[nodiscard]] Result<GuideContent> read_guide_content(store::Project& project, int64_t task);
/// Labels by persons that were made before a rule stood as it does now, as a queue of their own.
[[nodiscard]] Result<labels::Queued> queue_touched_labels(store::Project& project, int64_t task, const Uuid& rule,
                                                          const Work& work);

}  // namespace millwright::ui::detail
