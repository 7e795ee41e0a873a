// From a frozen snapshot to a model in use, with the real engine.
#include <QTest>

#include "models/prediction.h"
#include "models/registry.h"
#include "snapshots/gate.h"
#include "trainable_project.h"

using namespace millwright;
using namespace millwright::models;
using millwright::testing::need;
using millwright::testing::Trainable;

class TestTraining : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void a_snapshot_becomes_a_run_and_a_model() {
    Trainable bench;
    const Run run = bench.train();
    QCOMPARE(run.snapshot, bench.snapshot.id);
    QCOMPARE(run.metrics["accuracy"]["value"].get<double>(), 1.0);  // no word belongs to two topics
    QCOMPARE(run.metrics["n"].get<int64_t>(), bench.snapshot.counts.test);
    QVERIFY(!run.curve.empty());
    QVERIFY(run.gate_override.empty());
    const Model model = need(read_model(bench.project, run.model));
    QVERIFY(model.stage == Stage::candidate);
    QVERIFY(model.weights_sha256 == run.weights_sha256);
    auto predictor = need(Predictor::load(bench.project, model));
    QCOMPARE(need(predictor.predict("a plum")).label, std::string("fruit"));
    const auto kept = need(evaluations_of(bench.project, model.id));
    QCOMPARE(kept.size(), size_t{2});  // test and validation
    for (const Evaluation& evaluation : kept)
      QCOMPARE(static_cast<int64_t>(need(judged_rows(bench.project, evaluation)).rows.size()), evaluation.n);
    QVERIFY(need(verify_models(bench.project, {})).problems.empty());
    QVERIFY(fs::is_empty(bench.project.runs_folder()));
  }

  void the_same_run_gives_the_same_weights() {
    Trainable bench;
    const Run one = bench.train(7), two = bench.train(7), other = bench.train(8);
    QVERIFY(one.weights_sha256 == two.weights_sha256);
    QVERIFY(one.weights_sha256 != other.weights_sha256);
  }

  void evaluating_again_gives_the_figures_of_the_run() {
    Trainable bench;
    const Run run = bench.train();
    const std::string snapshot = tail(bench.snapshot.uuid);
    const Evaluation test = need(evaluate(bench.project, {tail(run.model_uuid), snapshot + ":test", ""}, {}));
    QCOMPARE(test.accuracy.value, run.metrics["accuracy"]["value"].get<double>());
    QCOMPARE(test.n, bench.snapshot.counts.test);
    QVERIFY(test.latency_p50_ms > 0 && test.latency_p50_ms <= test.latency_p95_ms);
    const Evaluation batch = need(evaluate(bench.project, {"latest", "batch:latest", "text contains 'plum'"}, {}));
    QVERIFY(batch.n > 0 && batch.n < 900);
    for (const char* on : {"", "latest", "latest:dev", "batch"})
      QVERIFY2(!evaluate(bench.project, {"latest", on, ""}, {}).has_value(), on);
    const auto none = evaluate(bench.project, {"latest", "batch:latest", "text contains 'nowhere'"}, {});
    QVERIFY(!none.has_value());
    QCOMPARE(none.error().code, std::string("evaluate.no_rows"));
  }

  void a_batch_is_predicted_and_kept() {
    Trainable bench;
    const Model model = need(read_model(bench.project, bench.train().model));
    int64_t shown = 0;
    const auto done = need(predict_batch(bench.project, model, bench.batch, true, true,
                                         [&](const RecordPrediction& row) {
                                           shown += row.prediction.scores.size() == 3 ? 1 : 0;
                                           return true;
                                         },
                                         {}));
    QCOMPARE(done.rows, int64_t{900});
    QCOMPARE(shown, int64_t{900});
    const auto saved = need(saved_predictions(bench.project, bench.batch));
    QVERIFY(saved.has_value());
    QCOMPARE(saved->model, model.id);
    QCOMPARE(saved->rows.size(), size_t{900});
    for (const SavedPrediction& row : saved->rows) QVERIFY(row.confidence > 1.0 / 3 && row.confidence <= 1);
    QVERIFY(!need(saved_predictions(bench.project, bench.batch, model.id + 1)));
  }

  void one_champion_and_a_way_back() {
    Trainable bench;
    const int64_t first = bench.train(1).model, second = bench.train(2).model;
    QVERIFY(!roll_back(bench.project, bench.task.id).has_value());
    (void)need(promote(bench.project, 0, first, Stage::champion));
    const auto change = need(promote(bench.project, bench.task.id, second, Stage::champion, "better"));
    QVERIFY(change.replaced && change.replaced->id == first);
    QVERIFY(need(read_model(bench.project, first)).stage == Stage::retired);
    QCOMPARE(need(champion_of(bench.project, bench.task.id))->id, second);
    QCOMPARE(promote(bench.project, 0, second, Stage::champion).error().code, std::string("promote.same_stage"));
    QCOMPARE(promote(bench.project, bench.task.id + 1, first, Stage::champion).error().code,
             std::string("promote.other_task"));
    (void)need(roll_back(bench.project, bench.task.id, "worse after all"));
    QCOMPARE(need(champion_of(bench.project, bench.task.id))->id, first);
    QCOMPARE(need(stage_history(bench.project, bench.task.id)).size(), size_t{5});
  }

  void red_means_stop_and_an_override_shows() {
    Trainable bench(300, true);
    const auto refused = start_training(bench.project, {}, {});
    QVERIFY(!refused.has_value());
    QVERIFY(refused.error().kind == ErrorKind::refused);
    QVERIFY(need(jobs::list_jobs(bench.project)).empty());
    (void)need(
        quality::override_gate(bench.project, {quality::SubjectKind::snapshot, bench.snapshot.id}, "Grace", "a trial"));
    const Run run = bench.train();
    QVERIFY(run.gate_override.find("Grace") != std::string::npos);
    QVERIFY(run.gate_override.find("a trial") != std::string::npos);
  }

  void a_plan_that_cannot_be_is_refused_before_anything_is_written() {
    Trainable bench;
    const auto code = [&](TrainRequest request) {
      const auto job = start_training(bench.project, request, {});
      return job ? std::string("queued") : job.error().code;
    };
    QCOMPARE(code({.snapshot = "", .algorithm = "oracle", .settings = {}}), std::string("train.no_such_algorithm"));
    QCOMPARE(code({.snapshot = "", .settings = {{"c", "-1"}}}), std::string("train.bad_option"));
    QCOMPARE(code({.snapshot = "", .settings = {{"depth", "1"}}}), std::string("train.no_such_option"));
    QCOMPARE(code({.snapshot = "", .settings = {}, .device = "cuda:0"}), std::string("train.device"));
    QCOMPARE(code({.snapshot = "zzzzzz", .settings = {}}), std::string("store.no_such_id"));
    QVERIFY(need(jobs::list_jobs(bench.project)).empty());
    QVERIFY(fs::is_empty(bench.project.runs_folder()));
  }
};

QTEST_GUILESS_MAIN(TestTraining)
#include "test_training.moc"
