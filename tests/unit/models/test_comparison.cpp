// Comparing two models on the same rows.
#include <QTest>
#include <cmath>
#include <fstream>
#include <set>

#include "models/comparison.h"
#include "models/evaluation.h"
#include "trainable_project.h"

using namespace millwright;           // NOLINT: a test's own file
using namespace millwright::models;   // NOLINT
using namespace millwright::testing;  // NOLINT

class TestComparison : public QObject {
  Q_OBJECT

  /// One that may read hardly anything: features in at least so many texts.
  static Run train_blind(Trainable& bench) {
    TrainRequest request;
    request.settings = {{"min_df", "560"}, {"word_ngrams", "1"}, {"character_max", "0"}};
    const jobs::Job job = need(start_training(bench.project, request, {}));
    auto foreman = need(models::foreman(bench.project));
    return need(run_of_job(bench.project, need(foreman.wait(job.id, {})).id));
  }
  static Evaluation test_of(const store::Project& project, int64_t model) {
    for (const Evaluation& one : need(evaluations_of(project, model)))
      if (one.on_what.ends_with(":test")) return one;
    qFatal("no evaluation on test rows");
  }

 private Q_SLOTS:
  void the_better_one_is_said_and_by_how_much() {
    Trainable bench;
    const Run good = bench.train(), blind = train_blind(bench);
    const Model a = need(read_model(bench.project, good.model)), b = need(read_model(bench.project, blind.model));
    const auto there = need(compare_models(bench.project, a, b)), back = need(compare_models(bench.project, b, a));
    QVERIFY(there && back);
    const Evaluation of_a = test_of(bench.project, a.id), of_b = test_of(bench.project, b.id);
    QCOMPARE(there->n, of_a.n);
    QVERIFY(std::abs(there->accuracy - of_a.accuracy.value) < 1e-12);
    QVERIFY(std::abs(there->other_accuracy - of_b.accuracy.value) < 1e-12);
    // What only one has right makes up the whole difference.
    QVERIFY(std::abs(static_cast<double>(there->only_model_right - there->only_other_right) -
                     (of_a.accuracy.value - of_b.accuracy.value) * static_cast<double>(there->n)) < 1e-9);
    QVERIFY(there->verdict == ComparisonVerdict::better && back->verdict == ComparisonVerdict::worse);
    QVERIFY(there->difference.low > 0 && back->difference.high < 0);
    QCOMPARE(back->only_other_right, there->only_model_right);
    QCOMPARE(back->p, there->p);
  }

  void the_same_model_twice_cannot_be_told_apart() {
    Trainable bench;
    const Model once = need(read_model(bench.project, bench.train().model));
    const Model again = need(read_model(bench.project, bench.train().model));
    const auto comparison = need(compare_models(bench.project, once, again));
    QVERIFY(comparison && comparison->verdict == ComparisonVerdict::cannot_tell);
    QCOMPARE(comparison->only_model_right, int64_t{0});
    QCOMPARE(comparison->p, 1.0);
    QVERIFY(comparison->difference.low < 0 && comparison->difference.high > 0);
  }

  void across_snapshots_the_rows_of_both_count() {
    Trainable bench;
    const Model older = need(read_model(bench.project, bench.train().model));
    std::ofstream(bench.folder / "more.csv") << [] {
      std::string csv = "id,text,label\n";
      for (int i = 5000; i < 5300; ++i)
        csv += std::to_string(i) + ",number " + std::to_string(i) + " the danube," + "river\n";
      return csv;
    }();
    records::ImportRequest request;
    request.source = (bench.folder / "more.csv").string();
    const auto report = need(records::import_source(bench.project, request, {}));
    (void)need(
        labels::label_from_field(bench.project, {.task = bench.task.id, .field = "label", .by = "Ada", .batches = {}}));
    snapshots::SnapshotRequest freeze;
    freeze.task = bench.task.id;
    (void)need(snapshots::make_snapshot(bench.project, freeze));
    const Model newer = need(read_model(bench.project, bench.train().model));
    const auto rows = [&](const Model& model) {
      std::set<std::pair<int64_t, int64_t>> all;
      for (const Judged& row : need(judged_rows(bench.project, test_of(bench.project, model.id))).rows)
        all.emplace(row.batch, row.ordinal);
      return all;
    };
    const auto old_rows = rows(older), new_rows = rows(newer);
    QVERIFY(new_rows.size() > old_rows.size());
    const auto comparison = need(compare_models(bench.project, newer, older));
    QVERIFY(comparison.has_value());
    // Nothing moves to another split: every old test row is a test row still.
    QCOMPARE(comparison->n, static_cast<int64_t>(old_rows.size()));
    QVERIFY(comparison->on_what != comparison->other_on_what);
  }

  void models_of_two_tasks_are_not_compared() {
    Trainable bench;
    const Model model = need(read_model(bench.project, bench.train().model));
    Model foreign = model;
    foreign.task += 1;
    const auto refused = compare_models(bench.project, model, foreign);
    QVERIFY(!refused && refused.error().code == "compare.other_task");
  }
};

QTEST_GUILESS_MAIN(TestComparison)
#include "test_comparison.moc"
