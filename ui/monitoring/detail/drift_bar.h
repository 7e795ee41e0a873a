// The head of the Drift page: what is compared with what, which of the rows, under which rules.
#pragma once

#include <QString>
#include <QWidget>
#include <optional>
#include <vector>

#include "monitoring/drift.h"
#include "records/asset.h"
#include "records/batch.h"

class QLabel;
class QLineEdit;
class QVBoxLayout;

namespace millwright::ui {
class Button;
class Picker;
}  // namespace millwright::ui

namespace millwright::ui::detail {

/// A comparison as it stands in the bar; windows as the core reads them.
struct DriftQuestion {
  std::string reference, current, where, where_current, new_values_of;
  monitoring::DriftRules rules = monitoring::DriftRules::calibrated;
  double alpha = 0.05;
};

class DriftBar : public QWidget {
  Q_OBJECT
 public:
  explicit DriftBar(QWidget* parent = nullptr);

  /// What there is to choose from; `asset` −1: nothing.
  void set_choices(const std::vector<records::Asset>& assets, int64_t asset, std::vector<records::BatchInfo> batches);
  /// The bar says what the report compares.
  void follow(const monitoring::DriftReport& report);
  void set_reference(const QString& window);
  void set_current(const QString& window);
  /// Forgets the windows and the choice of rows: another asset was chosen.
  void forget();
  void set_possible(bool possible);
  void focus_filter();
  /// Opens the list of which arrivals are compared.
  void choose_arrivals();

  /// The name of the chosen asset.
  [[nodiscard]] const QString& asset() const { return asset_; }
  /// Nothing where an expression cannot be read or a window is not chosen; the bar says which.
  [[nodiscard]] std::optional<DriftQuestion> question();

  /// Which arrivals of the current window are compared: "all", "new:FIELD", "where".
  [[nodiscard]] Picker* arrivals() const { return arrivals_; }
  [[nodiscard]] Button* measure_button() const { return measure_; }

 Q_SIGNALS:
  void asset_picked();
  void measure();
  void save();
  /// Other arrivals were chosen than before.
  void arrivals_picked();

 private:
  void build_head(QVBoxLayout* all);
  void build_rows(QVBoxLayout* all);
  void show_windows();
  void show_arrivals();
  void ask_range(bool reference);
  void pick_arrivals(const QString& id);

  QString asset_, reference_text_, current_text_, where_current_, new_values_of_;
  std::vector<records::BatchInfo> batches_;
  std::optional<records::Asset> chosen_;
  Picker* asset_picker_ = nullptr;
  Picker* reference_ = nullptr;
  Picker* current_ = nullptr;
  Picker* arrivals_ = nullptr;
  Picker* rules_ = nullptr;
  Picker* alpha_ = nullptr;
  QLineEdit* where_ = nullptr;
  QLabel* trouble_ = nullptr;
  Button* measure_ = nullptr;
};

}  // namespace millwright::ui::detail
