#include "models/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "base/ids.h"
#include "models/evaluation.h"
#include "models/training.h"

namespace millwright::models {
namespace {

/// The newest evaluation of each that suits the other: both on test rows, else both on what has the same name.
std::optional<std::pair<Evaluation, Evaluation>> pair_up(const std::vector<Evaluation>& ours,
                                                         const std::vector<Evaluation>& theirs) {
  const auto find = [](const std::vector<Evaluation>& all, const auto& suits) {
    return std::find_if(all.begin(), all.end(), [&](const Evaluation& one) { return one.file && suits(one); });
  };
  const auto on_test = [](const Evaluation& one) { return one.on_what.ends_with(":test"); };
  const auto a = find(ours, on_test), b = find(theirs, on_test);
  if (a != ours.end() && b != theirs.end() && a->kind == b->kind) return std::pair(*a, *b);
  for (const Evaluation& one : ours) {
    if (!one.file) continue;
    const auto same =
        find(theirs, [&](const Evaluation& other) { return other.on_what == one.on_what && other.kind == one.kind; });
    if (same != theirs.end()) return std::pair(one, *same);
  }
  return std::nullopt;
}

/// What a row says of two models: one is right and the other wrong; of numbers, one is nearer than the other.
class Measure {
 public:
  Measure(labels::TaskKind kind, const std::vector<std::string>& labels) {
    if (kind != labels::TaskKind::number) return;
    for (const std::string& label : labels) {
      const auto value = labels::read_label(kind, label);
      numbers_.push_back(value ? value->number : std::numeric_limits<double>::quiet_NaN());
    }
  }
  /// 0: right; else how far away it is, where that counts, or 1.
  [[nodiscard]] double miss(const Judged& row) const {
    if (numbers_.empty()) return row.truth == row.predicted ? 0 : 1;
    return std::abs(numbers_[static_cast<size_t>(row.truth)] - numbers_[static_cast<size_t>(row.predicted)]);
  }

 private:
  std::vector<double> numbers_;
};

/// Counts pairs of rows. A record whose label was another in the two evaluations is left out: it was judged by two
/// measures.
void count_pairs(labels::TaskKind kind, const JudgedRows& ours, const JudgedRows& theirs, Comparison& comparison) {
  const Measure our_measure(kind, ours.labels), their_measure(kind, theirs.labels);
  std::unordered_map<RecordRef, const Judged*> known;
  known.reserve(theirs.rows.size());
  for (const Judged& row : theirs.rows) known.emplace(RecordRef{row.batch, row.ordinal}, &row);
  int64_t right = 0, other_right = 0;
  for (const Judged& row : ours.rows) {
    const auto found = known.find(RecordRef{row.batch, row.ordinal});
    if (found == known.end() || row.truth < 0 || found->second->truth < 0) continue;
    const Judged& other = *found->second;
    if (ours.labels[static_cast<size_t>(row.truth)] != theirs.labels[static_cast<size_t>(other.truth)]) continue;
    ++comparison.n;
    const double a = our_measure.miss(row), b = their_measure.miss(other);
    right += a == 0 ? 1 : 0;
    other_right += b == 0 ? 1 : 0;
    comparison.only_model_right += a < b ? 1 : 0;
    comparison.only_other_right += b < a ? 1 : 0;
  }
  const auto n = static_cast<double>(comparison.n);
  const bool counted = comparison.n > 0 && kind != labels::TaskKind::number;
  comparison.accuracy = counted ? static_cast<double>(right) / n : std::numeric_limits<double>::quiet_NaN();
  comparison.other_accuracy = counted ? static_cast<double>(other_right) / n : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::string_view name_of(ComparisonVerdict verdict) {
  switch (verdict) {
    case ComparisonVerdict::better:
      return "better";
    case ComparisonVerdict::worse:
      return "worse";
    case ComparisonVerdict::cannot_tell:
      return "cannot_tell";
  }
  return {};
}

Result<std::optional<Comparison>> compare_models(const store::Project& project, const Model& model,
                                                 const Model& other) {
  if (model.task != other.task)
    return fail(ErrorKind::usage, "compare.other_task", "{a} and {b} belong to different tasks.",
                {{"a", model.name}, {"b", other.name}}, "Compare two models of one task.");
  MW_ASSIGN(const std::vector<Evaluation> ours, evaluations_of(project, model.id));
  MW_ASSIGN(const std::vector<Evaluation> theirs, evaluations_of(project, other.id));
  const auto pair = pair_up(ours, theirs);
  if (!pair) return std::optional<Comparison>();
  Comparison comparison;
  comparison.model = model.id;
  comparison.other = other.id;
  comparison.on_what = pair->first.on_what;
  comparison.other_on_what = pair->second.on_what;
  comparison.kind = pair->first.kind;
  MW_ASSIGN(const JudgedRows our_rows, judged_rows(project, pair->first));
  MW_ASSIGN(const JudgedRows their_rows, judged_rows(project, pair->second));
  count_pairs(comparison.kind, our_rows, their_rows, comparison);
  if (comparison.n == 0) return std::optional<Comparison>();
  comparison.p = statistics::mcnemar(comparison.only_model_right, comparison.only_other_right).p;
  comparison.difference =
      statistics::paired_difference(comparison.only_model_right, comparison.only_other_right, comparison.n);
  if (comparison.p < kComparisonAlpha)
    comparison.verdict = comparison.difference.value > 0 ? ComparisonVerdict::better : ComparisonVerdict::worse;
  return std::optional(comparison);
}

Result<std::optional<BesideBaseline>> compare_with_baseline(const store::Project& project, const Model& model) {
  if (model.snapshot == 0) return std::optional<BesideBaseline>();
  MW_ASSIGN(const std::vector<Run> runs, list_runs(project, model.task));
  const Run* run = baseline_of(runs, model.snapshot);
  if (run == nullptr || run->model == 0 || run->model == model.id) return std::optional<BesideBaseline>();
  MW_ASSIGN(Model baseline, read_model(project, run->model));
  MW_ASSIGN(auto comparison, compare_models(project, model, baseline));
  if (!comparison) return std::optional<BesideBaseline>();
  return std::optional(BesideBaseline{std::move(baseline), std::move(*comparison)});
}

Json to_json(const BesideBaseline& beside) {
  Json json = {{"model", tail(beside.baseline.uuid)}};
  json.update(to_json(beside.comparison));
  return json;
}

Json to_json(const Comparison& comparison) {
  return {{"on", comparison.on_what},
          {"with_on", comparison.other_on_what},
          {"kind", labels::name_of(comparison.kind)},
          {"n", comparison.n},
          {"accuracy", number_or_null(comparison.accuracy)},
          {"with_accuracy", number_or_null(comparison.other_accuracy)},
          {"only_model_right", comparison.only_model_right},
          {"only_with_right", comparison.only_other_right},
          {"difference",
           {{"value", number_or_null(comparison.difference.value)},
            {"low", number_or_null(comparison.difference.low)},
            {"high", number_or_null(comparison.difference.high)}}},
          {"p", number_or_null(comparison.p)},
          {"verdict", name_of(comparison.verdict)}};
}

}  // namespace millwright::models
