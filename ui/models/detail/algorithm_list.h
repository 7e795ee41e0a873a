// The algorithms to choose from: each with whether it fits, about how long it takes, how much memory, and why.
#pragma once

#include <QWidget>
#include <vector>

#include "models/training_plan.h"

class QLabel;
class QRadioButton;

namespace millwright::ui {
class Badge;
}  // namespace millwright::ui

namespace millwright::ui::detail {

class AlgorithmList : public QWidget {
  Q_OBJECT
 public:
  explicit AlgorithmList(QWidget* parent = nullptr);
  [[nodiscard]] const jobs::Algorithm& current() const;
  /// One that learns nothing the task is there for is not shown; one that does not fit cannot be chosen. One that is
  /// chosen already stays so: its options can be mended.
  void show_plan(const models::TrainingPlan& plan);
  /// The plan is being made: figures of the one before go.
  void clear();
  /// Whether what is chosen fits, as far as is known.
  [[nodiscard]] bool fits() const;

 Q_SIGNALS:
  void changed();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void fit_words();
  struct Entry {
    const jobs::Algorithm* algorithm;
    QRadioButton* button;
    Badge* badge;
    QLabel* figures;
    QLabel* why;
    bool fits = true;
  };
  std::vector<Entry> entries_;
  bool chosen_ = false;  ///< by hand
};

}  // namespace millwright::ui::detail
