#include "planning/flywheel.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/clock.h"
#include "base/ids.h"
#include "detail/drift_summary.h"
#include "jobs/queue.h"
#include "labels/current.h"
#include "labels/queue.h"
#include "labels/task.h"
#include "models/evaluation.h"
#include "models/registry.h"
#include "models/training.h"
#include "quality/gate_report.h"
#include "records/asset.h"
#include "records/batch.h"
#include "snapshots/snapshot.h"

namespace millwright::planning {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kWeekMs = 7LL * 24 * 3600 * 1000;

/// Everything that the page is made of, read once.
struct Facts {
  std::vector<records::Asset> assets;
  std::vector<records::BatchInfo> batches;
  std::vector<labels::Task> tasks;
  labels::LabelTotals labels;
  std::vector<labels::Queue> queues;
  std::vector<snapshots::Snapshot> snapshots;
  std::vector<quality::SubjectVerdict> batch_gates, snapshot_gates;
  std::vector<jobs::Job> jobs;
  std::vector<models::Run> runs;
  std::vector<models::Model> models;
  /// The run whose model is in use: a champion's; while there is none, the newest. nullptr: there is no run.
  [[nodiscard]] const models::Run* in_use() const {
    for (const auto& model : models)
      for (const auto& run : runs)
        if (model.stage == models::Stage::champion && run.id == model.run) return &run;
    return runs.empty() ? nullptr : &runs.front();
  }
  std::optional<detail::DriftSummary> drift;

