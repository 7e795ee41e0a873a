// What is said of a training before it is queued: which algorithms fit, why others do not, time and memory.
#include <sys/resource.h>
#include <unistd.h>

#include <QTest>
#include <cmath>
#include <fstream>

#include "models/cross_validation_plan.h"
#include "models/training_plan.h"
#include "trainable_project.h"

using namespace millwright;           // NOLINT: a test's own file
using namespace millwright::models;   // NOLINT
using namespace millwright::testing;  // NOLINT

namespace {

const PlannedAlgorithm& named(const TrainingPlan& plan, std::string_view name) {
  for (const PlannedAlgorithm& one : plan.algorithms)
    if (one.algorithm->name == name) return one;
  qFatal("not planned");
}

TrainRequest encoder(std::vector<std::pair<std::string, std::string>> settings = {}) {
  TrainRequest request;
  request.algorithm = "encoder";
  request.settings = std::move(settings);
  request.settings.emplace_back("threads", "1");
  request.device = "cpu";
  return request;
}

/// Its seconds without what every encoder takes before it learns.
double learning(const Trainable& bench, std::vector<std::pair<std::string, std::string>> settings) {
  const auto plan = need(plan_training(bench.project, encoder(std::move(settings))));
  return named(plan, "encoder").seconds.value() - 5;
}

}  // namespace

