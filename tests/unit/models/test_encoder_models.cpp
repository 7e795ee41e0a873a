// An encoder from a snapshot to predictions: trained by the engine, judged, kept, put to work in a process of its own,
// taken away as a folder and brought back.
#include <QTest>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "models/comparison.h"
#include "models/embedding.h"
#include "models/evaluation.h"
#include "models/prediction.h"
#include "models/record_vectors.h"
#include "records/asset.h"
#include "trainable_project.h"

using namespace millwright;           // NOLINT: a test's own file
using namespace millwright::models;   // NOLINT
using namespace millwright::testing;  // NOLINT

namespace {

/// Small enough to train in seconds; three topics that share no word need no more.
TrainRequest small_encoder(const std::string& base = {}) {
  TrainRequest request;
  request.algorithm = "encoder";
  request.base = base;
  request.settings = {{"layers", "1"},       {"hidden", "32"},           {"heads", "2"},     {"intermediate", "64"},
                      {"vocabulary", "400"}, {"learning_rate", "0.003"}, {"epochs", "3"},    {"batch_size", "16"},
                      {"max_length", "32"},  {"warmup", "0.1"},          {"dropout", "0.1"}, {"threads", "1"}};
  request.seed = 3;
  request.device = "cpu";
  return request;
}

Run train(Trainable& bench, const TrainRequest& request) {
  const jobs::Job job = need(start_training(bench.project, request, {}));
  auto foreman = need(models::foreman(bench.project));
  return need(run_of_job(bench.project, need(foreman.wait(job.id, {})).id));
}

}  // namespace

class TestEncoderModels : public QObject {
  Q_OBJECT

  std::unique_ptr<Trainable> bench_;
  std::optional<Run> run_;
  std::optional<Model> model_;

 private Q_SLOTS:
  void initTestCase() {
    bench_ = std::make_unique<Trainable>();
    run_ = train(*bench_, small_encoder());
    model_ = need(read_model(bench_->project, run_->model));
  }
  void cleanupTestCase() { bench_.reset(); }

  void it_is_a_run_like_any_other_and_the_baseline_came_first() {
    QCOMPARE(run_->algorithm, std::string("encoder"));
    QCOMPARE(model_->family, std::string("bert"));
    QVERIFY2(run_->metrics["accuracy"]["value"].get<double>() > 0.95, to_text(run_->metrics).c_str());
    QCOMPARE(run_->metrics["n"].get<int64_t>(), bench_->snapshot.counts.test);
    QVERIFY(std::any_of(run_->curve.begin(), run_->curve.end(), [](const auto& p) { return p.name == "loss"; }));
    const auto runs = need(list_runs(bench_->project));
    QCOMPARE(runs.size(), size_t{2});
    QCOMPARE(runs.back().algorithm, std::string("linear"));
    const Model baseline = need(read_model(bench_->project, runs.back().model));
    const auto comparison = need(compare_models(bench_->project, *model_, baseline));
    QVERIFY(comparison && comparison->n == bench_->snapshot.counts.test);
    const auto beside = need(compare_with_baseline(bench_->project, *model_));
    QVERIFY(beside && beside->baseline.id == baseline.id);
    QCOMPARE(beside->comparison.difference.value, comparison->difference.value);
    QVERIFY(!need(compare_with_baseline(bench_->project, baseline)));
    QVERIFY(need(verify_models(bench_->project, {})).problems.empty());
  }

  void a_second_run_has_no_second_baseline_and_the_same_weights() {
    const Run again = train(*bench_, small_encoder());
    QCOMPARE(need(list_runs(bench_->project)).size(), size_t{3});
    QCOMPARE(to_hex(again.weights_sha256), to_hex(run_->weights_sha256));
  }

