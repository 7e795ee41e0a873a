// Which of two models is better: on the rows that both were judged on, row by row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "labels/label_value.h"
#include "models/registry.h"
#include "statistics/classification.h"
#include "store/project.h"

namespace millwright::models {

/// What the figures allow to say of the first model.
enum class ComparisonVerdict { better, worse, cannot_tell };
[[nodiscard]] std::string_view name_of(ComparisonVerdict verdict);  ///< "cannot_tell"

struct Comparison {
  int64_t model = 0, other = 0;        ///< rows of table model
  std::string on_what, other_on_what;  ///< the evaluations whose rows were taken
  labels::TaskKind kind = labels::TaskKind::single_label;
  int64_t n = 0;  ///< rows that both were judged on
  /// Share of those rows that are right: with all their labels, or spans. NaN of numbers.
  double accuracy = 0, other_accuracy = 0;
  /// Of numbers: rows on which the one is nearer than the other.
  int64_t only_model_right = 0, only_other_right = 0;
  statistics::Estimate difference;  ///< of the two, as shares of the rows, with its 95 % interval over pairs
  double p = 1;                     ///< McNemar's test; of numbers that is the sign test
  ComparisonVerdict verdict = ComparisonVerdict::cannot_tell;
};
inline constexpr double kComparisonAlpha = 0.05;

/// Compares the newest kept evaluations on test rows, else on the same rows of another kind. Test splits of two
/// snapshots of a task overlap, since nothing ever moves to another split: the rows that are in both are taken.
/// nullopt when there are no such rows. Error: usage "compare.other_task".
[[nodiscard]] Result<std::optional<Comparison>> compare_models(const store::Project& project, const Model& model,
                                                               const Model& other);
[[nodiscard]] Json to_json(const Comparison& comparison);

struct BesideBaseline {
  Model baseline;
  Comparison comparison;  ///< of the model with it
};
/// The model beside the baseline of the snapshot that it was trained on; nullopt for the baseline itself, for a model
/// that no run made, and where the two were judged on no common rows.
[[nodiscard]] Result<std::optional<BesideBaseline>> compare_with_baseline(const store::Project& project,
                                                                          const Model& model);
/// {"model", and the keys of a comparison}.
[[nodiscard]] Json to_json(const BesideBaseline& beside);

}  // namespace millwright::models
