// The rules of others against what they print; ours against simulations where the truth is known.
//
// Peers: evidently 0.7.23 (evidently.legacy.calculations.stattests.registry._get_default_stattest(r, c, type)(r, c,
// type, None)) and nannyml 0.13.1 (UnivariateDriftCalculator(column_names=["x"]).fit(reference).calculate(current),
// largest jensen_shannon value and upper_threshold), with pandas 2, on the sequences below, which Python makes alike:
//   seq(n, mul, add) = [((i*mul+add) % 1009)/1009.0 …]; norm =
//   round((seq(mul,add)+seq(mul+6,add+3)+seq(mul+10,add+7))*4, 3) cats(n, mul, add, k) = [((i*mul+add) % 1009)**2 % 997
//   * k // 997 …]
#include <QTest>
#include <cmath>

#include "base/hash.h"
#include "statistics/field_drift.h"

using namespace millwright;
using namespace millwright::statistics;

namespace {

double step(int i, int mul, int add) { return static_cast<double>((i * mul + add) % 1009) / 1009.0; }

std::vector<double> norm(int n, int mul, int add, double scale = 1, double shift = 0) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) {
    const double v = (step(i, mul, add) + step(i, mul + 6, add + 3) + step(i, mul + 10, add + 7)) * 4;
    values.push_back(std::nearbyint(v * 1000) / 1000 * scale + shift);
  }
  return values;
}

std::vector<int32_t> cats(int n, int mul, int add, int k) {
  std::vector<int32_t> codes;
  for (int i = 0; i < n; ++i) {
    const int x = (i * mul + add) % 1009;
    codes.push_back(x * x % 997 * k / 997);
  }
  return codes;
}

const DriftScore* find(const FieldDrift& field, const std::string& name) {
  for (const auto& score : field.scores)
    if (score.name == name) return &score;
  return nullptr;
}

FieldDrift numbers(std::vector<double> reference, std::vector<double> current, const DriftOptions& options) {
  std::vector<double> scratch;
  return compare_numbers(reference, current, options, scratch);
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(b)); }

constexpr DriftOptions kEvidently{DriftRules::evidently, 0.05, true};
constexpr DriftOptions kNannyml{DriftRules::nannyml, 0.05, true};
constexpr DriftOptions kCalibrated{};

/// A report over fields of numbers and categories. `shift` moves the first field, in standard deviations.
ReportVerdict simulate(Random& random, int n, int m, int fields, double shift) {
  std::vector<FieldDrift> drifts;
  std::vector<double> scratch;
  for (int f = 0; f < fields; ++f) {
    if (f % 4 == 3) {  // a skewed category of 12 values
      std::vector<int32_t> a(static_cast<size_t>(n)), b(static_cast<size_t>(m));
      for (auto* codes : {&a, &b})
        for (int32_t& c : *codes) c = static_cast<int32_t>(12 * std::pow(random.uniform(), 2.5));
      drifts.push_back(compare_categories(a, b, 12, kCalibrated));
      continue;
    }
    std::vector<double> a(static_cast<size_t>(n)), b(static_cast<size_t>(m));
    // normal; log-normal; counts with many ties
    const auto draw = [&] {
      const double z = random.normal();
      return f % 4 == 1 ? std::exp(z) : f % 4 == 2 ? std::floor(8 * std::abs(z)) : z;
    };
    for (double& v : a) v = draw();
    for (double& v : b) v = draw() + (f == 0 ? shift : 0);
    drifts.push_back(compare_numbers(a, b, kCalibrated, scratch));
  }
  std::vector<FieldDrift*> all;
  for (auto& d : drifts) all.push_back(&d);
  return judge_together(all, kCalibrated);
}

}  // namespace

