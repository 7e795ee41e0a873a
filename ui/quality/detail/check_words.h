// A gate's checks in words and rows.
#pragma once

#include <QString>
#include <vector>

#include "quality/gate_report.h"
#include "ui_widgets/paged_table.h"

namespace millwright::ui::detail {

/// "Missing values" for "missing_values".
[[nodiscard]] QString check_title(const std::string& name);
[[nodiscard]] State state_of(quality::Verdict verdict);
[[nodiscard]] QString verdict_word(quality::Verdict verdict);
/// "5.3 %" or "14".
[[nodiscard]] QString found_text(const quality::Check& check);
/// "> 5 % fails", "≥ 0.5 % fails"; empty where nothing limits it.
[[nodiscard]] QString limit_text(const quality::Check& check);

[[nodiscard]] std::vector<Column> check_columns();
inline constexpr int kShowRowsColumn = 4;
/// Failing ones first. Key: the check's place in the report.
[[nodiscard]] std::vector<Row> check_rows(const quality::GateReport& report);
/// What the verdict means for training, in a sentence.
[[nodiscard]] QString gate_sentence(const quality::GateReport& report);

}  // namespace millwright::ui::detail
