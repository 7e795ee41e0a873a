// ui/records: the Data page, and what other pages need to show records with: their table, a field's distribution, words
// for types and verdicts.
#pragma once

#include <QString>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "records/batch.h"
#include "records/reading.h"
#include "ui_widgets/theme.h"

namespace millwright::ui {

[[nodiscard]] inline QString text_of(std::string_view utf8) {
  return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}
[[nodiscard]] inline std::string utf8_of(const QString& text) { return text.toStdString(); }
/// The tail that people see and type, at the length of lists.
[[nodiscard]] QString short_id(const Uuid& id);
/// "integer" … in the user's language.
[[nodiscard]] QString type_word(records::FieldType type);
/// pass, warn, fail → State; anything else is neutral.
[[nodiscard]] State state_of_verdict(std::string_view verdict);
/// "pass", "warning", "fail", "not checked".
[[nodiscard]] QString word_of_verdict(std::string_view verdict);
/// "1 run" or "63 runs": `one` as it is, `more` with %1 for the figure.
[[nodiscard]] QString counted(qint64 count, const QString& one, const QString& more);
/// The last part of a path.
[[nodiscard]] QString source_name(const std::string& source);
/// "bookworm.jsonl · k3f9x2": how pickers and lists name a batch.
[[nodiscard]] QString batch_name(const records::BatchInfo& batch);
/// A cell as a table shows it: one line, cut at some 400 characters, control characters made visible.
[[nodiscard]] QString one_line(std::string_view utf8);
/// A numeric value of a field of this type: times as dates, integers without an exponent.
[[nodiscard]] QString value_text(double value, records::FieldType type);

}  // namespace millwright::ui
