// Expected values: numpy 2.4 histogram_bin_edges and by hand.
#include <QTest>
#include <numeric>

#include "base/hash.h"
#include "statistics/histogram.h"

using namespace millwright;
using namespace millwright::statistics;

class TestHistogram : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void numpy_rules() {
    const std::vector<double> v{1.5, 2, 3.7, 8, 9.1, 2.2, 2.9, 15.0};
    // histogram_bin_edges(v, "doane"): [1.5 3.75 6 8.25 10.5 12.75 15]
    QCOMPARE(doane_edges(v), (std::vector<double>{1.5, 3.75, 6, 8.25, 10.5, 12.75, 15}));
  }

  void round_edges() {
    const auto bins = make_bins(0.3, 9.7, 10);
    QCOMPARE(bins.edges.front(), 0.0);
    QCOMPARE(bins.edges.back(), 10.0);
    QCOMPARE(bins.count(), size_t{10});
    QCOMPARE(bins.find(9.7), 9);
    QCOMPARE(bins.find(10.0), 9);
    QCOMPARE(bins.find(-0.1), -1);
    const auto whole = make_bins(1, 6, 40, BinScale::linear, true);
    QCOMPARE(whole.edges, (std::vector<double>{0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5}));
    QCOMPARE(make_bins(5, 5, 10).count(), size_t{1});
    QCOMPARE(make_bins(std::nan(""), 5, 10).count(), size_t{0});
  }

  void every_value_is_in_a_bin() {
    Random random(4);
    for (int round = 0; round < 50; ++round) {
      std::vector<double> a(500), b(300);
      const double scale = std::pow(10.0, static_cast<double>(random.below(12)) - 6);
      const bool skewed = round % 3 == 0;
      for (double& v : a) v = skewed ? std::exp(3 * random.normal()) * scale : random.normal() * scale;
      for (double& v : b) v = skewed ? std::exp(3 * random.normal()) * scale : (random.normal() + 1) * scale;
      if (round % 5 == 0) a[0] = 1e6 * scale;  // an outlier
      std::sort(a.begin(), a.end());
      std::sort(b.begin(), b.end());
      const auto bins = shared_bins(a, b);
      QVERIFY(bins.count() >= 10 && bins.count() <= 100);
      QVERIFY(std::is_sorted(bins.edges.begin(), bins.edges.end()));
      const auto in_a = histogram(a, bins), in_b = histogram_sorted(b, bins);
      QCOMPARE(std::accumulate(in_a.begin(), in_a.end(), int64_t{0}), 500);
      QCOMPARE(std::accumulate(in_b.begin(), in_b.end(), int64_t{0}), 300);
      QCOMPARE(histogram_sorted(a, bins), in_a);
      if (skewed && round % 5 != 0) QCOMPARE(bins.scale, BinScale::logarithmic);
    }
  }
};

QTEST_GUILESS_MAIN(TestHistogram)
#include "test_histogram.moc"
