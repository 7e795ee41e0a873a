#include "labels/current.h"

#include <QTest>
#include <map>

#include "labels/exchange.h"
#include "labels/from_field.h"
#include "labels/labeling.h"
#include "labels/verify.h"
#include "small_project.h"

using namespace millwright;
using namespace millwright::labels;
using namespace millwright::fixtures;

namespace {

struct Prepared {
  int64_t batch = 0;
  int64_t task = 0;
};

Result<Prepared> prepare(SmallProject& small, store::Project& project, std::vector<std::string> labels) {
  Prepared made;
  MW_ASSIGN(made.batch, small.import_rows(project, numbered_rows(0, 30)));
  MW_ASSIGN(const auto asset, records::find_asset(project, "things"));
  MW_ASSIGN(const auto task, create_task(project, {"kinds", asset.id, {"text"}, std::move(labels)}));
  made.task = task.id;
  return made;
}

std::string text_of(const store::Project& project, int64_t task, Format format, bool current = false) {
  std::string text;
  const auto done = export_labels(project, {task, format, current}, [&](std::string_view part) {
    text += part;
    return true;
  });
  return done ? text : "failed: " + message_of(done.error());
}

/// What is current, as record → label or "conflict".
std::map<int64_t, std::string> as_map(const CurrentLabels& labels) {
  std::map<int64_t, std::string> map;
  for (const auto& row : labels.rows)
    map[row.record.ordinal] = row.conflict ? "conflict" : labels.names[static_cast<size_t>(row.label)];
  return map;
}

}  // namespace

