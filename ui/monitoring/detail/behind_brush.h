// The records behind a brush: with what a model said of them, least certain first, and as a labeling queue.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "labels/queue.h"
#include "monitoring/drift.h"
#include "ui_records/record_view.h"

namespace millwright::ui::detail {

struct BrushQuestion {
  records::Window window;  ///< the current one
  std::string where;       ///< the report's own choice of rows
  records::Where brush;
  std::string field;
  std::vector<std::string> first_fields;
};

/// Each record once. Where predictions were saved: predicted label and confidence, least certain first.
[[nodiscard]] Result<std::shared_ptr<RecordSource>> records_behind_brush(store::Project& project,
                                                                         const BrushQuestion& question,
                                                                         const Work& work);

/// Puts them into a queue of a task of the window's asset, with the confidence as score.
/// Error: usage "queue.no_task".
[[nodiscard]] Result<labels::Queued> queue_behind_brush(store::Project& project, const BrushQuestion& question,
                                                        const std::string& report, const std::string& words,
                                                        const Work& work);

}  // namespace millwright::ui::detail
