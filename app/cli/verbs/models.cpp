// `models P [list]`, `models P add FOLDER`, `models P export M`: the registry.
#include <iostream>

#include "base/clock.h"
#include "base/ids.h"
#include "figures.h"
#include "labels/task.h"
#include "models/registry.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, task, folder, name, model = "latest", format = "hf", to;
};

Result<int64_t> task_of(const store::Project& project, const std::string& typed) {
  if (typed.empty()) return 0;
  MW_ASSIGN(const labels::Task task, labels::find_task(project, typed));
  return task.id;
}

Result<int> list(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const int64_t task, task_of(project, options.task));
  MW_ASSIGN(const auto models, models::list_models(project, task));
  Json array = Json::array();
  for (const models::Model& model : models) array.push_back(models::to_json(model));
  context.answer({{"models", array}}, [&](std::ostream& out) {
    Table table({"model", "name", "stage", "family", "parameters", "test", "time"});
    for (const models::Model& model : models) {
      table.row({tail(model.uuid), model.name, std::string(models::name_of(model.stage)), model.family,
                 grouped(model.parameters), headline_text(model.metrics), iso8601(model.time_ms)});
    }
    table.print(out);
  });
  return 0;
}

Result<int> add_folder(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const int64_t task, task_of(project, options.task));
  MW_ASSIGN(const models::Model model,
            models::add_model(project, options.folder, options.name, task, context.work("Add a model")));
  const Json document = {{"model", tail(model.uuid)},
                         {"family", model.family},
                         {"parameters", model.parameters},
                         {"sha256", to_hex(model.weights_sha256)},
                         {"name", model.name}};
  context.answer(document, [&](std::ostream& out) {
    out << "Model " << tail(model.uuid) << ", " << model.name << ": " << model.family << ", "
        << grouped(model.parameters) << " parameters\n";
  });
  return 0;
}

Result<int> export_one(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  const auto format = models::model_format_named(options.format);
  if (!format)
    return fail(ErrorKind::usage, "models.format", "Models cannot be written as {format}.",
                {{"format", options.format}},
                "--format hf writes its folder: configuration, vocabulary and safetensors; --format onnx an encoder's "
                "graph with its weights.");
  MW_ASSIGN(const models::Model model, models::find_model(project, options.model));
  MW_ASSIGN(const auto files, models::export_model(project, model.id, options.to, *format, context.work("Export")));
  Json array = Json::array();
  for (const models::ModelFile& file : files)
    array.push_back({{"path", (fs::path(options.to) / file.name).string()},
                     {"bytes", file.bytes},
                     {"sha256", to_hex(file.sha256)}});
  context.answer({{"files", array}}, [&](std::ostream& out) {
    for (const Json& file : array) out << file["path"].get<std::string>() << '\n';
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "models", "The registry of models", "models demo list --task section");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--task", options->task, "Of one task only; of an added model: what it is for")->type_name("T");
  context.action(verb, [options](Context& c) { return list(c, *options); });
  CLI::App* all = context.verb(*verb, "list", "Every model, newest first", "models demo list");
  context.action(all, [options](Context& c) { return list(c, *options); });
  CLI::App* in = context.verb(*verb, "add", "Take a model folder in", "models demo add ./baseline --name baseline");
  in->add_option("FOLDER", options->folder, "The model's folder")->required();
  in->add_option("--name", options->name, "What it is called; the folder's name otherwise")->type_name("N");
  context.action(in, [options](Context& c) { return add_folder(c, *options); });
  CLI::App* out = context.verb(*verb, "export", "Write a model as a folder", "models demo export latest --to ./model");
  out->add_option("MODEL", options->model, "The model")->required();
  out->add_option("--format", options->format, "hf, or onnx for an encoder")->type_name("F");
  out->add_option("--to", options->to, "The folder")->type_name("DIR")->required();
  context.action(out, [options](Context& c) { return export_one(c, *options); });
}
const Registration kRegistration(190, add);

}  // namespace
}  // namespace millwright::cli
