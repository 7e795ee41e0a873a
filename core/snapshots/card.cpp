#include "snapshots/card.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "base/clock.h"
#include "labels/schema.h"
#include "labels/task.h"
#include "quality/gate_report.h"
#include "records/asset.h"
#include "records/batch.h"
#include "store/audit.h"

namespace millwright::snapshots {
namespace {

struct ClassRow {
  std::string label;
  int64_t rows = 0;
  int64_t train = 0;
  int64_t validation = 0;
  int64_t test = 0;
};

/// Rows that name each label, most frequent first. A row may name several.
std::vector<ClassRow> classes_of(const SnapshotRows& rows, const std::vector<labels::LabelValue>& values) {
  std::map<std::string, size_t> places;
  std::vector<std::vector<size_t>> named;
  std::vector<ClassRow> classes;
  for (const labels::LabelValue& value : values) {
    named.emplace_back();
    for (const std::string& name : labels::names_in(value)) {
      const auto [place, fresh] = places.try_emplace(name, classes.size());
      if (fresh) classes.push_back({name});
      named.back().push_back(place->second);
    }
  }
  for (size_t i = 0; i < rows.size(); ++i)
    for (const size_t place : named[static_cast<size_t>(rows.label[i])]) {
      ClassRow& entry = classes[place];
      ++entry.rows;
      ++(rows.split[i] == Split::train        ? entry.train
         : rows.split[i] == Split::validation ? entry.validation
                                              : entry.test);
    }
  std::stable_sort(classes.begin(), classes.end(),
                   [](const ClassRow& a, const ClassRow& b) { return a.rows > b.rows; });
  return classes;
}

Result<Json> batches_json(const store::Project& project, const Snapshot& snapshot, const SnapshotRows& rows) {
  std::map<int64_t, int64_t> counts;
  for (const RecordRef& record : rows.records) ++counts[record.batch];
  Json batches = Json::array();
  for (const int64_t id : snapshot.batches) {
    MW_ASSIGN(const auto info, records::batch_by_id(project, id));
    MW_ASSIGN(const auto report, quality::latest_report(project, {quality::SubjectKind::batch, id}));
    batches.push_back({{"batch", tail(info.uuid)},
                       {"source", info.source},
                       {"time", iso8601(info.time_ms)},
                       {"rows", counts[id]},
                       {"given_split", info.given_split.empty() ? Json(nullptr) : Json(info.given_split)},
                       {"verdict", report ? Json(quality::to_string(report->verdict)) : Json(nullptr)}});
  }
  return batches;
}

Result<Json> gate_json(const store::Project& project, const Snapshot& snapshot) {
  Json gate{{"verdict", quality::to_string(snapshot.verdict)}, {"checks", Json::array()}, {"overrides", Json::array()}};
  MW_ASSIGN(const auto report, quality::latest_report(project, {quality::SubjectKind::snapshot, snapshot.id}));
  if (report) {
    gate["verdict"] = quality::to_string(report->verdict);
    for (const auto& check : report->checks)
      gate["checks"].push_back({{"name", check.name},
                                {"verdict", quality::to_string(check.verdict)},
                                {"value", number_or_null(check.value)},
                                {"threshold", number_or_null(deciding_limit(check))},
                                {"rows", check.rows},
                                {"text", describe(check)}});
  }
  const auto add = [&](const std::string& what, const std::vector<quality::Override>& overrides) {
    for (const auto& entry : overrides)
      gate["overrides"].push_back({{"of", what},
                                   {"by", entry.by},
                                   {"reason", entry.reason},
                                   {"time", iso8601(entry.time_ms)},
                                   {"checks", entry.covers}});
  };
  MW_ASSIGN(const auto own, quality::overrides_of(project, {quality::SubjectKind::snapshot, snapshot.id}));
  add("snapshot", own);
  for (const int64_t id : snapshot.batches) {
    MW_ASSIGN(const auto of_batch, quality::overrides_of(project, {quality::SubjectKind::batch, id}));
    MW_ASSIGN(const auto info, records::batch_by_id(project, id));
    add("batch " + tail(info.uuid), of_batch);
  }
  return gate;
}

std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

std::string share(int64_t part, int64_t whole) {
  char out[32];
  std::snprintf(out, sizeof out, "%.1f %%",
                whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0);
  return out;
}

std::string text_of(const Json& json) { return json.is_string() ? json.get<std::string>() : to_text(json); }

/// {"min","mean","max","std"} of rows whose labels are numbers.
Json numbers_of(const SnapshotRows& rows, const std::vector<labels::LabelValue>& values) {
  double low = INFINITY, high = -INFINITY, mean = 0, squares = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const double value = values[static_cast<size_t>(rows.label[i])].number;
    low = std::min(low, value);
    high = std::max(high, value);
    const double before = value - mean;  // Welford 1962
    mean += before / static_cast<double>(i + 1);
    squares += before * (value - mean);
  }
  const auto n = static_cast<double>(rows.size());
  return {{"min", number_or_null(low)},
          {"mean", number_or_null(n > 0 ? mean : NAN)},
          {"max", number_or_null(high)},
          {"std", number_or_null(n > 1 ? std::sqrt(squares / (n - 1)) : NAN)}};
}

std::string markdown_head(const Json& card) {
  const Json& rows = card["rows"];
  std::string out = "# Data card: " + text_of(card["task"]) + ", snapshot " + text_of(card["snapshot"]) + "\n\n";
  out += "| | |\n| --- | --- |\n";
  const auto line = [&](const std::string& name, const std::string& value) {
    out += "| " + name + " | " + cell(value) + " |\n";
  };
  line("root", text_of(card["root"]));
  line("made", text_of(card["time"]) + " by " + text_of(card["by"]) + " with " + text_of(card["program"]));
  line("asset", text_of(card["asset"]));
  std::string fields;
  for (const Json& field : card["fields"]) fields += (fields.empty() ? "" : ", ") + text_of(field);
  line("input fields", fields);
  line("kind", text_of(card["kind"]));
  line("rows", text_of(rows["train"]) + " train, " + text_of(rows["validation"]) + " validation, " +
                   text_of(rows["test"]) + " test");
  line("left out",
       text_of(card["conflicts"]) + " with conflicting labels, " + text_of(card["unlabeled"]) + " unlabeled");
  const Json& split = card["split"];
  line("split", text_of(split["train"]) + "/" + text_of(split["validation"]) + "/" + text_of(split["test"]) +
                    ", seed " + text_of(split["seed"]) +
                    (split["group"].is_null() ? ", same input together" : ", groups by " + text_of(split["group"])));
  if (!card["where"].get<std::string>().empty()) line("where", text_of(card["where"]));
  line("label schema", "version " + text_of(card["schema_version"]));
  line("guide", "version " + text_of(card["guide_version"]));
  line("audit head", text_of(card["audit_head"]));
  return out;
}

std::string markdown_gate(const Json& gate) {
  std::string out = "\n## Gate: " + text_of(gate["verdict"]) + "\n\n| check | verdict | finding | rows |\n";
  out += "| --- | --- | --- | ---: |\n";
  for (const Json& check : gate["checks"])
    out += "| " + text_of(check["name"]) + " | " + text_of(check["verdict"]) + " | " + cell(text_of(check["text"])) +
           " | " + text_of(check["rows"]) + " |\n";
  for (const Json& entry : gate["overrides"])
    out += "\nOverridden (" + text_of(entry["of"]) + ") by **" + cell(text_of(entry["by"])) + "** at " +
           text_of(entry["time"]) + ": " + cell(text_of(entry["reason"])) + "\n";
  return out;
}

std::string markdown_of(const Json& card, const std::vector<ClassRow>& classes, int64_t rows) {
  std::string out = markdown_head(card);
  out += markdown_gate(card["gate"]);
  out += "\n## Where it comes from\n\n| batch | source | imported | rows | gate |\n| --- | --- | --- | ---: | --- |\n";
  for (const Json& batch : card["batches"])
    out += "| " + text_of(batch["batch"]) + " | " + cell(text_of(batch["source"])) + " | " + text_of(batch["time"]) +
           " | " + text_of(batch["rows"]) + " | " + (batch["verdict"].is_null() ? "–" : text_of(batch["verdict"])) +
           " |\n";
  if (card.contains("numbers")) {
    out += "\n## Labels\n\n| | |\n| --- | ---: |\n";
    for (const auto& [name, value] : card["numbers"].items()) out += "| " + name + " | " + text_of(value) + " |\n";
    return out;
  }
  out +=
      "\n## Classes\n\n| label | rows | share | train | validation | test |\n| --- | ---: | ---: | ---: | ---: | ---: "
      "|\n";
  for (const ClassRow& entry : classes)
    out += "| " + cell(entry.label) + " | " + std::to_string(entry.rows) + " | " + share(entry.rows, rows) + " | " +
           std::to_string(entry.train) + " | " + std::to_string(entry.validation) + " | " + std::to_string(entry.test) +
           " |\n";
  return out;
}

}  // namespace

