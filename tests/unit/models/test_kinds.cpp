// Tasks that ask for several labels, spans or a number, from a field to models at work: the baseline first, an encoder
// beside it, judged on the same rows.
#include <QTest>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "labels/from_field.h"
#include "models/comparison.h"
#include "models/cross_validation.h"
#include "models/evaluation.h"
#include "models/prediction.h"
#include "models/training_plan.h"
#include "trainable_project.h"

using namespace millwright;           // NOLINT: a test's own file
using namespace millwright::models;   // NOLINT
using namespace millwright::testing;  // NOLINT
using labels::TaskKind;

namespace {

constexpr int kTexts = 600;
const std::vector<std::pair<std::string, std::vector<std::string>>> kTopics = {
    {"fruit", {"apple", "pear", "plum", "cherry", "fig"}},
    {"river", {"danube", "rhine", "loire", "tagus", "oder"}},
    {"tool", {"hammer", "saw", "drill", "chisel", "pliers"}}};

/// Two words of topics in each text; what is asked follows from them alone.
struct Bench {
  QTemporaryDir memory;
  fs::path folder;
  store::Project project;
  labels::Task task;
  snapshots::Snapshot snapshot;

  Bench(TaskKind kind, const char* field)
      : folder(fs::path(memory.path().toStdString())),
        project(need(store::Project::create(folder / "p.millwright", {"Ada", "test"}, {}))) {
    write_rows();
    records::ImportRequest request;
    request.source = (folder / "rows.csv").string();
    request.asset = "things";
    request.roles.text = "text";
    const auto report = need(records::import_source(project, request, {}));
    task = need(labels::create_task(
        project, {.name = "asked", .asset = report.asset.id, .fields = {"text"}, .labels = {}, .kind = kind}));
    (void)need(labels::label_from_field(project, {.task = task.id, .field = field, .by = "Ada", .batches = {}}));
    snapshots::SnapshotRequest freeze;
    freeze.task = task.id;
    snapshot = need(snapshots::make_snapshot(project, freeze)).snapshot;
  }

  Run train(const TrainRequest& request) {
    const jobs::Job job = need(start_training(project, request, {}));
    auto foreman = need(models::foreman(project));
    return need(run_of_job(project, need(foreman.wait(job.id, {})).id));
  }
  Run train_encoder() {
    TrainRequest request;
    request.algorithm = "encoder";
    request.settings = {{"layers", "1"},       {"hidden", "32"},           {"heads", "2"},  {"intermediate", "64"},
                        {"vocabulary", "200"}, {"learning_rate", "0.003"}, {"epochs", "6"}, {"batch_size", "16"},
                        {"max_length", "32"},  {"dropout", "0"},           {"threads", "1"}};
    request.seed = 3;
    request.device = "cpu";
    return train(request);
  }

 private:
  void write_rows() const {
    Random random(1);
    std::ofstream out(folder / "rows.csv");
    out << "text,topics,spans,size\n";
    for (int i = 0; i < kTexts; ++i) {
      std::string text = "number " + std::to_string(i);
      std::set<std::string> topics;
      Json spans = Json::array();
      double size = 0;
      for (int word = 0; word < 2; ++word) {
        const auto& [topic, words] = kTopics[random.below(3)];
        const size_t chosen = random.below(5);
        text += word == 0 ? " the " : " and a ";
        spans.push_back({{"begin", text.size()}, {"end", text.size() + words[chosen].size()}, {"label", topic}});
        text += words[chosen];
        topics.insert(topic);
        size += static_cast<double>(chosen) * 2.5;
      }
      std::string names, quoted;
      for (const std::string& topic : topics) names += (names.empty() ? "" : ",") + topic;
      for (const char c : to_text(spans)) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
      out << text << ",\"" << names << "\",\"" << quoted << "\"," << size << '\n';
    }
  }
};

double figure(const Json& metrics, const char* name) { return metrics.at(name).at("value").get<double>(); }

/// What is the same for every kind: the baseline stands beside the encoder, and evaluating gives the run's figures.
void check_run(Bench& bench, const Run& run, const char* baseline, const char* name) {
  const auto runs = need(list_runs(bench.project));
  QCOMPARE(runs.size(), size_t{2});
  QCOMPARE(runs.back().algorithm, std::string(baseline));
  QCOMPARE(run.metrics["n"].get<int64_t>(), bench.snapshot.counts.test);
  QVERIFY(headline_of(run.metrics) && headline_of(run.metrics)->name == name);
  const Model model = need(read_model(bench.project, run.model));
  const auto beside = need(compare_with_baseline(bench.project, model));
  QVERIFY(beside && beside->comparison.n == bench.snapshot.counts.test);
  for (const Run& one : runs) {
    const auto again =
        need(evaluate(bench.project, {tail(one.model_uuid), tail(bench.snapshot.uuid) + ":test", ""}, {}));
    QCOMPARE(again.n, bench.snapshot.counts.test);
    QVERIFY2(std::abs(again.figures.front().value.value - figure(one.metrics, name)) < 1e-6, one.algorithm.c_str());
    QVERIFY(std::isfinite(again.latency_p50_ms));
  }
  (void)need(promote(bench.project, bench.task.id, model.id, Stage::champion));
  QVERIFY(need(verify_models(bench.project, {})).problems.empty());
}

}  // namespace

