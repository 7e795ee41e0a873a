// What the data looks like beside its checks: missing values of each field, and how large the classes are.
#pragma once

#include <string>
#include <vector>

#include "ui_session/project_session.h"
#include "ui_widgets/card.h"

class QStackedWidget;

namespace millwright::ui {
class BarChart;
class SegmentedControl;
}  // namespace millwright::ui

namespace millwright::ui::detail {

class QualityPictures : public Card {
  Q_OBJECT
 public:
  explicit QualityPictures(ProjectSession& session, QWidget* parent = nullptr);
  /// Of these batches; task 0: no classes.
  void show_batches(const std::vector<int64_t>& batches, int64_t task, const QString& task_name);

 Q_SIGNALS:
  void failed(const millwright::Error& error);

 private:
  struct Pictures;
  void take(const Pictures& pictures);
  ProjectSession& session_;
  SegmentedControl* mode_;
  QStackedWidget* stack_;
  BarChart* missing_;
  BarChart* classes_;
};

}  // namespace millwright::ui::detail