  void the_engine_answers_for_it() {
    auto predictor = need(Predictor::load(bench_->project, *model_));
    QCOMPARE(predictor.labels(), (std::vector<std::string>{"fruit", "river", "tool"}));
    QCOMPARE(predictor.fields(), (std::vector<std::string>{"text"}));
    QCOMPARE(need(predictor.predict("number 1 the plum and a cherry")).label, std::string("fruit"));
    const auto scores = need(predictor.predict("number 7 the rhine and a loire", true));
    QCOMPARE(scores.label, std::string("river"));
    double sum = 0;
    for (const auto& [label, probability] : scores.scores) sum += probability;
    QVERIFY(std::abs(sum - 1) < 1e-5);
    // Together or one by one: the same.
    const std::vector<std::string> texts = {"number 2 the saw and a drill", "", "number 9 the fig and a pear",
                                            std::string(5000, 'x')};
    std::vector<std::vector<double>> together;
    const auto done = predictor.predict_all(texts, {}, [&](size_t, std::span<const double> row) {
      together.emplace_back(row.begin(), row.end());
      return true;
    });
    QVERIFY(done.has_value() && together.size() == texts.size());
    for (size_t i = 0; i < texts.size(); ++i)
      QVERIFY(std::abs(need(predictor.best(texts[i])).confidence - best_label(together[i]).confidence) < 1e-5);
  }

  void evaluating_it_again_gives_what_training_said() {
    const Evaluation again = need(evaluate(bench_->project, {tail(model_->uuid), "latest:test", {}}, {}));
    QVERIFY(std::abs(again.accuracy.value - run_->metrics["accuracy"]["value"].get<double>()) < 1e-12);
    QVERIFY(std::isfinite(again.latency_p50_ms));
  }

  void a_stream_goes_through_it() {
    auto predictor = need(Predictor::load(bench_->project, *model_));
    std::string lines;
    for (int i = 0; i < 150; ++i)
      lines += "{\"text\":\"number " + std::to_string(i) + (i % 2 == 0 ? " the oder" : " the chisel") + "\"}\n";
    std::istringstream stream(lines);
    int64_t rows = 0, rivers = 0;
    const auto done = predict_stream(predictor, stream, {"text"}, false,
                                     [&](const RowPrediction& row) {
                                       ++rows;
                                       if (row.row != rows) return false;
                                       rivers += row.prediction.label == "river" ? 1 : 0;
                                       return true;
                                     },
                                     {});
    QVERIFY(done.has_value());
    QCOMPARE(rows, int64_t{150});
    QCOMPARE(rivers, int64_t{75});
  }

  void it_goes_out_as_a_folder_and_comes_back() {
    const fs::path folder = bench_->folder / "taken-away";
    const auto files = need(export_model(bench_->project, model_->id, folder));
    QVERIFY(files.size() >= 3);
    const Model back = need(add_model(bench_->project, folder, "brought back"));
    QCOMPARE(back.family, model_->family);
    QCOMPARE(to_hex(back.weights_sha256), to_hex(model_->weights_sha256));
    QCOMPARE(back.parameters, model_->parameters);
    auto there = need(Predictor::load(bench_->project, *model_)), here = need(Predictor::load(bench_->project, back));
    const std::string text = "number 5 the hammer and a saw";
    QCOMPARE(need(here.best(text)).confidence, need(there.best(text)).confidence);
  }

  void training_goes_on_from_it() {
    TrainRequest request = small_encoder(tail(model_->uuid));
    request.settings = {{"epochs", "1"}, {"threads", "1"}, {"learning_rate", "0.0001"}};
    const Run tuned = train(*bench_, request);
    QVERIFY(tuned.metrics["accuracy"]["value"].get<double>() > 0.95);
    QVERIFY(tuned.weights_sha256 != run_->weights_sha256);
    QVERIFY(need(verify_models(bench_->project, {})).problems.empty());  // the base's files are untouched
  }

  void another_model_can_teach() {
    TrainRequest request = small_encoder();
    request.teacher = tail(model_->uuid);
    request.settings.emplace_back("teacher_weight", "0.5");
    request.settings.emplace_back("epochs", "8");
    const Run taught = train(*bench_, request);
    QVERIFY2(taught.metrics["accuracy"]["value"].get<double>() > 0.95, to_text(taught.metrics).c_str());
    QVERIFY(taught.weights_sha256 != run_->weights_sha256);
  }

