// ui/labels: the Labels page, where a person labels by single keys: the item large and alone, the guide beside it. The
// next item is painted at once; the act is made durable behind it.
#pragma once

#include <memory>
#include <optional>

#include "base/ids.h"
#include "ui_session/standard_page.h"

class QStackedWidget;
class QTimer;

namespace millwright::ui {

class EmptyState;

namespace detail {
class Desk;
class DeskPickers;
class FlagLine;
class GuideKeeper;
class GuidePanel;
class ItemView;
class LabelPad;
class SidePanels;
class TaskWork;
}  // namespace detail

class LabelsPage : public StandardPage {
  Q_OBJECT
 public:
  explicit LabelsPage(PageContext context, QWidget* parent = nullptr);
  ~LabelsPage() override;
  /// {"queue": name, tail or row}, {"task": name}
  void activate(const QVariantMap& arguments) override;
  void refresh() override;

  /// Id of the record on the screen; empty while there is none.
  [[nodiscard]] QString shown_record() const;
  [[nodiscard]] std::optional<RecordRef> current_record() const;

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  struct Overview;
  QWidget* build_middle();
  QWidget* build_side();
  void connect_pickers();
  void connect_works();
  void connect_desk();
  void add_commands();
  void take(std::shared_ptr<Overview> overview);
  void show_pickers();
  void show_why_empty();
  void open_desk();
  void show_item();
  void show_progress();
  void label(const QString& label);
  void flag();
  void back_to_item();
  void toggle_similar();
  void toggle_mine();

  std::unique_ptr<detail::Desk> desk_;
  std::shared_ptr<Overview> overview_;
  QString wanted_queue_, wanted_task_;
  std::optional<int64_t> task_;
  std::optional<int64_t> queue_;
  std::optional<int64_t> asked_queue_;  ///< that the desk was opened with
  QString person_;

  detail::TaskWork* works_ = nullptr;
  detail::DeskPickers* pickers_ = nullptr;
  QStackedWidget* middle_ = nullptr;
  EmptyState* done_ = nullptr;
  detail::ItemView* item_ = nullptr;
  detail::FlagLine* flag_line_ = nullptr;
  detail::LabelPad* pad_ = nullptr;
  detail::GuidePanel* guide_ = nullptr;
  detail::GuideKeeper* keeper_ = nullptr;
  detail::SidePanels* side_ = nullptr;
  QTimer* seconds_ = nullptr;
};

}  // namespace millwright::ui
