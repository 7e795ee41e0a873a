// Expected values: cleanlab 2.9 and the paper's equations, by tests/fixtures/label_errors/make.py.
#include "statistics/confident_learning.h"

#include <QTest>
#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/json.h"

using namespace millwright;
using namespace millwright::statistics;

namespace {

/// A case of the file as the code is given it.
struct Case {
  size_t classes = 0;
  std::vector<int32_t> labels;
  std::vector<std::vector<float>> probabilities;
  std::vector<double> self_confidence;
  explicit Case(const Json& json)
      : classes(json["classes"].get<size_t>()),
        labels(json["labels"].get<std::vector<int32_t>>()),
        probabilities(json["probabilities"].get<std::vector<std::vector<float>>>()) {
    for (size_t i = 0; i < labels.size(); ++i)
      self_confidence.push_back(static_cast<double>(probabilities[i][static_cast<size_t>(labels[i])]));
  }
};

}  // namespace

class TestConfidentLearning : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void thresholds_joint_and_ranking_data() {
    QTest::addColumn<QByteArray>("line");
    const auto text = read_file(fs::path(MILLWRIGHT_SOURCE_DIR) / "tests/fixtures/label_errors/expected.json");
    QVERIFY(text.has_value());
    const Json cases = Json::parse(*text);
    QCOMPARE(cases.size(), size_t{4});
    for (const Json& one : cases)
      QTest::newRow(one["name"].get<std::string>().c_str()) << QByteArray::fromStdString(to_text(one));
  }
  void thresholds_joint_and_ranking() {
    QFETCH(QByteArray, line);
    const Json expected = Json::parse(line.toStdString());
    const Case rows(expected);
    const auto thresholds = confident_thresholds(rows.labels, rows.self_confidence, rows.classes);
    QCOMPARE(thresholds.size(), rows.classes);
    for (size_t k = 0; k < rows.classes; ++k)
      QVERIFY(std::abs(thresholds[k] - expected["thresholds"][k].get<double>()) < 1e-12);

    std::vector<int32_t> confident;
    std::vector<OutOfSample> said;
    for (size_t i = 0; i < rows.labels.size(); ++i) {
      const auto& row = rows.probabilities[i];
      confident.push_back(confident_class(row, thresholds));
      const auto best = std::max_element(row.begin(), row.end());
      said.push_back({rows.labels[i], rows.self_confidence[i], static_cast<int32_t>(best - row.begin()),
                      static_cast<double>(*best), confident.back()});
    }
    const ConfusionMatrix joint = confident_joint(rows.labels, confident, rows.classes);
    for (size_t given = 0; given < rows.classes; ++given)
      for (size_t truth = 0; truth < rows.classes; ++truth)
        QCOMPARE(joint.at(given, truth), expected["joint"][given][truth].get<int64_t>());
    QVERIFY(rank_label_errors(said) == expected["suspects"].get<std::vector<size_t>>());
    QVERIFY(std::abs(estimated_label_errors(joint, rows.labels) - expected["errors"].get<double>()) < 1e-9);
  }

  void a_class_that_nobody_was_given_is_never_confident() {
    const std::vector<int32_t> labels{0, 0, 1};
    const std::vector<double> self{0.5, 0.7, 0.4};
    const auto thresholds = confident_thresholds(labels, self, 3);
    QVERIFY(std::isinf(thresholds[2]));
    QCOMPARE(confident_class(std::vector<float>{0.0F, 0.0F, 1.0F}, thresholds), -1);
    QCOMPARE(confident_class(std::vector<float>{0.6F, 0.4F, 0.0F}, thresholds), 0);
    const auto joint = confident_joint(labels, std::vector<int32_t>{-1, -1, -1}, 3);
    QCOMPARE(joint.at(0, 0), 1);
    QCOMPARE(joint.at(2, 2), 0);
    QCOMPARE(estimated_label_errors(joint, labels), 0.0);
  }
};

QTEST_GUILESS_MAIN(TestConfidentLearning)
#include "test_confident_learning.moc"
