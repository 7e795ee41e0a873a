#include "runs_overview.h"

#include <QLocale>
#include <cmath>

#include "evaluation_view.h"
#include "labels/task.h"
#include "quality/gate_report.h"
#include "snapshots/snapshot.h"
#include "ui_records/words.h"

namespace millwright::ui::detail {
namespace {

QString tr(const char* text) { return QObject::tr(text); }

/// Whether the run's model is in use, else how it does against the one that is.
Cell verdict_cell(models::Stage stage, const models::Comparison* comparison) {
  using Verdict = models::ComparisonVerdict;
  if (stage == models::Stage::champion) return Cell::badge(tr("champion"), State::pass);
  if (comparison == nullptr)
    return Cell::badge(stage == models::Stage::retired ? tr("retired") : tr("candidate"), State::neutral);
  switch (comparison->verdict) {
    case Verdict::better:
      return Cell::badge(tr("better"), State::pass);
    case Verdict::worse:
      return Cell::badge(tr("worse"), State::fail);
    case Verdict::cannot_tell:
      break;
  }
  return Cell::badge(tr("cannot tell"), State::neutral);
}

QString points_text(double share) {
  const QString sign = share < -0.0005 ? QStringLiteral("−") : share > 0.0005 ? QStringLiteral("+") : QString();
  return sign + QLocale().toString(std::abs(share) * 100, 'f', 1);
}

/// The difference to another model in points, and what speaks for it. `words` say how many rows only one is right in.
Cell against_cell(const models::Comparison* comparison, const QString& words) {
  if (comparison == nullptr) return {QStringLiteral("–")};
  const QString p = comparison->p < 0.001 ? tr("p < 0.001") : tr("p %1").arg(QLocale().toString(comparison->p, 'f', 3));
  Cell cell = Cell::two_lines(points_text(comparison->difference.value), p);
  cell.tool_tip =
      words.arg(figure(static_cast<qint64>(comparison->n)), figure(static_cast<qint64>(comparison->only_model_right)),
                figure(static_cast<qint64>(comparison->only_other_right)), points_text(comparison->difference.low),
                points_text(comparison->difference.high));
  return cell;
}

Cell about_cell(const models::Run& run) {
  Cell about = Cell::two_lines(text_of(run.algorithm) + tr(" · seed %1").arg(run.seed),
                               tr("%1 · snapshot %2").arg(ago(run.time_ms), short_id(run.snapshot_uuid)));
  if (!run.gate_override.empty()) about.tool_tip = tr("Gate overridden: %1").arg(text_of(run.gate_override));
  return about;
}

QString latency_text(const models::Run& run) {
  const double p95 = run.metrics.is_object() && run.metrics.contains("latency_ms")
                         ? number_from(run.metrics["latency_ms"], "p95")
                         : number_from(run.metrics, "latency_p95_ms");
  return std::isfinite(p95) ? tr("%1 ms").arg(figure(p95, 2)) : QStringLiteral("–");
}

Status compare(const store::Project& project, const models::Model& model, const models::Model* other,
               RunsOverview& overview) {
  if (other == nullptr || other->id == model.id || overview.comparisons.contains({model.id, other->id})) return {};
  MW_ASSIGN(auto comparison, models::compare_models(project, model, *other));
  overview.comparisons.emplace(std::pair(model.id, other->id), std::move(comparison));
  return {};
}

/// Each model beside its task's champion and its snapshot's baseline.
Status compare_all(const store::Project& project, RunsOverview& overview) {
  const auto model_of = [&overview](const models::Run* run) -> const models::Model* {
    for (const auto& model : overview.models)
      if (run != nullptr && model.id == run->model) return &model;
    return nullptr;
  };
  for (const auto& model : overview.models) {
    MW_TRY(compare(project, model, overview.champion_of(model.task), overview));
    MW_TRY(compare(project, model, model_of(models::baseline_of(overview.runs, model.snapshot)), overview));
  }
  return {};
}

}  // namespace

models::Stage RunsOverview::stage_of(int64_t model) const {
  for (const auto& one : models)
    if (one.id == model) return one.stage;
  return models::Stage::candidate;
}

const models::Model* RunsOverview::champion_of(int64_t task) const {
  for (const auto& one : models)
    if (one.task == task && one.stage == models::Stage::champion) return &one;
  return nullptr;
}

const models::Comparison* RunsOverview::against_champion(const models::Run& run) const {
  const auto* champion = champion_of(run.task);
  return champion == nullptr ? nullptr : between(run.model, champion->id);
}

const models::Comparison* RunsOverview::against_baseline(const models::Run& run) const {
  const auto* baseline = models::baseline_of(runs, run.snapshot);
  return baseline == nullptr ? nullptr : between(run.model, baseline->model);
}

bool RunsOverview::is_baseline(const models::Run& run) const {
  const auto* baseline = models::baseline_of(runs, run.snapshot);
  return baseline != nullptr && baseline->id == run.id;
}

const models::Comparison* RunsOverview::between(int64_t model, int64_t other) const {
  const auto found = comparisons.find({model, other});
  return found != comparisons.end() && found->second ? &*found->second : nullptr;
}

Status read_runs(const store::Project& project, const RunsOverview* known, RunsOverview& overview) {
  if (known != nullptr) overview.comparisons = known->comparisons;
  MW_ASSIGN(overview.runs, models::list_runs(project));
  MW_ASSIGN(overview.models, models::list_models(project));
  MW_TRY(compare_all(project, overview));
  MW_ASSIGN(const auto tasks, labels::list_tasks(project));
  MW_ASSIGN(const auto snapshots, snapshots::list_snapshots(project));
  MW_ASSIGN(const auto verdicts, quality::latest_verdicts(project, quality::SubjectKind::snapshot));
  for (const auto& snapshot : snapshots) {
    SnapshotChoice choice{snapshot, {}, true};
    for (const auto& task : tasks)
      if (task.id == snapshot.task) choice.task = task.name;
    for (const auto& verdict : verdicts)
      if (verdict.subject == snapshot.id) choice.gate_open = verdict.open;
    overview.snapshots.push_back(std::move(choice));
  }
  MW_ASSIGN(const auto all, jobs::list_jobs(project, 50));
  for (const auto& job : all)
    if (job.kind == "train" && !job.ended()) overview.jobs.push_back(job);
  const auto newest = std::find_if(all.begin(), all.end(), [](const jobs::Job& job) { return job.kind == "train"; });
  if (newest != all.end() && jobs::can_be_retried(project, *newest)) overview.stopped = *newest;
  return {};
}

std::vector<Column> run_columns() {
  using Kind = Column::Kind;
  return {
      {.title = tr("Run"), .kind = Kind::id, .width = 76},
      {.title = tr("Algorithm"), .stretch = true},
      {.title = tr("Test, 95 %"), .kind = Kind::figure, .width = 118},
      {.title = tr("Macro-F1, 95 %"), .kind = Kind::figure, .width = 118},
      {.title = tr("vs baseline"),
       .kind = Kind::figure,
       .width = 94,
       .tool_tip = tr("difference of the accuracies in points, on the rows that both were judged on; p of McNemar's "
                      "test")},
      {.title = tr("vs champion"),
       .kind = Kind::figure,
       .width = 98,
       .tool_tip = tr("the same, beside the model that is in use")},
      {.title = tr("ECE"), .kind = Kind::figure, .width = 60},
      {.title = tr("p95"), .kind = Kind::figure, .width = 84, .tool_tip = tr("latency of one prediction")},
      {.title = tr("Took"), .kind = Kind::figure, .width = 76},
      {.title = tr("Verdict"), .kind = Kind::badge, .width = 108}};
}

std::vector<Row> run_rows(const RunsOverview& overview) {
  const QString baseline_words =
      tr("On %1 rows that both were judged on only this one is right in %2 and only the baseline in %3. "
         "95 % interval of the difference: %4 to %5 points.");
  const QString champion_words =
      tr("On %1 rows that both were judged on only this one is right in %2 and only the champion in %3. "
         "95 % interval of the difference: %4 to %5 points.");
  std::vector<Row> rows;
  for (const auto& run : overview.runs) {
    const auto f1 = estimate_from(run.metrics, "macro_f1");
    const auto* comparison = overview.against_champion(run);
    Cell beside{tr("baseline")};
    if (!overview.is_baseline(run)) beside = against_cell(overview.against_baseline(run), baseline_words);
    rows.push_back(
        {QVariant(static_cast<qlonglong>(run.id)),
         {short_id(run.uuid), about_cell(run), headline_cell(run.metrics, true),
          std::isfinite(f1.value) ? Cell::two_lines(share_text(f1.value), interval_text(f1))
                                  : Cell{QStringLiteral("–")},
          beside, against_cell(comparison, champion_words), share_text(number_from(run.metrics, "ece")),
          latency_text(run), duration(run.seconds), verdict_cell(overview.stage_of(run.model), comparison)}});
  }
  return rows;
}

}  // namespace millwright::ui::detail
