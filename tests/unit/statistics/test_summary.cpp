// Moments against numpy; sketches against the values themselves, within the error that they state.
#include <QTest>
#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "base/hash.h"
#include "statistics/summary.h"
#include "statistics/two_sample.h"

using namespace millwright;
using namespace millwright::statistics;

namespace {

constexpr size_t kChunk = 65'536;

double exact_rank(const std::vector<double>& sorted, double x) {
  return static_cast<double>(std::upper_bound(sorted.begin(), sorted.end(), x) - sorted.begin()) /
         static_cast<double>(sorted.size());
}

}  // namespace

class TestSummary : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void moments() {
    // numpy.var([3,1,4,1,5,9,2,6], ddof=1) = 7.553571428571429, mean 3.875
    const std::vector<double> v{3, 1, 4, 1, 5, 9, 2, 6};
    Moments whole, parts, empty;
    whole.add(v);
    parts.add(std::span(v).subspan(0, 3));
    Moments rest;
    rest.add(std::span(v).subspan(3));
    parts.merge(rest);
    parts.merge(empty);
    for (const auto& m : {whole, parts}) {
      QCOMPARE(m.count, 8);
      QVERIFY(std::abs(m.mean - 3.875) < 1e-14 && std::abs(m.variance() - 7.553571428571429) < 1e-13);
      QVERIFY(m.min == 1 && m.max == 9);
    }
    QVERIFY(std::isnan(empty.variance()));
    // Far from zero: 1e9 + {4, 7, 13, 16} has variance 30 (Wikipedia's example of what the naive formula loses)
    const std::vector<double> far{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
    Moments m;
    m.add(far);
    QCOMPARE(m.variance(), 30.0);
  }

  void quantiles_stay_within_their_error() {
    Random random(21);
    std::vector<double> all;
    QuantileSketch merged;
    for (int chunk = 0; chunk < 12; ++chunk) {
      std::vector<double> values(chunk == 11 ? 1234 : kChunk);
      for (double& v : values) v = std::exp(random.normal()) + chunk * 0.1;
      QuantileSketch sketch;
      sketch.add(values);
      merged.merge(sketch);
      all.insert(all.end(), values.begin(), values.end());
    }
    std::sort(all.begin(), all.end());
    QCOMPARE(merged.count(), static_cast<int64_t>(all.size()));
    QVERIFY(merged.rank_error() < 0.02);
    for (const double q : {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99}) {
      QVERIFY(std::abs(exact_rank(all, merged.quantile(q)) - q) <= merged.rank_error());
      QVERIFY(std::abs(merged.rank(all[static_cast<size_t>(q * static_cast<double>(all.size()))]) - q) <=
              merged.rank_error());
    }
  }
  void small_samples_are_exact() {
    QuantileSketch sketch;
    std::vector<double> v;
    for (int i = 0; i < 500; ++i) v.push_back(i);
    sketch.add(v);
    QCOMPARE(sketch.rank_error(), 0.0);
    QCOMPARE(sketch.quantile(0.5), 250.0);
    QCOMPARE(sketch.quantile(0), 0.0);
    QCOMPARE(sketch.quantile(1), 499.0);
    QVERIFY(std::isnan(QuantileSketch().quantile(0.5)));
  }
  void screening_distance() {
    Random random(8);
    std::vector<double> a(200'000), b(150'000), scratch;
    for (double& v : a) v = random.normal();
    for (double& v : b) v = random.normal() + 0.2;
    QuantileSketch sa, sb;
    sa.add(a);
    sb.add(b);
    sort_values(a, scratch);
    sort_values(b, scratch);
    const auto [d, error] = QuantileSketch::ks_distance(sa, sb);
    QVERIFY(std::abs(d - compare_sorted(a, b).d) <= error);
    QVERIFY(error < 0.03);
  }

