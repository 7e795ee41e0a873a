#include <QTest>
#include <map>
#include <set>

#include "quality/check.h"
#include "quality/row_checks.h"

using namespace millwright;
using namespace millwright::quality;

namespace {

RecordRef at(size_t row) { return {1, static_cast<int64_t>(row)}; }

}  // namespace

class TestChecks : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  // The limits of the manual: above warns, above fails; leakage fails from its limit on.
  void limits() {
    Check check;
    check.unit = "share";
    check.warn_above = 0.01;
    check.fail_above = 0.05;
    const std::pair<double, Verdict> cases[] = {{0.0, Verdict::pass},
                                                {0.01, Verdict::pass},
                                                {0.011, Verdict::warn},
                                                {0.05, Verdict::warn},
                                                {0.051, Verdict::fail}};
    for (const auto& [value, verdict] : cases) {
      check.value = value;
      QCOMPARE(judge(check), verdict);
    }
    check.fail_includes_limit = true;
    check.value = 0.05;
    QCOMPARE(judge(check), Verdict::fail);
    Check never;
    never.value = 1e9;
    QCOMPARE(judge(never), Verdict::pass);
  }

  void json_keeps_everything() {
    Check check;
    check.name = "missing_values";
    check.unit = "share";
    check.value = 0.0625;
    check.warn_above = 0.01;
    check.fail_above = 0.05;
    check.verdict = judge(check);
    check.rows = 3;
    check.sample = {{1, 2}, {3, 4}};
    check.detail["fields"]["text"] = 3;
    const auto again = check_from_json(to_json(check));
    QVERIFY(again.has_value());
    QCOMPARE(to_text(to_json(*again)), to_text(to_json(check)));
    QCOMPARE(again->verdict, Verdict::fail);
    QCOMPARE(deciding_limit(*again), 0.05);
    QVERIFY(!check_from_json(Json{{"name", "x"}}).has_value());
    QVERIFY(!check_from_json(Json::array()).has_value());
  }

  // Against counting by hand: a labeled row conflicts when another with the same input carries another label.
  void conflicts_equal_brute_force() {
    Random random(11);
    for (int round = 0; round < 200; ++round) {
      const size_t rows = 1 + random.below(60);
      std::vector<Hash128> inputs;
      std::vector<int32_t> labels;
      for (size_t i = 0; i < rows; ++i) {
        const uint64_t input = random.below(12);
        inputs.push_back({input, input});  // 0 is a row without an input
        labels.push_back(static_cast<int32_t>(random.below(4)) - 1);
      }
      int64_t expected = 0;
      int64_t labeled = 0;
      for (size_t i = 0; i < rows; ++i) {
        if (labels[i] < 0) continue;
        ++labeled;
        bool conflict = false;
        for (size_t j = 0; j < rows; ++j)
          conflict = conflict ||
                     (inputs[i] != Hash128{} && inputs[j] == inputs[i] && labels[j] >= 0 && labels[j] != labels[i]);
        expected += conflict ? 1 : 0;
      }
      const Check check = check_conflicts(inputs, labels, at, {});
      QCOMPARE(check.rows, expected);
      QCOMPARE(check.value, labeled > 0 ? static_cast<double>(expected) / static_cast<double>(labeled) : 0.0);
      QCOMPARE(check.verdict, expected == 0 ? Verdict::pass : check.value > 0.02 ? Verdict::fail : Verdict::warn);
      QCOMPARE(check.sample.size(), std::min<size_t>(kSampleRows, static_cast<size_t>(expected)));
    }
  }

  void completeness_counts_missing_and_unknown() {
    const std::vector<int32_t> labels = {0, 1, -1, 2, 0, 1, 1, 0, 0, 0};
    const Check check = check_completeness(labels, {true, true, false}, at, {});
    QCOMPARE(check.rows, 2);
    QCOMPARE(check.value, 0.2);
    QCOMPARE(check.verdict, Verdict::fail);
    QCOMPARE(check.detail["missing"].get<int>(), 1);
    QCOMPARE(check.detail["unknown"].get<int>(), 1);
    QCOMPARE(check.sample, (std::vector<RecordRef>{{1, 2}, {1, 3}}));
    QCOMPARE(check_completeness(std::vector<int32_t>{0, 0}, {true}, at, {}).verdict, Verdict::pass);
  }

  void several_tasks_make_one_check() {
    const std::vector<int32_t> good = {0, 0};
    const std::vector<int32_t> bad = {0, -1};
    const Check merged =
        merge_checks({{"a", check_completeness(good, {true}, at, {})}, {"b", check_completeness(bad, {true}, at, {})}});
    QCOMPARE(merged.verdict, Verdict::fail);
    QCOMPARE(merged.rows, 1);
    QCOMPARE(merged.detail["worst"].get<std::string>(), std::string("b"));
  }
};

QTEST_GUILESS_MAIN(TestChecks)
#include "test_checks.moc"