  void records_get_their_vectors_once() {
    auto& project = bench_->project;
    const auto embed = [&](const std::string& batch = {}) -> Result<EmbeddingResult> {
      MW_ASSIGN(const jobs::Job job, start_embedding(project, {tail(model_->uuid), "things", batch, "cpu"}, {}));
      auto foreman = need(models::foreman(project));
      MW_ASSIGN(const jobs::Job done, foreman.wait(job.id, {}));
      return embeddings_of_job(project, done);
    };
    const EmbeddingResult first = need(embed());
    QCOMPARE(first.rows, int64_t{900});
    QCOMPARE(first.dimension, int64_t{32});
    const auto again = embed();
    QVERIFY(!again && again.error().code == "embed.done");
    // A later batch: its records alone are computed, and the same text has the same vector.
    const auto asset = need(records::find_asset(project, "things"));
    QCOMPARE(need(RecordVectors::of_model(project, *model_, asset)).size(), int64_t{900});
    std::ofstream(bench_->folder / "twins.csv")
        << "id,text,label\n9001,number 4 twin,river\n9002,number 4 twin,river\n";
    records::ImportRequest request;
    request.source = (bench_->folder / "twins.csv").string();
    const auto report = need(records::import_source(project, request, {}));
    QCOMPARE(need(embed(tail(report.batch_uuid))).rows, int64_t{2});
    const RecordVectors vectors = need(RecordVectors::of_model(project, *model_, asset));
    QCOMPARE(vectors.size(), int64_t{902});
    std::vector<float> twin(32), other(32);
    QVERIFY(vectors.copy({report.batch, 0}, twin) && vectors.copy({report.batch, 1}, other));
    for (size_t i = 0; i < 32; ++i) QVERIFY(std::abs(twin[i] - other[i]) < 1e-6F);
    QVERIFY(std::any_of(twin.begin(), twin.end(), [](float v) { return v != 0; }));
    QVERIFY(need(verify_models(project, {})).problems.empty());
    const auto runs = need(list_runs(project));
    const auto linear = start_embedding(project, {tail(runs.back().model_uuid), "things", {}, "cpu"}, {});
    QVERIFY(!linear && linear.error().code == "embed.no_encoder");
  }

  // Records without a label have words to learn from; those that a snapshot keeps apart to judge by are not among them.
  void hidden_words_of_all_records_can_be_learned() {
    auto& project = bench_->project;
    std::ofstream(bench_->folder / "unlabeled.csv") << "id,text,label\n7001,a danube without a label,\n";
    records::ImportRequest more;
    more.source = (bench_->folder / "unlabeled.csv").string();
    more.asset = "things";
    (void)need(records::import_source(project, more, {}));
    TrainRequest request = small_encoder();
    request.settings.emplace_back("objective", "masked-lm");
    const jobs::Job job = need(start_training(project, request, {}));
    const std::string texts = need(read_file(jobs::folder_of(project, job.uuid) / "inputs/unlabeled.jsonl"));
    QCOMPARE(QString::fromStdString(texts),
             QStringLiteral("{\"text\":\"number 4 twin\"}\n{\"text\":\"number 4 twin\"}\n"
                            "{\"text\":\"a danube without a label\"}\n"));
    auto foreman = need(models::foreman(project));
    const Run run = need(run_of_job(project, need(foreman.wait(job.id, {})).id));
    QVERIFY(run.metrics["masked_accuracy"].get<double>() > 0);
    const Model made = need(read_model(project, run.model));
    // It tells no labels, and says so; but a classifier can begin from it.
    const auto asked = Predictor::load(project, made);
    QVERIFY(!asked && asked.error().code == "model.no_labels");
    QCOMPARE(promote(project, 0, made.id, Stage::champion).error().code, std::string("model.no_labels"));
    QVERIFY(need(read_model(project, made.id)).stage == Stage::candidate);
    const auto judged = evaluate(project, {tail(made.uuid), "latest:test", {}}, {});
    QVERIFY(!judged && judged.error().code == "model.no_labels");
    QVERIFY(!need(compare_with_baseline(project, made)));
    TrainRequest next = small_encoder(tail(made.uuid));
    next.settings.emplace_back("epochs", "10");
    const Run tuned = train(*bench_, next);
    QVERIFY2(tuned.metrics["accuracy"]["value"].get<double>() > 0.9, to_text(tuned.metrics).c_str());
    QVERIFY(need(verify_models(project, {})).problems.empty());
  }

