// Streams in and out of a model that was put together by hand: "red" is warm, "blue" is cold.
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <sstream>

#include "models/prediction.h"
#include "text/linear_classifier.h"

using namespace millwright;
using namespace millwright::models;

namespace {

struct Bench {
  QTemporaryDir memory;
  fs::path folder;
  std::optional<store::Project> project;
  std::optional<Model> model;
  Bench() : folder(fs::path(memory.path().toStdString())) {
    text::TfidfOptions options;
    options.ngrams.character_max = 0;
    options.ngrams.word_max = 1;
    auto vectorizer = text::TfidfVectorizer::restore(options, "red\nblue\n", 2, {1, 1});
    text::SparseWeights weights;
    weights.begin = {0, 1, 2};
    weights.label = {0, 1};
    weights.weight = {2, 3};
    const text::LinearClassifier classifier(
        {std::move(*vectorizer), {"warm", "cold"}, weights, {0, 0}, 1, Json{{"fields", {"text"}}}});
    auto made = store::Project::create(folder / "p.millwright", {"Ada", "test"}, {});
    if (!made || !classifier.save(folder / "model")) qFatal("cannot make the fixture");
    project = std::move(*made);
    auto added = add_model(*project, folder / "model", "colours");
    if (!added) qFatal("%s", message_of(added.error()).c_str());
    model = std::move(*added);
  }
  /// Labels of a stream's rows, or the error's code.
  std::string run(const std::string& input, const std::vector<std::string>& fields = {"text"}) {
    auto predictor = Predictor::load(*project, *model);
    if (!predictor) return predictor.error().code;
    std::istringstream stream(input);
    std::string labels;
    const auto status = predict_stream(*predictor, stream, fields, false,
                                       [&](const RowPrediction& row) {
                                         labels += std::to_string(row.row) + row.prediction.label + ' ';
                                         return true;
                                       },
                                       {});
    return status ? labels : status.error().code;
  }
};

}  // namespace

class TestPrediction : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void reads_json_lines() {
    Bench bench;
    QCOMPARE(
        bench.run("{\"text\":\"red\"}\n{\"text\":\"blue \\u0042lue\"}\n\n{\"text\":\"red\",\"x\":[1,{\"text\":1}]}"),
        std::string("1warm 2cold 3warm "));
    QCOMPARE(bench.run("{\"a\":\"it is\",\"b\":\"blue\",\"c\":null}\n", {"a", "b", "c"}), std::string("1cold "));
    QCOMPARE(bench.run(""), std::string());
    QCOMPARE(bench.run("{\"text\":\"red\"}\n{\"no\":1}\n"), std::string("predict.field"));
    QCOMPARE(bench.run("{\"text\":\"red\"}\nblue\n"), std::string("predict.line"));
    QCOMPARE(bench.run("{\"text\":\"red\"}\n{\"text\":\"blue\n"), std::string("predict.line"));
  }

  void reads_csv() {
    Bench bench;
    QCOMPARE(bench.run("id,text\r\n1,red\r\n2,\"so\nblue, \"\"very\"\"\"\r\n\r\n3,red"),
             std::string("1warm 2cold 3warm "));
    QCOMPARE(bench.run("\xEF\xBB\xBFtext\nblue\n"), std::string("1cold "));
    QCOMPARE(bench.run("\"text\"\nblue\n"), std::string("1cold "));
    QCOMPARE(bench.run("id,words\n1,red\n"), std::string("predict.field"));
    QCOMPARE(bench.run("id,text\n1\n"), std::string("predict.line"));
    QCOMPARE(bench.run("id,text\n1,\"red\n"), std::string("predict.line"));
  }

  void stops_when_nobody_reads() {
    Bench bench;
    auto predictor = Predictor::load(*bench.project, *bench.model);
    std::istringstream stream("text\nred\nblue\nred\n");
    int rows = 0;
    QVERIFY(predict_stream(*predictor, stream, {"text"}, true,
                           [&](const RowPrediction& row) {
                             if (row.prediction.scores.size() != 2) qFatal("scores are missing");
                             return ++rows < 2;
                           },
                           {}));
    QCOMPARE(rows, 2);
  }

  void best_labels_come_in_order() {
    Bench bench;
    auto predictor = Predictor::load(*bench.project, *bench.model);
    const auto best = *predictor->best_of("red", 5);
    QCOMPARE(best.size(), size_t{2});
    QCOMPARE(best[0].label, 0U);
    // softmax of (2, 0)
    QVERIFY(std::abs(best[0].confidence - 1 / (1 + std::exp(-2.0))) < 1e-9);
    QVERIFY(std::abs(best[0].confidence + best[1].confidence - 1) < 1e-12);
    QCOMPARE(predictor->fields(), (std::vector<std::string>{"text"}));
  }

  void a_damaged_blob_is_found_and_not_used() {
    Bench bench;
    QVERIFY(verify_models(*bench.project, {})->problems.empty());
    const fs::path target = bench.folder / "out";
    QVERIFY(export_model(*bench.project, bench.model->id, target));
    QVERIFY(text::LinearClassifier::load(target).has_value());
    for (const auto& entry : fs::recursive_directory_iterator(bench.project->blobs_folder())) {
      if (!entry.is_regular_file()) continue;
      fs::permissions(entry.path(), fs::perms::owner_all);
      const std::string content = *read_file(entry.path());
      if (content.find("red\nblue\n") != std::string::npos) QVERIFY(write_file_atomically(entry.path(), "red\nbleu\n"));
    }
    const auto verified = verify_models(*bench.project, {});
    QCOMPARE(verified->problems.size(), size_t{1});
    QVERIFY(verified->problems[0].find("vocabulary.txt") != std::string::npos);
    QVERIFY(!export_model(*bench.project, bench.model->id, bench.folder / "again").has_value());
  }

  void it_is_no_graph() {
    Bench bench;
    const auto done = export_model(*bench.project, bench.model->id, bench.folder / "onnx", ModelFormat::onnx);
    QVERIFY(!done && done.error().code == "models.no_encoder");
    QVERIFY(!fs::exists(bench.folder / "onnx"));
  }

  void a_folder_that_is_no_model_is_refused() {
    Bench bench;
    QVERIFY(write_file_atomically(bench.folder / "model" / "config.json", "{}"));
    const auto added = add_model(*bench.project, bench.folder / "model", "x");
    QVERIFY(!added.has_value());
    QVERIFY(added.error().kind == ErrorKind::bad_input);
  }
};

QTEST_GUILESS_MAIN(TestPrediction)
#include "test_prediction.moc"
