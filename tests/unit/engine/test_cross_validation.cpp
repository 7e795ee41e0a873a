// Cross-validation by the engine on a job folder, in this process: who judged each row, and how it ends when something
// is wrong.
#include <QTest>
#include <set>
#include <thread>

#include "engine/linear_training.h"
#include "folds_in_folder.h"
#include "jobs/algorithms.h"

using namespace millwright;
using namespace millwright::testing;  // NOLINT: a test's own file

class TestCrossValidation : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // The engine's word on each row of a fold against a model trained here on the rows of the other folds alone.
  void each_row_is_judged_by_a_model_without_it() {
    const auto rows = rows_with({});
    const FoldsInFolder folder(rows, folds_of(rows.size()));
    QCOMPARE(folder.run(), 0);
    const auto said = folder.said();
    QCOMPARE(said.size(), rows.size());
    Json options = *jobs::check_options(*jobs::find_algorithm("linear"), {{"calibration", "validation"}});
    for (int fold = 0; fold < kFolds; ++fold) {
      std::vector<Json> split = rows;
      for (size_t i = 0; i < split.size(); ++i)
        if (i % kFolds == static_cast<size_t>(fold)) split[i]["split"] = "validation";
      const QTemporaryDir memory;
      const fs::path file = fs::path(memory.path().toStdString()) / "rows.jsonl";
      QVERIFY(write_file_atomically(file, lines_of(split)).has_value());
      const auto read = engine::read_training_rows(file, engine::Objective::classification, {});
      const auto trained = engine::train_linear(*read, options, 3, {});
      QVERIFY(trained.has_value());
      text::LinearScratch scratch;
      for (size_t i = static_cast<size_t>(fold); i < rows.size(); i += kFolds) {
        const auto probabilities = trained->model.probabilities(rows[i]["text"].get<std::string>(), scratch);
        const auto& labels = trained->model.labels();
        const size_t best = static_cast<size_t>(text::argmax(scratch.scores));
        const auto own = std::find(labels.begin(), labels.end(), rows[i]["label"].get<std::string>());
        QVERIFY(said[i]["record"] == rows[i]["record"]);
        QCOMPARE(said[i]["fold"].get<int>(), fold);
        QCOMPARE(said[i]["predicted"].get<std::string>(), labels[best]);
        QVERIFY(std::abs(said[i]["confidence"].get<double>() - probabilities[best]) < 1e-6);
        QVERIFY(std::abs(said[i]["label_confidence"].get<double>() -
                         probabilities[static_cast<size_t>(own - labels.begin())]) < 1e-6);
      }
    }
    const Json outputs = folder.result().outputs;
    QCOMPARE(outputs["metrics"]["n"].get<size_t>(), rows.size());
    QCOMPARE(outputs["metrics"]["accuracy"].get<double>(), 1.0);  // no word belongs to two topics
    QCOMPARE(outputs["metrics"]["suspected"].get<int>(), 0);
  }

  void wrong_labels_stand_out() {
    const std::set<int> wrong{3, 10, 55, 77, 101, 140, 200};
    const auto rows = rows_with(wrong);
    const FoldsInFolder folder(rows, folds_of(rows.size()));
    QCOMPARE(folder.run(), 0);
    QVERIFY(folder.suspected() == wrong);
    QCOMPARE(folder.result().outputs["metrics"]["suspected"].get<size_t>(), wrong.size());
  }

  void repeats_to_the_byte_whatever_the_threads() {
    const auto rows = rows_with({5, 50});
    const FoldsInFolder one(rows, folds_of(rows.size())),
        two(rows, folds_of(rows.size()), {{"algorithm", "linear"}, {"seed", 3}, {"options", {{"threads", 3}}}});
    // What an engine that was killed has left does not matter.
    QVERIFY(make_folders(two.job->file("folds")).has_value());
    QVERIFY(write_file_atomically(two.job->file("folds/0.f32"), "rest").has_value());
    QVERIFY(write_file_atomically(two.job->file("out_of_sample.jsonl"), "rest\n").has_value());
    QCOMPARE(one.run() + two.run(), 0);
    QCOMPARE(*read_file(one.job->file("out_of_sample.jsonl")), *read_file(two.job->file("out_of_sample.jsonl")));
    QVERIFY(one.result().outputs["file"]["sha256"] == two.result().outputs["file"]["sha256"]);
  }

  // A label with one row: in that row's fold nothing is known of it.
  void a_label_that_a_fold_lacks_gets_no_probability_worth_the_name() {
    auto rows = rows_with({});
    rows[7]["label"] = "lonely";
    const FoldsInFolder folder(rows, folds_of(rows.size()));
    QCOMPARE(folder.run(), 0);
    const auto said = folder.said();
    QVERIFY(said[7]["label_confidence"].get<double>() < 0.34);
    QVERIFY(said[7]["predicted"] != "lonely");
  }

  void says_what_is_wrong_with_the_folds_data() {
    QTest::addColumn<QByteArray>("folds");
    QTest::newRow("too few") << QByteArray("[0,1]");
    QTest::newRow("no list") << QByteArray("5");
    QTest::newRow("no numbers") << QByteArray(R"(["0","1","0","1","0","1"])");
    QTest::newRow("negative") << QByteArray("[0,1,-1,0,1,0]");
    QTest::newRow("far too large") << QByteArray("[0,1,99999999999,0,1,0]");
    QTest::newRow("an empty one") << QByteArray("[0,2,0,2,0,2]");
    QTest::newRow("only one") << QByteArray("[0,0,0,0,0,0]");
  }
  void says_what_is_wrong_with_the_folds() {
    QFETCH(QByteArray, folds);
    auto rows = rows_with({}, 2);
    rows.resize(6);  // two of each topic
    const FoldsInFolder folder(rows, Json::parse(folds.toStdString()));
    QCOMPARE(folder.run(), 3);
    QVERIFY(folder.result().cause == jobs::Cause::bad_data);
    QVERIFY(folder.result().message.find("folds") != std::string::npos);
  }

  void rows_with_splits_and_other_algorithms_are_refused() {
    auto rows = rows_with({}, 2);
    const FoldsInFolder oracle(rows, folds_of(rows.size()), {{"algorithm", "oracle"}});
    QCOMPARE(oracle.run(), 3);
    rows[1]["split"] = "test";
    const FoldsInFolder split(rows, folds_of(rows.size()));
    QCOMPARE(split.run(), 3);
  }

  void ends_when_cancelled() {
    const auto rows = rows_with({}, 3000);
    const FoldsInFolder folder(rows, folds_of(rows.size()),
                               {{"algorithm", "linear"}, {"options", {{"tolerance", 1e-6}, {"max_epochs", 100000}}}});
    std::jthread canceller([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      (void)folder.job->request_cancel();
    });
    QCOMPARE(folder.run(), 6);
    QVERIFY(folder.result().cause == jobs::Cause::cancelled);
  }
};

QTEST_GUILESS_MAIN(TestCrossValidation)
#include "test_cross_validation.moc"
