#include <QTest>
#include <map>
#include <set>

#include "labels/from_field.h"
#include "labels/labeling.h"
#include "small_project.h"
#include "snapshots/card.h"
#include "snapshots/export.h"
#include "snapshots/snapshot.h"
#include "snapshots/verify.h"

using namespace millwright;
using namespace millwright::snapshots;
using namespace millwright::fixtures;

namespace {

struct Prepared {
  int64_t batch = 0;
  int64_t task = 0;
};

Result<Prepared> prepare(SmallProject& small, store::Project& project, int rows = 300) {
  Prepared made;
  MW_ASSIGN(made.batch, small.import_rows(project, numbered_rows(0, rows), {}, {.text = "text", .group = "group"}));
  MW_ASSIGN(const auto asset, records::find_asset(project, "things"));
  MW_ASSIGN(const auto task, labels::create_task(project, {"kinds", asset.id, {"text"}, {}}));
  made.task = task.id;
  const auto labeled = labels::label_from_field(project, {task.id, "kind", "archive", {}});
  if (!labeled) return tl::make_unexpected(labeled.error());
  return made;
}

std::map<RecordRef, Split> splits_of(const SnapshotRows& rows) {
  std::map<RecordRef, Split> splits;
  for (size_t i = 0; i < rows.size(); ++i) splits[rows.records[i]] = rows.split[i];
  return splits;
}

}  // namespace

