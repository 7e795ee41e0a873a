// models/ is where data becomes a model and a model is judged: training runs, the registry with its stages, evaluation,
// prediction. Training itself happens in the engine's process, through jobs/; everything here runs without libtorch.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "labels/label_value.h"
#include "statistics/calibration.h"
#include "statistics/classification.h"
#include "store/project.h"

namespace millwright::models {

struct LabelFigures {
  std::string label;
  double precision = 0, recall = 0, f1 = 0;
  int64_t support = 0;
};

/// A figure of a model that tells another kind of label than one a record.
struct Figure {
  std::string name;
  statistics::Estimate value;  ///< with its 95 % bootstrap interval over rows; NaN where undefined
};
/// Names of the figures of a kind, the one that counts first first:
///   multi_label  micro_f1, macro_f1, accuracy (rows with all labels right), hamming_loss
///   spans        f1, precision, recall (of spans with begin, end and label right), accuracy (rows with all right)
///   number       r2, mae, rmse, pearson
[[nodiscard]] std::span<const std::string_view> figures_of(labels::TaskKind kind);

/// How good a model is on some rows.
struct Evaluation {
  int64_t id = 0;       ///< row of table evaluation; 0: not kept
  int64_t model = 0;    ///< row of table model
  std::string on_what;  ///< "SNAPSHOT:test", "batch:B", with the where expression
  labels::TaskKind kind = labels::TaskKind::single_label;
  int64_t n = 0;
  statistics::Estimate accuracy, macro_f1;  ///< with 95 % bootstrap intervals
  double ece = 0;
  std::vector<Figure> figures;      ///< in place of those three for other kinds than single_label
  std::vector<std::string> labels;  ///< the model's, then those only the rows have; none of a number
  std::vector<LabelFigures> per_class;
  std::vector<int64_t> confusion;  ///< row-major labels × labels; rows are the truth; of single_label alone
  std::vector<statistics::ReliabilityBin> reliability;
  double latency_p50_ms = 0, latency_p95_ms = 0;  ///< of one prediction at a time; NaN when not measured
  int64_t time_ms = 0;
  std::optional<int64_t> file;  ///< facts file with each row's prediction
};
/// The keys of `evaluate`.
[[nodiscard]] Json to_json(const Evaluation& evaluation);
[[nodiscard]] Result<Evaluation> evaluation_from_json(const Json& json);

/// The figure that counts first, for tables of runs of any kind: "accuracy" of single_label.
struct Headline {
  std::string name;
  statistics::Estimate value;
};
/// Of a run's metrics; nullopt where there is none.
[[nodiscard]] std::optional<Headline> headline_of(const Json& metrics);
/// For people: "accuracy", "micro F1", "F1", "R²".
[[nodiscard]] std::string_view title_of_figure(std::string_view name);

/// One row judged. Labels are indexes into a common list; a truth of -1 is a row without a label and not counted.
struct Judged {
  int64_t batch = 0;
  int64_t ordinal = 0;
  int32_t truth = -1;
  int32_t predicted = -1;
  double confidence = 0;
};
[[nodiscard]] Evaluation judge(const std::vector<std::string>& labels, const std::vector<Judged>& rows);
/// The same for other kinds; `labels` are whole labels as labels/label_value.h writes them. Error: bad_input
/// "labels.bad_value".
[[nodiscard]] Result<Evaluation> judge_values(labels::TaskKind kind, const std::vector<std::string>& labels,
                                              const std::vector<Judged>& rows);

/// What to evaluate on: "SNAPSHOT:train|validation|test" or "batch:B".
struct EvaluateRequest {
  std::string model;
  std::string on;
  std::string where;  ///< further condition on the rows; may be empty
};
/// Predicts the rows one by one, without libtorch, and keeps the figures and each row's prediction.
/// Errors: bad_input "evaluate.no_rows" (no row with a label), "model.no_labels" (it tells none), usage "evaluate.on".
[[nodiscard]] Result<Evaluation> evaluate(store::Project& project, const EvaluateRequest& request, const Work& work);
/// Kept evaluations of a model, newest first.
[[nodiscard]] Result<std::vector<Evaluation>> evaluations_of(const store::Project& project, int64_t model);
/// Each row's prediction of a kept evaluation.
struct JudgedRows {
  std::vector<std::string> labels;  ///< what truth and predicted index: evaluation.labels, or whole labels
  std::vector<Judged> rows;
};
[[nodiscard]] Result<JudgedRows> judged_rows(const store::Project& project, const Evaluation& evaluation);

}  // namespace millwright::models
