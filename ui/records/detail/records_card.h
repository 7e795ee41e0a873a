// The rows of the Data page: all of a window's records, those that a filter and a brush leave, or its quarantined rows.
#pragma once

#include <vector>

#include "records/asset.h"
#include "records/batch.h"
#include "records/columns.h"
#include "records/where.h"
#include "ui_session/project_session.h"
#include "ui_widgets/card.h"

class QLabel;
class QLineEdit;
class QStackedWidget;

namespace millwright::ui {
class QuarantineTable;
class RecordView;
class SegmentedControl;
}  // namespace millwright::ui

namespace millwright::ui::detail {

class RecordsCard : public Card {
  Q_OBJECT
 public:
  explicit RecordsCard(ProjectSession& session, QWidget* parent = nullptr);
  /// The rows of these batches of the asset, under the filter and brush that are set.
  void show_batches(const records::Asset& asset, std::vector<records::BatchInfo> batches);
  /// Arrivals of one batch; each record once over several. A picture beside the table counts the same way.
  [[nodiscard]] records::Count count() const;
  [[nodiscard]] records::Window window() const;

  /// words: what is brushed, for people.
  void set_brush(records::Where brush, const QString& field, const QString& words);
  void clear_brush();

  /// What was filtered by last; filtered() says that it changed.
  [[nodiscard]] const records::Where& filter() const { return filter_; }
  /// As if it had been typed. What cannot be read is said below the line, and the filter stays as it was.
  void set_filter(const QString& expression);
  /// Those whose id or text has these words, in any case.
  void find(const QString& words);
  void type_filter();  ///< puts the keyboard into the line

  void show_quarantine(bool on);
  [[nodiscard]] bool shows_quarantine() const;
  [[nodiscard]] RecordView* records() const { return records_; }

 Q_SIGNALS:
  void filtered();
  void failed(const millwright::Error& error);

 private:
  void build();
  void apply_filter();
  void list();
  void list_quarantine();
  void say_count(qint64 rows);
  ProjectSession& session_;
  records::Asset asset_;
  std::vector<records::BatchInfo> batches_;
  records::Where filter_, brush_;
  QString brush_field_, brush_words_;
  SegmentedControl* mode_;
  QStackedWidget* stack_;
  RecordView* records_;
  QuarantineTable* quarantine_;
  QLineEdit* line_;
  QLabel* line_error_;
};

}  // namespace millwright::ui::detail
