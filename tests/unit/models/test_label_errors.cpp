// Labels swapped on purpose are found again, with the real engine, and go before a labeler.
#include <QProcess>
#include <QTest>
#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "labels/labeling.h"
#include "models/label_errors.h"
#include "monitoring/fill_queue.h"
#include "trainable_project.h"

using namespace millwright;
using namespace millwright::models;
using millwright::testing::need;
using millwright::testing::Trainable;

namespace {

/// Topics of Trainable's rows: row i is of topic i % 3.
const std::vector<std::string> kTopics = {"fruit", "river", "tool"};
const std::set<int64_t> kWrong = {4, 90, 91, 250, 333, 467, 600, 601, 702, 899};

struct Bench : Trainable {
  Bench() {
    std::vector<labels::Act> acts;
    for (const int64_t row : kWrong) acts.push_back(label(row, (row + 1) % 3));
    record(acts);
    snapshots::SnapshotRequest freeze;
    freeze.task = task.id;
    snapshot = need(snapshots::make_snapshot(project, freeze)).snapshot;
  }
  [[nodiscard]] labels::Act label(int64_t row, int64_t topic) const {
    labels::Act act;
    act.record = {batch, row};
    act.label = kTopics[static_cast<size_t>(topic)];
    return act;
  }
  void record(const std::vector<labels::Act>& acts) {
    if (need(labels::record_many(project, task.id, acts)).kept != static_cast<int64_t>(acts.size()))
      qFatal("labels were not kept");
  }
  CrossValidation cross_validate(CrossValidationRequest request = {.snapshot = "", .settings = {}, .seed = 2}) {
    request.task = task.id;
    const jobs::Job job = need(start_cross_validation(project, request, {}));
    auto foreman = need(models::foreman(project));
    return need(cross_validation_of_job(project, need(foreman.wait(job.id, {})).id));
  }
};

/// An encoder small enough to train in seconds; three topics that share no word need no more.
CrossValidationRequest with_encoder(int64_t folds = 3) {
  CrossValidationRequest request;
  request.algorithm = "encoder";
  request.settings = {{"layers", "1"},       {"hidden", "32"},           {"heads", "2"},  {"intermediate", "64"},
                      {"vocabulary", "400"}, {"learning_rate", "0.003"}, {"epochs", "8"}, {"batch_size", "16"},
                      {"max_length", "32"},  {"dropout", "0.1"},         {"threads", "1"}};
  request.folds = folds;
  request.seed = 2;
  request.device = "cpu";
  return request;
}

std::set<int64_t> ordinals(const std::vector<SuspectedLabel>& suspects) {
  std::set<int64_t> rows;
  for (const SuspectedLabel& suspect : suspects) rows.insert(suspect.record.ordinal);
  return rows;
}

}  // namespace

class TestLabelErrors : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void swapped_labels_are_found_and_queued() {
    Bench bench;
    QCOMPARE(newest_cross_validation(bench.project, 0).error().code, std::string("cross_validate.none"));
    const CrossValidation made = bench.cross_validate();
    QCOMPARE(made.snapshot, bench.snapshot.id);
    QCOMPARE(made.folds, int64_t{5});
    QCOMPARE(made.metrics["n"].get<int64_t>(), int64_t{900});
    QCOMPARE(need(newest_cross_validation(bench.project, bench.task.id)).id, made.id);
    QCOMPARE(newest_cross_validation(bench.project, bench.task.id + 1).error().code,
             std::string("cross_validate.none"));

    const OutOfSampleRows rows = need(read_out_of_sample(bench.project, made));
    QCOMPARE(rows.records.size(), size_t{900});
    QVERIFY(rows.labels == kTopics);
    QVERIFY(std::is_sorted(rows.records.begin(), rows.records.end()));
    QVERIFY((std::set<int32_t>(rows.fold.begin(), rows.fold.end()) == std::set<int32_t>{0, 1, 2, 3, 4}));

