// Figures of models that tell several labels, spans or a number. Expected values: scikit-learn 1.9.1 f1_score,
// precision_recall_fscore_support, accuracy_score, hamming_loss, r2_score, mean_absolute_error and mean_squared_error,
// numpy's corrcoef; of spans counted by hand, as seqeval counts entities.
#include <QTest>
#include <cmath>

#include "models/evaluation.h"

using namespace millwright;
using namespace millwright::models;
using labels::TaskKind;

namespace {

/// Rows of pairs of labels as texts.
Result<Evaluation> judged(TaskKind kind, const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::vector<std::string> labels;
  std::vector<Judged> rows;
  for (const auto& [truth, predicted] : pairs) {
    const auto n = static_cast<int32_t>(labels.size());
    labels.push_back(truth);
    labels.push_back(predicted);
    rows.push_back({1, n, n, n + 1, 0.5});
  }
  return judge_values(kind, labels, rows);
}
double figure(const Evaluation& e, const char* name) {
  for (const Figure& one : e.figures)
    if (one.name == name) return one.value.value;
  return std::nan("");
}
bool close(double a, double b) { return std::abs(a - b) < 1e-9; }

}  // namespace

class TestValueFigures : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void several_labels_as_scikit_learn() {
    const auto e = judged(TaskKind::multi_label, {{R"(["a","b"])", R"(["a"])"},
                                                  {R"(["a"])", R"(["a","b"])"},
                                                  {"[]", R"(["c"])"},
                                                  {R"(["b","c"])", R"(["b","c"])"},
                                                  {R"(["c"])", "[]"},
                                                  {R"(["a","c"])", R"(["a","c"])"},
                                                  {R"(["b"])", R"(["c"])"},
                                                  {"[]", "[]"}});
    QVERIFY(e.has_value());
    QCOMPARE(e->n, int64_t{8});
    QVERIFY(close(figure(*e, "micro_f1"), 2.0 / 3));
    QVERIFY(close(figure(*e, "macro_f1"), 0.6571428571428571));
    QVERIFY(close(figure(*e, "accuracy"), 0.375));
    QVERIFY(close(figure(*e, "hamming_loss"), 0.25));
    QCOMPARE(e->labels, (std::vector<std::string>{"a", "b", "c"}));
    QVERIFY(close(e->per_class[0].f1, 1) && close(e->per_class[1].f1, 0.4));
    QVERIFY(close(e->per_class[2].precision, 0.5) && close(e->per_class[2].recall, 2.0 / 3));
    QCOMPARE(e->per_class[1].support, int64_t{3});
    for (const Figure& one : e->figures)
      QVERIFY2(one.value.low <= one.value.value && one.value.value <= one.value.high, one.name.c_str());
  }

  void spans_count_where_all_is_right() {
    // Real: 3, found: 4; right: x at 0–2 alone (y has another end, z another label).
    const auto e = judged(TaskKind::spans, {{R"([{"begin":0,"end":2,"label":"x"},{"begin":5,"end":8,"label":"y"}])",
                                             R"([{"begin":0,"end":2,"label":"x"},{"begin":5,"end":9,"label":"y"}])"},
                                            {R"([{"begin":1,"end":3,"label":"z"}])",
                                             R"([{"begin":1,"end":3,"label":"x"},{"begin":4,"end":5,"label":"z"}])"},
                                            {"[]", "[]"}});
    QVERIFY(e.has_value());
    QVERIFY(close(figure(*e, "precision"), 0.25));
    QVERIFY(close(figure(*e, "recall"), 1.0 / 3));
    QVERIFY(close(figure(*e, "f1"), 2.0 / 7));
    QVERIFY(close(figure(*e, "accuracy"), 1.0 / 3));
    QVERIFY(close(e->per_class[0].precision, 0.5) && close(e->per_class[0].recall, 1));
  }

  void numbers_as_scikit_learn() {
    const auto e =
        judged(TaskKind::number, {{"3", "2.5"}, {"-0.5", "0"}, {"2", "2"}, {"7", "8"}, {"4.25", "4"}, {"1", "1.5"}});
    QVERIFY(e.has_value());
    QVERIFY(close(figure(*e, "r2"), 0.9475429605064818));
    QVERIFY(close(figure(*e, "mae"), 0.4583333333333333));
    QVERIFY(close(figure(*e, "rmse"), 0.5496210815947049));
    QVERIFY(close(figure(*e, "pearson"), 0.9801861511071105));
    QVERIFY(e->labels.empty() && e->per_class.empty());
  }

  void what_does_not_vary_has_no_r2() {
    const auto e = judged(TaskKind::number, {{"3", "2"}, {"3", "4"}});
    QVERIFY(e.has_value());
    QVERIFY(std::isnan(figure(*e, "r2")) && std::isnan(figure(*e, "pearson")));
    QVERIFY(close(figure(*e, "mae"), 1));
    const auto none = judge_values(TaskKind::number, {}, {});
    QVERIFY(none && none->n == 0 && std::isnan(figure(*none, "mae")));
  }

  void they_come_back_from_json() {
    const auto e = judged(TaskKind::multi_label, {{R"(["a"])", R"(["a","b"])"}, {"[]", R"(["b"])"}});
    QVERIFY(e.has_value());
    const auto back = evaluation_from_json(to_json(*e));
    QVERIFY(back.has_value());
    QVERIFY(back->kind == TaskKind::multi_label && back->labels == e->labels);
    QCOMPARE(back->figures.size(), size_t{4});
    QCOMPARE(figure(*back, "micro_f1"), figure(*e, "micro_f1"));
    const auto head = headline_of(to_json(*e));
    QVERIFY(head && head->name == "micro_f1");
    QVERIFY(!headline_of(Json::object()));
    QCOMPARE(headline_of(Json{{"accuracy", {{"value", 0.5}}}})->name, std::string("accuracy"));
  }
};

QTEST_APPLESS_MAIN(TestValueFigures)
#include "test_value_figures.moc"
