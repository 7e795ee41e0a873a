// Rows that could not be kept, with their line and the reason.
#pragma once

#include <vector>

#include "records/batch.h"
#include "store/batch_file.h"
#include "ui_session/project_session.h"
#include "ui_widgets/paged_table.h"

namespace millwright::ui {

class QuarantineTable : public PagedTable {
  Q_OBJECT
 public:
  enum class Look {
    wide,    ///< line, reason, the row as it came
    narrow,  ///< the row as it came stands under the reason
  };
  QuarantineTable(ProjectSession& session, Look look, QWidget* parent = nullptr);
  /// Shows the rows of the first of these batches that has some, and says how many: 0 where none has.
  qint64 show_first_of(const std::vector<records::BatchInfo>& batches);

 private:
  ProjectSession& session_;
  Look look_;
};

/// For rows that are here already, as an import's preview has them. reason: the title of the middle column.
[[nodiscard]] std::vector<Column> quarantine_columns(const QString& reason);
/// Keys count from `first`.
[[nodiscard]] std::vector<Row> quarantine_rows(const std::vector<store::QuarantinedRow>& rows, qint64 first,
                                               QuarantineTable::Look look = QuarantineTable::Look::wide);

}  // namespace millwright::ui