    const auto suspects = need(suspected_labels(bench.project, made, {}));
    QCOMPARE(made.metrics["suspected"].get<size_t>(), suspects.size());
    // A row counts where the model is surer of another label than it is of that label on average: nearly all of these,
    // and no others.
    QVERIFY(suspects.size() >= kWrong.size() - 2);
    for (const SuspectedLabel& suspect : suspects) {
      QVERIFY(kWrong.contains(suspect.record.ordinal));
      QCOMPARE(suspect.label, kTopics[static_cast<size_t>((suspect.record.ordinal + 1) % 3)]);
      QCOMPARE(suspect.predicted, kTopics[static_cast<size_t>(suspect.record.ordinal % 3)]);
      QVERIFY(suspect.label_confidence < suspect.confidence);
    }
    QVERIFY(std::is_sorted(suspects.begin(), suspects.end(), [](const auto& a, const auto& b) {
      return a.label_confidence - a.confidence < b.label_confidence - b.confidence;
    }));

    monitoring::QueueQuestion question;
    question.task = bench.task.id;
    question.suspects = true;
    question.limit = 4;
    const auto queued = need(monitoring::fill_queue(bench.project, question));
    QCOMPARE(queued.added, int64_t{4});
    QCOMPARE(queued.queue.origin["suspects"].get<bool>(), true);
    const auto items = need(labels::queue_items(bench.project, queued.queue.id, -1, 10));
    for (size_t i = 0; i < items.size(); ++i) {
      QVERIFY(items[i].record == suspects[i].record);
      QCOMPARE(*items[i].score, suspects[i].label_confidence);
    }
    // Together with a choice of rows both hold; a shift or a model's predictions are another question.
    question.name = "some";
    question.limit = 0;
    question.where = "id < 300";
    const auto early = std::count_if(suspects.begin(), suspects.end(),
                                     [](const SuspectedLabel& suspect) { return suspect.record.ordinal < 300; });
    QVERIFY(early > 1);
    QCOMPARE(need(monitoring::fill_queue(bench.project, question)).added, early);
    question.model = 1;
    QCOMPARE(monitoring::fill_queue(bench.project, question).error().code, std::string("queue.suspects_alone"));
    question.model = 0;
    question.where.clear();
    question.records = {{bench.batch, 1}};
    QCOMPARE(monitoring::fill_queue(bench.project, question).error().code, std::string("queue.records_alone"));
  }

  // Suspects and queues know nothing of what judged the labels.
  void an_encoder_finds_them_too() {
    Bench bench;
    const CrossValidation made = bench.cross_validate(with_encoder());
    QCOMPARE(made.algorithm, std::string("encoder"));
    QCOMPARE(made.device, std::string("cpu"));
    QVERIFY(made.base.empty() && to_json(made)["base"].is_null());
    QCOMPARE(made.parameters["hidden"].get<int>(), 32);
    QVERIFY2(made.metrics["accuracy"].get<double>() > 0.95, to_text(made.metrics).c_str());
    const OutOfSampleRows rows = need(read_out_of_sample(bench.project, made));
    QVERIFY((std::set<int32_t>(rows.fold.begin(), rows.fold.end()) == std::set<int32_t>{0, 1, 2}));
    const auto suspects = need(suspected_labels(bench.project, made, {}));
    QVERIFY(suspects.size() >= kWrong.size() - 2);
    for (const SuspectedLabel& suspect : suspects) QVERIFY(kWrong.contains(suspect.record.ordinal));
    monitoring::QueueQuestion question;
    question.task = bench.task.id;
    question.suspects = true;
    const auto queued = need(monitoring::fill_queue(bench.project, question));
    QCOMPARE(queued.added, static_cast<int64_t>(suspects.size()));
  }

  // Texts that come three times, each time with another label: kept together, whatever is trained on them.
  void what_belongs_together_never_straddles_folds() {
    Trainable bench(90, true);
    const jobs::Job job = need(start_cross_validation(bench.project, with_encoder(5), {}));
    const fs::path folder = jobs::folder_of(bench.project, job.uuid);
    const Json folds = Json::parse(need(read_file(folder / "inputs/folds.json")))["folds"];
    std::istringstream rows(need(read_file(folder / "inputs/rows.jsonl")));
    std::map<std::string, std::set<int>> of_text;
    size_t row = 0;
    for (std::string line; std::getline(rows, line); ++row)
      of_text[Json::parse(line)["text"].get<std::string>()].insert(folds[row].get<int>());
    QCOMPARE(row, folds.size());
    QCOMPARE(of_text.size(), size_t{30});
    for (const auto& [text, where] : of_text) QVERIFY2(where.size() == 1, text.c_str());
  }

  // What has learned these labels cannot judge them; what knows none of them can.
  void a_model_of_the_same_labels_is_no_base() {
    Trainable bench(90);
    const auto refused = [&](const std::string& base) {
      CrossValidationRequest request = with_encoder();
      request.base = base;
      const auto job = start_cross_validation(bench.project, request, {});
      return job ? std::string("queued") : job.error().code;
    };
    const auto train = [&](const std::string& objective, const std::string& base) {
      TrainRequest request;
      request.algorithm = "encoder";
      request.base = base;
      request.settings = with_encoder().settings;
      request.settings.emplace_back("objective", objective);
      request.settings.emplace_back("max_steps", "1");
      request.device = "cpu";
      const jobs::Job job = need(start_training(bench.project, request, {}));
      auto foreman = need(models::foreman(bench.project));
      return tail(need(run_of_job(bench.project, need(foreman.wait(job.id, {})).id)).model_uuid);
    };
    const std::string words = train("masked-lm", ""), labels = train("classification", words);
    QCOMPARE(refused(labels), std::string("cross_validate.base"));
    QCOMPARE(refused(train("masked-lm", labels)), std::string("cross_validate.base"));
    QCOMPARE(refused(words), std::string("queued"));
    const std::string linear = tail(need(list_runs(bench.project)).back().model_uuid);
    QCOMPARE(refused(linear), std::string("train.base"));
    CrossValidationRequest request;
    request.base = words;
    QCOMPARE(start_cross_validation(bench.project, request, {}).error().code, std::string("train.base"));
  }

  void what_somebody_has_looked_at_since_is_left_out() {
    Bench bench;
    const CrossValidation made = bench.cross_validate();
    std::set<int64_t> left = ordinals(need(suspected_labels(bench.project, made, {})));
    QVERIFY(left.contains(250) && left.contains(333));
    bench.record({bench.label(250, 1), bench.label(333, 1)});  // one corrected (250 % 3 is 1), one confirmed as it was
    left.erase(250);
    left.erase(333);
    QVERIFY(ordinals(need(suspected_labels(bench.project, made, {}))) == left);
  }

  void the_same_rows_folds_and_seed_say_the_same() {
    Bench bench;
    const OutOfSampleRows one = need(read_out_of_sample(bench.project, bench.cross_validate()));
    const OutOfSampleRows two = need(read_out_of_sample(bench.project, bench.cross_validate()));
    QVERIFY(one.fold == two.fold);
    for (size_t i = 0; i < one.said.size(); ++i) QCOMPARE(one.said[i].label_confidence, two.said[i].label_confidence);
  }

  // Training would be refused; looking for what is wrong with the labels is not.
  void a_shut_gate_does_not_matter() {
    Trainable bench(300, true);
    QVERIFY(!start_training(bench.project, {}, {}).has_value());
    QVERIFY(start_cross_validation(bench.project, {}, {}).has_value());
  }

  void a_plan_that_cannot_be_is_refused_before_anything_is_written() {
    Trainable bench(90);
    const auto code = [&](CrossValidationRequest request) {
      const auto job = start_cross_validation(bench.project, request, {});
      return job ? std::string("queued") : job.error().code;
    };
    QCOMPARE(code({.snapshot = "", .algorithm = "oracle", .settings = {}}), std::string("train.no_such_algorithm"));
    for (const auto& [name, value] : {std::pair{"objective", "masked-lm"}, {"pretrain_epochs", "1"}, {"hidden", "x"}})
      QCOMPARE(code({.snapshot = "", .algorithm = "encoder", .settings = {{name, value}}}),
               std::string("train.bad_option"));
    QCOMPARE(code({.snapshot = "", .algorithm = "encoder", .settings = {{"patience", "1"}}, .folds = 2}),
             std::string("train.bad_option"));
    QCOMPARE(code({.snapshot = "", .algorithm = "encoder", .settings = {}, .device = "tpu"}),
             std::string("train.device"));
    QCOMPARE(code({.snapshot = "", .settings = {}, .device = "cuda:0"}), std::string("train.device"));
    QCOMPARE(code({.snapshot = "", .settings = {{"c", "-1"}}}), std::string("train.bad_option"));
    QCOMPARE(code({.snapshot = "zzzzzz", .settings = {}}), std::string("store.no_such_id"));
    QCOMPARE(code({.snapshot = "", .task = bench.task.id + 1, .settings = {}}),
             std::string("cross_validate.no_snapshot"));
    QCOMPARE(code({.snapshot = "", .settings = {}, .folds = 1}), std::string("folds.number"));
    QCOMPARE(code({.snapshot = "", .settings = {}, .folds = 91}), std::string("folds.too_few"));
    QVERIFY(need(jobs::list_jobs(bench.project)).empty());
    QVERIFY(fs::is_empty(bench.project.runs_folder()));
  }

  // A folder that was worked on elsewhere: what it says is held against what was asked.
  void a_result_that_is_not_ours_is_refused_data() {
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    QTest::newRow("another label") << QByteArray(R"("label":"fruit")") << QByteArray(R"("label":"tool")");
    QTest::newRow("an unknown label") << QByteArray(R"("predicted":"river")") << QByteArray(R"("predicted":"sea")");
    QTest::newRow("another record") << QByteArray(R"("record":"1-)") << QByteArray(R"("record":"2-)");
    QTest::newRow("no probability") << QByteArray(R"("label_confidence":)") << QByteArray(R"("label_confidence":7)");
    QTest::newRow("no fold") << QByteArray(R"("fold":)") << QByteArray(R"("fold":-)");
    QTest::newRow("a row less") << QByteArray("{") << QByteArray();
  }
  void a_result_that_is_not_ours_is_refused() {
    QFETCH(QByteArray, from);
    QFETCH(QByteArray, to);
    Trainable bench(90);
    const jobs::Job job = need(start_cross_validation(bench.project, {}, {}));
    QProcess engine;
    const fs::path path = jobs::folder_of(bench.project, job.uuid);
    engine.start(qEnvironmentVariable("MILLWRIGHT_ENGINE"), {QString::fromStdString(path.string())});
    QVERIFY(engine.waitForFinished());
    QCOMPARE(engine.exitCode(), 0);
    const auto folder = need(jobs::JobFolder::open(path));
    const fs::path file = folder.file("out_of_sample.jsonl");
    QByteArray text = QByteArray::fromStdString(need(read_file(file)));
    const auto at = text.indexOf(from);
    QVERIFY(at >= 0);
    if (to.isEmpty()) {
      text.remove(0, text.indexOf('\n') + 1);
    } else {
      text.replace(at, from.size(), to);
    }
    QVERIFY(write_file_atomically(file, text.toStdString()).has_value());
    const auto result = need(folder.result());
    const auto commit = harvest_cross_validation(bench.project, job, folder, *result);
    QVERIFY(!commit.has_value());
    QVERIFY(commit.error().code == "cross_validate.damaged_result" || commit.error().code == "json.invalid");
  }
};

QTEST_GUILESS_MAIN(TestLabelErrors)
#include "test_label_errors.moc"
