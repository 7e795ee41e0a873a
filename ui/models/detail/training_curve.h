// The curve of a run: of one that is done, or of one that is running, point by point, with its progress.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "jobs/pace.h"
#include "jobs/queue.h"
#include "models/training.h"
#include "ui_widgets/card.h"

class QLabel;

namespace millwright::ui {
class LineChart;
class ProgressStrip;
}  // namespace millwright::ui

namespace millwright::ui::detail {

class TrainingCurve : public Card {
  Q_OBJECT
 public:
  explicit TrainingCurve(QWidget* parent = nullptr);
  void show_run(const models::Run& run);
  /// Begins a new curve, which add_events() extends.
  void watch(const jobs::Job& job);
  void show_progress(const Progress& progress);
  void add_events(const std::vector<jobs::Event>& events);
  /// The watched job has ended; what was drawn stays.
  void finish();

 Q_SIGNALS:
  void cancel_wanted();

 private:
  void start_over(const QString& empty_text);
  void show_pace();
  void add_point(const QString& name, qint64 step, double value);
  struct Series {
    QString name;
    int number = 0;      ///< in the chart
    bool share = false;  ///< between 0 and 1 by itself
    double largest = 0;  ///< of its values, without their sign
    std::vector<double> steps, values;
  };
  QString job_;  ///< the watched one's id, for people
  std::optional<jobs::Pace> pace_;
  bool begun_ = false;  ///< it does something; before, it waits
  std::vector<Series> series_;
  ProgressStrip* progress_;
  LineChart* chart_;
  QLabel* words_;
};

/// Why a job failed, in a sentence.
[[nodiscard]] QString cause_words(const jobs::Job& job);

}  // namespace millwright::ui::detail
