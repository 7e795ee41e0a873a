// ui/snapshots: the Snapshots page. Labeled data frozen: made, judged, proven, exported.
#pragma once

#include <memory>
#include <optional>

#include "snapshots/snapshot.h"
#include "ui_session/standard_page.h"

class QLabel;
class QStackedWidget;
class QTextBrowser;

namespace millwright::ui {

class Badge;
class BarChart;
class Card;
class PagedTable;
class SegmentedControl;

class SnapshotsPage : public StandardPage {
  Q_OBJECT
 public:
  explicit SnapshotsPage(PageContext context, QWidget* parent = nullptr);
  ~SnapshotsPage() override;
  /// {"snapshot": tail or row}
  void activate(const QVariantMap& arguments) override;
  void refresh() override;

 private:
  struct Overview;
  struct Facts;
  QWidget* build_right();
  void add_commands();
  void take(std::shared_ptr<Overview> overview);
  void show_snapshot(int64_t snapshot);
  void show_facts(const Facts& facts);
  void make();
  void verify();
  void export_it();
  [[nodiscard]] const snapshots::Snapshot* chosen() const;

  std::shared_ptr<Overview> overview_;
  int64_t snapshot_ = 0;
  QString wanted_;

  PagedTable* list_ = nullptr;
  Card* counts_card_ = nullptr;
  QLabel* facts_ = nullptr;
  QLabel* proof_ = nullptr;
  Badge* verdict_ = nullptr;
  Card* card_card_ = nullptr;
  SegmentedControl* card_mode_ = nullptr;
  QStackedWidget* card_stack_ = nullptr;
  QTextBrowser* card_ = nullptr;
  BarChart* classes_ = nullptr;
  BarChart* splits_ = nullptr;
};

}  // namespace millwright::ui
