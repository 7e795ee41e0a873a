// Models of every objective at work: `millwright-engine predict` says of each row what the job's predictions say.
#include <QTest>
#include <cmath>
#include <map>

#include "base/process.h"
#include "base/safetensors.h"
#include "objective_rows.h"

using namespace millwright;
using millwright::testing::predictions_of;
using millwright::testing::rows_of;
using millwright::testing::small_encoder;
using millwright::testing::with_labels;
using millwright::testing::with_spans;
using millwright::testing::with_value;
using Folder = millwright::testing::JobInFolder;

namespace {

constexpr double kClose = 1e-5;  // another number of threads adds up in another order

Conversation predict(const fs::path& model) {
  auto started =
      Conversation::start({std::string(MILLWRIGHT_BUILD_DIR) + "/bin/millwright-engine", "predict", model.string()});
  if (!started) qFatal("cannot start the engine");
  return std::move(*started);
}

Json ask(Conversation& engine, const std::vector<std::string>& texts) {
  const auto answer = engine.ask(to_text(Json{{"texts", texts}}));
  if (!answer) qFatal("%s", message_of(answer.error()).c_str());
  return Json::parse(*answer);
}

/// The texts of the job's predictions, in their order.
std::vector<std::string> texts_of(const std::string& rows, const std::vector<Json>& predictions) {
  std::map<std::string, std::string> by_record;
  std::istringstream in(rows);
  for (std::string line; std::getline(in, line);) {
    const Json row = Json::parse(line);
    by_record[row["record"].get<std::string>()] = row["text"].get<std::string>();
  }
  std::vector<std::string> out;
  for (const Json& line : predictions) out.push_back(by_record.at(line["record"].get<std::string>()));
  return out;
}

void change_config(const fs::path& model, const std::function<void(Json&)>& change) {
  Json config = Json::parse(*read_file(model / "config.json"));
  change(config);
  if (!write_file_atomically(model / "config.json", to_text(config))) qFatal("cannot write");
}

}  // namespace