Result<DataCard> data_card(const store::Project& project, const Snapshot& snapshot) {
  MW_ASSIGN(const auto task, labels::read_task(project, snapshot.task));
  MW_ASSIGN(const auto asset, records::asset_by_id(project, task.asset));
  MW_ASSIGN(const SnapshotRows rows, read_rows(project, snapshot));
  MW_ASSIGN(const auto values, read_values(rows, task.kind));
  const auto classes = classes_of(rows, values);
  Json class_list = Json::array();
  for (const ClassRow& entry : classes)
    class_list.push_back({{"label", entry.label},
                          {"rows", entry.rows},
                          {"train", entry.train},
                          {"validation", entry.validation},
                          {"test", entry.test}});
  MW_ASSIGN(Json batches, batches_json(project, snapshot, rows));
  MW_ASSIGN(Json gate, gate_json(project, snapshot));
  MW_ASSIGN(const auto head, store::audit_head(project));
  DataCard card;
  card.json = {
      {"snapshot", tail(snapshot.uuid)},
      {"root", to_hex(snapshot.root)},
      {"task", task.name},
      {"kind", labels::name_of(task.kind)},
      {"asset", asset.name},
      {"fields", snapshot.recipe.value("fields", Json::array())},
      {"where", snapshot.recipe.value("where", std::string())},
      {"time", iso8601(snapshot.time_ms)},
      {"by", snapshot.by},
      {"program", snapshot.program},
      {"rows",
       {{"train", snapshot.counts.train}, {"validation", snapshot.counts.validation}, {"test", snapshot.counts.test}}},
      {"conflicts", snapshot.counts.conflicts},
      {"unlabeled", snapshot.counts.unlabeled},
      {"split", snapshot.recipe.value("split", Json::object())},
      {"schema_version", snapshot.recipe.value("schema_version", 0)},
      {"guide_version", snapshot.recipe.value("guide_version", 0)},
      {"classes", class_list},
      {"batches", batches},
      {"gate", gate},
      {"audit_head", to_hex(head.hash)}};
  if (task.kind == labels::TaskKind::number) card.json["numbers"] = numbers_of(rows, values);
  card.markdown = markdown_of(card.json, classes, static_cast<int64_t>(rows.size()));
  return card;
}

}  // namespace millwright::snapshots