  void distinct() {
    DistinctCounter small, large, other;
    std::vector<uint64_t> hashes;
    for (uint64_t i = 0; i < 4096; ++i) hashes.push_back(quick_hash(i));
    small.add(hashes);
    small.add(hashes);
    QVERIFY(small.exact());
    QCOMPARE(small.value(), 4096);
    for (const int64_t n : {5'000LL, 20'000LL, 100'000LL, 3'000'000LL}) {
      DistinctCounter counter;
      std::vector<uint64_t> many;
      for (int64_t i = 0; i < n; ++i) many.push_back(quick_hash(static_cast<uint64_t>(i) * 977));
      counter.add(many);
      QVERIFY(!counter.exact());
      // four standard errors of 1.04/√4096
      QVERIFY2(std::abs(static_cast<double>(counter.value() - n)) < 4 * 0.01625 * static_cast<double>(n),
               qPrintable(QString("%1 for %2").arg(counter.value()).arg(n)));
    }
    std::vector<uint64_t> more;
    for (uint64_t i = 2000; i < 9000; ++i) more.push_back(quick_hash(i));
    large.add(more);
    other.add(hashes);
    other.merge(large);
    large.merge(small);
    QCOMPARE(large.value(), other.value());  // the order of merging changes nothing
    QVERIFY(std::abs(static_cast<double>(large.value() - 9000)) < 4 * 0.01625 * 9000);
  }

  void frequent_values() {
    // Zipf-like integers over chunks; a listed count is a lower bound, count + error an upper one, and what is not
    // listed is no commoner than the bound.
    Random random(13);
    std::map<int64_t, int64_t> truth;
    FieldSummary merged;
    for (int chunk = 0; chunk < 6; ++chunk) {
      std::vector<int64_t> values(kChunk);
      for (auto& v : values) {
        v = static_cast<int64_t>(std::pow(random.uniform(), -1.2));
        ++truth[v];
      }
      FieldSummary summary;
      summary.add_integers(values);
      merged.merge(summary);
    }
    const auto& entries = merged.frequent().entries();
    QCOMPARE(entries.size(), FrequentValues::kKept);
    QCOMPARE(entries.front().value, std::string("1"));
    std::map<int64_t, bool> listed;
    for (const auto& e : entries) {
      const int64_t real = truth[std::stoll(e.value)];
      QVERIFY(e.count <= real && real <= e.count + e.error);
      listed[std::stoll(e.value)] = true;
    }
    for (const auto& [value, count] : truth)
      if (!listed.contains(value)) QVERIFY(count <= merged.frequent().unlisted_bound());
  }
  void frequent_among_many() {
    // A spike in 65,536 otherwise unique values is found although they cannot all be counted.
    std::vector<double> values(kChunk);
    for (size_t i = 0; i < values.size(); ++i) values[i] = i % 50 == 7 ? 0.5 : 1 + static_cast<double>(i) * 0.001;
    FieldSummary summary;
    summary.add_numbers(values);
    QCOMPARE(summary.frequent().entries().size(), size_t{1});
    QCOMPARE(summary.frequent().entries()[0].value, std::string("0.5"));
    QCOMPARE(summary.frequent().entries()[0].count, 1311);
    QVERIFY(!summary.distinct().exact());
  }

  void kinds() {
    FieldSummary s;
    s.add_missing(3);
    const std::vector<double> numbers{1.5, -0.0, std::nan(""), std::numeric_limits<double>::infinity(), 0.0};
    s.add_numbers(numbers);
    QCOMPARE(s.count(), 5);
    QCOMPARE(s.missing(), 3);
    QCOMPARE(s.not_finite(), 2);
    QCOMPARE(s.moments().count, 3);
    QCOMPARE(s.distinct().value(), 2);  // 0 and −0 are one value

    FieldSummary i;
    const std::vector<int64_t> integers{9'007'199'254'740'993, -4, 7};  // 2^53 + 1 has no double
    i.add_integers(integers);
    QCOMPARE(i.integer_range()->second, 9'007'199'254'740'993);
    QCOMPARE(i.integer_range()->first, -4);

    FieldSummary c;
    const std::vector<std::string_view> categories{"red", "green", "blue"};
    const std::vector<int64_t> counts{5, 0, 2};
    c.add_categories(categories, counts);
    QCOMPARE(c.count(), 7);
    QCOMPARE(c.distinct().value(), 2);
    QCOMPARE(c.frequent().entries()[0].value, std::string("red"));
    QCOMPARE(c.moments().mean, (5 * 3 + 2 * 4) / 7.0);

    FieldSummary t;
    const std::vector<std::string_view> texts{"one", "three", "one", ""};
    t.add_texts(texts);
    QCOMPARE(t.distinct().value(), 3);
    QCOMPARE(t.frequent().entries()[0].count, 2);
    QCOMPARE(t.moments().max, 5.0);
  }

  void save_and_load() {
    Random random(2);
    FieldSummary s, wide;
    std::vector<double> values(20'000);
    for (double& v : values) v = random.normal();
    s.add_numbers(values);
    s.add_missing(5);
    const std::vector<int64_t> few{1, 2, 2, 3};
    wide.add_integers(few);
    for (const auto* summary : {&s, &wide}) {
      const Bytes bytes = summary->save();
      const auto back = FieldSummary::load(bytes);
      QVERIFY(back.has_value());
      QCOMPARE(back->save(), bytes);
      QCOMPARE(back->distinct().value(), summary->distinct().value());
      QCOMPARE(back->quantiles().quantile(0.3), summary->quantiles().quantile(0.3));
      // Cut anywhere it is refused; with any byte changed it is refused or read, never out of bounds.
      for (size_t cut = 0; cut < bytes.size(); cut += 1 + bytes.size() / 300)
        QVERIFY(!FieldSummary::load(std::span(bytes).first(cut)).has_value());
      for (size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 500) {
        Bytes broken = bytes;
        broken[at] ^= 0xFF;
        if (auto read = FieldSummary::load(broken)) read->merge(*summary);
      }
    }
  }
};

QTEST_GUILESS_MAIN(TestSummary)
#include "test_summary.moc"
