// Training jobs of every objective on rows that a person would tell without a mistake: what they leave, and that it is
// right.
#include <QTest>
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/safetensors.h"
#include "engine/training_rows.h"
#include "objective_rows.h"
#include "text/encoder_folder.h"

using namespace millwright;
using millwright::testing::easy_rows;
using millwright::testing::rows_of;
using millwright::testing::with_labels;
using millwright::testing::with_spans;
using millwright::testing::with_value;
using Folder = millwright::testing::JobInFolder;

namespace {

const std::vector<std::string> kFruit = millwright::testing::fruits();
const std::vector<std::string> kTool = millwright::testing::tools();

Json body(const Json& more) { return millwright::testing::small_encoder(more); }
std::vector<Json> lines_of(const Folder& folder) { return millwright::testing::predictions_of(folder); }

}  // namespace

class TestObjectives : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void multi_label() {
    const Folder folder(rows_of(240, with_labels), body({{"objective", "multi-label"}}));
    QCOMPARE(folder.run(), 0);
    const Json test = folder.result().outputs["metrics"]["test"];
    QVERIFY2(test["micro_f1"].get<double>() > 0.95, to_text(test).c_str());
    // The figures again, from the lines.
    int right = 0, real = 0, said = 0, exact = 0, rows = 0;
    for (const Json& line : lines_of(folder)) {
      if (line["split"] != "test") continue;
      ++rows;
      exact += line["labels"] == line["predicted"] ? 1 : 0;
      real += static_cast<int>(line["labels"].size());
      said += static_cast<int>(line["predicted"].size());
      for (const Json& label : line["predicted"])
        right += std::find(line["labels"].begin(), line["labels"].end(), label) != line["labels"].end() ? 1 : 0;
    }
    QVERIFY(rows > 0);
    QVERIFY(std::abs(test["micro_f1"].get<double>() - 2.0 * right / (real + said)) < 1e-12);
    QVERIFY(std::abs(test["subset_accuracy"].get<double>() - 1.0 * exact / rows) < 1e-12);
    const auto model = text::EncoderFolder::open(folder.job->file("model"));
    QVERIFY(model->config().problem == text::Problem::multi_label);
    const double threshold = model->config_json()["millwright"]["threshold"].get<double>();
    QVERIFY(threshold > 0 && threshold < 1);
  }

  void token_classification() {
    const Folder folder(rows_of(240, with_spans), body({{"objective", "token-classification"}}));
    QCOMPARE(folder.run(), 0);
    const Json test = folder.result().outputs["metrics"]["test"];
    QVERIFY2(test["f1"].get<double>() > 0.95, to_text(test).c_str());
    int right = 0, real = 0, said = 0;
    for (const Json& line : lines_of(folder)) {
      if (line["split"] != "test") continue;
      real += static_cast<int>(line["spans"].size());
      said += static_cast<int>(line["predicted"].size());
      for (Json one : line["predicted"]) {
        one.erase("confidence");
        right += std::find(line["spans"].begin(), line["spans"].end(), one) != line["spans"].end() ? 1 : 0;
      }
    }
    QVERIFY(real > 50);
    QVERIFY(std::abs(test["f1"].get<double>() - 2.0 * right / (real + said)) < 1e-12);
    const auto model = text::EncoderFolder::open(folder.job->file("model"));
    QVERIFY(model->usable().has_value());
    QCOMPARE(model->config().labels, std::vector<std::string>({"O", "B-fruit", "I-fruit", "B-tool", "I-tool"}));
  }

  // The number is in a unit of its own, which the written model speaks too.
  void regression() {
    const Folder folder(rows_of(320, with_value), body({{"objective", "regression"}}));
    QCOMPARE(folder.run(), 0);
    const Json test = folder.result().outputs["metrics"]["test"];
    QVERIFY2(test["r2"].get<double>() > 0.9 && test["mae"].get<double>() < 60, to_text(test).c_str());
    double error = 0;
    int rows = 0;
    for (const Json& line : lines_of(folder)) {
      if (line["split"] != "test") continue;
      error += std::abs(line["value"].get<double>() - line["predicted"].get<double>());
      ++rows;
    }
    QVERIFY(std::abs(test["mae"].get<double>() - error / rows) < 1e-9 * error);
    const auto model = text::EncoderFolder::open(folder.job->file("model"));
    QVERIFY(model->config().problem == text::Problem::regression && model->config().labels.size() == 1);
  }

  // "we saw a …": the words between the nouns can be told.
  void hidden_words_and_what_is_built_on_them() {
    const std::string rows = rows_of(240, [](Json&, size_t, size_t, const auto&) {});
    const Folder folder(rows, body({{"objective", "masked-lm"}}));
    QCOMPARE(folder.run(), 0);
    const Json test = folder.result().outputs["metrics"]["test"];
    QVERIFY2(test["masked_accuracy"].get<double>() > 0.5, to_text(test).c_str());
    QVERIFY(std::abs(test["perplexity"].get<double>() - std::exp(test["loss"].get<double>())) < 1e-9);
    const auto model = text::EncoderFolder::open(folder.job->file("model"));
    QVERIFY(model->usable().has_value() && model->config().head == text::Head::masked_lm);
    const Folder next(easy_rows(30), body({{"epochs", 20}}));
    fs::copy(folder.job->file("model"), next.job->file("inputs/base"), fs::copy_options::recursive);
    QCOMPARE(next.run(), 0);
  }

  void sentences_by_label_and_by_pair() {
    const Folder by_label(easy_rows(60), body({{"objective", "sentence-embedding"}, {"epochs", 10}}));
    QCOMPARE(by_label.run(), 0);
    const Json test = by_label.result().outputs["metrics"]["test"];
    QVERIFY2(test["neighbour_accuracy"].get<double>() > 0.95, to_text(test).c_str());
    const auto model = text::EncoderFolder::open(by_label.job->file("model"));
    QVERIFY(model->usable().has_value() && model->config().head == text::Head::none);

    // A number belongs to its word.
    const std::vector<std::string> numbers = {"one", "two", "three", "four", "five"};
    std::string rows;
    for (int i = 0; i < 300; ++i) {
      const size_t a = static_cast<size_t>(i) % 5, b = static_cast<size_t>(i / 5) % 5;
      rows += to_text(Json{{"record", "1-" + std::to_string(i)},
                           {"text", kFruit[a] + " and " + kTool[b]},
                           {"pair", numbers[a] + " then " + numbers[b] + " again"},
                           {"split", i < 200   ? "train"
                                     : i < 225 ? "validation"
                                               : "test"}}) +
              '\n';
    }
    const Folder by_pair(rows, body({{"objective", "sentence-embedding"}, {"dropout", 0}}));
    QCOMPARE(by_pair.run(), 0);
    const Json found = by_pair.result().outputs["metrics"]["validation"];
    QVERIFY2(
        found["recall_at_1"].get<double>() > 0.9 && found["mrr"].get<double>() >= found["recall_at_1"].get<double>(),
        to_text(found).c_str());
  }

  void pretraining_comes_first_and_is_not_done_twice() {
    const Folder folder(easy_rows(60), body({{"pretrain_epochs", 5}}));
    QCOMPARE(folder.run(), 0);
    const Json outputs = folder.result().outputs;
    QCOMPARE(outputs["pretraining"]["epochs"].get<int>(), 5);
    QVERIFY2(outputs["metrics"]["test"]["accuracy"].get<double>() > 0.9, to_text(outputs["metrics"]).c_str());
    const auto kept = text::EncoderFolder::open(folder.job->file("pretrained"));
    QVERIFY(kept.has_value() && kept->config().head == text::Head::masked_lm);
    // The same again gives the same; begun from what was kept, too.
    const Folder again(easy_rows(60), body({{"pretrain_epochs", 5}}));
    fs::copy(folder.job->file("pretrained"), again.job->file("pretrained"), fs::copy_options::recursive);
    QCOMPARE(again.run(), 0);
    QVERIFY(again.result().outputs["weights_sha256"] == outputs["weights_sha256"]);
  }

  void adapters_leave_the_base_alone_and_are_kept() {
    const Folder first(easy_rows(30), body({{"objective", "masked-lm"}, {"epochs", 3}}));
    QCOMPARE(first.run(), 0);
    const Folder folder(easy_rows(60), body({{"lora_rank", 4}, {"epochs", 40}}));
    fs::copy(first.job->file("model"), folder.job->file("inputs/base"), fs::copy_options::recursive);
    QCOMPARE(folder.run(), 0);
    const Json outputs = folder.result().outputs;
    QVERIFY2(outputs["metrics"]["test"]["accuracy"].get<double>() > 0.9, to_text(outputs["metrics"]).c_str());
    const auto before = SafetensorsFile::open(first.job->file("model/model.safetensors"));
    const auto after = SafetensorsFile::open(folder.job->file("model/model.safetensors"));
    const auto adapter = SafetensorsFile::open(folder.job->file("adapter/adapter_model.safetensors"));
    QVERIFY(before.has_value() && after.has_value() && adapter.has_value());
    // PEFT's names; the merged matrix is the base's plus alpha/rank · B·A.
    const std::string matrix = "bert.encoder.layer.0.intermediate.dense";
    const auto floats = [](const SafetensorsFile& file, const std::string& name) {
      const TensorView* const tensor = file.find(name);
      std::vector<float> out(tensor == nullptr ? 0 : tensor->bytes.size() / 4);
      if (tensor != nullptr) std::memcpy(out.data(), tensor->bytes.data(), tensor->bytes.size());
      return out;
    };
    const auto w = floats(*before, matrix + ".weight"), merged = floats(*after, matrix + ".weight");
    const auto a = floats(*adapter, "base_model.model." + matrix + ".lora_A.weight");
    const auto b = floats(*adapter, "base_model.model." + matrix + ".lora_B.weight");
    QCOMPARE(w.size(), size_t{64 * 32});
    QCOMPARE(a.size(), size_t{4 * 32});
    QCOMPARE(b.size(), size_t{64 * 4});
    double most = 0;
    for (size_t i = 0; i < 64; ++i)
      for (size_t j = 0; j < 32; ++j) {
        double sum = 0;
        for (size_t r = 0; r < 4; ++r) sum += static_cast<double>(b[i * 4 + r]) * a[r * 32 + j] * 4;  // 16 / 4
        QVERIFY(std::abs(merged[i * 32 + j] - (w[i * 32 + j] + sum)) < 1e-6);
        most = std::max(most, std::abs(sum));
      }
    QVERIFY(most > 1e-3);
    for (const char* same : {"bert.embeddings.word_embeddings.weight", "bert.encoder.layer.0.output.LayerNorm.weight"})
      QVERIFY(floats(*before, same) == floats(*after, same));
    QVERIFY(!floats(*adapter, "base_model.model.classifier.weight").empty());
  }

  // Labels that teach nothing, and a teacher that knows.
  void a_teacher_is_learned_from() {
    const Folder teacher(easy_rows(60), body(Json::object()));
    QCOMPARE(teacher.run(), 0);
    std::string rows;
    Random random(2);
    std::istringstream lines(easy_rows(60));
    const std::vector<std::string> labels = {"fruit", "river", "tool"};
    for (std::string line; std::getline(lines, line);) {
      Json row = Json::parse(line);
      if (row["split"] == "train") row["label"] = labels[random.below(3)];
      rows += to_text(row) + '\n';
    }
    const Folder alone(rows, body(Json::object())), taught(rows, body({{"teacher_weight", 1}}));
    fs::copy(teacher.job->file("model"), taught.job->file("inputs/teacher"), fs::copy_options::recursive);
    QCOMPARE(alone.run() + taught.run(), 0);
    const double without = alone.result().outputs["metrics"]["test"]["accuracy"].get<double>();
    const double with = taught.result().outputs["metrics"]["test"]["accuracy"].get<double>();
    QVERIFY2(with > 0.95 && without < 0.7, qPrintable(QString("%1 with, %2 without").arg(with).arg(without)));
  }

  // Rows of weight next to nothing are not learned from.
  void rows_can_weigh() {
    std::string rows;
    std::istringstream lines(easy_rows(60));
    const std::vector<std::string> labels = {"fruit", "river", "tool"};
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      Json row = Json::parse(line);
      if (row["split"] == "train" && number++ % 3 != 0) {
        row["label"] = labels[(static_cast<size_t>(number) * 7 / 3) % 3];
        row["weight"] = 1e-6;
      }
      rows += to_text(row) + '\n';
    }
    const Folder folder(rows, body(Json::object()));
    QCOMPARE(folder.run(), 0);
    const Json test = folder.result().outputs["metrics"]["test"];
    QVERIFY2(test["accuracy"].get<double>() > 0.9, to_text(test).c_str());
  }

  void bad_rows_are_named_data() {
    QTest::addColumn<QByteArray>("objective");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("reason");
    const auto row = [](const char* name, const char* objective, const char* target, const char* reason) {
      QTest::newRow(name) << QByteArray(objective) << QByteArray(target) << QByteArray(reason);
    };
    row("no list", "multi-label", "\"labels\":\"a\"", "it lacks labels");
    row("no string", "multi-label", "\"labels\":[1]", "it lacks labels");
    row("twice", "multi-label", "\"labels\":[\"a\",\"a\"]", "names a label twice");
    row("backwards", "token-classification", "\"spans\":[{\"begin\":4,\"end\":2,\"label\":\"a\"}]", "ends before");
    row("overlap", "token-classification",
        "\"spans\":[{\"begin\":0,\"end\":3,\"label\":\"a\"},{\"begin\":2,\"end\":5,\"label\":\"a\"}]", "overlap");
    row("no number", "regression", "\"value\":\"7\"", "it lacks value");
    row("neither", "sentence-embedding", "\"other\":\"7\"", "it lacks pair or label");
    row("weight", "masked-lm", "\"weight\":-1", "its weight");
    row("none", "multi-label", "\"labels\":[]", "0 labels");
  }
  void bad_rows_are_named() {
    QFETCH(QByteArray, objective);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, reason);
    const QByteArray line = "{\"record\":\"1-1\",\"text\":\"a word or two\",\"split\":\"train\"," + target + "}\n";
    const Folder folder(line.toStdString(), body({{"objective", objective.toStdString()}}));
    QCOMPARE(folder.run(), 3);
    const std::string said = folder.result().message;
    QVERIFY2(said.find(reason.toStdString()) != std::string::npos, said.c_str());
  }
};

QTEST_GUILESS_MAIN(TestObjectives)
#include "test_objectives.moc"