class TestFreeze : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void the_same_data_has_the_same_id() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    SnapshotRequest request;
    request.task = p.task;
    request.seed = 7;
    FX_GET(const auto first, make_snapshot(project, request));
    QCOMPARE(first.snapshot.counts.rows(), 300);
    QVERIFY(!first.existed);
    FX_GET(const auto again, make_snapshot(project, request));
    QVERIFY(again.existed);
    QCOMPARE(again.snapshot.uuid, first.snapshot.uuid);
    QCOMPARE(again.snapshot.id, first.snapshot.id);
    FX_GET(const auto rows, read_rows(project, first.snapshot));
    QCOMPARE(rows.size(), size_t{300});
    QCOMPARE(rows.labels, (std::vector<std::string>{"a", "b", "c"}));
    std::map<int64_t, Split> groups;
    for (size_t i = 0; i < rows.size(); ++i) {
      const int64_t group = rows.records[i].ordinal / 3;
      const auto [known, made] = groups.try_emplace(group, rows.split[i]);
      QVERIFY(made || known->second == rows.split[i]);
    }
    // One more label changes the id; taking it back brings the first one.
    FX_GET(auto ana, labels::Labeling::open(project, p.task));
    FX_OK(ana.record({{p.batch, 0}, labels::ActStatus::label, "b", "", {}}));
    FX_GET(const auto changed, make_snapshot(project, request));
    QCOMPARE(changed.snapshot.counts.conflicts, 1);
    QCOMPARE(changed.snapshot.counts.rows(), 299);
    QVERIFY(changed.snapshot.uuid != first.snapshot.uuid);
    FX_OK(ana.undo());
    FX_GET(const auto back, make_snapshot(project, request));
    QCOMPARE(back.snapshot.uuid, first.snapshot.uuid);
    FX_GET(const auto all, list_snapshots(project, p.task));
    QCOMPARE(all.size(), size_t{2});
    FX_GET(const auto found, find_snapshot(project, tail(first.snapshot.uuid).substr(0, 8)));
    QCOMPARE(found.id, first.snapshot.id);
  }

  void splits_stay_when_data_grows() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    SnapshotRequest request;
    request.task = p.task;
    FX_GET(const auto first, make_snapshot(project, request));
    FX_GET(const auto before, read_rows(project, first.snapshot));
    const auto splits = splits_of(before);
    // New groups, and new rows of the groups that were there.
    auto rows = numbered_rows(300, 600);
    for (int i = 0; i < 60; ++i)
      rows.push_back(
          {{"n", 1000 + i}, {"text", "late " + std::to_string(i)}, {"group", "g" + std::to_string(i)}, {"kind", "a"}});
    FX_OK(small.import_rows(project, rows));
    FX_OK(labels::label_from_field(project, {p.task, "kind", "archive", {}}));
    FX_GET(const auto second, make_snapshot(project, request));
    QCOMPARE(second.snapshot.counts.rows(), 660);
    FX_GET(const auto after, read_rows(project, second.snapshot));
    const auto grown = splits_of(after);
    for (const auto& [record, split] : splits) QCOMPARE(grown.at(record), split);
    for (int i = 0; i < 60; ++i) {
      const RecordRef late{second.snapshot.batches.back(), 300 + i};
      QCOMPARE(grown.at(late), splits.at({p.batch, static_cast<int64_t>(i) * 3}));
    }
    // The split was made once: another one is refused, the same may be said again.
    request.shares = Shares{70, 20, 10};
    FX_FAILS(make_snapshot(project, request), "split.fixed");
    request.shares = Shares{80, 10, 10};
    request.group = "group";
    FX_OK(make_snapshot(project, request));
    request.group = "kind";
    FX_FAILS(make_snapshot(project, request), "split.fixed");
    // Every snapshot, also the older one, comes out again.
    FX_GET(const auto verified, verify_snapshots(project, true));
    QCOMPARE(verified.snapshots, 2);
    QVERIFY2(verified.problems.empty(), verified.problems.empty() ? "" : verified.problems[0].c_str());
  }

  void conflicts_and_unlabeled_are_counted() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const int64_t batch, small.import_rows(project, numbered_rows(0, 90)));
    FX_GET(const auto asset, records::find_asset(project, "things"));
    FX_GET(const auto task, labels::create_task(project, {"kinds", asset.id, {"text"}, {"a", "b", "c"}}));
    FX_FAILS(make_snapshot(project, {.task = task.id}), "snapshot.empty");
    FX_GET(auto other, small.open(kBen));
    FX_GET(auto ana, labels::Labeling::open(project, task.id));
    FX_GET(auto ben, labels::Labeling::open(other, task.id));
    Random random(2);
    std::map<int64_t, std::string> as, bs;
    for (int i = 0; i < 90; ++i) {
      const std::string one(1, static_cast<char>('a' + random.below(2)));
      const std::string two(1, static_cast<char>('a' + random.below(2)));
      if (random.below(3) != 0) {
        FX_OK(ana.record({{batch, i}, labels::ActStatus::label, one, "", {}}));
        as[i] = one;
      }
      if (random.below(3) != 0) {
        FX_OK(ben.record({{batch, i}, labels::ActStatus::label, two, "", {}}));
        bs[i] = two;
      }
    }
    int64_t conflicts = 0, unlabeled = 0, agreed = 0;
    for (int i = 0; i < 90; ++i) {
      const bool a = as.contains(i), b = bs.contains(i);
      if (!a && !b)
        ++unlabeled;
      else if (a && b && as[i] != bs[i])
        ++conflicts;
      else
        ++agreed;
    }
    FX_GET(const auto made, make_snapshot(project, {.task = task.id}));
    QCOMPARE(made.snapshot.counts.conflicts, conflicts);
    QCOMPARE(made.snapshot.counts.unlabeled, unlabeled);
    QCOMPARE(made.snapshot.counts.rows(), agreed);
    FX_GET(const auto some, make_snapshot(project, {.task = task.id, .where = "n < 10"}));
    QVERIFY(some.snapshot.counts.rows() + some.snapshot.counts.conflicts + some.snapshot.counts.unlabeled == 10);
  }

  void given_splits_of_batches_are_kept() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const int64_t train, small.import_rows(project, numbered_rows(0, 60), "train"));
    FX_GET(const int64_t test, small.import_rows(project, numbered_rows(60, 90), "test"));
    FX_GET(const int64_t validation, small.import_rows(project, numbered_rows(90, 105), "validation"));
    FX_GET(const auto asset, records::find_asset(project, "things"));
    FX_GET(const auto task, labels::create_task(project, {"kinds", asset.id, {"text"}, {}}));
    FX_OK(labels::label_from_field(project, {task.id, "kind", "archive", {}}));
    FX_GET(const auto made, make_snapshot(project, {.task = task.id}));
    QCOMPARE(made.snapshot.counts.train, 60);
    QCOMPARE(made.snapshot.counts.test, 30);
    QCOMPARE(made.snapshot.counts.validation, 15);
    FX_GET(const auto rows, read_rows(project, made.snapshot));
    for (size_t i = 0; i < rows.size(); ++i) {
      const Split expected = rows.records[i].batch == train  ? Split::train
                             : rows.records[i].batch == test ? Split::test
                                                             : Split::validation;
      QCOMPARE(rows.split[i], expected);
    }
    FX_GET(const auto holding, snapshots_holding(project, validation));
    QCOMPARE(holding.size(), size_t{1});
  }

  void a_changed_snapshot_is_found() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    FX_GET(const auto made, make_snapshot(project, {.task = p.task}));
    FX_GET(const auto good, verify_snapshots(project, true));
    QVERIFY(good.problems.empty());
    QCOMPARE(good.rows, 300);
    FX_OK(project.write([](store::Transaction& t) {
      return t.db().execute("UPDATE snapshot SET recipe = replace(recipe, '\"seed\":0', '\"seed\":1')");
    }));
    FX_GET(const auto bad, verify_snapshots(project, false));
    QCOMPARE(bad.problems.size(), size_t{1});
    FX_OK(project.write([](store::Transaction& t) {
      return t.db().execute(
          "UPDATE snapshot SET recipe = replace(recipe, '\"seed\":1', '\"seed\":0');"
          "UPDATE label_file SET guide_version = 3");
    }));
    FX_GET(const auto shallow, verify_snapshots(project, false));
    QVERIFY(shallow.problems.empty());
    FX_GET(const auto deep, verify_snapshots(project, true));
    QCOMPARE(deep.problems.size(), size_t{1});
    FX_GET(const auto rebuilt, rebuild(project, made.snapshot));
    QVERIFY(!rebuilt.identical);
    QCOMPARE(rebuilt.differs, std::string("the guide versions differ"));
  }

  void an_export_gives_the_same_bytes() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    FX_GET(const auto made, make_snapshot(project, {.task = p.task}));
    for (const ExportFormat format : {ExportFormat::jsonl, ExportFormat::csv, ExportFormat::hf}) {
      FX_GET(const auto first, export_snapshot(project, made.snapshot, format, small.beside("one")));
      FX_GET(const auto second, export_snapshot(project, made.snapshot, format, small.beside("two")));
      QCOMPARE(first.size(), second.size());
      int64_t rows = 0;
      for (size_t i = 0; i < first.size(); ++i) {
        rows += first[i].rows;
        QVERIFY(first[i].sha256 == second[i].sha256);
        FX_GET(const auto on_disk, sha256_of_file(first[i].path));
        QVERIFY(on_disk == first[i].sha256);
      }
      QCOMPARE(rows, 300);
    }
    FX_GET(const auto text, read_file(small.beside("one") / "test.jsonl"));
    FX_GET(const Json line, parse_json(text.substr(0, text.find('\n')), "export"));
    QVERIFY(line["n"].is_number_integer());
    const int n = line["n"].get<int>();
    QCOMPARE(line["label"].get<std::string>(), std::string(1, static_cast<char>('a' + n % 3)));
    QCOMPARE(line["text"].get<std::string>(), "thing number " + std::to_string(n));
    FX_GET(const auto readme, read_file(small.beside("one") / "README.md"));
    QVERIFY(readme.starts_with("---\nconfigs:"));
    FX_GET(const auto card, data_card(project, made.snapshot));
    QCOMPARE(card.json["rows"]["train"].get<int64_t>(), made.snapshot.counts.train);
    QCOMPARE(card.json["classes"].size(), size_t{3});
    QVERIFY(card.markdown.find("# Data card: kinds") == 0);
  }
};

QTEST_GUILESS_MAIN(TestFreeze)
#include "test_freeze.moc"
