// Snapshots of tasks that ask for several labels, spans or a number: their split, their gate, their card, their export.
#include <QTest>
#include <algorithm>
#include <map>
#include <set>

#include "labels/from_field.h"
#include "small_project.h"
#include "snapshots/card.h"
#include "snapshots/export.h"
#include "snapshots/gate.h"
#include "snapshots/snapshot.h"
#include "snapshots/verify.h"

using namespace millwright;
using namespace millwright::snapshots;
using namespace millwright::fixtures;
using labels::TaskKind;

namespace {

constexpr int kCount = 400;

/// Every tenth row has the rare label beside a common one, every seventh none at all.
std::vector<Json> rows() {
  std::vector<Json> out;
  for (int i = 0; i < kCount; ++i) {
    Json names = Json::array();
    if (i % 7 != 0) names.push_back(i % 2 == 0 ? "even" : "odd");
    if (i % 10 == 0) names.push_back("rare");
    const std::string text = "thing number " + std::to_string(i);
    Json spans = Json::array();
    if (i % 7 != 0) spans.push_back({{"begin", 0}, {"end", 5}, {"label", i % 10 == 0 ? "rare" : "thing"}});
    out.push_back({{"text", text}, {"topics", names}, {"spans", spans}, {"value", i * 0.25}});
  }
  return out;
}

struct Frozen {
  labels::Task task;
  MadeSnapshot made;
  SnapshotRows rows;
};

Result<Frozen> freeze(SmallProject& small, store::Project& project, TaskKind kind, const char* field) {
  Frozen out;
  MW_TRY(small.import_rows(project, rows()));
  MW_ASSIGN(const auto asset, records::find_asset(project, "things"));
  MW_ASSIGN(out.task, labels::create_task(
                          project, {.name = "t", .asset = asset.id, .fields = {"text"}, .labels = {}, .kind = kind}));
  MW_TRY(labels::label_from_field(project, {out.task.id, field, "archive", {}}));
  SnapshotRequest request;
  request.task = out.task.id;
  MW_ASSIGN(out.made, make_snapshot(project, request));
  MW_ASSIGN(out.rows, read_rows(project, out.made.snapshot));
  return out;
}

const quality::Check* check_of(const quality::GateReport& report, const std::string& name) {
  for (const auto& check : report.checks)
    if (check.name == name) return &check;
  return nullptr;
}

std::string read_text(const fs::path& path) { return read_file(path).value_or(std::string()); }

}  // namespace

class TestKinds : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void a_rare_label_is_in_every_split() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto frozen, freeze(small, project, TaskKind::multi_label, "topics"));
    QCOMPARE(frozen.rows.size(), size_t{kCount});  // a row without any label is labeled
    std::map<Split, int> rare;
    for (size_t i = 0; i < frozen.rows.size(); ++i)
      if (frozen.rows.labels[static_cast<size_t>(frozen.rows.label[i])].find("rare") != std::string::npos)
        ++rare[frozen.rows.split[i]];
    // 40 rows of it: 80/10/10 of those, exact to one.
    QCOMPARE(rare[Split::train], 32);
    QCOMPARE(rare[Split::validation], 4);
    QCOMPARE(rare[Split::test], 4);
    FX_GET(const auto report, gate_snapshot(project, frozen.made.snapshot.id));
    QVERIFY(report.open());
    const auto* classes = check_of(report, "class_balance");
    QVERIFY(classes && classes->detail["classes"] == 3);
    FX_GET(const auto card, data_card(project, frozen.made.snapshot));
    std::map<std::string, int> counts;
    for (const Json& one : card.json["classes"]) counts[one["label"].get<std::string>()] = one["rows"].get<int>();
    QCOMPARE(counts.at("rare"), 40);
    QCOMPARE(card.json["kind"].get<std::string>(), std::string("multi_label"));
  }

  void spans_are_cut_by_their_labels_too() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto frozen, freeze(small, project, TaskKind::spans, "spans"));
    std::map<Split, int> rare;
    for (size_t i = 0; i < frozen.rows.size(); ++i)
      if (frozen.rows.labels[static_cast<size_t>(frozen.rows.label[i])].find("rare") != std::string::npos)
        ++rare[frozen.rows.split[i]];
    const int all = rare[Split::train] + rare[Split::validation] + rare[Split::test];
    QVERIFY(std::abs(rare[Split::train] - 0.8 * all) <= 1);
    QVERIFY(rare[Split::test] >= 3);
  }

  void numbers_are_cut_by_their_size() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto frozen, freeze(small, project, TaskKind::number, "value"));
    FX_GET(const auto values, read_values(frozen.rows, TaskKind::number));
    std::vector<double> sorted;
    for (const auto& value : values) sorted.push_back(value.number);
    std::sort(sorted.begin(), sorted.end());
    QCOMPARE(sorted.size(), size_t{kCount});
    std::map<int, std::map<Split, int>> parts;  // tenths of the values, 40 rows each
    for (size_t i = 0; i < frozen.rows.size(); ++i) {
      const double value = values[static_cast<size_t>(frozen.rows.label[i])].number;
      const auto rank = std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin();
      ++parts[static_cast<int>(rank / (kCount / 10))][frozen.rows.split[i]];
    }
    for (auto& [part, splits] : parts) {
      QCOMPARE(splits[Split::train], 32);
      QCOMPARE(splits[Split::test], 4);
    }
    FX_GET(const auto report, gate_snapshot(project, frozen.made.snapshot.id));
    QVERIFY(report.open());
    QVERIFY(check_of(report, "class_balance") == nullptr);
    FX_GET(const auto card, data_card(project, frozen.made.snapshot));
    QCOMPARE(card.json["numbers"]["max"].get<double>(), 99.75);
    QCOMPARE(card.json["numbers"]["mean"].get<double>(), 49.875);
    QVERIFY(card.markdown.find("## Labels") != std::string::npos);
  }

  void they_are_rebuilt_and_exported() {
    for (const auto& [kind, field] :
         {std::pair{TaskKind::multi_label, "topics"}, {TaskKind::spans, "spans"}, {TaskKind::number, "value"}}) {
      SmallProject small;
      FX_GET(auto project, small.create());
      FX_GET(const auto frozen, freeze(small, project, kind, field));
      FX_GET(const auto verified, verify_snapshots(project, true, {}));
      QVERIFY(verified.problems.empty());
      const fs::path folder = small.beside("out");
      FX_OK(export_snapshot(project, frozen.made.snapshot, ExportFormat::jsonl, folder));
      std::string text = read_text(folder / "train.jsonl");
      const auto line = parse_json(text.substr(0, text.find('\n')), "a line");
      QVERIFY(line.has_value());
      // What the label says stands beside the field that it came from.
      QCOMPARE(to_text((*line)["label"]), to_text((*line)[field]));
      FX_OK(export_snapshot(project, frozen.made.snapshot, ExportFormat::csv, folder));
      text = read_text(folder / "test.csv");
      QVERIFY(text.starts_with("_id,text,topics,spans,value,label"));
    }
  }
};

QTEST_GUILESS_MAIN(TestKinds)
#include "test_kinds.moc"