  [[nodiscard]] int64_t records() const {
    int64_t sum = 0;
    for (const auto& batch : batches) sum += batch.rows_kept;
    return sum;
  }
  [[nodiscard]] int64_t waiting() const {
    int64_t sum = 0;
    for (const auto& queue : queues) sum += queue.items - queue.done;
    return sum;
  }
  [[nodiscard]] const jobs::Job* running() const {
    for (const auto& job : jobs)
      if (job.state == jobs::JobState::running || job.state == jobs::JobState::queued) return &job;
    return nullptr;
  }
};

Result<Facts> read_facts(const store::Project& project) {
  Facts facts;
  MW_ASSIGN(facts.assets, records::list_assets(project));
  MW_ASSIGN(facts.batches, records::list_batches(project));
  MW_ASSIGN(facts.tasks, labels::list_tasks(project));
  MW_ASSIGN(facts.labels, labels::label_totals(project, std::nullopt, now_ms() - kWeekMs));
  MW_ASSIGN(facts.queues, labels::list_queues(project, std::nullopt));
  MW_ASSIGN(facts.snapshots, snapshots::list_snapshots(project));
  MW_ASSIGN(facts.batch_gates, quality::latest_verdicts(project, quality::SubjectKind::batch));
  MW_ASSIGN(facts.snapshot_gates, quality::latest_verdicts(project, quality::SubjectKind::snapshot));
  MW_ASSIGN(facts.jobs, jobs::list_jobs(project, 100));
  MW_ASSIGN(facts.runs, models::list_runs(project));
  MW_ASSIGN(facts.models, models::list_models(project));
  MW_ASSIGN(facts.drift, detail::latest_drift(project));
  return facts;
}

double metric(const Json& metrics, const char* name, const char* part) {
  if (!metrics.is_object()) return kNone;
  const auto found = metrics.find(name);
  if (found == metrics.end()) return kNone;
  if (found->is_number()) return std::string_view(part) == "value" ? found->get<double>() : kNone;
  if (!found->is_object() || !found->contains(part) || !found->at(part).is_number()) return kNone;
  return found->at(part).get<double>();
}

Json estimate_json(double value, double low, double high) {
  return {{"value", number_or_null(value)}, {"low", number_or_null(low)}, {"high", number_or_null(high)}};
}

Figure figure(std::string name, int64_t number) { return {std::move(name), static_cast<double>(number), {}}; }
Figure figure(std::string name, double number) { return {std::move(name), number, {}}; }
Figure words(std::string name, std::string text) { return {std::move(name), kNone, std::move(text)}; }

// Gates of what is still there: a batch that was dropped has no say.
void count_gates(const Facts& facts, int64_t& failing, int64_t& warning, int64_t& asked) {
  for (const auto& batch : facts.batches) {
    for (const auto& gate : facts.batch_gates) {
      if (gate.subject != batch.id) continue;
      ++asked;
      if (!gate.open) ++failing;
      if (gate.verdict == quality::Verdict::warn) ++warning;
    }
  }
  if (facts.snapshots.empty()) return;
  for (const auto& gate : facts.snapshot_gates) {
    if (gate.subject != facts.snapshots.front().id) continue;
    ++asked;
    if (!gate.open) ++failing;
    if (gate.verdict == quality::Verdict::warn) ++warning;
  }
}

Stage gate_stage(const Facts& facts) {
  int64_t failing = 0, warning = 0, asked = 0;
  count_gates(facts, failing, warning, asked);
  Stage stage{"gate", StageState::empty, {}};
  if (asked == 0) return stage;
  stage.state = failing > 0 ? StageState::fail : warning > 0 ? StageState::warn : StageState::good;
  stage.figures = {figure("failing", failing), figure("warnings", warning), figure("checked", asked)};
  return stage;
}

Stage training_stage(const Facts& facts) {
  Stage stage{"training", StageState::empty, {}};
  if (const jobs::Job* job = facts.running()) {
    stage.state = StageState::busy;
    stage.figures = {words("job", tail(job->uuid)), figure("progress", job->share().value_or(kNone))};
  } else if (!facts.runs.empty()) {
    stage.state = StageState::good;
    stage.figures = {words("algorithm", facts.runs.front().algorithm), figure("seconds", facts.runs.front().seconds)};
  }
  if (!facts.jobs.empty() && facts.jobs.front().state == jobs::JobState::failed) stage.state = StageState::fail;
  return stage;
}

std::vector<Stage> stages_of(const Facts& facts) {
  std::vector<Stage> stages;
  Stage data{"data", facts.batches.empty() ? StageState::empty : StageState::good, {}};
  if (!facts.batches.empty())
    data.figures = {figure("records", facts.records()), figure("batches", static_cast<int64_t>(facts.batches.size()))};
  stages.push_back(std::move(data));
  stages.push_back(gate_stage(facts));

  Stage labeled{"labels", StageState::empty, {}};
  const int64_t label_count = facts.labels.by_persons + facts.labels.in_bulk;
  if (label_count > 0 || facts.waiting() > 0) {
    labeled.state = facts.waiting() > 0 ? StageState::warn : StageState::good;
    labeled.figures = {figure("waiting", facts.waiting()), figure("labels", label_count)};
  }
  stages.push_back(std::move(labeled));

  Stage frozen{"snapshot", StageState::empty, {}};
  if (!facts.snapshots.empty()) {
    frozen.state = StageState::good;
    frozen.figures = {words("snapshot", tail(facts.snapshots.front().uuid)),
                      figure("rows", facts.snapshots.front().counts.rows())};
  }
  stages.push_back(std::move(frozen));
  stages.push_back(training_stage(facts));

  Stage evaluation{"evaluation", StageState::empty, {}};
  if (!facts.runs.empty()) {
    evaluation.state = StageState::good;
    const Json& metrics = facts.in_use()->metrics;
    const auto headline = models::headline_of(metrics);
    evaluation.figures = {figure(headline ? headline->name : "accuracy", headline ? headline->value.value : kNone)};
    if (const double f1 = metric(metrics, "macro_f1", "value"); std::isfinite(f1))
      evaluation.figures.push_back(figure("macro_f1", f1));
  }
  stages.push_back(std::move(evaluation));

  Stage drift{"drift", StageState::empty, {}};
  if (facts.drift) {
    drift.state = facts.drift->drifted > 0 ? StageState::warn : StageState::good;
    drift.figures = {figure("drifted", facts.drift->drifted), figure("fields", facts.drift->judged)};
  }
  stages.push_back(std::move(drift));
  return stages;
}

class Advice {
 public:
  Advice(const Facts& facts, std::string project) : facts_(facts), project_(std::move(project)) {}

  std::vector<NextAction> next() {
    first_steps();
    gates();
    labeling();
    training();
    drift();
    std::stable_sort(actions_.begin(), actions_.end(),
                     [](const NextAction& a, const NextAction& b) { return rank(a) < rank(b); });
    return std::move(actions_);
  }

