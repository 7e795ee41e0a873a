#include "snapshots/split.h"

#include <QTest>
#include <cmath>
#include <map>

using namespace millwright;
using namespace millwright::snapshots;

namespace {

Hash128 hash_of(int64_t seed, const std::string& group) { return siphash128(split_key(seed), group); }

std::vector<RowToSplit> random_rows(Random& random, int64_t seed, size_t groups, size_t largest, int strata) {
  std::vector<RowToSplit> rows;
  for (size_t g = 0; g < groups; ++g) {
    const auto stratum = static_cast<int32_t>(random.below(static_cast<uint64_t>(strata)));
    const size_t size = 1 + random.below(largest);
    for (size_t i = 0; i < size; ++i)
      rows.push_back({hash_of(seed, "group " + std::to_string(g)), stratum, std::nullopt});
  }
  random.shuffle(rows.begin(), rows.end());
  return rows;
}

SplitPlan plan_of(const std::vector<RowToSplit>& rows, int64_t seed, const Shares& shares) {
  SplitPlan plan;
  plan.seed = seed;
  plan.shares = shares;
  plan.groups = cut_groups(rows, shares);
  return plan;
}

}  // namespace

class TestSplit : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void shares_are_read() {
    const auto shares = shares_from("70/20/10");
    QVERIFY(shares.has_value());
    QCOMPARE(*shares, (Shares{70, 20, 10}));
    QCOMPARE(shares_text(*shares), std::string("70/20/10"));
    QVERIFY(shares_from("9/0/1").has_value());
    for (const char* bad : {"", "80", "80/10", "80/10/10/0", "a/b/c", "-1/2/3", "0/1/1", "80/10/10 ", "80//10"})
      QVERIFY2(!shares_from(bad).has_value(), bad);
  }

  // Whatever groups and strata: in each stratum the rows of a split differ from its share by less than one group at
  // each of its two boundaries, and no group lies in two splits.
  void shares_are_exact_to_one_group() {
    Random random(1);
    for (int round = 0; round < 60; ++round) {
      const auto seed = static_cast<int64_t>(random.below(1000));
      const size_t largest = 1 + random.below(9);
      const Shares shares{static_cast<int64_t>(1 + random.below(90)), static_cast<int64_t>(random.below(30)),
                          static_cast<int64_t>(random.below(30))};
      const auto rows =
          random_rows(random, seed, 1 + random.below(400), largest, 1 + static_cast<int>(random.below(5)));
      const SplitPlan plan = plan_of(rows, seed, shares);
      std::map<int32_t, std::array<int64_t, 3>> counts;
      std::map<Hash128, Split> splits;
      for (const RowToSplit& row : rows) {
        const Split split = plan.split_of(row);
        ++counts[row.stratum][static_cast<size_t>(split)];
        const auto [known, made] = splits.try_emplace(row.group, split);
        QVERIFY(made || known->second == split);
      }
      for (const auto& [stratum, parts] : counts) {
        const auto total = static_cast<double>(parts[0] + parts[1] + parts[2]);
        const double train = total * static_cast<double>(shares.train) / static_cast<double>(shares.total());
        const double both =
            total * static_cast<double>(shares.train + shares.validation) / static_cast<double>(shares.total());
        const double half = static_cast<double>(largest) / 2;
        QVERIFY(std::abs(static_cast<double>(parts[0]) - train) <= half);
        QVERIFY(std::abs(static_cast<double>(parts[0] + parts[1]) - both) <= half);
      }
    }
  }

  // 100 rows a class, each its own group: 80, 10 and 10 of each, as CLINC150 would have it.
  void single_rows_are_cut_exactly() {
    std::vector<RowToSplit> rows;
    for (int i = 0; i < 1500; ++i) rows.push_back({hash_of(7, std::to_string(i)), i % 15, std::nullopt});
    const SplitPlan plan = plan_of(rows, 7, {80, 10, 10});
    std::map<int32_t, std::array<int, 3>> counts;
    for (const auto& row : rows) ++counts[row.stratum][static_cast<size_t>(plan.split_of(row))];
    for (const auto& [stratum, parts] : counts) QCOMPARE(parts, (std::array<int, 3>{80, 10, 10}));
  }

  void the_order_of_rows_does_not_matter_and_the_seed_does() {
    Random random(4);
    auto rows = random_rows(random, 1, 300, 4, 3);
    const auto first = cut_groups(rows, {80, 10, 10});
    random.shuffle(rows.begin(), rows.end());
    QVERIFY(cut_groups(rows, {80, 10, 10}) == first);
    Random same(4);
    const auto other_seed = random_rows(same, 2, 300, 4, 3);
    const SplitPlan one = plan_of(rows, 1, {80, 10, 10});
    const SplitPlan two = plan_of(other_seed, 2, {80, 10, 10});
    int differ = 0;
    for (int g = 0; g < 300; ++g) {
      const std::string name = "group " + std::to_string(g);
      differ += one.split_of({hash_of(1, name), 0, {}}) != two.split_of({hash_of(2, name), 0, {}}) ? 1 : 0;
    }
    QVERIFY(differ > 30);
  }

  // Groups that come later: those known stay where they are, new ones fall by the shares.
  void nothing_moves_when_data_grows() {
    Random random(9);
    const auto rows = random_rows(random, 3, 500, 3, 4);
    const SplitPlan plan = plan_of(rows, 3, {80, 10, 10});
    std::map<Hash128, Split> before;
    for (const auto& row : rows) before[row.group] = plan.split_of(row);
    for (const auto& [group, split] : before) QCOMPARE(plan.split_of({group, 17, std::nullopt}), split);
    std::array<int, 3> later{};
    constexpr int kLater = 20000;
    for (int g = 0; g < kLater; ++g) {
      const Hash128 group = hash_of(3, "later " + std::to_string(g));
      const Split split = plan.split_of({group, 0, std::nullopt});
      QCOMPARE(split, split_by_hash(group, plan.shares));
      ++later[static_cast<size_t>(split)];
    }
    // Binomial: five standard deviations are 5·sqrt(20000·0.8·0.2) = 283 and 5·sqrt(20000·0.1·0.9) = 212.
    QVERIFY(std::abs(later[0] - 16000) < 283);
    QVERIFY(std::abs(later[1] - 2000) < 212);
    QVERIFY(std::abs(later[2] - 2000) < 212);
  }

  void given_splits_are_kept() {
    std::vector<RowToSplit> rows;
    for (int i = 0; i < 100; ++i) rows.push_back({hash_of(0, "free " + std::to_string(i)), 0, std::nullopt});
    for (int i = 0; i < 50; ++i) rows.push_back({hash_of(0, "given " + std::to_string(i)), 0, Split::test});
    rows.push_back({hash_of(0, "given 1"), 0, std::nullopt});  // a twin of a given row, from elsewhere
    const SplitPlan plan = plan_of(rows, 0, {80, 10, 10});
    std::array<int, 3> free{};
    for (int i = 0; i < 100; ++i) ++free[static_cast<size_t>(plan.split_of(rows[static_cast<size_t>(i)]))];
    QCOMPARE(free, (std::array<int, 3>{80, 10, 10}));
    for (size_t i = 100; i < rows.size(); ++i) QCOMPARE(plan.split_of(rows[i]), Split::test);
    QCOMPARE(plan.split_of({hash_of(0, "free 1"), 0, Split::validation}), Split::validation);
  }

  void the_hash_falls_by_the_shares() {
    const Shares shares{2, 1, 1};
    QCOMPARE(split_by_hash({0, 0}, shares), Split::train);
    QCOMPARE(split_by_hash({0, 0x7FFFFFFFFFFFFFFFULL}, shares), Split::train);
    QCOMPARE(split_by_hash({0, 0x8000000000000000ULL}, shares), Split::validation);
    QCOMPARE(split_by_hash({0, 0xC000000000000000ULL}, shares), Split::test);
    QCOMPARE(split_by_hash({0, ~0ULL}, shares), Split::test);
  }
};

QTEST_GUILESS_MAIN(TestSplit)
#include "test_split.moc"
