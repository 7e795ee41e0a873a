// `task P create|list`: what is to be labeled, from which fields, with which labels.
#include "labels/task.h"

#include <algorithm>
#include <iostream>

#include "labels/schema.h"
#include "records/asset.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, name, asset, text, kind = "single_label";
  std::vector<std::string> fields, labels;
};

Result<Json> task_json(const store::Project& project, const labels::Task& task) {
  MW_ASSIGN(const auto schema, labels::current_schema(project, task.id));
  Json names = Json::array();
  for (const auto& label : schema.labels) names.push_back(label.name);
  return Json{{"task", task.name},
              {"id", tail(task.uuid)},
              {"kind", labels::name_of(task.kind)},
              {"fields", task.fields},
              {"labels", names},
              {"label_field", task.label_field ? Json(*task.label_field) : Json(nullptr)},
              {"schema_version", task.schema_version},
              {"guide_version", task.guide_version}};
}

Result<int> create(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  project.set_actor(context.actor());
  MW_ASSIGN(const auto asset, records::find_asset(project, options.asset));
  labels::NewTask request;
  request.name = options.name;
  request.asset = asset.id;
  request.fields = options.fields;
  if (!options.text.empty()) {
    std::erase(request.fields, options.text);
    request.fields.insert(request.fields.begin(), options.text);
  }
  if (request.fields.empty() && !asset.roles.text.empty()) request.fields.push_back(asset.roles.text);
  request.labels = options.labels;
  const auto kind = labels::task_kind_from(options.kind);
  if (!kind)
    return fail(ErrorKind::usage, "task.kind", "There is no kind of task {kind}.", {{"kind", options.kind}},
                "Kinds are single_label, multi_label, spans and number.");
  request.kind = *kind;
  MW_ASSIGN(const auto task, labels::create_task(project, request));
  MW_ASSIGN(const Json document, task_json(project, task));
  context.answer(document, [&](std::ostream& out) {
    out << "Made the task " << task.name << " on " << asset.name << " with " << options.labels.size() << " labels\n";
  });
  return 0;
}

Result<int> list(Context& context, const Options& options) {
  MW_ASSIGN(const auto project, context.open(options.project, true));
  MW_ASSIGN(const auto tasks, labels::list_tasks(project));
  Json document = {{"tasks", Json::array()}};
  Table table({"task", "id", "kind", "input", "labels", "schema", "guide"});
  for (const auto& task : tasks) {
    MW_ASSIGN(Json json, task_json(project, task));
    std::string fields;
    for (const std::string& field : task.fields) fields += (fields.empty() ? "" : ", ") + field;
    table.row({task.name, tail(task.uuid).substr(0, kShortTail), std::string(labels::name_of(task.kind)), fields,
               grouped(static_cast<int64_t>(json["labels"].size())), std::to_string(task.schema_version),
               std::to_string(task.guide_version)});
    document["tasks"].push_back(std::move(json));
  }
  context.answer(document, [&](std::ostream& out) { table.print(out); });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "task", "Labeling tasks", "task demo create section --text description");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->require_subcommand(1);
  CLI::App* make = context.verb(*verb, "create", "Make a task",
                                "task demo create sentiment --text review --labels good,bad,neither");
  make->add_option("TASK", options->name, "Its name")->required();
  make->add_option("--asset", options->asset, "On which asset; the only one otherwise")->type_name("A");
  make->add_option("--text", options->text, "The input field, shown large")->type_name("F");
  make->add_option("--fields", options->fields, "Input fields, in order")->type_name("F…")->delimiter(',');
  make->add_option("--labels", options->labels, "Labels; or later, from the data")->type_name("a,b,c")->delimiter(',');
  make->add_option("--kind", options->kind,
                   "What is asked of a record: single_label (one label), multi_label (any number), spans (labeled "
                   "stretches of the text) or number")
      ->type_name("KIND");
  context.action(make, [options](Context& c) { return create(c, *options); });
  CLI::App* show = context.verb(*verb, "list", "Tasks of the project", "task demo list");
  context.action(show, [options](Context& c) { return list(c, *options); });
}
const Registration kRegistration(90, add);

}  // namespace
}  // namespace millwright::cli