class TestFieldDrift : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void evidently_numbers() {
    // num small: ks p 0.23129601612354003, no drift; num large: wasserstein 0.44928208668696537, drift; same:
    // 0.008285859503312695, none
    auto small = numbers(norm(600, 17, 5), norm(305, 23, 11, 1.05), kEvidently);
    QCOMPARE(small.decided_by, std::string("ks"));
    QVERIFY(near(small.p, 0.23129601612354003) && small.verdict == DriftVerdict::none);
    auto large = numbers(norm(3000, 17, 5), norm(2005, 23, 11, 1.1, 0.3), kEvidently);
    QVERIFY(near(find(large, "wasserstein_normed")->value, 0.44928208668696537));
    QVERIFY(large.verdict == DriftVerdict::drift);
    QCOMPARE(find(large, "wasserstein_normed")->threshold, 0.1);
    auto same = numbers(norm(3000, 17, 5), norm(2000, 29, 13), kEvidently);
    QVERIFY(near(find(same, "wasserstein_normed")->value, 0.008285859503312695));
    QVERIFY(same.verdict == DriftVerdict::none);
  }
  void evidently_few_values() {
    // chisquare p 0.3243143152048452 up to 1,000 rows; jensenshannon 0.31269362515160026 above
    const auto as_numbers = [](const std::vector<int32_t>& codes) {
      return std::vector<double>(codes.begin(), codes.end());
    };
    auto small = numbers(as_numbers(cats(600, 17, 5, 4)), as_numbers(cats(300, 23, 11, 4)), kEvidently);
    QVERIFY(near(small.p, 0.3243143152048452) && small.verdict == DriftVerdict::none);
    auto large = numbers(as_numbers(cats(3000, 17, 5, 4)), as_numbers(cats(2000, 23, 11, 3)), kEvidently);
    QVERIFY(near(find(large, "jensen_shannon")->value, 0.31269362515160026) && large.verdict == DriftVerdict::drift);
  }
  void evidently_categories() {
    // chisquare p 4.502430149907968e-15; jensenshannon 0.33615451203883; z p 6.171386048858807e-07; a value that the
    // reference never had: chisquare p 0
    auto small = compare_categories(cats(600, 17, 5, 5), cats(300, 23, 11, 4), 5, kEvidently);
    QVERIFY(std::abs(small.p - 4.502430149907968e-15) < 1e-20 && small.verdict == DriftVerdict::drift);
    auto large = compare_categories(cats(3000, 17, 5, 7), cats(2000, 23, 11, 5), 7, kEvidently);
    QVERIFY(near(find(large, "jensen_shannon")->value, 0.33615451203883));
    auto wide = cats(300, 23, 11, 10);
    for (int32_t& c : wide) c = c > 2 ? 1 : 0;
    auto two = compare_categories(cats(600, 17, 5, 2), wide, 2, kEvidently);
    QCOMPARE(two.decided_by, std::string("z"));
    QVERIFY(std::abs(two.p / 6.171386048858807e-07 - 1) < 1e-8);
    auto fresh = compare_categories(cats(600, 17, 5, 5), cats(300, 23, 11, 6), 6, kEvidently);
    QCOMPARE(fresh.p, 0.0);
  }

  void nannyml() {
    const auto check = [](const FieldDrift& field, double value, double threshold, bool drifts) {
      const auto* score = find(field, "jensen_shannon");
      QVERIFY2(near(score->value, value) && near(score->threshold, threshold),
               qPrintable(QString("%1 %2").arg(score->value, 0, 'g', 15).arg(score->threshold, 0, 'g', 15)));
      QCOMPARE(field.verdict == DriftVerdict::drift, drifts);
    };
    check(numbers(norm(600, 17, 5), norm(305, 23, 11, 1.05), kNannyml), 0.9120270417409183, 0.32287640109467997, true);
    check(numbers(norm(3000, 17, 5), norm(2005, 23, 11, 1.1, 0.3), kNannyml), 0.7020650909082764, 0.11810542340163654,
          true);
    check(numbers(norm(3000, 17, 5), norm(2000, 29, 13), kNannyml), 0.11001782946771171, 0.11810542340163654, false);
    check(compare_categories(cats(600, 17, 5, 5), cats(300, 23, 11, 4), 5, kNannyml), 0.3710081337552726,
          0.1782626568641412, true);
    check(compare_categories(cats(3000, 17, 5, 7), cats(2000, 23, 11, 5), 7, kNannyml), 0.41116486648728856,
          0.09985445453398248, true);
    check(compare_categories(cats(600, 17, 5, 5), cats(300, 23, 11, 6), 6, kNannyml), 0.5503318301074666,
          0.1782626568641412, true);
  }

  void verdicts() {
    Random random(5);
    const auto sample = [&](int n, double shift) {
      std::vector<double> v(static_cast<size_t>(n));
      for (double& x : v) x = random.normal() + shift;
      return v;
    };
    auto few = numbers(sample(500, 0), sample(8, 3), kCalibrated);
    QVERIFY(few.verdict == DriftVerdict::too_few);
    QVERIFY(find(few, "ks")->value > 0.5);  // scores are there all the same
    auto none = numbers(sample(500, 0), {}, kCalibrated);
    QVERIFY(none.verdict == DriftVerdict::too_few && none.n_current == 0);
    auto constant = numbers(std::vector<double>(300, 7.0), std::vector<double>(300, 7.0), kCalibrated);
    QVERIFY(constant.verdict == DriftVerdict::none && constant.p == 1);
    DriftOptions scores_only;
    scores_only.judge = false;
    auto id = numbers(sample(500, 0), sample(500, 3), scores_only);
    QVERIFY(id.verdict == DriftVerdict::unjudged && find(id, "ks")->value > 0.5);
    std::vector<int32_t> unique(400), many(5000);
    for (int i = 0; i < 400; ++i) unique[static_cast<size_t>(i)] = i;
    // Twice each: not unique, but the pool of rare ones is all there is.
    QVERIFY(compare_categories(unique, unique, 400, kCalibrated).verdict == DriftVerdict::too_few);
    QVERIFY(compare_categories(unique, std::vector<int32_t>(300, 3), 400, kCalibrated).verdict ==
            DriftVerdict::unjudged);
    for (int i = 0; i < 5000; ++i) many[static_cast<size_t>(i)] = i % 1001;
    QVERIFY(compare_categories(many, many, 1001, kCalibrated).verdict == DriftVerdict::unjudged);
    QVERIFY(compare_categories(many, many, 1001, kEvidently).verdict == DriftVerdict::none);
    const std::vector<int32_t> a(9, 0), b{0, 1, 0, 1, 0, 1, 0, 1, 1};
    QVERIFY(compare_categories(a, b, 2, kCalibrated).verdict == DriftVerdict::too_few);
  }

  void evidently_needs_half_of_the_fields() {
    FieldDrift moved, still;
    moved.verdict = DriftVerdict::drift;
    still.verdict = DriftVerdict::none;
    moved.n_reference = moved.n_current = still.n_reference = still.n_current = 100;
    std::vector<FieldDrift> fields{moved, still, still};
    std::vector<FieldDrift*> all{&fields[0], &fields[1], &fields[2]};
    const auto third = judge_together(all, kEvidently);
    QVERIFY(third.verdict == DriftVerdict::none && third.drifted == 1 && near(third.share, 1.0 / 3));
    fields[1].verdict = DriftVerdict::drift;
    QVERIFY(judge_together(all, kEvidently).verdict == DriftVerdict::drift);
  }

  void few_false_alarms() {
    // 20 fields without drift, 600 against 300 rows: the expected share of reports with any alarm is at most 5 %.
    Random random(2026);
    int alarms = 0;
    for (int report = 0; report < 60; ++report) alarms += simulate(random, 600, 300, 20, 0).drifted > 0;
    QVERIFY2(alarms <= 8, qPrintable(QString::number(alarms)));
    int many = alarms;
    for (int report = 60; report < 2000; ++report) many += simulate(random, 600, 300, 20, 0).drifted > 0;
    qInfo("alarms: %d of 60, %d of 2,000", alarms, many);
    QVERIFY2(many <= 120, qPrintable(QString::number(many)));
  }
  void a_shift_is_found() {
    // 0.3 σ at 1,000 rows among 20 fields: D = erf(0.3/√8) = 0.119; what can be found is 0.100 at 1,000 against 1,000.
    Random random(7);
    int found = 0;
    for (int report = 0; report < 100; ++report)
      found += simulate(random, 1000, 1000, 20, 0.3).verdict == DriftVerdict::drift;
    qInfo("found: %d of 100", found);
    QVERIFY2(found >= 90, qPrintable(QString::number(found)));
  }
};

QTEST_GUILESS_MAIN(TestFieldDrift)
#include "test_field_drift.moc"