 private:
  static int rank(const NextAction& action) {
    switch (action.urgency) {
      case StageState::fail:
        return 0;
      case StageState::warn:
        return 1;
      default:
        return 2;
    }
  }
  void add(std::string action, StageState urgency, std::string why, std::vector<Figure> figures,
           const std::string& command, std::string page) {
    actions_.push_back(
        {std::move(action), urgency, std::move(why), std::move(figures), "millwright-cli " + command, std::move(page)});
  }
  void first_steps() {
    if (facts_.batches.empty()) {
      add("import_data", StageState::warn, "no_data", {}, "import " + project_ + " FILE", "data");
    } else if (facts_.tasks.empty()) {
      add("create_task", StageState::warn, "no_task", {},
          "task " + project_ + " create NAME --asset " + facts_.assets.front().name + " --text FIELD", "labels");
    } else if (facts_.labels.by_persons + facts_.labels.in_bulk == 0 && facts_.queues.empty()) {
      add("queue_items", StageState::warn, "no_labels", {figure("records", facts_.records())},
          "queue " + project_ + " add --task " + facts_.tasks.front().name, "labels");
    }
  }
  void gates() {
    for (const auto& batch : facts_.batches) {
      for (const auto& gate : facts_.batch_gates)
        if (gate.subject == batch.id && !gate.open)
          add("fix_gate", StageState::fail, "batch_gate_fails", {words("batch", tail(batch.uuid))},
              "gate " + project_ + " --batch " + tail(batch.uuid), "quality");
    }
    if (facts_.snapshots.empty()) return;
    const auto& newest = facts_.snapshots.front();
    for (const auto& gate : facts_.snapshot_gates)
      if (gate.subject == newest.id && !gate.open)
        add("fix_gate", StageState::fail, "snapshot_gate_fails", {words("snapshot", tail(newest.uuid))},
            "gate " + project_ + " --snapshot " + tail(newest.uuid), "quality");
  }
  void labeling() {
    for (const auto& queue : facts_.queues) {
      if (queue.done >= queue.items) continue;
      add("label", StageState::warn, "queue_waits",
          {words("queue", queue.name), figure("waiting", queue.items - queue.done), figure("items", queue.items)},
          "queue " + project_ + " next --name " + queue.name, "labels");
    }
  }
  void training() {
    const bool labels = facts_.labels.by_persons + facts_.labels.in_bulk > 0;
    if (labels && facts_.snapshots.empty() && !facts_.tasks.empty())
      add("snapshot", StageState::warn, "labels_not_frozen",
          {figure("labels", facts_.labels.by_persons + facts_.labels.in_bulk)},
          "snapshot " + project_ + " --task " + facts_.tasks.front().name, "snapshots");
    if (!facts_.snapshots.empty() && facts_.running() == nullptr) {
      const auto& newest = facts_.snapshots.front();
      bool trained = false;
      for (const auto& run : facts_.runs) trained = trained || run.snapshot == newest.id;
      if (!trained)
        add("train", StageState::warn, "snapshot_not_trained", {words("snapshot", tail(newest.uuid))},
            "train " + project_ + " --snapshot " + tail(newest.uuid) + " --wait", "training");
    }
    if (!facts_.jobs.empty() && facts_.jobs.front().state == jobs::JobState::failed)
      add("look_at_job", StageState::fail, "job_failed", {words("job", tail(facts_.jobs.front().uuid))},
          "jobs " + project_ + " show " + tail(facts_.jobs.front().uuid), "training");
    bool champion = false;
    for (const auto& model : facts_.models) champion = champion || model.stage == models::Stage::champion;
    if (!facts_.models.empty() && !champion)
      add("promote", StageState::good, judged_by_accuracy() ? "no_champion" : "no_champion_yet",
          {words("model", tail(facts_.models.front().uuid)),
           figure("accuracy", facts_.runs.empty() ? kNone : metric(facts_.runs.front().metrics, "accuracy", "value"))},
          "promote " + project_ + " --model " + tail(facts_.models.front().uuid) + " --to champion", "models");
  }
  void drift() {
    if (facts_.drift && facts_.drift->drifted > 0)
      add("look_at_drift", StageState::warn, "fields_drifted",
          {figure("drifted", facts_.drift->drifted), words("field", facts_.drift->strongest_field),
           figure("effect", facts_.drift->strongest_effect)},
          "drift " + project_ + " " + facts_.drift->question, "drift");
    if (!facts_.drift && facts_.batches.size() > 1)
      add("compare_batches", StageState::good, "batches_not_compared", {},
          "drift " + project_ + " --reference " + tail(facts_.batches.front().uuid) + " --current " +
              tail(facts_.batches.back().uuid),
          "drift");
  }

