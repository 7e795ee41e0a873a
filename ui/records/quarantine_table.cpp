#include "quarantine_table.h"

#include <algorithm>

#include "words.h"

namespace millwright::ui {

QuarantineTable::QuarantineTable(ProjectSession& session, Look look, QWidget* parent)
    : PagedTable(parent), session_(session), look_(look) {
  setAccessibleName(tr("Quarantined rows"));
  if (look == Look::wide)
    set_columns(quarantine_columns(tr("Reason")));
  else
    set_columns(
        {{.title = tr("Line"), .kind = Column::Kind::figure, .width = 72}, {.title = tr("Reason"), .stretch = true}});
  set_empty_text(tr("Nothing was quarantined: every row that was read could be kept."));
}

qint64 QuarantineTable::show_first_of(const std::vector<records::BatchInfo>& batches) {
  const auto some =
      std::find_if(batches.begin(), batches.end(), [](const auto& batch) { return batch.rows_quarantined > 0; });
  if (some == batches.end()) {
    clear();
    return 0;
  }
  set_source(
      [&session = session_, batch = some->id, look = look_](const RowsWanted& wanted,
                                                            const Work&) -> Result<std::vector<Row>> {
        return session.with_reader([&](store::Project& project) -> Result<std::vector<Row>> {
          MW_ASSIGN(const auto found, records::quarantined_rows(project, batch, wanted.first, wanted.count));
          return quarantine_rows(found, wanted.first, look);
        });
      },
      some->rows_quarantined);
  return some->rows_quarantined;
}

std::vector<Column> quarantine_columns(const QString& reason) {
  return {{.title = QuarantineTable::tr("Line"), .kind = Column::Kind::figure, .width = 80},
          {.title = reason, .width = 320},
          {.title = QuarantineTable::tr("As it came"), .kind = Column::Kind::id, .stretch = true}};
}

std::vector<Row> quarantine_rows(const std::vector<store::QuarantinedRow>& rows, qint64 first,
                                 QuarantineTable::Look look) {
  std::vector<Row> shown;
  shown.reserve(rows.size());
  for (const auto& row : rows) {
    const QString raw_tip = text_of(std::string_view(row.raw).substr(0, 2000));
    const QString line = figure(static_cast<qint64>(row.line));
    if (look == QuarantineTable::Look::narrow) {
      Cell both = Cell::two_lines(text_of(row.reason), one_line(row.raw));
      both.tool_tip = raw_tip;
      shown.push_back({QVariant(first++), {line, both}});
      continue;
    }
    Cell reason(text_of(row.reason)), raw(one_line(row.raw));
    reason.tool_tip = reason.text;
    raw.tool_tip = raw_tip;
    shown.push_back({QVariant(first++), {line, reason, raw}});
  }
  return shown;
}

}  // namespace millwright::ui
