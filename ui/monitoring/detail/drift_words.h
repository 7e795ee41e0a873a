// A drift report in words: verdicts, the ranked table, and the sentences that let a reader see which shift matters.
#pragma once

#include <QString>
#include <vector>

#include "monitoring/drift.h"
#include "ui_widgets/paged_table.h"

namespace millwright::ui::detail {

/// Effects are between 0 and 1; below this a shift is called small, however sure it is.
inline constexpr double kSmallEffect = 0.05;

[[nodiscard]] QString verdict_word(const monitoring::FieldReport& field);
[[nodiscard]] State verdict_state(const monitoring::FieldReport& field);
[[nodiscard]] QString kind_word(monitoring::FieldKind kind);
[[nodiscard]] QString rules_word(monitoring::DriftRules rules);
[[nodiscard]] QString p_text(double p);

[[nodiscard]] std::vector<Column> drift_columns();
/// Moved ones first by effect, then steady ones by effect, then those without a verdict. Key: the field's name.
[[nodiscard]] std::vector<Row> drift_rows(const monitoring::DriftReport& report);
/// Which rows were compared; empty: all of both windows.
[[nodiscard]] QString choice_sentence(const monitoring::DriftReport& report);
/// "8 fields judged, …": how many, under which rule, and which of them to look at.
[[nodiscard]] QString drift_sentence(const monitoring::DriftReport& report);
/// One field: what moved, how sure, how large, what could have been seen.
[[nodiscard]] QString field_sentence(const monitoring::FieldReport& field);

}  // namespace millwright::ui::detail
