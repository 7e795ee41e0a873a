// Folds for cross-validation: what belongs together stays together, labels are spread evenly.
#include "snapshots/folds.h"

#include <QTest>
#include <algorithm>
#include <map>

#include "labels/from_field.h"
#include "labels/task.h"
#include "small_project.h"

using namespace millwright;
using namespace millwright::snapshots;
using namespace millwright::fixtures;

namespace {

/// A frozen task over rows whose field "kind" is their label.
Result<Snapshot> freeze(SmallProject& small, store::Project& project, const std::vector<Json>& rows,
                        const records::Roles& roles) {
  MW_TRY(small.import_rows(project, rows, {}, roles));
  MW_ASSIGN(const auto asset, records::find_asset(project, "things"));
  MW_ASSIGN(const auto task, labels::create_task(project, {"kinds", asset.id, {"text"}, {}}));
  MW_TRY(labels::label_from_field(project, {task.id, "kind", "archive", {}}));
  SnapshotRequest request;
  request.task = task.id;
  MW_ASSIGN(auto made, make_snapshot(project, request));
  return std::move(made.snapshot);
}

}  // namespace

class TestFolds : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  // Whatever groups and strata: a group lies in one fold, and of each stratum the fullest fold has at most one group
  // more than the emptiest (the largest groups are dealt first, each to the emptiest).
  void groups_stay_together_and_strata_are_spread() {
    Random random(1);
    for (int round = 0; round < 60; ++round) {
      const auto folds = static_cast<int32_t>(2 + random.below(9));
      const uint64_t largest = 1 + random.below(6), strata = 1 + random.below(5), groups = 1 + random.below(300);
      std::vector<RowToSplit> rows;
      std::map<int32_t, int64_t> largest_of;
      for (uint64_t g = 0; g < groups; ++g) {
        const auto stratum = static_cast<int32_t>(random.below(strata));
        const auto size = static_cast<int64_t>(1 + random.below(largest));
        largest_of[stratum] = std::max(largest_of[stratum], size);
        rows.insert(rows.end(), static_cast<size_t>(size),
                    {siphash128(split_key(round), std::to_string(g)), stratum, std::nullopt});
      }
      random.shuffle(rows.begin(), rows.end());
      const auto fold = cut_folds(rows, folds);
      QCOMPARE(fold.size(), rows.size());
      std::map<Hash128, int32_t> of_group;
      std::map<int32_t, std::vector<int64_t>> counts;
      for (size_t i = 0; i < rows.size(); ++i) {
        QVERIFY(fold[i] >= 0 && fold[i] < folds);
        QCOMPARE(of_group.try_emplace(rows[i].group, fold[i]).first->second, fold[i]);
        auto& of_stratum = counts[rows[i].stratum];
        of_stratum.resize(static_cast<size_t>(folds));
        ++of_stratum[static_cast<size_t>(fold[i])];
      }
      for (const auto& [stratum, parts] : counts) {
        const auto [least, most] = std::minmax_element(parts.begin(), parts.end());
        QVERIFY(*most - *least <= largest_of[stratum]);
      }
    }
  }

  // Twenty labels with one row each do not all fall into one fold.
  void rare_labels_are_spread_too() {
    std::vector<RowToSplit> rows;
    for (int i = 0; i < 20; ++i) rows.push_back({siphash128(split_key(3), std::to_string(i)), i, std::nullopt});
    std::map<int32_t, int> counts;
    for (const int32_t fold : cut_folds(rows, 5)) ++counts[fold];
    QCOMPARE(counts.size(), size_t{5});
    for (const auto& [fold, count] : counts) QCOMPARE(count, 4);
  }

  void a_snapshot_is_grouped_as_its_split_is() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto snapshot, freeze(small, project, numbered_rows(0, 300), {.text = "text", .group = "group"}));
    FX_GET(const auto rows, read_rows(project, snapshot));
    FX_GET(const auto folds, fold_rows(project, snapshot, rows, 5, 1));
    QCOMPARE(folds.size(), size_t{300});
    std::map<int64_t, int32_t> of_group;
    std::map<int32_t, int> counts;
    for (size_t i = 0; i < folds.size(); ++i) {
      ++counts[folds[i]];
      // Rows 0, 1 and 2 are one group, and so on.
      QCOMPARE(of_group.try_emplace(rows.records[i].ordinal / 3, folds[i]).first->second, folds[i]);
    }
    QCOMPARE(counts.size(), size_t{5});
    for (const auto& [fold, count] : counts) QCOMPARE(count, 60);
    FX_GET(const auto again, fold_rows(project, snapshot, rows, 5, 1));
    QVERIFY(again == folds);
    FX_GET(const auto other, fold_rows(project, snapshot, rows, 5, 2));
    QVERIFY(other != folds);
  }

  void without_a_group_the_same_text_stays_together() {
    SmallProject small;
    FX_GET(auto project, small.create());
    std::vector<Json> rows;
    for (int i = 0; i < 200; ++i)
      rows.push_back({{"n", i}, {"text", "text " + std::to_string(i / 2)}, {"kind", i / 2 % 2 == 0 ? "x" : "y"}});
    FX_GET(const auto snapshot, freeze(small, project, rows, {.text = "text"}));
    FX_GET(const auto frozen, read_rows(project, snapshot));
    FX_GET(const auto folds, fold_rows(project, snapshot, frozen, 4, 0));
    std::map<int64_t, int32_t> of_text;
    for (size_t i = 0; i < folds.size(); ++i)
      QCOMPARE(of_text.try_emplace(frozen.records[i].ordinal / 2, folds[i]).first->second, folds[i]);
    FX_FAILS(fold_rows(project, snapshot, frozen, 1, 0), "folds.number");
    FX_FAILS(fold_rows(project, snapshot, frozen, 1001, 0), "folds.number");
    FX_FAILS(fold_rows(project, snapshot, frozen, 101, 0), "folds.too_few");  // there are 100 texts
  }
};

QTEST_GUILESS_MAIN(TestFolds)
#include "test_folds.moc"
