// Jobs of the linear baseline for labels that do not exclude each other and for numbers: what they leave, and that it
// is right.
#include <QTest>
#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include "objective_rows.h"
#include "text/linear_classifier.h"

using namespace millwright;
using millwright::testing::predictions_of;
using millwright::testing::rows_of;
using millwright::testing::with_labels;
using millwright::testing::with_value;
using Folder = millwright::testing::JobInFolder;

namespace {

Json body(const char* objective, Json options = Json::object()) {
  options["objective"] = objective;
  return {{"algorithm", "linear"}, {"seed", 1}, {"options", options}};
}

std::map<std::string, std::string> texts_of(const std::string& rows) {
  std::map<std::string, std::string> out;
  std::istringstream in(rows);
  for (std::string line; std::getline(in, line);) {
    const Json row = Json::parse(line);
    out[row["record"].get<std::string>()] = row["text"].get<std::string>();
  }
  return out;
}

text::LinearClassifier model_of(const Folder& folder) {
  auto model = text::LinearClassifier::load(folder.job->file("model"));
  if (!model) qFatal("%s", message_of(model.error()).c_str());
  return std::move(*model);
}

std::string without(const std::string& rows, const std::string& split) {
  std::string out;
  std::istringstream in(rows);
  for (std::string line; std::getline(in, line);)
    if (line.find('"' + split + '"') == std::string::npos) out += line + '\n';
  return out;
}

}  // namespace

class TestLinearObjectives : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void any_number_of_labels() {
    const std::string rows = rows_of(480, with_labels);
    const Folder folder(rows, body("multi-label"));
    QCOMPARE(folder.run(), 0);
    const Json outputs = folder.result().outputs;
    QCOMPARE(outputs["family"].get<std::string>(), std::string("linear"));
    QCOMPARE(outputs["objective"].get<std::string>(), std::string("multi-label"));
    QCOMPARE(outputs["labels"].get<int>(), 2);
    QCOMPARE(outputs["calibration"]["on"].get<std::string>(), std::string("validation"));
    const Json test = outputs["metrics"]["test"];
    QVERIFY2(test["micro_f1"].get<double>() > 0.95, to_text(test).c_str());

