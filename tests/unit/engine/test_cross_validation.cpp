// Cross-validation by the engine on a job folder, in this process: who judged each row, and how it ends when something
// is wrong.
#include <QTest>
#include <fstream>
#include <set>
#include <thread>

#include "easy_rows.h"
#include "engine/linear_training.h"
#include "jobs/algorithms.h"

using namespace millwright;
using millwright::testing::easy_rows;
using millwright::testing::JobInFolder;

namespace {

constexpr int kFolds = 4;

/// Rows of easy_rows(), all for training; those at `wrong` carry the label of another topic.
std::vector<Json> rows_with(const std::set<int>& wrong, int each = 40) {
  std::vector<Json> rows;
  std::istringstream all(easy_rows(each));
  for (std::string line; std::getline(all, line);) {
    Json row = Json::parse(line);
    row["split"] = "train";
    if (wrong.contains(static_cast<int>(rows.size()))) row["label"] = row["label"] == "tool" ? "river" : "tool";
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string lines_of(const std::vector<Json>& rows) {
  std::string text;
  for (const Json& row : rows) text += to_text(row) + "\n";
  return text;
}

Json folds_of(size_t rows) {
  Json folds = Json::array();
  for (size_t i = 0; i < rows; ++i) folds.push_back(i % kFolds);
  return folds;
}

struct Folder : JobInFolder {
  Folder(const std::vector<Json>& rows, const Json& folds, Json body = {{"algorithm", "linear"}, {"seed", 3}})
      : JobInFolder(lines_of(rows), std::move(body), "cross_validate") {
    if (!write_file_atomically(job->file("inputs/folds.json"), to_text(Json{{"folds", folds}})))
      qFatal("cannot write the folds");
  }
  [[nodiscard]] std::vector<Json> said() const {
    std::vector<Json> lines;
    std::ifstream in(job->file("out_of_sample.jsonl"));
    for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
    return lines;
  }
};

}  // namespace

class TestCrossValidation : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // The engine's word on each row of a fold against a model trained here on the rows of the other folds alone.
  void each_row_is_judged_by_a_model_without_it() {
    const auto rows = rows_with({});
    const Folder folder(rows, folds_of(rows.size()));
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
    QVERIFY(!fs::exists(folder.job->file("probabilities.f32")));
  }

  void wrong_labels_stand_out() {
    const std::set<int> wrong{3, 10, 55, 77, 101, 140, 200};
    const auto rows = rows_with(wrong);
    const Folder folder(rows, folds_of(rows.size()));
    QCOMPARE(folder.run(), 0);
    std::set<int> found;
    const auto said = folder.said();
    for (size_t i = 0; i < said.size(); ++i)
      if (!said[i]["confident"].is_null() && said[i]["confident"] != said[i]["label"] &&
          said[i]["predicted"] != said[i]["label"])
        found.insert(static_cast<int>(i));
    QVERIFY(found == wrong);
    QCOMPARE(folder.result().outputs["metrics"]["suspected"].get<size_t>(), wrong.size());
  }

  void repeats_to_the_byte_whatever_the_threads() {
    const auto rows = rows_with({5, 50});
    const Folder one(rows, folds_of(rows.size())),
        two(rows, folds_of(rows.size()), {{"algorithm", "linear"}, {"seed", 3}, {"options", {{"threads", 3}}}});
    // What an engine that was killed has left does not matter.
    QVERIFY(write_file_atomically(two.job->file("probabilities.f32"), "rest").has_value());
    QVERIFY(write_file_atomically(two.job->file("out_of_sample.jsonl"), "rest\n").has_value());
    QCOMPARE(one.run() + two.run(), 0);
    QCOMPARE(*read_file(one.job->file("out_of_sample.jsonl")), *read_file(two.job->file("out_of_sample.jsonl")));
    QVERIFY(one.result().outputs["file"]["sha256"] == two.result().outputs["file"]["sha256"]);
  }

  // A label with one row: in that row's fold nothing is known of it.
  void a_label_that_a_fold_lacks_gets_no_probability_worth_the_name() {
    auto rows = rows_with({});
    rows[7]["label"] = "lonely";
    const Folder folder(rows, folds_of(rows.size()));
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
    const Folder folder(rows, Json::parse(folds.toStdString()));
    QCOMPARE(folder.run(), 3);
    QVERIFY(folder.result().cause == jobs::Cause::bad_data);
    QVERIFY(folder.result().message.find("folds") != std::string::npos);
  }

  void rows_with_splits_and_other_algorithms_are_refused() {
    auto rows = rows_with({}, 2);
    const Folder oracle(rows, folds_of(rows.size()), {{"algorithm", "oracle"}});
    QCOMPARE(oracle.run(), 3);
    rows[1]["split"] = "test";
    const Folder split(rows, folds_of(rows.size()));
    QCOMPARE(split.run(), 3);
  }

  void ends_when_cancelled() {
    const auto rows = rows_with({}, 3000);
    const Folder folder(rows, folds_of(rows.size()),
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
