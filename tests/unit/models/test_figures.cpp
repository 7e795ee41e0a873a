// Figures of an evaluation. Expected values: scikit-learn 1.9.1 accuracy_score, precision_recall_fscore_support and
// f1_score(average="macro") on the ten rows below; the calibration error by hand.
#include <QTest>
#include <cmath>

#include "models/evaluation.h"

using namespace millwright;
using namespace millwright::models;

namespace {

const std::vector<std::string> kLabels = {"a", "b", "c"};
//                               truth      0  0  0  0  1  1  1  2  2  2
//                               predicted  0  0  1  0  1  2  1  2  2  0
std::vector<Judged> rows() {
  const int truth[] = {0, 0, 0, 0, 1, 1, 1, 2, 2, 2}, predicted[] = {0, 0, 1, 0, 1, 2, 1, 2, 2, 0};
  std::vector<Judged> out;
  for (int i = 0; i < 10; ++i) out.push_back({1, i, truth[i], predicted[i], 0.9});
  out.push_back({1, 10, -1, 0, 0.9});  // no label: not counted
  return out;
}
bool close(double a, double b) { return std::abs(a - b) < 1e-9; }

}  // namespace

class TestFigures : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void are_those_of_scikit_learn() {
    const Evaluation e = judge(kLabels, rows());
    QCOMPARE(e.n, int64_t{10});
    QVERIFY(close(e.accuracy.value, 0.7));
    QVERIFY(e.accuracy.low < 0.7 && e.accuracy.high > 0.7);
    QVERIFY(close(e.macro_f1.value, (0.75 + 2.0 / 3 + 2.0 / 3) / 3));
    QVERIFY(close(e.per_class[0].precision, 0.75) && close(e.per_class[0].recall, 0.75));
    QVERIFY(close(e.per_class[1].precision, 2.0 / 3) && close(e.per_class[1].recall, 2.0 / 3));
    QCOMPARE(e.per_class[2].support, int64_t{3});
    QCOMPARE(e.confusion, (std::vector<int64_t>{3, 1, 0, 0, 2, 1, 1, 0, 2}));
    QVERIFY(close(e.ece, 0.2));  // all rows in one bin: |0.7 − 0.9|
  }

  void come_back_from_json() {
    Evaluation e = judge(kLabels, rows());
    e.on_what = "x:test";
    e.latency_p50_ms = 0.02;
    const Json json = to_json(e);
    for (const char* key : {"n", "accuracy", "macro_f1", "ece", "per_class", "confusion", "latency_ms"})
      QVERIFY2(json.contains(key), key);
    const auto back = evaluation_from_json(Json::parse(to_text(json)));
    QVERIFY(back.has_value());
    QVERIFY(to_json(*back) == json);
    QVERIFY(std::isnan(back->latency_p95_ms));
  }

  void damaged_json_is_an_error() {
    for (const char* text :
         {R"({"confusion":{"labels":["a"],"counts":[]}})", R"({"confusion":{"labels":["a","b"],"counts":[[1]]}})",
          R"({"confusion":{"labels":["a"],"counts":[[1]]},"per_class":[]})"})
      QVERIFY2(!evaluation_from_json(Json::parse(text)).has_value(), text);
    QVERIFY(evaluation_from_json(Json::parse("{}")).has_value());  // nothing judged
  }
};

QTEST_GUILESS_MAIN(TestFigures)
#include "test_figures.moc"
