// What can stand beside the item instead of the guide: similar earlier items, and one's own labels.
#pragma once

#include <QStackedWidget>
#include <memory>
#include <optional>

#include "base/ids.h"
#include "labels/task.h"
#include "models/earlier_items.h"
#include "ui_session/project_session.h"

class QLabel;
class QLineEdit;

namespace millwright::ui {
class PagedTable;
}

namespace millwright::ui::detail {

class GuidePanel;

class SidePanels : public QStackedWidget {
  Q_OBJECT
 public:
  SidePanels(ProjectSession& session, GuidePanel* guide, QWidget* parent = nullptr);
  enum class Panel { guide, similar, mine };
  void show_panel(Panel panel);
  [[nodiscard]] Panel panel() const { return static_cast<Panel>(currentIndex()); }
  void show_similar(int64_t task, const QString& words, const RecordRef& self);
  void show_mine(const labels::Task& task, const QString& person);
  [[nodiscard]] PagedTable* mine() const { return mine_; }
  [[nodiscard]] PagedTable* similar() const { return similar_; }

 Q_SIGNALS:
  void record_chosen(const millwright::RecordRef& record);
  void failed(const millwright::Error& error);

 private:
  QWidget* build_similar();
  QWidget* build_mine();
  void list_similar(const models::EarlierItems::Answer& answer);
  void list_mine();
  ProjectSession& session_;
  PagedTable* similar_ = nullptr;
  QLabel* similar_note_ = nullptr;
  PagedTable* mine_ = nullptr;
  QLineEdit* find_ = nullptr;
  std::shared_ptr<const models::EarlierItems> index_;
  int64_t index_task_ = 0;
  qint64 index_version_ = -1;
  std::optional<labels::Task> task_;
  QString person_;
};

}  // namespace millwright::ui::detail
