#include "labels/task.h"

#include <algorithm>

#include "base/json.h"
#include "detail/schema_rows.h"
#include "records/asset.h"
#include "store/lookup.h"

namespace millwright::labels {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, uuid, name, asset, kind, text_field, fields, label_field, created_ms, "
    "(SELECT coalesce(max(version), 0) FROM label_schema WHERE task = t.id), "
    "(SELECT coalesce(max(version), 0) FROM guide_event WHERE task = t.id) FROM task t ";

Result<Task> read_row(const store::Statement& row) {
  Task task;
  task.id = row.integer(0);
  task.uuid = row.uuid(1);
  task.name = row.string(2);
  task.asset = row.integer(3);
  const auto kind = task_kind_from(row.text(4));
  if (!kind)
    return fail(ErrorKind::store, "task.kind", "This program does not know tasks of the kind {kind}.",
                {{"kind", row.string(4)}}, "Use a newer version of it.");
  task.kind = *kind;
  task.text_field = row.string(5);
  MW_ASSIGN(const Json fields, parse_json(row.text(6), "task.fields"));
  if (fields.is_array())
    for (const Json& field : fields)
      if (field.is_string()) task.fields.push_back(field.get<std::string>());
  task.label_field = row.optional_string(7);
  task.created_ms = row.integer(8);
  task.schema_version = static_cast<int>(row.integer(9));
  task.guide_version = static_cast<int>(row.integer(10));
  return task;
}

Result<std::optional<Task>> one(const store::Project& project, std::string_view condition, const auto& value) {
  MW_ASSIGN(auto query, project.db().prepare(std::string(kSelect) + std::string(condition)));
  query.with(value);
  MW_ASSIGN(const bool found, query.step());
  if (!found) return std::nullopt;
  MW_ASSIGN(Task task, read_row(query));
  return task;
}

Status check_new(const store::Project& project, const NewTask& task) {
  if (task.name.empty()) return fail(ErrorKind::usage, "task.no_name", "A task needs a name.");
  if (task.fields.empty())
    return fail(ErrorKind::usage, "task.no_field", "A task needs at least one input field.", {},
                "Say it with --text FIELD or --fields FIELD….");
  if (task.kind == TaskKind::number && !task.labels.empty())
    return fail(ErrorKind::usage, "task.number_labels", "A task that asks for a number has no labels.");
  MW_ASSIGN(const auto asset, records::asset_by_id(project, task.asset));
  for (const std::string& field : task.fields) {
    if (asset.schema.version > 0 && asset.schema.find(field) == nullptr)
      return fail(ErrorKind::bad_input, "task.no_such_field", "The asset {asset} has no field {field}.",
                  {{"asset", asset.name}, {"field", field}});
  }
  return {};
}

}  // namespace

Result<Task> create_task(store::Project& project, const NewTask& task) {
  MW_TRY(check_new(project, task));
  std::vector<Label> labels;
  for (const std::string& name : task.labels) labels.push_back({name, std::nullopt, {}});
  assign_keys(labels);
  if (!labels.empty()) MW_TRY(detail::check_labels(labels));
  const Uuid uuid = new_uuid();
  MW_ASSIGN(const int64_t id, project.write([&](store::Transaction& t) -> Result<int64_t> {
    MW_ASSIGN(auto known, t.db().prepare("SELECT 1 FROM task WHERE name = ?"));
    known.with(task.name);
    MW_ASSIGN(const bool exists, known.step());
    if (exists)
      return fail(ErrorKind::usage, "task.exists", "There is a task named {task} already.", {{"task", task.name}});
    MW_ASSIGN(auto insert, t.db().prepare("INSERT INTO task(uuid, name, asset, kind, text_field, fields, created_ms) "
                                          "VALUES(?, ?, ?, ?, ?, ?, ?)"));
    insert.with(uuid, task.name, task.asset, name_of(task.kind), task.fields.front(), to_text(Json(task.fields)),
                t.time_ms());
    MW_TRY(insert.run());
    const int64_t made = t.db().last_insert_id();
    // Nothing has to be said about a number before it can be given.
    if (!labels.empty() || task.kind == TaskKind::number) MW_TRY(detail::insert_schema(t, made, 1, labels));
    MW_TRY(t.audit(
        "task.create", tail(uuid),
        Json{{"name", task.name}, {"kind", name_of(task.kind)}, {"fields", task.fields}, {"labels", labels.size()}}));
    return made;
  }));
  return read_task(project, id);
}

Result<std::vector<Task>> list_tasks(const store::Project& project) {
  MW_ASSIGN(auto query, project.db().prepare(std::string(kSelect) + "ORDER BY id"));
  std::vector<Task> tasks;
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) return tasks;
    MW_ASSIGN(Task task, read_row(query));
    tasks.push_back(std::move(task));
  }
}

Result<Task> find_task(const store::Project& project, std::string_view name_or_id) {
  if (name_or_id.empty()) {
    MW_ASSIGN(auto tasks, list_tasks(project));
    if (tasks.size() == 1) return std::move(tasks.front());
    if (tasks.empty())
      return fail(ErrorKind::bad_input, "task.none", "This project has no task yet.", {},
                  "Make one: millwright-cli task PROJECT create NAME --text FIELD --labels a,b,c");
    return fail(ErrorKind::usage, "task.which", "This project has several tasks: say which one.", {},
                "Say it with --task NAME.");
  }
  MW_ASSIGN(auto named, one(project, "WHERE name = ?", name_or_id));
  if (named) return std::move(*named);
  const auto found = store::find_by_tail(project, "task", name_or_id, "task");
  if (!found) {
    if (found.error().code != "store.no_such_id") return tl::make_unexpected(found.error());
    return fail(ErrorKind::bad_input, "task.unknown", "There is no task {task}.", {{"task", std::string(name_or_id)}});
  }
  return read_task(project, found->id);
}

Result<Task> read_task(const store::Project& project, int64_t task) {
  MW_ASSIGN(auto found, one(project, "WHERE id = ?", task));
  if (!found)
    return fail(ErrorKind::bad_input, "task.unknown", "There is no task {task}.", {{"task", std::to_string(task)}});
  return std::move(*found);
}

}  // namespace millwright::labels
