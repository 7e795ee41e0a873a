// Batches and learning rates. Rates beside transformers 5, get_linear_schedule_with_warmup and
// get_cosine_schedule_with_warmup (10 of 100 steps of warm-up, lr 1): there step n + 1 of the rise has what step n has
// here, since theirs begins with a step at rate 0; the fall is the same.
#include <QTest>
#include <cmath>
#include <numeric>

#include "base/hash.h"
#include "engine/batch_plan.h"

using namespace millwright;
using namespace millwright::engine;

class TestBatchPlan : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void every_row_comes_once_data() {
    QTest::addColumn<bool>("grouped");
    QTest::newRow("shuffled") << false;
    QTest::newRow("grouped") << true;
  }
  void every_row_comes_once() {
    QFETCH(bool, grouped);
    Random random(2);
    std::vector<uint32_t> lengths(5003);
    for (uint32_t& length : lengths) length = static_cast<uint32_t>(4 + random.below(14) + random.below(14));
    const auto plan = plan_epoch(lengths, 32, grouped, 7, 0);
    std::vector<int> seen(lengths.size());
    PaddingCount padding;
    size_t small = 0;
    for (const auto& batch : plan) {
      small += batch.size() != 32 ? 1 : 0;
      padding.add(lengths, batch);
      for (const uint32_t row : batch) ++seen[row];
    }
    QVERIFY(std::all_of(seen.begin(), seen.end(), [](int n) { return n == 1; }));
    QCOMPARE(small, size_t{1});
    if (grouped) QVERIFY2(padding.ratio() <= 1.03, qPrintable(QString::number(padding.ratio())));
    QVERIFY(plan == plan_epoch(lengths, 32, grouped, 7, 0));
    QVERIFY(plan != plan_epoch(lengths, 32, grouped, 7, 1));
    QVERIFY(plan != plan_epoch(lengths, 32, grouped, 8, 0));
  }

  void rates_are_those_of_the_reference() {
    const Schedule linear{Schedule::Shape::linear, 1, 100, 10};
    QCOMPARE(linear.rate(1), 0.1);
    QCOMPARE(linear.rate(5), 0.5);
    QCOMPARE(linear.rate(10), 1.0);
    QCOMPARE(linear.rate(11), 1.0);
    QCOMPARE(linear.rate(56), 0.5);
    QVERIFY(std::abs(linear.rate(100) - 1.0 / 90) < 1e-12);
    const Schedule cosine{Schedule::Shape::cosine, 1, 100, 10};
    QVERIFY(std::abs(cosine.rate(56) - 0.5) < 1e-12);
    QVERIFY(std::abs(cosine.rate(41) - 0.75) < 1e-12);
    QVERIFY(cosine.rate(100) > 0 && cosine.rate(100) < 1e-3);
    const Schedule constant{Schedule::Shape::constant, 2, 100, 0};
    QCOMPARE(constant.rate(1), 2.0);
    QCOMPARE(constant.rate(100), 2.0);
  }
};

QTEST_GUILESS_MAIN(TestBatchPlan)
#include "test_batch_plan.moc"