  [[nodiscard]] bool judged_by_accuracy() const {
    if (facts_.runs.empty()) return true;
    const auto headline = models::headline_of(facts_.runs.front().metrics);
    return !headline || headline->name == "accuracy";
  }

  const Facts& facts_;
  std::string project_;
  std::vector<NextAction> actions_;
};

Kpis kpis_of(const Facts& facts) {
  Kpis kpis;
  kpis.test_accuracy = kpis.test_low = kpis.test_high = kpis.macro_f1 = kNone;
  kpis.figure = figure("accuracy", kNone);
  kpis.figure_low = kpis.figure_high = kNone;
  if (!facts.runs.empty()) {
    const Json& metrics = facts.in_use()->metrics;
    kpis.test_accuracy = metric(metrics, "accuracy", "value");
    kpis.test_low = metric(metrics, "accuracy", "low");
    kpis.test_high = metric(metrics, "accuracy", "high");
    if (const auto headline = models::headline_of(metrics)) {
      kpis.figure = figure(headline->name, headline->value.value);
      kpis.figure_low = headline->value.low;
      kpis.figure_high = headline->value.high;
    }
    kpis.macro_f1 = metric(metrics, "macro_f1", "value");
  }
  kpis.records = facts.records();
  kpis.labeled = facts.labels.by_persons + facts.labels.in_bulk;
  kpis.labels_this_week = facts.labels.since;
  kpis.median_seconds_per_label = facts.labels.median_seconds;
  kpis.models = static_cast<int64_t>(facts.models.size());
  return kpis;
}

}  // namespace

const char* name_of(StageState state) {
  switch (state) {
    case StageState::empty:
      return "empty";
    case StageState::good:
      return "good";
    case StageState::warn:
      return "warn";
    case StageState::fail:
      return "fail";
    case StageState::busy:
      return "busy";
  }
  return "empty";
}

Result<FlywheelStatus> flywheel_status(const store::Project& project) {
  MW_ASSIGN(const Facts facts, read_facts(project));
  FlywheelStatus status;
  status.project = project.name();
  const auto size = [](const auto& list) { return static_cast<int64_t>(list.size()); };
  status.counts = {{"assets", size(facts.assets)},
                   {"batches", size(facts.batches)},
                   {"records", facts.records()},
                   {"tasks", size(facts.tasks)},
                   {"labels", facts.labels.by_persons + facts.labels.in_bulk},
                   {"snapshots", size(facts.snapshots)},
                   {"runs", size(facts.runs)},
                   {"models", size(facts.models)},
                   {"queued", facts.waiting()}};
  status.stages = stages_of(facts);
  status.next = Advice(facts, project.folder().string()).next();
  status.kpis = kpis_of(facts);
  return status;
}

Json to_json(const FlywheelStatus& status) {
  const auto figures_json = [](const std::vector<Figure>& figures) {
    Json out = Json::object();
    for (const auto& f : figures) out[f.name] = f.text.empty() ? number_or_null(f.number) : Json(f.text);
    return out;
  };
  Json counts = Json::object();
  for (const auto& [name, count] : status.counts) counts[name] = count;
  Json stages = Json::array();
  for (const auto& stage : status.stages)
    stages.push_back({{"name", stage.name}, {"state", name_of(stage.state)}, {"figures", figures_json(stage.figures)}});
  Json next = Json::array();
  for (const auto& action : status.next)
    next.push_back({{"action", action.action},
                    {"why", action.why},
                    {"figures", figures_json(action.figures)},
                    {"command", action.command},
                    {"page", action.page},
                    {"text", words_of(action)},
                    {"reason", reason_of(action)}});
  const Kpis& k = status.kpis;
  return {{"project", status.project},
          {"counts", std::move(counts)},
          {"stages", std::move(stages)},
          {"next", std::move(next)},
          {"kpis",
           {{"test_accuracy", estimate_json(k.test_accuracy, k.test_low, k.test_high)},
            {"test_figure",
             {{"name", k.figure.name}, {"estimate", estimate_json(k.figure.number, k.figure_low, k.figure_high)}}},
            {"macro_f1", number_or_null(k.macro_f1)},
            {"records", k.records},
            {"labels", k.labeled},
            {"labels_this_week", k.labels_this_week},
            {"seconds_per_label", number_or_null(k.median_seconds_per_label)},
            {"models", k.models}}}};
}

}  // namespace millwright::planning