class TestTrainingPlan : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void the_baseline_is_first_and_both_fit() {
    const Trainable bench;
    const auto plan = need(plan_training(bench.project, {}));
    QCOMPARE(plan.algorithms.size(), jobs::algorithms().size());
    QVERIFY(plan.algorithms.front().baseline);
    QCOMPARE(plan.labels, int64_t{3});
    QVERIFY(plan.shut_by.empty());
    for (const PlannedAlgorithm& one : plan.algorithms) {
      if (one.algorithm->name == "lexicon") {  // it learns spans alone
        QVERIFY(!one.fits && !one.objectives.front().fits);
        continue;
      }
      QVERIFY2(one.fits, words_of(one.why, " ").c_str());
      QVERIFY(one.seconds.value() > 0 && one.memory.value() > 10'000'000);
      QVERIFY(!one.rests_on.empty());
    }
    QVERIFY(named(plan, "linear").seconds.value() < named(plan, "encoder").seconds.value());
    const Json json = to_json(plan);
    QCOMPARE(json["rows"]["train"].get<int64_t>(), bench.snapshot.counts.train);
    QCOMPARE(json["algorithms"][0]["algorithm"].get<std::string>(), std::string("linear"));
    QVERIFY(need(jobs::list_jobs(bench.project)).empty());
  }

  // By hand: of n rows in k folds each model learns from n − n/k and judges n/k; with patience another n/k are left
  // out. Encoders take time for each text that is learned from, so that all of it grows by k (1 − 1/k) = k − 1.
  void a_cross_validation_takes_as_long_as_its_folds() {
    const Trainable bench;
    CrossValidationRequest request;
    request.algorithm = "encoder";
    request.device = "cpu";
    request.settings = {{"threads", "1"}, {"epochs", "200"}};
    const auto seconds = [&](int64_t folds) {
      request.folds = folds;
      const auto plan = need(plan_cross_validation(bench.project, request));
      return plan.seconds.value() - 5 * static_cast<double>(folds);  // what every encoder takes before it learns
    };
    const double five = seconds(5);
    QVERIFY2(std::abs(seconds(9) / five / (8.0 / 4) - 1) < 0.03, std::to_string(seconds(9) / five).c_str());
    QVERIFY2(std::abs(seconds(2) / five / (1.0 / 4) - 1) < 0.03, std::to_string(seconds(2) / five).c_str());
    request.folds = 5;
    const auto plan = need(plan_cross_validation(bench.project, request));
    QCOMPARE(plan.rows, bench.snapshot.counts.rows());
    QCOMPARE(plan.labels, int64_t{3});
    QVERIFY(plan.memory.value() > 10'000'000 && !plan.rests_on.empty());
    request.settings.emplace_back("objective", "masked-lm");
    QCOMPARE(plan_cross_validation(bench.project, request).error().code, std::string("train.bad_option"));
    QVERIFY(need(jobs::list_jobs(bench.project)).empty());
  }

  void more_memory_than_there_is_is_said() {
    const Trainable bench;
    const auto said = [&] {
      const auto plan = need(plan_training(bench.project, encoder()));
      return words_of(named(plan, "encoder").why, " ").find("free now") != std::string::npos;
    };
    QVERIFY(!said());
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_AS, &before), 0);
    std::ifstream pages("/proc/self/statm");
    rlim_t taken = 0;
    pages >> taken;
    const rlimit tight{taken * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (rlim_t{200} << 20), before.rlim_max};
    QCOMPARE(::setrlimit(RLIMIT_AS, &tight), 0);  // 200 MiB more, and an encoder takes libtorch's 280 MB at least
    const bool said_then = said();
    QCOMPARE(::setrlimit(RLIMIT_AS, &before), 0);
    QVERIFY(said_then);
  }

  void objectives_that_the_labels_cannot_teach_say_so() {
    const Trainable bench(300);
    const auto plan = need(plan_training(bench.project, {}));
    std::vector<std::string> fit;
    for (const PlannedObjective& one : named(plan, "encoder").objectives) {
      if (one.fits)
        fit.push_back(one.name);
      else
        QVERIFY(words_of(one.why).find(one.name) != std::string::npos);
    }
    QCOMPARE(fit, (std::vector<std::string>{"classification", "masked-lm", "sentence-embedding"}));
    for (const PlannedObjective& one : named(plan, "linear").objectives)
      QCOMPARE(one.fits, one.name == "classification");
    const auto unfit = need(plan_training(bench.project, encoder({{"objective", "regression"}})));
    QVERIFY(!named(unfit, "encoder").fits);
    QVERIFY(!named(unfit, "encoder").seconds);
    QVERIFY(words_of(named(unfit, "encoder").why, " ").find("regression") != std::string::npos);
    QVERIFY(named(unfit, "linear").fits);
  }

  void one_label_is_not_enough_for_anything() {
    const Trainable bench(1);
    const auto plan = need(plan_training(bench.project, {}));
    QVERIFY(plan.labels < 2);
    for (const PlannedAlgorithm& one : plan.algorithms) QVERIFY(!one.fits && !one.why.empty());
  }

  void a_shut_gate_is_named() {
    const Trainable bench(300, true);
    const auto plan = need(plan_training(bench.project, {}));
    QVERIFY(std::find(plan.shut_by.begin(), plan.shut_by.end(), "conflicting_labels") != plan.shut_by.end());
  }

  void time_grows_with_what_is_to_be_done() {
    const Trainable bench(300);
    const double one = learning(bench, {{"epochs", "1"}}), ten = learning(bench, {{"epochs", "10"}});
    // Looking at the test rows once is the same for both.
    QVERIFY2(ten > 8 * one && ten < 10 * one, qPrintable(QString("%1 %2").arg(one).arg(ten)));
    const double doubled = learning(bench, {{"epochs", "10"}, {"layers", "12"}});
    QVERIFY(doubled > 1.8 * ten && doubled <= 2 * ten);
    QVERIFY(learning(bench, {{"epochs", "10"}, {"dtype", "bf16"}}) < ten);
    const double steps = learning(bench, {{"epochs", "10"}, {"max_steps", "4"}, {"batch_size", "8"}});
    QVERIFY(steps < one);
    QVERIFY(learning(bench, {{"epochs", "10"}, {"pretrain_epochs", "10"}}) > 1.5 * ten);
  }

  void a_time_that_is_given_cuts_it_short() {
    const Trainable bench(300);
    const auto plan = need(plan_training(bench.project, encoder({{"epochs", "5000"}, {"max_minutes", "1"}})));
    const PlannedAlgorithm& cut = named(plan, "encoder");
    QVERIFY2(*cut.seconds > 60 && *cut.seconds < 75, qPrintable(QString::number(*cut.seconds)));
    QVERIFY(words_of(cut.rests_on, " ").find("max_minutes") != std::string::npos);
  }

  void memory_holds_weights_moments_and_gradients() {
    const Trainable bench(300);
    const auto small = need(plan_training(bench.project, encoder()));
    const auto large = need(plan_training(
        bench.project, encoder({{"hidden", "768"}, {"layers", "12"}, {"intermediate", "3072"}, {"heads", "12"}})));
    // BERT's base has 85 million numbers in its layers (Devlin et al. 2018: 110 million with 23.8 of embeddings); in
    // fp32 with moments and gradients 16 bytes each.
    QVERIFY(named(large, "encoder").memory.value() > int64_t{85'000'000} * 16);
    QVERIFY(named(large, "encoder").memory.value() < int64_t{110'000'000} * 20 + 1'000'000'000);
    QVERIFY(named(small, "encoder").memory.value() < named(large, "encoder").memory.value());
  }

  void earlier_runs_are_what_it_rests_on() {
    Trainable bench(300);
    const Run baseline = bench.train();
    auto request =
        encoder({{"layers", "1"}, {"hidden", "32"}, {"heads", "2"}, {"intermediate", "64"}, {"epochs", "1"}});
    const jobs::Job job = need(start_training(bench.project, request, {}));
    auto foreman = need(models::foreman(bench.project));
    const Run run = need(run_of_job(bench.project, need(foreman.wait(job.id, {})).id));
    const double speed = run.metrics["training"]["tokens_per_second"].get<double>();
    QVERIFY(speed > 0 && run.metrics["training"]["memory"].get<int64_t>() > 10'000'000);
    const auto plan = need(plan_training(bench.project, request));
    // The same rows again: the same time.
    QVERIFY(std::abs(named(plan, "linear").seconds.value() - baseline.seconds) < 1e-9);
    QCOMPARE(named(plan, "linear").memory.value(), baseline.metrics["training"]["memory"].get<int64_t>());
    QVERIFY(words_of(named(plan, "linear").rests_on, " ").find("its last run") != std::string::npos);
    const std::string words = words_of(named(plan, "encoder").rests_on, " ");
    QVERIFY2(words.find(grouped(std::llround(speed)) + " tokens/s on cpu") != std::string::npos, words.c_str());
    // One of another size is another matter, and so is a GPU.
    const auto large = need(plan_training(bench.project, encoder()));
    QVERIFY(words_of(named(large, "encoder").rests_on, " ").find("no encoder of this size") != std::string::npos);
    request.device = "cuda:3";
    const auto unknown = need(plan_training(bench.project, request));
    QVERIFY(named(unknown, "encoder").fits && !named(unknown, "encoder").seconds);
  }

  void what_is_wrong_in_the_request_is_an_error() {
    const Trainable bench(300);
    TrainRequest request;
    request.algorithm = "oracle";
    QCOMPARE(plan_training(bench.project, request).error().code, std::string("train.no_such_algorithm"));
    QCOMPARE(plan_training(bench.project, encoder({{"depth", "2"}})).error().code, std::string("train.no_such_option"));
    request = encoder();
    request.snapshot = "zzzzzz";
    QCOMPARE(plan_training(bench.project, request).error().code, std::string("store.no_such_id"));
  }
};

QTEST_GUILESS_MAIN(TestTrainingPlan)
#include "test_training_plan.moc"
