// Tasks that ask for several labels, spans or a number: labels from a field, by hand, out to a file and in again.
#include <QTest>
#include <map>

#include "labels/current.h"
#include "labels/exchange.h"
#include "labels/from_field.h"
#include "labels/labeling.h"
#include "small_project.h"

using namespace millwright;
using namespace millwright::labels;
using namespace millwright::fixtures;

namespace {

const std::vector<Json> kRows = {
    {{"text", "Änne went to Rome"},
     {"topics", Json::array({"travel", "people"})},
     {"names",
      Json::array({{{"begin", 0}, {"end", 4}, {"label", "person"}}, {{"begin", 13}, {"end", 17}, {"label", "place"}}})},
     {"stars", 4.5}},
    {{"text", "nothing at all"}, {"topics", Json::array()}, {"names", Json::array()}, {"stars", 1}},
    {{"text", "short"},
     {"topics", "people, food"},
     {"names", Json::array({{{"begin", 0}, {"end", 6}, {"label", "place"}}})},  // one character too long
     {"stars", nullptr}}};

Result<Task> task_of(SmallProject& small, store::Project& project, TaskKind kind,
                     std::vector<std::string> labels = {}) {
  const auto known = records::list_assets(project);
  if (known && known->empty()) MW_TRY(small.import_rows(project, kRows));
  MW_ASSIGN(const auto asset, records::find_asset(project, "things"));
  return create_task(project, {.name = std::string(name_of(kind)),
                               .asset = asset.id,
                               .fields = {"text"},
                               .labels = std::move(labels),
                               .kind = kind});
}

/// Ordinal → label.
std::map<int64_t, std::string> said(const store::Project& project, int64_t task) {
  std::map<int64_t, std::string> out;
  const auto current = current_labels(project, {.task = task});
  if (current)
    for (const auto& row : current->rows) out[row.record.ordinal] = current->names[static_cast<size_t>(row.label)];
  return out;
}

std::string exported(const store::Project& project, int64_t task, Format format) {
  std::string text;
  const auto done = export_labels(project, {task, format, false}, [&](std::string_view part) {
    text += part;
    return true;
  });
  return done ? text : "failed: " + message_of(done.error());
}

}  // namespace

