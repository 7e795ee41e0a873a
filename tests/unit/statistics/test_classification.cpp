// Expected values: scikit-learn 1.8, statsmodels 0.14, numpy 2.4, scipy 1.17; the call stands beside each.
#include <QTest>
#include <cmath>

#include "base/hash.h"
#include "statistics/calibration.h"
#include "statistics/classification.h"

using namespace millwright;
using namespace millwright::statistics;

namespace {
bool near(double a, double b, double tolerance = 1e-9) { return std::abs(a - b) <= tolerance; }
}  // namespace

class TestClassification : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void figures() {
    // t=[0,0,0,1,1,2,2,2,2,4] p=[0,1,0,1,1,2,2,0,3,2]: accuracy_score 0.6, f1_score(average="macro")
    // 0.4076190476190476, precision_recall_fscore_support(labels=range(5), zero_division=0)
    const std::vector<int32_t> truth{0, 0, 0, 1, 1, 2, 2, 2, 2, 4}, predicted{0, 1, 0, 1, 1, 2, 2, 0, 3, 2};
    const auto matrix = ConfusionMatrix::of(truth, predicted, 6);
    QVERIFY(near(accuracy(matrix), 0.6));
    QVERIFY(near(macro_f1(matrix), 0.4076190476190476));  // the sixth class occurs nowhere and does not count
    const auto scores = per_class(matrix);
    QVERIFY(near(scores[0].precision, 2.0 / 3) && near(scores[0].recall, 2.0 / 3) && scores[0].support == 3);
    QVERIFY(near(scores[1].precision, 2.0 / 3) && near(scores[1].recall, 1) && near(scores[1].f1, 0.8));
    QVERIFY(near(scores[2].recall, 0.5) && near(scores[2].f1, 0.57142857142857, 1e-12));
    QVERIFY(scores[3].precision == 0 && scores[3].recall == 0 && scores[3].support == 0 && scores[3].predicted == 1);
    QCOMPARE(matrix.at(0, 1), 1);
    QCOMPARE(matrix.total(), 10);
  }

  void bootstrap_interval() {
    // 20,000 resamples of the same 200 rows with numpy: accuracy 0.84 [0.79, 0.89], macro F1 0.83874 [0.7852, 0.8876]
    ConfusionMatrix matrix(3);
    const int counts[3][3] = {{60, 5, 3}, {8, 50, 10}, {2, 4, 58}};
    for (int t = 0; t < 3; ++t)
      for (int p = 0; p < 3; ++p) matrix.add(t, p, counts[t][p]);
    const auto scores = bootstrap(matrix, {.resamples = 4000, .seed = 5});
    QVERIFY(near(scores.accuracy.value, 0.84));
    QVERIFY(near(scores.accuracy.low, 0.79, 0.0051) && near(scores.accuracy.high, 0.89, 0.0051));
    QVERIFY(near(scores.macro_f1.value, 0.8387420171512378));
    QVERIFY(near(scores.macro_f1.low, 0.7852, 0.005) && near(scores.macro_f1.high, 0.8876, 0.005));
    const auto again = bootstrap(matrix, {.resamples = 4000, .seed = 5});
    QCOMPARE(again.macro_f1.low, scores.macro_f1.low);
  }
  void bootstrap_of_many_rows() {
    // Beyond 100,000 rows cells are drawn, not rows: half-width must be that of the normal approximation,
    // 1.96·√(p(1−p)/n) = 0.00197 for p = 0.8, n = 158,000 (cells both above and below the switch of Poisson samplers)
    ConfusionMatrix matrix(2);
    matrix.add(0, 0, 126'395);
    matrix.add(1, 1, 5);
    matrix.add(0, 1, 31'593);
    matrix.add(1, 0, 7);
    const auto scores = bootstrap(matrix, {.resamples = 2000, .seed = 1});
    const double half = 1.959964 * std::sqrt(0.8 * 0.2 / 158'000);
    QVERIFY(near(scores.accuracy.value, 0.8, 1e-4));
    QVERIFY(near((scores.accuracy.high - scores.accuracy.low) / 2, half, 0.08 * half));
  }

  void wilson_interval() {
    // proportion_confint(8, 10, method="wilson") …
    const auto some = wilson(8, 10), none = wilson(0, 20), many = wilson(924, 1000), all = wilson(20, 20);
    QVERIFY(near(some.low, 0.49016247153664183) && near(some.high, 0.9433178485456247));
    QVERIFY(near(none.low, 0) && near(none.high, 0.1611251580528194));
    QVERIFY(near(many.low, 0.9059043568759517) && near(many.high, 0.9388505519282977));
    QVERIFY(near(all.low, 0.8388748419471804) && near(all.high, 1));
  }

  void paired() {
    // statsmodels mcnemar(exact=True): 0.04138946533203125, 1; (exact=False, correction=True) for 700, 800:
    // 0.010583170238765134, statistic 6.534
    QVERIFY(near(mcnemar(5, 15).p, 0.04138946533203125));
    QVERIFY(near(mcnemar(10, 10).p, 1));
    QVERIFY(near(mcnemar(700, 800).p, 0.010583170238765134));
    QVERIFY(near(mcnemar(0, 0).p, 1));
    // Fagerland, Lydersen & Laake, "Recommended tests and confidence intervals for paired binomial proportions",
    // Statistics in Medicine 33 (2014): 21 children, airway hyper-responsiveness before and after stem cell
    // transplantation, b = 1, c = 7: Wald with Bonett–Price's adjustment −0.508 to −0.013.
    const auto children = paired_difference(1, 7, 21);
    QVERIFY(std::abs(children.value - (-6.0 / 21)) < 1e-12);
    QVERIFY(std::abs(children.low - (-0.508)) < 5e-4 && std::abs(children.high - (-0.013)) < 5e-4);
    QVERIFY(std::isnan(paired_difference(0, 0, 0).value));
    const auto all = paired_difference(5, 0, 5);
    QVERIFY(all.value == 1 && all.high <= 1 && all.low > 0);
  }

  void quantiles() {
    // numpy.percentile([3,1,4,1,5,9,2,6], [0,5,50,95,100]): 1, 1, 3.5, 7.95, 9
    const std::vector<double> v{3, 1, 4, 1, 5, 9, 2, 6};
    QVERIFY(near(quantile(v, 0), 1) && near(quantile(v, 0.05), 1) && near(quantile(v, 0.5), 3.5));
    QVERIFY(near(quantile(v, 0.95), 7.95) && near(quantile(v, 1), 9));
    QVERIFY(std::isnan(quantile({}, 0.5)));
  }

  void calibration_error() {
    // numpy, bins (lo, hi] of width 1/15: 0.20812499999999995
    const std::vector<double> confidence{0.05, 0.1,  0.15, 0.33, 0.34, 0.5, 0.51, 0.66,
                                         0.7,  0.71, 0.9,  0.93, 0.99, 1.0, 0.0,  0.6};
    const std::vector<uint8_t> correct{0, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1};
    QVERIFY(near(expected_calibration_error(confidence, correct), 0.20812499999999995));
    const auto bins = reliability(confidence, correct, 10);
    QCOMPARE(bins.size(), size_t{10});
    QCOMPARE(bins[0].count, 3);  // 0, 0.05 and 0.1
    QVERIFY(near(bins[9].accuracy, 1) && near(bins[9].confidence, (0.93 + 0.99 + 1) / 3));
    QVERIFY(std::isnan(expected_calibration_error({}, {})));
  }

  void temperature() {
    // scipy.optimize.minimize_scalar over T of the mean negative log likelihood: T = 0.90607876, 0.4746040457329017,
    // at T = 1 0.47644914975475633
    const std::vector<float> scores{2.0F, -1.0F, 0.5F, 0.1F, 3.0F, -2.0F, 4.0F,  3.5F, -1.0F, -1.0F, 0.0F,  2.5F,
                                    1.0F, 1.5F,  1.2F, 3.0F, 0.0F, -3.0F, -2.0F, 2.5F, 2.0F,  0.5F,  -0.5F, 4.0F};
    const std::vector<int32_t> labels{0, 1, 1, 2, 0, 0, 2, 2};
    const auto fit = fit_temperature(scores, 3, labels);
    QVERIFY(near(fit.temperature, 0.90607876, 1e-6));
    QVERIFY(near(fit.log_loss_after, 0.4746040457329017, 1e-10));
    QVERIFY(near(fit.log_loss_before, 0.47644914975475633, 1e-7));
    QCOMPARE(fit_temperature({}, 3, {}).temperature, 1.0);
  }

  void platt() {
    // sklearn.calibration._SigmoidCalibration().fit(s, y): a −0.98022750, b 0.02072527
    const std::vector<double> s{-2.1, -1.5, -1.2, -0.7, -0.3, 0.1, 0.4, 0.5, 1.1, 1.9, 2.2, 0.0};
    const std::vector<uint8_t> y{0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 0};
    const auto sigmoid = fit_sigmoid(s, y);
    QVERIFY2(near(sigmoid.a, -0.9802274957268211, 1e-4) && near(sigmoid.b, 0.020725266239269922, 1e-4),
             qPrintable(QString("%1 %2").arg(sigmoid.a, 0, 'g', 12).arg(sigmoid.b, 0, 'g', 12)));
    QVERIFY(near(sigmoid(0), 1 / (1 + std::exp(sigmoid.b)), 1e-12));
  }

  void softmax_is_stable() {
    std::vector<float> scores{1000.0F, 1001.0F, 999.0F};
    softmax(scores);
    // scipy.special.softmax([0, 1, -1]): 0.24472847, 0.66524096, 0.09003057
    QVERIFY(near(scores[0], 0.24472847, 1e-6) && near(scores[1], 0.66524096, 1e-6));
  }
};

QTEST_GUILESS_MAIN(TestClassification)
#include "test_classification.moc"
