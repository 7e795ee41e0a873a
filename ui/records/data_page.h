// The Data page: what there is, batch by batch, field by field and record by record, and bringing more in.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "records/batch.h"
#include "records/columns.h"
#include "records/where.h"
#include "ui_session/page.h"

class QLabel;
class QLineEdit;
class QStackedWidget;

namespace millwright::ui {

class Card;
class DistributionView;
class EmptyState;
class ErrorBanner;
class PagedTable;
class PageHeader;
class Picker;
class RecordView;
class SegmentedControl;
struct BrushedPart;

class DataPage : public Page {
  Q_OBJECT
 public:
  explicit DataPage(PageContext context, QWidget* parent = nullptr);
  ~DataPage() override;
  /// {"asset": name}, {"batch": tail or row of the catalogue}, {"field": name}, {"where": expression},
  /// {"view": "records" | "quarantine"}, {"import": path}
  void activate(const QVariantMap& arguments) override;
  void refresh() override;
  QWidget* first_focus() override;

  [[nodiscard]] RecordView* record_view() const { return records_; }
  [[nodiscard]] DistributionView* distribution() const { return distribution_; }

 private:
  struct Overview;
  void build();
  QWidget* build_left();
  QWidget* build_right();
  void add_commands();
  void take(std::shared_ptr<Overview> overview);
  void show_batches();
  void choose_asset(const QString& name);
  void choose_batch(const QVariant& key);
  void read_fields();
  void show_field(const QString& field);
  void show_rows();
  void show_quarantine();
  void show_count(qint64 rows);
  void apply_where();
  void import();
  void import_file(const QString& path);
  void drop_batch();
  [[nodiscard]] records::Window window() const;
  [[nodiscard]] QString window_name() const;

  std::shared_ptr<Overview> overview_;
  std::optional<int64_t> batch_;  ///< row of the catalogue; none: all batches
  QString field_;
  records::Where where_;
  records::Where brush_;
  QString brush_words_;
  QString wanted_asset_, wanted_batch_, wanted_field_;

  PageHeader* header_ = nullptr;
  Picker* asset_picker_ = nullptr;
  ErrorBanner* banner_ = nullptr;
  QStackedWidget* stack_ = nullptr;
  EmptyState* empty_ = nullptr;
  PagedTable* batches_ = nullptr;
  PagedTable* fields_ = nullptr;
  Card* fields_card_ = nullptr;
  Card* picture_card_ = nullptr;
  DistributionView* distribution_ = nullptr;
  Card* rows_card_ = nullptr;
  SegmentedControl* rows_mode_ = nullptr;
  QStackedWidget* rows_stack_ = nullptr;
  RecordView* records_ = nullptr;
  PagedTable* quarantine_ = nullptr;
  QLineEdit* where_line_ = nullptr;
  QLabel* where_error_ = nullptr;
};

}  // namespace millwright::ui