class TestKinds : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void several_labels_from_a_field_make_the_schema() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto task, task_of(small, project, TaskKind::multi_label));
    FX_GET(const auto taken, label_from_field(project, {task.id, "topics", "archive", {}}));
    QCOMPARE(taken.kept, 3);
    QCOMPARE(said(project, task.id),
             (std::map<int64_t, std::string>{{0, R"(["people","travel"])"}, {1, "[]"}, {2, R"(["food","people"])"}}));
    FX_GET(const auto schema, current_schema(project, task.id));
    QCOMPARE(schema.labels.size(), size_t{3});
    QCOMPARE(schema.labels.front().name, std::string("people"));  // of most rows: it gets the first key
    FX_GET(const auto again, label_from_field(project, {task.id, "topics", "archive", {}}));
    QCOMPARE(again.kept, 0);
    QCOMPARE(again.duplicate, 3);
    FX_GET(const auto read, read_task(project, task.id));
    QVERIFY(read.kind == TaskKind::multi_label);
  }

  void spans_are_held_against_the_text() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto task, task_of(small, project, TaskKind::spans, {"person", "place"}));
    FX_GET(const auto taken, label_from_field(project, {task.id, "names", "archive", {}}));
    QCOMPARE(taken.kept, 2);
    QCOMPARE(taken.rejected, 1);
    QCOMPARE(taken.sample.front().reason, std::string("outside_text"));
    FX_GET(auto desk, Labeling::open(project, task.id));
    const RecordRef short_one{1, 2};
    FX_FAILS(desk.record({short_one, ActStatus::label, R"([{"begin":0,"end":6,"label":"place"}])", {}, {}}),
             "labels.outside_text");
    FX_FAILS(desk.record({short_one, ActStatus::label, R"([{"begin":0,"end":5,"label":"thing"}])", {}, {}}),
             "labels.unknown_label");
    FX_FAILS(desk.record({short_one, ActStatus::label, "place", {}, {}}), "labels.bad_value");
    FX_GET(const auto act,
           desk.record({short_one, ActStatus::label, R"([{"start":0,"end":5,"label":"place"}])", {}, {}}));
    QCOMPARE(*act.annotation.label, std::string(R"([{"begin":0,"end":5,"label":"place"}])"));
  }

  void a_number_needs_no_labels() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_FAILS(task_of(small, project, TaskKind::number, {"a"}), "task.number_labels");
    FX_GET(const auto task, task_of(small, project, TaskKind::number));
    QCOMPARE(task.schema_version, 1);
    FX_FAILS(set_schema(project, task.id, {{"a", std::nullopt, {}}}), "task.number_labels");
    FX_GET(const auto taken, label_from_field(project, {task.id, "stars", "archive", {}}));
    QCOMPARE(taken.kept, 2);
    QCOMPARE(taken.missing, 1);
    QCOMPARE(said(project, task.id), (std::map<int64_t, std::string>{{0, "4.5"}, {1, "1"}}));
    FX_GET(auto desk, Labeling::open(project, task.id));
    FX_FAILS(desk.record({{1, 2}, ActStatus::label, "many", {}, {}}), "labels.bad_value");
    FX_OK(desk.record({{1, 2}, ActStatus::label, " 2.50", {}, {}}));
    QCOMPARE(said(project, task.id)[2], std::string("2.5"));
    FX_GET(const auto words, label_from_field(project, {task.id, "text", "ben", {}}));
    QCOMPARE(words.rejected, 3);
    QCOMPARE(words.sample.front().reason, std::string("bad_label"));
  }

  void out_and_in_again_changes_nothing() {
    for (const auto& [kind, field] :
         {std::pair{TaskKind::multi_label, "topics"}, {TaskKind::spans, "names"}, {TaskKind::number, "stars"}}) {
      SmallProject small;
      FX_GET(auto project, small.create());
      FX_GET(const auto task, task_of(small, project, kind));
      FX_OK(label_from_field(project, {task.id, field, "archive", {}}));
      const auto before = said(project, task.id);
      FX_GET(
          const auto other,
          create_task(project, {.name = "other", .asset = task.asset, .fields = {"text"}, .labels = {}, .kind = kind}));
      FX_GET(const auto schema, current_schema(project, task.id));
      if (kind != TaskKind::number) FX_OK(set_schema(project, other.id, schema.labels));
      int64_t read = 0;
      for (const auto& [format, name] :
           {std::pair{Format::jsonl, "l.jsonl"}, {Format::csv, "l.csv"}, {Format::label_studio, "l.json"}}) {
        const fs::path file = small.beside(name);
        FX_OK(write_file_atomically(file, exported(project, task.id, format)));
        FX_GET(const auto same, import_labels(project, {task.id, format, std::nullopt}, file));
        QCOMPARE(same.kept, 0);
        QCOMPARE(same.rejected, 0);
        // Another task gets the labels from it, as its own.
        FX_GET(const auto taken, import_labels(project, {other.id, format, "archive"}, file));
        QCOMPARE(taken.rejected, 0);
        read += taken.rows_read;
        QCOMPARE(said(project, other.id), before);
      }
      QCOMPARE(read, static_cast<int64_t>(3 * before.size()));
    }
  }

  void label_studio_has_its_own_form_for_each() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto task, task_of(small, project, TaskKind::spans));
    FX_OK(label_from_field(project, {task.id, "names", "archive", {}}));
    const auto json = parse_json(exported(project, task.id, Format::label_studio), "export");
    QVERIFY(json && json->is_array());
    const Json result = (*json)[0]["annotations"][0]["result"];
    QCOMPARE(result.size(), size_t{2});
    QCOMPARE(result[1]["type"].get<std::string>(), std::string("labels"));
    QCOMPARE(result[1]["value"]["text"].get<std::string>(), std::string("Rome"));
    QCOMPARE(result[0]["value"]["text"].get<std::string>(), std::string("Änne"));
    // Without a part of ours: as another program writes it.
    Json foreign = Json::array(
        {{{"data", {{"record", (*json)[0]["data"]["record"]}}}, {"annotations", Json::array({{{"result", result}}})}}});
    const fs::path file = small.beside("foreign.json");
    FX_OK(write_file_atomically(file, to_text(foreign)));
    FX_GET(const auto taken, import_labels(project, {task.id, Format::label_studio, "ben"}, file));
    QCOMPARE(taken.kept, 1);
  }
};

QTEST_GUILESS_MAIN(TestKinds)
#include "test_kinds.moc"
