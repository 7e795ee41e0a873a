// The records behind a brush as a table: with what a model said of them, least certain first.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "monitoring/behind.h"
#include "ui_records/record_view.h"

namespace millwright::ui::detail {

struct BrushQuestion {
  std::shared_ptr<const monitoring::DriftReport> report;
  monitoring::FieldPart part;
  std::vector<std::string> first_fields;
};

[[nodiscard]] Result<std::shared_ptr<RecordSource>> records_behind_brush(const store::Project& project,
                                                                         const BrushQuestion& question);

}  // namespace millwright::ui::detail