class TestKinds : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void several_labels() {
    Bench bench(TaskKind::multi_label, "topics");
    const Run run = bench.train_encoder();
    check_run(bench, run, "linear", "micro_f1");
    QVERIFY2(figure(run.metrics, "micro_f1") > 0.95, to_text(run.metrics).c_str());
    QVERIFY(figure(need(list_runs(bench.project)).back().metrics, "micro_f1") > 0.95);
    for (const char* which : {"latest", "champion"}) {
      auto predictor = need(Predictor::load(bench.project, need(find_model(bench.project, which))));
      QVERIFY(predictor.kind() == TaskKind::multi_label);
      const auto both = need(predictor.predict("number 5 the plum and a saw", true));
      QCOMPARE(both.label, std::string(R"(["fruit","tool"])"));
      QCOMPARE(both.scores.size(), size_t{3});
      QVERIFY(both.confidence > 0.5);
    }
    const auto refused = start_cross_validation(bench.project, {}, {});
    QVERIFY(!refused && refused.error().code == "cross_validate.kind");
    TrainRequest other;
    other.algorithm = "encoder";
    other.settings = {{"objective", "regression"}};
    QCOMPARE(start_training(bench.project, other, {}).error().code, std::string("train.objective"));
  }

  void spans_of_the_text() {
    Bench bench(TaskKind::spans, "spans");
    const Run run = bench.train_encoder();
    check_run(bench, run, "lexicon", "f1");
    QVERIFY2(figure(run.metrics, "f1") > 0.95, to_text(run.metrics).c_str());
    auto predictor = need(Predictor::load(bench.project, need(read_model(bench.project, run.model))));
    const auto said = need(predictor.predict("number 7 the loire and a chisel"));
    QCOMPARE(said.label,
             std::string(R"([{"begin":13,"end":18,"label":"river"},{"begin":25,"end":31,"label":"tool"}])"));
    QVERIFY(!predictor.best("a plum").has_value());
    // A batch's predictions are kept as they are said.
    int64_t shown = 0;
    const auto kept = need(predict_batch(bench.project, need(read_model(bench.project, run.model)), 1, true, false,
                                         [&](const RecordPrediction& row) {
                                           shown += row.prediction.label.starts_with("[{") ? 1 : 0;
                                           return true;
                                         },
                                         {}));
    QCOMPARE(kept.rows, int64_t{kTexts});
    QVERIFY(shown > kTexts * 9 / 10);
    QVERIFY(need(saved_predictions(bench.project, 1)).has_value());
  }

  void a_number() {
    Bench bench(TaskKind::number, "size");
    const Run run = bench.train_encoder();
    check_run(bench, run, "linear", "r2");
    QVERIFY2(figure(run.metrics, "r2") > 0.9, to_text(run.metrics).c_str());
    QVERIFY(figure(need(list_runs(bench.project)).back().metrics, "r2") > 0.9);
    auto predictor = need(Predictor::load(bench.project, need(read_model(bench.project, run.model))));
    const double said = std::stod(need(predictor.predict("number 3 the fig and a pliers")).label);  // 10 + 10
    QVERIFY2(std::abs(said - 20) < 4, std::to_string(said).c_str());
    std::stringstream lines("{\"text\": \"number 1 the apple and a danube\"}\n");  // 0 + 0
    double low = 100;
    QVERIFY(predict_stream(predictor, lines, {"text"}, false,
                           [&](const RowPrediction& row) {
                             low = std::stod(row.prediction.label);
                             return true;
                           },
                           {})
                .has_value());
    QVERIFY2(std::abs(low) < 4, std::to_string(low).c_str());
  }

  void a_plan_knows_what_suits() {
    Bench bench(TaskKind::spans, "spans");
    TrainRequest request;
    request.snapshot = "latest";
    const TrainingPlan plan = need(plan_training(bench.project, request));
    QCOMPARE(plan.labels, int64_t{3});
    QCOMPARE(std::string(plan.objective), std::string("token-classification"));
    QCOMPARE(std::string(plan.algorithms.front().algorithm->name), std::string("lexicon"));
    QVERIFY(plan.algorithms.front().baseline);
    for (const auto& one : plan.algorithms) QCOMPARE(one.fits, one.algorithm->name != "linear");
    request.algorithm = "linear";
    QCOMPARE(start_training(bench.project, request, {}).error().code, std::string("train.objective"));
  }
};

QTEST_GUILESS_MAIN(TestKinds)
#include "test_kinds.moc"
