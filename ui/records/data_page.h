// The Data page: what there is, batch by batch, field by field and record by record, and bringing more in.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "ui_session/standard_page.h"

namespace millwright::records {
struct BatchInfo;
}

namespace millwright::ui {

class Card;
class DistributionView;
class PagedTable;
class Picker;
class RecordView;

namespace detail {
class RecordsCard;
}

class DataPage : public StandardPage {
  Q_OBJECT
 public:
  explicit DataPage(PageContext context, QWidget* parent = nullptr);
  ~DataPage() override;
  /// {"asset": name}, {"batch": tail or row of the catalogue}, {"field": name}, {"where": expression},
  /// {"search": words}, {"view": "records" | "quarantine"}, {"import": path}
  void activate(const QVariantMap& arguments) override;
  void refresh() override;

  [[nodiscard]] RecordView* record_view() const;
  [[nodiscard]] DistributionView* distribution() const { return distribution_; }

 private:
  struct Overview;
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
  void import();
  void import_file(const QString& path);
  void drop_batch();
  [[nodiscard]] std::vector<records::BatchInfo> chosen_batches() const;
  [[nodiscard]] QString window_name() const;

  std::shared_ptr<Overview> overview_;
  std::optional<int64_t> batch_;  ///< row of the catalogue; none: all batches
  QString field_;
  QString wanted_asset_, wanted_batch_, wanted_field_, wanted_words_;

  Picker* asset_picker_ = nullptr;
  PagedTable* batches_ = nullptr;
  PagedTable* fields_ = nullptr;
  Card* fields_card_ = nullptr;
  Card* picture_card_ = nullptr;
  DistributionView* distribution_ = nullptr;
  detail::RecordsCard* rows_ = nullptr;
};

}  // namespace millwright::ui
