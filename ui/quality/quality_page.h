// ui/quality: the Quality page. Is this batch or snapshot fit? What was found, where the limit is, which rows; and who
// let it pass nevertheless.
#pragma once

#include <memory>
#include <optional>

#include "quality/gate_report.h"
#include "ui_session/standard_page.h"

class QLabel;

namespace millwright::ui {

class Badge;
class Button;
class Card;
class PagedTable;
class Picker;
class QuarantineTable;
class RecordView;

namespace detail {
class QualityPictures;
}

class QualityPage : public StandardPage {
  Q_OBJECT
 public:
  explicit QualityPage(PageContext context, QWidget* parent = nullptr);
  ~QualityPage() override;
  /// {"batch": tail or row}, {"snapshot": tail or row}, {"check": name}
  void activate(const QVariantMap& arguments) override;
  void refresh() override;

 private:
  struct Overview;
  struct Scope;
  QWidget* build_left();
  QWidget* build_right();
  void add_commands();
  void take(std::shared_ptr<Overview> overview);
  void choose(const QString& id);
  void run_gate();
  void show_report();
  void show_check(const QVariant& key);
  void show_rows(const QString& check);
  void show_scope();
  [[nodiscard]] Scope scope() const;
  void override_gate();

  std::shared_ptr<Overview> overview_;
  std::optional<quality::Subject> subject_;
  std::optional<quality::GateReport> report_;
  std::vector<quality::Override> overrides_;
  QString wanted_, wanted_check_;
  bool wanted_snapshot_ = false;
  bool running_ = false;

  Picker* picker_ = nullptr;
  Badge* verdict_ = nullptr;
  Button* override_ = nullptr;
  Button* again_ = nullptr;
  PagedTable* checks_ = nullptr;
  QLabel* sentence_ = nullptr;
  QLabel* overridden_ = nullptr;
  Card* rows_card_ = nullptr;
  RecordView* rows_ = nullptr;
  detail::QualityPictures* pictures_ = nullptr;
  Card* quarantine_card_ = nullptr;
  QuarantineTable* quarantine_ = nullptr;
};

}  // namespace millwright::ui
