// What a fine-tuned model rests on: the folder that it started from, through every model between.
#include "planning/lineage.h"

#include <QTest>
#include <algorithm>

#include "models/cross_validation.h"
#include "models/registry.h"
#include "tiny_encoder.h"
#include "trainable_project.h"

using namespace millwright;           // NOLINT: a test's own file
using namespace millwright::testing;  // NOLINT

class TestLineage : public QObject {
  Q_OBJECT

  std::unique_ptr<Trainable> bench_;
  models::Model folder_;
  models::Run first_, second_;

  models::Run tune(const std::string& base) {
    models::TrainRequest request;
    request.algorithm = "encoder";
    request.base = base;
    request.settings = {{"epochs", "1"}, {"threads", "1"}, {"max_length", "32"}};
    request.device = "cpu";
    const jobs::Job job = need(models::start_training(bench_->project, request, {}));
    auto foreman = need(models::foreman(bench_->project));
    return need(models::run_of_job(bench_->project, need(foreman.wait(job.id, {})).id));
  }
  static bool has(const planning::Lineage& lineage, const Uuid& from, const char* kind, const Uuid& to) {
    return std::any_of(lineage.edges.begin(), lineage.edges.end(), [&](const planning::LineageEdge& edge) {
      return edge.from == tail(from) && edge.kind == kind && edge.to == tail(to);
    });
  }

 private Q_SLOTS:
  void initTestCase() {
    bench_ = std::make_unique<Trainable>(90);
    const auto made = fixtures::make_tiny_encoder(bench_->folder / "tiny");
    QVERIFY(made.has_value());
    folder_ = need(models::add_model(bench_->project, bench_->folder / "tiny", "tiny"));
    first_ = tune(tail(folder_.uuid));
    second_ = tune(tail(first_.model_uuid));
  }

  void a_run_says_what_it_started_from() {
    QCOMPARE(first_.base, tail(folder_.uuid));
    QCOMPARE(models::to_json(second_)["base"].get<std::string>(), tail(first_.model_uuid));
    const auto runs = need(models::list_runs(bench_->project));
    QCOMPARE(runs.back().algorithm, std::string("linear"));
    QVERIFY(runs.back().base.empty() && models::to_json(runs.back())["base"].is_null());
  }

  void downwards_it_reaches_the_folder() {
    const auto lineage = need(planning::lineage(bench_->project, tail(second_.model_uuid)));
    QVERIFY(has(lineage, second_.model_uuid, "made_by", second_.uuid));
    QVERIFY(has(lineage, second_.uuid, "started_from", first_.model_uuid));
    QVERIFY(has(lineage, first_.model_uuid, "made_by", first_.uuid));
    QVERIFY(has(lineage, first_.uuid, "started_from", folder_.uuid));
    QVERIFY(has(lineage, second_.uuid, "trained_on", bench_->snapshot.uuid));
    const auto node = std::find_if(lineage.nodes.begin(), lineage.nodes.end(),
                                   [&](const auto& one) { return one.id == tail(folder_.uuid); });
    QVERIFY(node != lineage.nodes.end() && node->kind == "model" && node->title == "tiny");
  }

  void upwards_it_reaches_every_model_that_came_of_the_folder() {
    const auto lineage = need(planning::lineage(bench_->project, tail(folder_.uuid)));
    QVERIFY(has(lineage, first_.uuid, "started_from", folder_.uuid));
    QVERIFY(has(lineage, first_.model_uuid, "made_by", first_.uuid));
    QVERIFY(has(lineage, second_.uuid, "started_from", first_.model_uuid));
    QVERIFY(has(lineage, second_.model_uuid, "made_by", second_.uuid));
    // No edge twice, whichever way it was reached.
    const auto middle = need(planning::lineage(bench_->project, tail(first_.uuid)));
    for (size_t i = 0; i < middle.edges.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        QVERIFY(middle.edges[i].from != middle.edges[j].from || middle.edges[i].to != middle.edges[j].to ||
                middle.edges[i].kind != middle.edges[j].kind);
    QVERIFY(has(middle, second_.uuid, "started_from", first_.model_uuid));
    QVERIFY(has(middle, first_.uuid, "started_from", folder_.uuid));
  }

  void a_cross_validation_says_what_it_started_from() {
    models::CrossValidationRequest request;
    request.algorithm = "encoder";
    request.base = tail(folder_.uuid);
    request.settings = {{"epochs", "1"}, {"threads", "1"}, {"max_length", "32"}};
    request.folds = 2;
    request.device = "cpu";
    const jobs::Job job = need(models::start_cross_validation(bench_->project, request, {}));
    auto foreman = need(models::foreman(bench_->project));
    const auto made = need(models::cross_validation_of_job(bench_->project, need(foreman.wait(job.id, {})).id));
    QCOMPARE(made.base, tail(folder_.uuid));
    QCOMPARE(models::to_json(made)["base"].get<std::string>(), tail(folder_.uuid));
    for (const Uuid& asked : {made.uuid, folder_.uuid}) {
      const auto lineage = need(planning::lineage(bench_->project, tail(asked)));
      QVERIFY(has(lineage, made.uuid, "started_from", folder_.uuid));
    }
    for (const Uuid& asked : {made.uuid, bench_->snapshot.uuid}) {
      const auto lineage = need(planning::lineage(bench_->project, tail(asked)));
      QVERIFY(has(lineage, made.uuid, "judged", bench_->snapshot.uuid));
      const auto node = std::find_if(lineage.nodes.begin(), lineage.nodes.end(),
                                     [&](const auto& one) { return one.id == tail(made.uuid); });
      QVERIFY(node != lineage.nodes.end() && node->kind == "cross_validation" && node->title == "encoder");
    }
  }
};

QTEST_GUILESS_MAIN(TestLineage)
#include "test_lineage.moc"
