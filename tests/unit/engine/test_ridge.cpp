// Expected weights: scikit-learn 1.9.1, Ridge(alpha=1 / (2 * C), solver="cholesky") on the twelve rows below; the
// objective computed from them with numpy.
#include <QTest>
#include <cmath>

#include "base/hash.h"
#include "engine/ridge.h"

using namespace millwright;
using namespace millwright::engine;

namespace {

const std::vector<std::vector<float>> kRows = {
    {1, 0, .5F, 0},   {.9F, .1F, 0, 0},   {.8F, 0, .4F, .1F}, {0, 1, 0, .3F},   {.1F, .9F, .2F, 0}, {0, .7F, .1F, .4F},
    {.3F, .2F, 1, 0}, {0, .1F, .9F, .2F}, {.2F, 0, .8F, .1F}, {.5F, .5F, 0, 0}, {0, .4F, .6F, 0},   {.6F, 0, .6F, .3F}};
const std::vector<double> kTarget = {3.1, 2.9, 3.4, -1.2, -0.7, -1.9, 0.4, 0.1, 0.9, 1.2, -0.3, 2.0};

text::SparseMatrix matrix_of(const std::vector<std::vector<float>>& rows) {
  text::SparseMatrix matrix;
  matrix.columns = static_cast<uint32_t>(rows.front().size());
  for (const auto& row : rows) {
    for (uint32_t f = 0; f < row.size(); ++f) {
      if (row[f] == 0) continue;
      matrix.column.push_back(f);
      matrix.value.push_back(row[f]);
    }
    matrix.begin.push_back(matrix.column.size());
  }
  return matrix;
}

/// Sparse rows whose number is a sum over their columns, and noise.
struct Many {
  text::SparseMatrix matrix;
  std::vector<double> target;
  Many() {
    Random random(9);
    matrix.columns = 5000;
    for (size_t i = 0; i < 4000; ++i) {
      double sum = random.uniform();
      for (uint32_t f = static_cast<uint32_t>(random.below(100)); f < matrix.columns;
           f += 1 + static_cast<uint32_t>(random.below(200))) {
        matrix.column.push_back(f);
        matrix.value.push_back(static_cast<float>(0.1 + 0.1 * random.uniform()));
        sum += f % 7 == 0 ? 0.5 : -0.1;
      }
      matrix.begin.push_back(matrix.column.size());
      target.push_back(sum);
    }
  }
};

}  // namespace

class TestRidge : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void finds_the_weights_of_scikit_learn_data() {
    QTest::addColumn<double>("c");
    QTest::addColumn<QList<double>>("weights");  // and the intercept
    QTest::addColumn<double>("objective");
    QTest::newRow("C = 0.5") << 0.5 << QList<double>{2.0695918, -1.4388209, -0.1048858, -0.4377353, 0.6294121}
                             << 5.4577308;
    QTest::newRow("C = 10") << 10.0 << QList<double>{2.8553495, -1.9433986, -0.3856103, -1.0670225, 0.6980134}
                            << 21.6298925;
  }
  void finds_the_weights_of_scikit_learn() {
    QFETCH(double, c);
    QFETCH(QList<double>, weights);
    QFETCH(double, objective);
    const auto ridge = fit_ridge(matrix_of(kRows), kTarget, {c, 1e-10, 100, 1}, {});
    QVERIFY(ridge.has_value() && ridge->converged);
    for (size_t f = 0; f < 4; ++f)
      QVERIFY2(std::abs(ridge->weights[f] - weights[static_cast<int>(f)]) < 1e-6,
               qPrintable(QString("feature %1: %2").arg(f).arg(ridge->weights[f])));
    QVERIFY(std::abs(ridge->bias - weights[4]) < 1e-6);
    QVERIFY(std::abs(ridge->curve.back().objective - objective) < 1e-6);
    for (size_t k = 1; k < ridge->curve.size(); ++k)
      QVERIFY(ridge->curve[k].objective <= ridge->curve[k - 1].objective + 1e-12);
    QVERIFY(ridge->curve.size() <= 6);  // as many steps as there are weights, up to rounding
  }

  void gives_the_same_weights_for_any_number_of_threads() {
    const Many many;
    const auto one = fit_ridge(many.matrix, many.target, {1, 1e-4, 200, 1}, {});
    QVERIFY(one.has_value() && one->converged);
    for (const int threads : {2, 5}) {
      const auto other = fit_ridge(many.matrix, many.target, {1, 1e-4, 200, threads}, {});
      QVERIFY(other->weights == one->weights && other->bias == one->bias);
    }
  }

  void numbers_that_are_all_the_same_need_no_weights() {
    const auto ridge = fit_ridge(matrix_of(kRows), std::vector<double>(12, 7.0), {1, 1e-6, 100, 1}, {});
    QVERIFY(ridge.has_value() && ridge->converged);
    QCOMPARE(ridge->bias, 7.0);
    QCOMPARE(ridge->weights, std::vector<double>(4, 0.0));
  }

  void stops_when_asked_and_says_when_it_was_not_done() {
    const Many many;
    const auto early = fit_ridge(many.matrix, many.target, {1e6, 1e-12, 3, 1}, {});
    QVERIFY(early.has_value() && !early->converged);
    QCOMPARE(early->curve.size(), size_t{3});
    std::stop_source source;
    const auto stopped = fit_ridge(many.matrix, many.target, {1e6, 1e-12, 300, 1}, Work{{}, source.get_token()},
                                   [&](const RidgeStep& step) {
                                     if (step.step == 2) source.request_stop();
                                   });
    QVERIFY(!stopped.has_value() && stopped.error().kind == ErrorKind::cancelled);
  }
};

QTEST_GUILESS_MAIN(TestRidge)
#include "test_ridge.moc"