    // The lines say what the model says, and the figures follow from them.
    const text::LinearClassifier model = model_of(folder);
    QVERIFY(model.problem() == text::Problem::multi_label);
    QCOMPARE(model.threshold(), outputs["calibration"]["threshold"].get<double>());
    QCOMPARE(model.about()["options"]["objective"].get<std::string>(), std::string("multi-label"));
    const auto texts = texts_of(rows);
    text::LinearScratch scratch;
    int right = 0, real = 0, said = 0, exact = 0, count = 0;
    for (const Json& line : predictions_of(folder)) {
      const auto probabilities = model.probabilities(texts.at(line["record"].get<std::string>()), scratch);
      QCOMPARE(probabilities.size(), size_t{2});
      Json predicted = Json::array();
      for (size_t k = 0; k < 2; ++k) {
        const std::string& label = model.labels()[k];
        if (probabilities[k] >= model.threshold()) predicted.push_back(label);
        if (line["scores"].contains(label)) QCOMPARE(line["scores"][label].get<double>(), probabilities[k]);
      }
      QVERIFY(line["predicted"] == predicted);
      if (line["split"] != "test") continue;
      ++count;
      exact += line["labels"] == predicted ? 1 : 0;
      real += static_cast<int>(line["labels"].size());
      said += static_cast<int>(predicted.size());
      for (const Json& label : predicted)
        right += std::find(line["labels"].begin(), line["labels"].end(), label) != line["labels"].end() ? 1 : 0;
    }
    QCOMPARE(count, 120);
    QVERIFY(std::abs(test["micro_f1"].get<double>() - 2.0 * right / (real + said)) < 1e-12);
    QVERIFY(std::abs(test["subset_accuracy"].get<double>() - 1.0 * exact / count) < 1e-12);
  }

  // One label is on every training row, one on none of those that are left when some are held out; and a validation row
  // has one that training does not know.
  void labels_of_all_rows_and_of_next_to_none() {
    std::string rows;
    std::istringstream in(without(rows_of(240, with_labels), "validation"));
    for (int number = 0; !in.eof(); ++number) {
      std::string line;
      if (!std::getline(in, line)) break;
      Json row = Json::parse(line);
      row["labels"].push_back("seen");
      if (number == 0) row["labels"].push_back("once");
      if (row["split"] == "test") row["labels"].push_back("unheard of");
      rows += to_text(row) + '\n';
    }
    const Folder folder(rows, body("multi-label"));
    QCOMPARE(folder.run(), 0);
    const Json outputs = folder.result().outputs;
    QCOMPARE(outputs["labels"].get<int>(), 4);
    QCOMPARE(outputs["calibration"]["on"].get<std::string>(), std::string("internal"));
    QVERIFY(!outputs["metrics"].contains("validation"));
    for (const Json& line : predictions_of(folder)) {
      const Json& said = line["predicted"];
      QVERIFY(std::find(said.begin(), said.end(), "seen") != said.end());
      QVERIFY(std::find(said.begin(), said.end(), "once") == said.end());
      QVERIFY(std::find(line["labels"].begin(), line["labels"].end(), "unheard of") == line["labels"].end());
    }
    const double threshold = outputs["calibration"]["threshold"].get<double>();
    QVERIFY(threshold > 0 && threshold < 1);
  }

  void numbers() {
    const std::string rows = rows_of(480, with_value);
    const Folder folder(rows, body("regression"));
    QCOMPARE(folder.run(), 0);
    const Json outputs = folder.result().outputs;
    const Json test = outputs["metrics"]["test"];
    // What it is to tell is no sum over words, so that something is missed.
    QVERIFY2(test["r2"].get<double>() > 0.85 && test["mae"].get<double>() < 30, to_text(test).c_str());
    QVERIFY(outputs["calibration"].is_null());
    QCOMPARE(outputs["objective"].get<std::string>(), std::string("regression"));
    QVERIFY(!outputs["curve"].empty());
    const text::LinearClassifier model = model_of(folder);
    QVERIFY(model.problem() == text::Problem::regression);
    const auto texts = texts_of(rows);
    text::LinearScratch scratch;
    double error = 0, squares = 0;
    int count = 0;
    for (const Json& line : predictions_of(folder)) {
      const double said = model.value(texts.at(line["record"].get<std::string>()), scratch);
      QCOMPARE(line["predicted"].get<double>(), said);
      if (line["split"] != "test") continue;
      const double miss = line["value"].get<double>() - said;
      error += std::abs(miss);
      squares += miss * miss;
      ++count;
    }
    QCOMPARE(count, 120);
    QVERIFY(std::abs(test["mae"].get<double>() - error / count) < 1e-9);
    QVERIFY(std::abs(test["rmse"].get<double>() - std::sqrt(squares / count)) < 1e-9);
    QVERIFY(model.probabilities("a plum", scratch).empty());
  }

  // What is learned is the number's distance from its mean in standard deviations: another unit and another zero give
  // the same weights, and answers in that unit. The unit is a power of two, so that nothing is rounded otherwise.
  void the_unit_of_a_number_makes_no_difference() {
    const std::string rows = rows_of(120, with_value);
    std::string others;
    std::istringstream in(rows);
    for (std::string line; std::getline(in, line);) {
      Json row = Json::parse(line);
      row["value"] = row["value"].get<double>() * 1024;
      others += to_text(row) + '\n';
    }
    const Folder one(rows, body("regression")), other(others, body("regression"));
    QCOMPARE(one.run() + other.run(), 0);
    QVERIFY(one.result().outputs["weights_sha256"] == other.result().outputs["weights_sha256"]);
    text::LinearScratch scratch;
    const double value = model_of(one).value("we saw a plum", scratch);
    QVERIFY(std::abs(model_of(other).value("we saw a plum", scratch) - 1024 * value) < 1e-6);
  }

  void repeats_to_the_byte_for_any_number_of_threads_data() {
    QTest::addColumn<QByteArray>("objective");
    QTest::newRow("labels") << QByteArray("multi-label");
    QTest::newRow("numbers") << QByteArray("regression");
  }
  void repeats_to_the_byte_for_any_number_of_threads() {
    QFETCH(QByteArray, objective);
    const std::string rows = objective == "regression" ? rows_of(120, with_value) : rows_of(120, with_labels);
    const Folder one(rows, body(objective.constData(), {{"threads", 1}})),
        three(rows, body(objective.constData(), {{"threads", 3}}));
    QCOMPARE(one.run() + three.run(), 0);
    QVERIFY(one.result().outputs["weights_sha256"] == three.result().outputs["weights_sha256"]);
    QCOMPARE(*read_file(one.job->file("predictions.jsonl")), *read_file(three.job->file("predictions.jsonl")));
  }

  void what_cannot_be_learned_is_said_data() {
    QTest::addColumn<QByteArray>("objective");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("reason");
    QTest::newRow("spans") << QByteArray("token-classification") << QByteArray("\"spans\":[]")
                           << QByteArray("objective");
    QTest::newRow("no labels") << QByteArray("multi-label") << QByteArray("\"labels\":[]") << QByteArray("0 labels");
    QTest::newRow("no number") << QByteArray("regression") << QByteArray("\"value\":\"7\"")
                               << QByteArray("it lacks value");
    QTest::newRow("huge") << QByteArray("regression") << QByteArray("\"value\":1e200") << QByteArray("too large");
  }
  void what_cannot_be_learned_is_said() {
    QFETCH(QByteArray, objective);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, reason);
    const QByteArray line = "{\"record\":\"1-1\",\"text\":\"a word or two\",\"split\":\"train\"," + target + "}\n";
    const Folder folder(line.toStdString(), body(objective.constData()));
    QCOMPARE(folder.run(), 3);
    const std::string said = folder.result().message;
    QVERIFY2(said.find(reason.toStdString()) != std::string::npos, said.c_str());
  }
};

QTEST_GUILESS_MAIN(TestLinearObjectives)
#include "test_linear_objectives.moc"
