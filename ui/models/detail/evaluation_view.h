// How good a model is on some rows, as pictures and a table: where it errs, whether its confidence can be believed, and
// class by class.
#pragma once

#include <QWidget>
#include <memory>
#include <optional>

#include "models/evaluation.h"
#include "ui_records/record_view.h"
#include "ui_widgets/paged_table.h"

class QLabel;
class QStackedWidget;

namespace millwright::ui {
class HeatmapChart;
class ReliabilityChart;
class SegmentedControl;
}  // namespace millwright::ui

namespace millwright::ui::detail {

class EvaluationView : public QWidget {
  Q_OBJECT
 public:
  explicit EvaluationView(QWidget* parent = nullptr);
  void show_evaluation(std::shared_ptr<const models::Evaluation> evaluation);
  void clear(const QString& text);
  [[nodiscard]] std::shared_ptr<const models::Evaluation> evaluation() const { return evaluation_; }
  [[nodiscard]] SegmentedControl* modes() const { return modes_; }
  [[nodiscard]] HeatmapChart* matrix() const { return matrix_; }
  [[nodiscard]] PagedTable* classes() const { return classes_; }

 Q_SIGNALS:
  /// Indexes into the evaluation's labels.
  void cell_chosen(int truth, int predicted);

 private:
  void show_classes();
  std::shared_ptr<const models::Evaluation> evaluation_;
  std::vector<int> order_;  ///< of the classes in the picture: largest first
  SegmentedControl* modes_;
  QStackedWidget* stack_;
  QLabel* words_;
  HeatmapChart* matrix_;
  ReliabilityChart* reliability_;
  PagedTable* classes_;
};

/// "0.924" and "0.918 – 0.930".
[[nodiscard]] QString share_text(double share);
[[nodiscard]] QString interval_text(const statistics::Estimate& estimate);
/// The same from a run's metrics.
[[nodiscard]] statistics::Estimate estimate_from(const Json& metrics, const char* key);
[[nodiscard]] double number_from(const Json& metrics, const char* key);
/// The figure that counts first, with its name where that is not accuracy.
[[nodiscard]] Cell headline_cell(const Json& metrics, bool with_interval = false);
/// "accuracy 0.924 (0.918 – 0.930) · macro-F1 0.920 · ECE 0.012", or what there is of another kind.
[[nodiscard]] QString figures_words(const models::Evaluation& evaluation);
/// "test split", "batch k3f9x2 …": what an evaluation was on.
[[nodiscard]] QString on_what_words(const std::string& on_what);

/// The records of one cell of the matrix, least certain first; with a predicted and a confidence column.
[[nodiscard]] Result<std::shared_ptr<RecordSource>> records_of_cell(store::Project& project,
                                                                    const models::Evaluation& evaluation, int truth,
                                                                    int predicted);

}  // namespace millwright::ui::detail
