// ui/labels: the Labels page, where a person labels by single keys: the item large and alone, the guide beside it. The
// next item is painted at once; the act is made durable behind it.
#pragma once

#include <memory>
#include <optional>

#include "base/ids.h"
#include "ui_session/page.h"

class QLabel;
class QLineEdit;
class QStackedWidget;
class QTimer;

namespace millwright::ui {

class Badge;
class Button;
class EmptyState;
class ErrorBanner;
class PagedTable;
class PageHeader;
class Picker;

namespace detail {
class Desk;
class GuidePanel;
class ItemView;
class LabelPad;
class SidePanels;
}  // namespace detail

class LabelsPage : public Page {
  Q_OBJECT
 public:
  explicit LabelsPage(PageContext context, QWidget* parent = nullptr);
  ~LabelsPage() override;
  /// {"queue": name, tail or row}, {"task": name}
  void activate(const QVariantMap& arguments) override;
  void refresh() override;
  QWidget* first_focus() override;

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
  void build();
  QWidget* build_middle();
  QWidget* build_side();
  void connect_desk();
  void connect_guide();
  void add_commands();
  void take(std::shared_ptr<Overview> overview);
  void show_pickers();
  void show_empty();
  void choose_queue(const QString& id);
  void choose_annotator(const QString& id);
  void open_desk();
  void show_item();
  void show_progress();
  void label(const QString& label);
  void flag();
  void submit_flag();
  void back_to_item();
  void read_guide();
  template <class Job>
  void change_guide(Job job);
  void look_at_touched(const Uuid& rule);
  void queue_touched();
  void new_task();
  void new_queue();
  void toggle_similar();
  void toggle_mine();
  void report(const Error& error);

  std::unique_ptr<detail::Desk> desk_;
  std::shared_ptr<Overview> overview_;
  QString wanted_queue_, wanted_task_;
  std::optional<int64_t> task_;
  std::optional<int64_t> queue_;
  std::optional<int64_t> asked_queue_;  ///< that the desk was opened with
  std::optional<Uuid> touched_rule_;
  QString person_;

  PageHeader* header_ = nullptr;
  Picker* task_picker_ = nullptr;
  Picker* queue_picker_ = nullptr;
  Picker* person_picker_ = nullptr;
  ErrorBanner* banner_ = nullptr;
  QStackedWidget* stack_ = nullptr;
  QStackedWidget* middle_ = nullptr;
  EmptyState* empty_ = nullptr;
  EmptyState* done_ = nullptr;
  Button* empty_button_ = nullptr;
  Button* done_button_ = nullptr;
  detail::ItemView* item_ = nullptr;
  detail::LabelPad* pad_ = nullptr;
  detail::GuidePanel* guide_ = nullptr;
  detail::SidePanels* side_ = nullptr;
  QWidget* note_row_ = nullptr;
  QLineEdit* note_ = nullptr;
  QTimer* seconds_ = nullptr;
};

}  // namespace millwright::ui
