// Expected values: scipy 1.17 (ks_2samp, wasserstein_distance, kstwo, kolmogi, chi2_contingency, jensenshannon, ncx2)
// and statsmodels 0.14 (proportions_ztest, multipletests); the call stands beside each.
#include <QTest>
#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "statistics/multiple_testing.h"
#include "statistics/two_sample.h"

using namespace millwright;
using namespace millwright::statistics;

namespace {

bool near(double a, double b, double relative = 1e-9) {
  return std::abs(a - b) <= relative * std::max(std::abs(b), 1e-300);
}

const std::vector<double> kA{0.61, 1.3, 2.2, 2.2, 3.1, 4.0, 4.7, 5.5};
const std::vector<double> kB{1.9, 2.2, 3.3, 4.1, 5.6, 6.0, 6.1, 7.2, 7.9, 8.4, 9.0};

}  // namespace

class TestTwoSample : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void sort_is_std_sort() {
    Random random(3);
    for (const size_t n : {size_t{0}, size_t{1}, size_t{2047}, size_t{2048}, size_t{50'000}}) {
      std::vector<double> values, scratch;
      for (size_t i = 0; i < n; ++i) {
        const double v = random.normal() * std::pow(10.0, static_cast<double>(random.below(20)) - 10);
        values.push_back(i % 7 == 0 ? std::round(v) : v);
      }
      if (n > 3) {
        values[1] = std::numeric_limits<double>::infinity();
        values[2] = -std::numeric_limits<double>::infinity();
        values[3] = -0.0;
      }
      auto expected = values;
      std::sort(expected.begin(), expected.end());
      sort_values(values, scratch);
      QVERIFY(values == expected);
      QVERIFY(std::none_of(values.begin(), values.end(), [](double v) { return v == 0 && std::signbit(v); }));
      sort_values(values, scratch);  // what is sorted already stays
      QVERIFY(values == expected);
    }
  }

  void ks_with_ties() {
    // ks_2samp(a, b, method="exact"): statistic 0.6363636363636364, p 0.027546241168532187; "asymp":
    // 0.017279197272913552 wasserstein_distance(a, b): 2.657840909090909
    const auto compared = compare_sorted(kA, kB);
    QVERIFY(near(compared.d, 0.6363636363636364));
    QVERIFY(near(compared.wasserstein, 2.657840909090909));
    QCOMPARE(compared.distinct, 17);
    const auto one_sided = compare_sorted(kA, {});
    QVERIFY(std::isnan(one_sided.d) && std::isnan(one_sided.wasserstein) && one_sided.distinct == 7);
    QVERIFY(near(kolmogorov_smirnov(kA, kB).p, 0.027546241168532187));
    QVERIFY(near(ks_p_asymptotic(compared.d, 8, 11), 0.017279197272913552));
    QVERIFY(near(kolmogorov_smirnov(kB, kA).p, 0.027546241168532187));
  }

  void ks_exact_data() {
    QTest::addColumn<double>("d");
    QTest::addColumn<int>("n");
    QTest::addColumn<int>("m");
    QTest::addColumn<double>("p");
    // scipy.stats._stats_py._attempt_exact_2kssamp(n, m, gcd(n, m), d, "two-sided")
    QTest::newRow("10 10") << 0.5 << 10 << 10 << 0.16782134274394334;
    QTest::newRow("20 30") << 0.3 << 20 << 30 << 0.20235672077103806;
    QTest::newRow("7 13") << 0.3956043956043956 << 7 << 13 << 0.39045407636738905;
    QTest::newRow("100 100") << 0.25 << 100 << 100 << 0.0037294923618311367;
    QTest::newRow("10 12") << 0.9 << 10 << 12 << 6.804341169666248e-05;
    QTest::newRow("far out") << 0.5499949954959463 << 97 << 103 << 1.7917679808397266e-14;
    QTest::newRow("close by") << 0.02 << 50 << 60 << 1.0;
  }
  void ks_exact() {
    QFETCH(double, d);
    QFETCH(int, n);
    QFETCH(int, m);
    QFETCH(double, p);
    const double found = ks_p_exact(d, n, m);
    QVERIFY2(near(found, p, 1e-8), qPrintable(QString::number(found, 'g', 17)));
  }

  void kolmogorov_data() {
    QTest::addColumn<double>("d");
    QTest::addColumn<qlonglong>("n");
    QTest::addColumn<double>("p");
    QTest::addColumn<double>("tolerance");
    // scipy.stats.kstwo.sf(d, n)
    const auto row = [](double d, qlonglong n, double p, double tolerance) {
      QTest::newRow(qPrintable(QString("%1 %2").arg(d).arg(n))) << d << n << p << tolerance;
    };
    row(0.3, 3, 0.8862222222222222, 1e-12);
    row(0.6, 2, 0.32000000000000006, 1e-12);
    row(0.05, 20, 0.9999999767980384, 1e-12);
    row(0.2, 20, 0.352720173623415, 1e-11);
    row(0.12, 100, 0.10330374901819939, 1e-10);
    row(0.3, 100, 1.7719869892662917e-08, 1e-10);
    row(0.1, 140, 0.11353657290090946, 1e-10);
    row(0.05, 141, 0.854845693009663, 1e-9);
    row(0.04, 500, 0.3902508696049749, 1e-8);
    row(0.08, 500, 0.0031305058199356268, 1e-10);
    row(0.01, 5000, 0.6954557253913853, 1e-8);
    row(0.02, 5000, 0.03613941395325637, 1e-10);
    row(0.05, 5000, 2.6523052328711187e-11, 1e-10);
    row(0.002, 50000, 0.9880386605338913, 1e-8);
    row(0.005, 50000, 0.16353363492434803, 1e-8);
    row(0.01, 50000, 9.018048811843602e-05, 1e-7);
    row(0.02, 50000, 8.35587873542047e-18, 1e-5);
    row(0.001, 500000, 0.6989801443663661, 1e-8);
    row(0.002, 500000, 0.036582179671620585, 1e-8);
    row(0.005, 500000, 2.767991769909747e-11, 1e-6);
    row(0.012, 500000, 5.717109345142866e-63, 1e-4);
    row(0.999, 5, 2.000000000000009e-15, 1e-9);
    row(0.6, 40, 2.668455783749458e-14, 1e-9);
  }
  void kolmogorov() {
    QFETCH(double, d);
    QFETCH(qlonglong, n);
    QFETCH(double, p);
    QFETCH(double, tolerance);
    const double found = kolmogorov_survival(d, n);
    QVERIFY2(near(found, p, tolerance), qPrintable(QString::number(found, 'g', 17)));
  }

  void critical_values() {
    // scipy.special.kolmogi
    QVERIFY(near(kolmogorov_critical(0.9), 0.5711732651063401));
    QVERIFY(near(kolmogorov_critical(0.5), 0.8275735551899059));
    QVERIFY(near(kolmogorov_critical(0.05), 1.3580986393225507));
    QVERIFY(near(kolmogorov_critical(0.0025), 1.8281974354148407));
    QVERIFY(near(kolmogorov_critical(1e-6), 2.6933861344527097));
  }

  void chi_square() {
    // chi2_contingency([[30,14,34,45,57,20],[48,10,30,26,50,8]], correction=False): 13.726057584998062,
    // p 0.01744643936874806, 5 degrees of freedom
    const std::vector<int64_t> a{30, 14, 34, 45, 57, 20}, b{48, 10, 30, 26, 50, 8};
    const auto plain = chi_square_homogeneity(a, b);
    QVERIFY(near(plain.value, 13.726057584998062));
    QVERIFY(near(plain.p, 0.01744643936874806));
    QCOMPARE(plain.degrees_of_freedom, 5);
    QCOMPARE(plain.pooled, 0);
    // [[200,150,90,3,2,1],[210,100,95,12,0,1]]: expected count 5 needs 10.33 in both windows; 2 and 2 fall short and
    // draw the next rarest, 15, into their pool: chi2_contingency([[200,150,90,6],[210,100,95,13]])
    // = 12.063246840196523, p 0.0071696141580016364
    const std::vector<int64_t> c{200, 150, 90, 3, 2, 1}, d{210, 100, 95, 12, 0, 1};
    const auto pooled = chi_square_homogeneity(c, d);
    QVERIFY(near(pooled.value, 12.063246840196523));
    QVERIFY(near(pooled.p, 0.0071696141580016364));
    QCOMPARE(pooled.categories, 4);
    QCOMPARE(pooled.pooled, 3);
    // Effect: V of shares (.2,.3,.5) against (.4,.3,.3) in windows of equal size, √(chi²/n) = 0.24152294576982397;
    // the same when one window is a hundred times the other
    const std::vector<int64_t> e{200, 300, 500}, f{400, 300, 300}, g{40'000, 30'000, 30'000};
    QVERIFY(near(chi_square_homogeneity(e, f).effect, 0.24152294576982397));
    QVERIFY(near(chi_square_homogeneity(e, g).effect, 0.24152294576982397));
  }
  void chi_square_without_choice() {
    const std::vector<int64_t> only{40}, other{60}, tiny_a{3, 1}, tiny_b{1, 2};
    QCOMPARE(chi_square_homogeneity(only, other).p, 1.0);  // one category: nothing can differ
    QVERIFY(std::isnan(chi_square_homogeneity(tiny_a, tiny_b).p));
    QVERIFY(std::isnan(chi_square_homogeneity({}, {}).p));
  }

  void proportions() {
    // proportions_ztest([45, 60], [100, 90])
    const auto z = two_proportions(45, 100, 60, 90);
    QVERIFY(near(z.value, -2.999066147837296));
    QVERIFY(near(z.p, 0.00270808505011574));
  }

  void divergences() {
    // scipy.spatial.distance.jensenshannon([10,20,30,0,40], [15,15,20,5,45], 2) = 0.198846727573353; base e
    // 0.16555075995481358
    const std::vector<int64_t> p{10, 20, 30, 0, 40}, q{15, 15, 20, 5, 45};
    QVERIFY(near(jensen_shannon(p, q), 0.198846727573353));
    QVERIFY(near(jensen_shannon(p, q, std::exp(1.0)), 0.16555075995481358));
    QCOMPARE(jensen_shannon(p, p), 0.0);
    const std::vector<int64_t> left{5, 0}, right{0, 9};
    QVERIFY(near(jensen_shannon(left, right), 1.0));
    // By hand: (.5−.25)·ln 2 + (.5−.75)·ln(2/3) = 0.274653…
    const std::vector<int64_t> h{1, 1}, i{1, 3};
    QVERIFY(near(psi(h, i), 0.25 * std::log(2.0) - 0.25 * std::log(2.0 / 3)));
    // An empty bin counts as 1e-4: (1e-4 − .5)·ln(1e-4/.5) + (1 − .5)·ln 2
    const std::vector<int64_t> j{0, 10}, k{5, 5};
    QVERIFY(near(psi(j, k), (1e-4 - 0.5) * std::log(1e-4 / 0.5) + 0.5 * std::log(2.0)));
  }

  void quantile_bins() {
    std::vector<double> values;
    for (int i = 1; i <= 100; ++i) values.push_back(i);
    // numpy.percentile(range(1, 101), [10, …, 90]): 10.9, 20.8, …, 90.1
    const auto edges = quantile_edges(values);
    QCOMPARE(edges.size(), size_t{9});
    QVERIFY(near(edges[0], 10.9) && near(edges[8], 90.1));
    for (const int64_t n : counts_between(values, edges)) QCOMPARE(n, 10);
    const std::vector<double> tied{1, 1, 1, 1, 1, 1, 1, 1, 2, 3};
    QCOMPARE(counts_between(tied, quantile_edges(tied)).front(), 8);
  }

  void smallest_detectable() {
    // ncx2: the noncentrality for power 0.8 at 5 % is 7.848860509326203 with 1 degree of freedom, 20.960791833703905
    // with 20; √(λ·900/(4·600·300)) = 0.0990508739823014 and 0.16186719801161037
    QVERIFY(near(smallest_detectable_effect(600, 300, 1, 0.05), 0.0990508739823014, 1e-7));
    QVERIFY(near(smallest_detectable_effect(600, 300, 20, 0.05), 0.16186719801161037, 1e-7));
    // (kolmogi(.05) + norm.ppf(.8)/2)·√(900/180000)
    QVERIFY(
        near(smallest_detectable_d(600, 300, 0.05), (1.3580986393225507 + 0.8416212335729143 / 2) * std::sqrt(0.005)));
  }
  void smallest_detectable_is_detected() {
    // A normal sample shifted such that D is what the formula says is found at least that often.
    const double d = smallest_detectable_d(400, 400, 0.05);
    const double shift = normal_shift(d);
    QVERIFY(near(std::erf(shift / std::sqrt(8.0)), d));  // D of two normals δ apart is 2Φ(δ/2) − 1
    Random random(11);
    int found = 0;
    std::vector<double> scratch;
    constexpr int kRuns = 500;
    for (int run = 0; run < kRuns; ++run) {
      std::vector<double> a(400), b(400);
      for (double& v : a) v = random.normal();
      for (double& v : b) v = random.normal() + shift;
      sort_values(a, scratch);
      sort_values(b, scratch);
      found += kolmogorov_smirnov(a, b).p <= 0.05;
    }
    QVERIFY2(found >= 0.8 * kRuns - 3 * std::sqrt(0.16 * kRuns), qPrintable(QString::number(found)));
  }

  void false_discoveries() {
    // multipletests(p, method="fdr_bh") and "holm" on the 25 p-values of García-Arenzana et al. (2014), as in
    // McDonald's Handbook of Biological Statistics
    const std::vector<double> p{0.001, 0.008, 0.039, 0.041, 0.042, 0.06,  0.074, 0.205, 0.212,
                                0.216, 0.222, 0.251, 0.269, 0.275, 0.34,  0.341, 0.384, 0.569,
                                0.594, 0.696, 0.762, 0.94,  0.942, 0.975, 0.986};
    const std::vector<double> bh{0.025,      0.1,        0.21,       0.21,       0.21,       0.25,       0.2642857143,
                                 0.49107143, 0.49107143, 0.49107143, 0.49107143, 0.49107143, 0.49107143, 0.49107143,
                                 0.5328125,  0.5328125,  0.56470588, 0.78157895, 0.78157895, 0.87,       0.90714286,
                                 0.986,      0.986,      0.986,      0.986};
    const auto adjusted = benjamini_hochberg(p);
    for (size_t i = 0; i < p.size(); ++i) QVERIFY(near(adjusted[i], bh[i], 1e-7));
    const auto strict = holm(p);
    QVERIFY(near(strict[0], 0.025) && near(strict[1], 0.192) && near(strict[3], 0.902) && strict[24] == 1);
    const std::vector<double> gaps{0.01, std::nan(""), 0.04};
    QVERIFY(near(benjamini_hochberg(gaps)[0], 0.02) && std::isnan(benjamini_hochberg(gaps)[1]));
  }
};

QTEST_GUILESS_MAIN(TestTwoSample)
#include "test_two_sample.moc"