  // A row a day: the weight halves every ten rows.
  void old_rows_can_weigh_less() {
    auto& project = bench_->project;
    std::ofstream out(bench_->folder / "days.csv");
    out << "when,words,label\n";
    for (int day = 1; day <= 28; ++day)
      for (const char* label : {"fruit", "tool"})
        out << "2024-02-" << (day < 10 ? "0" : "") << day << "T00:00:00Z," << label << " of day " << day << ',' << label
            << '\n';
    out.close();
    records::ImportRequest import;
    import.source = (bench_->folder / "days.csv").string();
    import.asset = "days";
    import.roles.text = "words";
    import.roles.time = "when";
    const auto report = need(records::import_source(project, import, {}));
    const auto task = need(
        labels::create_task(project, {.name = "days", .asset = report.asset.id, .fields = {"words"}, .labels = {}}));
    (void)need(labels::label_from_field(project, {.task = task.id, .field = "label", .by = "Ada", .batches = {}}));
    snapshots::SnapshotRequest freeze;
    freeze.task = task.id;
    TrainRequest request = small_encoder();
    request.snapshot = tail(need(snapshots::make_snapshot(project, freeze)).snapshot.uuid);
    request.settings.emplace_back("half_life", "10");
    const jobs::Job job = need(start_training(project, request, {}));
    std::istringstream rows(need(read_file(jobs::folder_of(project, job.uuid) / "inputs/rows.jsonl")));
    std::map<int, double> weight;
    int newest = 0;
    for (std::string line; std::getline(rows, line);) {
      const Json row = Json::parse(line);
      const auto text = row["text"].get<std::string>();
      const int day = std::stoi(text.substr(text.rfind(' ') + 1));
      weight[day] = row["weight"].get<double>();
      if (row["split"] == "train") newest = std::max(newest, day);
    }
    QVERIFY(weight.size() > 20 && newest > 20);
    for (const auto& [day, value] : weight)
      QVERIFY(std::abs(value - std::pow(2.0, -std::max(0, newest - day) / 10.0)) < 1e-9);
    auto foreman = need(models::foreman(project));
    QVERIFY(need(foreman.wait(job.id, {})).ended());
  }

  void what_cannot_be_started_from_is_said() {
    auto request = small_encoder();
    const auto runs = need(list_runs(bench_->project));
    request.base = tail(runs.back().model_uuid);  // the linear one
    const auto linear = start_training(bench_->project, request, {});
    QVERIFY(!linear && linear.error().code == "train.base");
    request = {};
    request.base = tail(model_->uuid);
    const auto baseline = start_training(bench_->project, request, {});
    QVERIFY(!baseline && baseline.error().code == "train.base");
    request = small_encoder();
    request.teacher = tail(runs.back().model_uuid);
    const auto teacher = start_training(bench_->project, request, {});
    QVERIFY(!teacher && teacher.error().code == "train.teacher");
    request = small_encoder();
    request.settings.emplace_back("objective", "regression");
    const auto objective = start_training(bench_->project, request, {});
    QVERIFY(!objective && objective.error().code == "train.objective");
    request = small_encoder();
    request.snapshot = tail(bench_->snapshot.uuid);
    request.settings.emplace_back("half_life", "30");
    const auto time = start_training(bench_->project, request, {});
    QVERIFY(!time && time.error().code == "train.no_time");
    request = small_encoder();
    request.device = "tpu";
    const auto device = start_training(bench_->project, request, {});
    QVERIFY(!device && device.error().code == "train.device");
  }
};

QTEST_GUILESS_MAIN(TestEncoderModels)
#include "test_encoder_models.moc"