class TestCurrent : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void from_field_makes_the_schema_and_repeats_change_nothing() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project, {}));
    FX_FAILS(label_from_field(project, {p.task, "kind", "", {}}), "labels.by_needed");
    FX_FAILS(label_from_field(project, {p.task, "none", "archive", {}}), "labels.no_such_field");
    FX_GET(const auto first, label_from_field(project, {p.task, "kind", "archive", {}}));
    QCOMPARE(first.kept, 30);
    QVERIFY(first.schema_made);
    QCOMPARE(first.schema_version, 1);
    FX_GET(const auto again, label_from_field(project, {p.task, "kind", "archive", {}}));
    QCOMPARE(again.kept, 0);
    QCOMPARE(again.duplicate, 30);
    FX_GET(const auto task, read_task(project, p.task));
    QCOMPARE(*task.label_field, std::string("kind"));
    FX_GET(const auto current, current_labels(project, {.task = p.task}));
    QCOMPARE(current.rows.size(), size_t{30});
    QCOMPARE(current.conflicts, 0);
    // Somebody else says the same: no conflict. A later batch brings a label that the schema does not know.
    FX_GET(const auto other, label_from_field(project, {p.task, "kind", "ben", {}}));
    QCOMPARE(other.kept, 30);
    FX_OK(small.import_rows(project, {{{"n", 100}, {"text", "new"}, {"group", "x"}, {"kind", "zebra"}},
                                      {{"n", 101}, {"text", "newer"}, {"group", "x"}, {"kind", nullptr}}}));
    FX_GET(const auto later, label_from_field(project, {p.task, "kind", "archive", {}}));
    QCOMPARE(later.rejected, 1);
    QCOMPARE(later.missing, 1);
    QCOMPARE(later.sample[0].reason, std::string("unknown_label"));
    FX_GET(const auto counts, label_totals(project, p.task, 0));
    QCOMPARE(counts.in_bulk, 60);
    QCOMPARE(counts.by_persons, 0);
  }

  // Against a replay that keeps a list for each person and record: the newest that was not taken back counts.
  void current_labels_equal_brute_force() {
    for (uint64_t seed = 0; seed < 3; ++seed) {
      SmallProject small;
      FX_GET(auto project, small.create());
      FX_GET(const auto p, prepare(small, project, {"a", "b", "c"}));
      std::map<int64_t, std::map<std::string, std::vector<std::string>>> said;
      if (seed % 2 == 1) {
        FX_OK(label_from_field(project, {p.task, "kind", "archive", {}}));
        for (int i = 0; i < 30; ++i) said[i]["archive"].push_back(std::string(1, static_cast<char>('a' + i % 3)));
      }
      FX_GET(auto other, small.open(kBen));
      FX_GET(auto ana, Labeling::open(project, p.task));
      FX_GET(auto ben, Labeling::open(other, p.task));
      std::map<std::string, std::vector<std::pair<int64_t, bool>>> acts;  // record and whether it was a label
      Random random(seed);
      for (int step = 0; step < 70; ++step) {
        const bool first = random.below(2) == 0;
        Labeling& who = first ? ana : ben;
        const std::string name = first ? "ana" : "ben";
        if (random.below(5) == 0) {
          FX_GET(const auto undone, who.undo());
          QCOMPARE(undone.has_value(), !acts[name].empty());
          if (!undone) continue;
          const auto [record, labeled] = acts[name].back();
          acts[name].pop_back();
          QCOMPARE(undone->undone->record.ordinal, record);
          if (labeled) said[record][name].pop_back();
          continue;
        }
        const auto record = static_cast<int64_t>(random.below(30));
        const bool labeled = random.below(6) != 0;
        const std::string label(1, static_cast<char>('a' + random.below(3)));
        FX_OK(who.record(
            {{p.batch, record}, labeled ? ActStatus::label : ActStatus::skip, labeled ? label : "", "", {}}));
        acts[name].emplace_back(record, labeled);
        if (labeled) said[record][name].push_back(label);
      }
      std::map<int64_t, std::string> expected;
      int64_t conflicts = 0;
      for (const auto& [record, people] : said) {
        std::string joined;
        for (const auto& [name, list] : people) {
          if (list.empty()) continue;
          if (joined.empty())
            joined = list.back();
          else if (joined != list.back())
            joined = "conflict";
        }
        if (joined.empty()) continue;
        expected[record] = joined;
        conflicts += joined == "conflict" ? 1 : 0;
      }
      FX_GET(const auto current, current_labels(project, {.task = p.task}));
      QCOMPARE(as_map(current), expected);
      QCOMPARE(current.conflicts, conflicts);
      // As it was: what came later does not count.
      FX_OK(ana.record({{p.batch, 0}, ActStatus::label, "a", "", {}}));
      FX_GET(const auto then,
             current_labels(project, {.task = p.task, .annotation_through = current.annotation_through}));
      QCOMPARE(as_map(then), expected);
    }
  }

  void import_of_an_export_changes_nothing() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project, {"a", "b", "c"}));
    FX_OK(label_from_field(project, {p.task, "kind", "archive", {}}));
    FX_GET(auto ana, Labeling::open(project, p.task));
    FX_OK(ana.record({{p.batch, 1}, ActStatus::label, "c", "a note, \"quoted\"\nover lines", 2.25}));
    FX_OK(ana.record({{p.batch, 2}, ActStatus::skip, "", "", {}}));
    FX_OK(ana.record({{p.batch, 3}, ActStatus::label, "a", "", {}}));
    FX_OK(ana.undo());
    FX_GET(const auto before, current_labels(project, {.task = p.task}));
    for (const Format format : {Format::jsonl, Format::csv, Format::label_studio}) {
      const std::string text = text_of(project, p.task, format);
      const fs::path file = small.beside("labels");
      FX_OK(write_file_atomically(file, text));
      for (int twice = 0; twice < 2; ++twice) {
        FX_GET(const auto outcome, import_labels(project, {p.task, format, std::nullopt}, file));
        QCOMPARE(outcome.kept, 0);
        QCOMPARE(outcome.rejected, 0);
        QCOMPARE(outcome.duplicate, outcome.rows_read);
        QVERIFY(outcome.rows_read >= 30);
      }
      QCOMPARE(text_of(project, p.task, format), text);
    }
    FX_GET(const auto after, current_labels(project, {.task = p.task}));
    QCOMPARE(as_map(after), as_map(before));
    // In a project that lost the acts they come back, with their ids, undone ones too.
    const std::string all = text_of(project, p.task, Format::csv);
    const std::string current = text_of(project, p.task, Format::jsonl, true);
    const fs::path file = small.beside("all.csv");
    FX_OK(write_file_atomically(file, all));
    FX_OK(project.write([](store::Transaction& t) { return t.db().execute("DELETE FROM annotation"); }));
    FX_GET(const auto back, import_labels(project, {p.task, Format::csv, std::nullopt}, file));
    QCOMPARE(back.kept, 4);
    QCOMPARE(text_of(project, p.task, Format::csv), all);
    QCOMPARE(text_of(project, p.task, Format::jsonl, true), current);
    FX_GET(const auto verified, verify_labels(project));
    QVERIFY(verified.problems.empty());
  }

  void rows_without_an_event_and_bad_rows() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project, {"a", "b"}));
    FX_GET(auto ana, Labeling::open(project, p.task));
    FX_OK(ana.record({{p.batch, 0}, ActStatus::label, "a", "", {}}));
    const std::string exported = text_of(project, p.task, Format::jsonl);
    FX_GET(const Json line, parse_json(exported, "test"));
    const std::string record = line["record"].get<std::string>();
    const std::string head = record.substr(0, record.rfind('-') + 1);
    const fs::path file = small.beside("bare.csv");
    FX_OK(write_file_atomically(file, "record,label\n" + head + "1,a\n" + head + "2,b\n" + head + "2,unknown\n" + head +
                                          "999,a\nnonsense,a\n" + head + "3\n"));
    FX_GET(const auto suggested, import_labels(project, {p.task, Format::csv, std::nullopt}, file));
    QCOMPARE(suggested.rows_read, 6);
    QCOMPARE(suggested.kept, 2);
    QCOMPARE(suggested.rejected, 4);
    QCOMPARE(suggested.sample[0].reason, std::string("unknown_label"));
    QCOMPARE(suggested.sample[1].reason, std::string("unknown_record"));
    FX_GET(const auto still, current_labels(project, {.task = p.task}));
    QCOMPARE(still.rows.size(), size_t{1});  // nobody has confirmed them
    FX_GET(const auto again, import_labels(project, {p.task, Format::csv, std::nullopt}, file));
    QCOMPARE(again.kept, 0);
    QCOMPARE(again.duplicate, 2);
    FX_GET(const auto bens, import_labels(project, {p.task, Format::csv, "ben"}, file));
    QCOMPARE(bens.kept, 2);
    FX_GET(const auto twice, import_labels(project, {p.task, Format::csv, "ben"}, file));
    QCOMPARE(twice.kept, 0);
    FX_GET(const auto now, current_labels(project, {.task = p.task}));
    QCOMPARE(now.rows.size(), size_t{3});
    FX_OK(write_file_atomically(file, "not json\n"));
    FX_GET(const auto broken, import_labels(project, {p.task, Format::jsonl, std::nullopt}, file));
    QCOMPARE(broken.rejected, 1);
    FX_FAILS(import_labels(project, {p.task, Format::label_studio, std::nullopt}, file), "labels.bad_file");
  }
};

QTEST_GUILESS_MAIN(TestCurrent)
#include "test_current.moc"
