#include "labels/schema.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "detail/schema_rows.h"

namespace millwright::labels {
namespace {

Json labels_to_json(const std::vector<Label>& labels) {
  Json json = Json::array();
  for (const Label& label : labels)
    json.push_back({{"name", label.name},
                    {"key", label.key ? Json(*label.key) : Json(nullptr)},
                    {"definition", label.definition}});
  return json;
}

Result<std::vector<Label>> labels_from_text(std::string_view text) {
  MW_ASSIGN(const Json json, parse_json(text, "label_schema.labels"));
  const auto damaged = [] {
    return fail(ErrorKind::store, "store.damaged", "A label schema of this project cannot be read.");
  };
  if (!json.is_array()) return damaged();
  std::vector<Label> labels;
  for (const Json& entry : json) {
    if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string()) return damaged();
    Label label;
    label.name = entry["name"].get<std::string>();
    if (entry.contains("key") && entry["key"].is_string()) label.key = entry["key"].get<std::string>();
    if (entry.contains("definition") && entry["definition"].is_string())
      label.definition = entry["definition"].get<std::string>();
    labels.push_back(std::move(label));
  }
  return labels;
}

Result<LabelSchema> read_row(const store::Statement& row) {
  LabelSchema schema;
  schema.version = static_cast<int>(row.integer(0));
  MW_ASSIGN(schema.labels, labels_from_text(row.text(1)));
  schema.by = row.string(2);
  schema.time_ms = row.integer(3);
  return schema;
}

}  // namespace

bool LabelSchema::knows(std::string_view label) const {
  return std::any_of(labels.begin(), labels.end(), [&](const Label& entry) { return entry.name == label; });
}

bool LabelSchema::knows(const LabelValue& label) const {
  const std::vector<std::string> names = names_in(label);
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) { return knows(name); });
}

void assign_keys(std::vector<Label>& labels) {
  std::string free = "123456789";
  for (char c = 'a'; c <= 'z'; ++c)
    if (kCommandKeys.find(c) == kCommandKeys.npos) free.push_back(c);
  for (const Label& label : labels)
    if (label.key) std::erase(free, label.key->front());
  size_t next = 0;
  for (Label& label : labels)
    if (!label.key && next < free.size()) label.key = std::string(1, free[next++]);
}

Result<LabelSchema> current_schema(const store::Project& project, int64_t task) {
  return detail::newest_schema(project.db(), task);
}

Result<std::vector<LabelSchema>> schema_history(const store::Project& project, int64_t task) {
  MW_ASSIGN(auto query, project.db().prepare("SELECT version, labels, actor, time_ms FROM label_schema "
                                             "WHERE task = ? ORDER BY version"));
  query.with(task);
  std::vector<LabelSchema> history;
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) return history;
    MW_ASSIGN(LabelSchema schema, read_row(query));
    history.push_back(std::move(schema));
  }
}

Result<LabelSchema> set_schema(store::Project& project, int64_t task, std::vector<Label> labels) {
  MW_ASSIGN(const Task found, read_task(project, task));
  if (found.kind == TaskKind::number)
    return fail(ErrorKind::usage, "task.number_labels", "A task that asks for a number has no labels.");
  assign_keys(labels);
  MW_TRY(detail::check_labels(labels));
  return project.write([&](store::Transaction& t) -> Result<LabelSchema> {
    MW_ASSIGN(LabelSchema before, detail::newest_schema(t.db(), task));
    if (before.version > 0 && before.labels == labels) return before;
    MW_TRY(detail::insert_schema(t, task, before.version + 1, labels));
    MW_TRY(
        t.audit("schema.set", std::to_string(task), Json{{"version", before.version + 1}, {"labels", labels.size()}}));
    return LabelSchema{before.version + 1, labels, t.actor().name, t.time_ms()};
  });
}

namespace detail {

Status check_labels(const std::vector<Label>& labels) {
  if (labels.empty()) return fail(ErrorKind::usage, "schema.no_label", "A label schema needs at least one label.");
  std::set<std::string_view> names;
  std::set<std::string_view> keys;
  for (const Label& label : labels) {
    if (label.name.find_first_not_of(" \t\r\n") == std::string::npos)
      return fail(ErrorKind::usage, "schema.no_label", "A label needs a name.");
    if (!names.insert(label.name).second)
      return fail(ErrorKind::usage, "schema.duplicate_label", "The label {label} is there twice.",
                  {{"label", label.name}});
    if (!label.key) continue;
    if (label.key->size() == 1 && kCommandKeys.find(*label.key) != kCommandKeys.npos)
      return fail(ErrorKind::usage, "schema.command_key", "The key {key} belongs to the labeling page itself.",
                  {{"key", *label.key}});
    if (label.key->empty() || !keys.insert(*label.key).second)
      return fail(ErrorKind::usage, "schema.duplicate_key", "The key {key} is given twice.", {{"key", *label.key}});
  }
  return {};
}

Status insert_schema(store::Transaction& t, int64_t task, int version, const std::vector<Label>& labels) {
  MW_ASSIGN(auto insert, t.db().prepare("INSERT INTO label_schema(task, version, labels, actor, device, time_ms) "
                                        "VALUES(?, ?, ?, ?, ?, ?)"));
  insert.with(task, version, to_text(labels_to_json(labels)), t.actor().name, t.actor().device, t.time_ms());
  return insert.run();
}

Result<LabelSchema> newest_schema(const store::Database& db, int64_t task) {
  MW_ASSIGN(auto query, db.prepare("SELECT version, labels, actor, time_ms FROM label_schema "
                                   "WHERE task = ? ORDER BY version DESC LIMIT 1"));
  query.with(task);
  MW_ASSIGN(const bool found, query.step());
  if (!found) return LabelSchema{};
  return read_row(query);
}

namespace {

Result<int> newest_version(const store::Database& db, std::string_view sql, int64_t task) {
  MW_ASSIGN(auto query, db.prepare(sql));
  query.with(task);
  MW_ASSIGN(const bool found, query.step());
  return found ? static_cast<int>(query.integer(0)) : 0;
}

}  // namespace

Result<int> schema_version(const store::Database& db, int64_t task) {
  return newest_version(db, "SELECT coalesce(max(version), 0) FROM label_schema WHERE task = ?", task);
}

Result<int> guide_version(const store::Database& db, int64_t task) {
  return newest_version(db, "SELECT coalesce(max(version), 0) FROM guide_event WHERE task = ?", task);
}

}  // namespace detail
}  // namespace millwright::labels