class TestPredict : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void any_number_of_labels() {
    const std::string rows = rows_of(160, with_labels);
    const Folder folder(rows, small_encoder({{"objective", "multi-label"}, {"epochs", 10}}));
    QCOMPARE(folder.run(), 0);
    const auto lines = predictions_of(folder);
    QCOMPARE(lines.size(), size_t{80});
    Conversation engine = predict(folder.job->file("model"));
    const Json about = ask(engine, {});
    QCOMPARE(about["problem"].get<std::string>(), std::string("multi_label"));
    QVERIFY(about["labels"] == (Json{"fruit", "tool"}));
    const double threshold = folder.result().outputs["calibration"]["threshold"].get<double>();
    QCOMPARE(about["threshold"].get<double>(), threshold);
    const Json said = ask(engine, texts_of(rows, lines))["probabilities"];
    QCOMPARE(said.size(), lines.size());
    for (size_t i = 0; i < lines.size(); ++i) {
      Json predicted = Json::array();
      for (size_t k = 0; k < 2; ++k) {
        const double p = said[i][k].get<double>();
        const std::string label = about["labels"][k].get<std::string>();
        if (p >= threshold) predicted.push_back(label);
        if (const auto& scores = lines[i]["scores"]; scores.contains(label))
          QVERIFY(std::abs(scores[label].get<double>() - p) < kClose);
      }
      QVERIFY2(predicted == lines[i]["predicted"], to_text(lines[i]).c_str());
    }
    // A model whose folder names no threshold, or none that can be one.
    for (const Json& other : {Json(), Json(7), Json("0.3")}) {
      change_config(folder.job->file("model"), [&](Json& config) { config["millwright"]["threshold"] = other; });
      Conversation again = predict(folder.job->file("model"));
      QCOMPARE(ask(again, {})["threshold"].get<double>(), 0.5);
    }
  }

  void a_number() {
    const std::string rows = rows_of(160, with_value);
    const Folder folder(rows, small_encoder({{"objective", "regression"}, {"epochs", 10}}));
    QCOMPARE(folder.run(), 0);
    const auto lines = predictions_of(folder);
    Conversation engine = predict(folder.job->file("model"));
    const Json about = ask(engine, {});
    QCOMPARE(about["problem"].get<std::string>(), std::string("regression"));
    QVERIFY(!about.contains("threshold"));
    const Json said = ask(engine, texts_of(rows, lines))["values"];
    QCOMPARE(said.size(), lines.size());
    for (size_t i = 0; i < lines.size(); ++i)
      QVERIFY(std::abs(said[i].get<double>() - lines[i]["predicted"].get<double>()) < kClose * 1000);
  }

  void spans() {
    std::string rows = rows_of(160, with_spans);
    // Places count characters, not bytes.
    for (size_t at = 0; (at = rows.find("we saw", at)) != std::string::npos; at += 6) rows.replace(at, 6, "wé säw");
    const Folder folder(rows, small_encoder({{"objective", "token-classification"}, {"epochs", 15}}));
    QCOMPARE(folder.run(), 0);
    const auto lines = predictions_of(folder);
    Conversation engine = predict(folder.job->file("model"));
    const Json about = ask(engine, {});
    QCOMPARE(about["problem"].get<std::string>(), std::string("spans"));
    QVERIFY(about["labels"] == (Json{"fruit", "tool"}));
    const Json said = ask(engine, texts_of(rows, lines))["spans"];
    QCOMPARE(said.size(), lines.size());
    size_t found = 0;
    for (size_t i = 0; i < lines.size(); ++i) {
      const Json& expected = lines[i]["predicted"];
      QVERIFY2(said[i].size() == expected.size(), to_text(lines[i]).c_str());
      for (size_t k = 0; k < expected.size(); ++k, ++found) {
        for (const char* key : {"begin", "end", "label"}) QVERIFY(said[i][k][key] == expected[k][key]);
        QVERIFY(std::abs(said[i][k]["confidence"].get<double>() - expected[k]["confidence"].get<double>()) < kClose);
      }
    }
    QVERIFY(found > 40);
    QVERIFY(ask(engine, {""})["spans"] == Json::array({Json::array()}));
  }

  void one_label() {
    const Folder folder(millwright::testing::easy_rows(20), small_encoder({{"epochs", 5}}));
    QCOMPARE(folder.run(), 0);
    Conversation engine = predict(folder.job->file("model"));
    const Json about = ask(engine, {});
    QCOMPARE(about["problem"].get<std::string>(), std::string("single_label"));
    QVERIFY(!about.contains("threshold"));
    const Json said = ask(engine, {"the apple and a pear", "the saw"})["probabilities"];
    QCOMPARE(said.size(), size_t{2});
    for (const Json& row : said) {
      double sum = 0;
      for (const Json& p : row) sum += p.get<double>();
      QVERIFY(row.size() == 3 && std::abs(sum - 1) < kClose);
    }
    // Several outputs are not a number.
    change_config(folder.job->file("model"), [](Json& config) { config["problem_type"] = "regression"; });
    const auto refused = run_process(
        {std::string(MILLWRIGHT_BUILD_DIR) + "/bin/millwright-engine", "predict", folder.job->file("model").string()});
    QVERIFY(refused.has_value());
    QCOMPARE(refused->exit_code, exit_code(ErrorKind::bad_input));
    QVERIFY2(refused->errors.find("neither labels nor one number") != std::string::npos, refused->errors.c_str());
  }

  // Weights that are finite and yet overflow.
  void numbers_that_are_not_finite_are_an_error() {
    const Folder folder(rows_of(40, with_spans), small_encoder({{"objective", "token-classification"}, {"epochs", 1}}));
    QCOMPARE(folder.run(), 0);
    const fs::path file = folder.job->file("model/model.safetensors");
    std::string bytes = *read_file(file);
    {
      const auto tensors = SafetensorsFile::open(file);
      const TensorView* const weight = tensors->find("classifier.weight");
      QVERIFY(weight != nullptr);
      uint64_t header = 0;
      std::memcpy(&header, bytes.data(), 8);
      const auto at = 8 + header + static_cast<size_t>(weight->bytes.data() - tensors->tensors()[0].bytes.data());
      const float huge = 3e38F;
      for (size_t i = 0; i < weight->bytes.size(); i += 4) std::memcpy(bytes.data() + at + i, &huge, 4);
    }
    QVERIFY(write_file_atomically(file, bytes).has_value());
    Conversation engine = predict(folder.job->file("model"));
    const Json answer = ask(engine, {"we saw a plum"});
    QVERIFY2(answer["error"]["code"] == "predict.not_finite", to_text(answer).c_str());
  }
};

QTEST_GUILESS_MAIN(TestPredict)
#include "test_predict.moc"
