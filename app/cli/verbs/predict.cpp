// `predict P`: a model at work, on a file or on a batch.
#include <fstream>
#include <iostream>
#include <map>

#include "base/ids.h"
#include "labels/task.h"
#include "models/prediction.h"
#include "records/batch.h"
#include "store/lookup.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, model = "latest", file, batch;
  std::vector<std::string> fields;
  bool save = false, scores = false;
};

/// `label` is what the kind of label is in JSON: a name, a list of names or of spans, a number.
void put(Context& context, Json row, labels::TaskKind kind, const models::Predictor::Prediction& prediction,
         bool scores) {
  const auto value = labels::read_label(kind, prediction.label);
  row["label"] = value ? labels::to_json(*value) : Json(prediction.label);
  row["confidence"] = number_or_null(prediction.confidence);
  if (scores) {
    row["scores"] = Json::object();
    for (const auto& [label, probability] : prediction.scores) row["scores"][label] = probability;
  }
  context.line(row);
}

/// Of the model's task, whose labels it tells.
Result<labels::TaskKind> kind_of(const store::Project& project, const models::Model& model) {
  if (model.task == 0) return labels::TaskKind::single_label;
  MW_ASSIGN(const labels::Task task, labels::read_task(project, model.task));
  return task.kind;
}

Result<int> on_file(Context& context, const store::Project& project, const models::Model& model,
                    const Options& options) {
  MW_ASSIGN(auto predictor, models::Predictor::load(project, model));
  const std::vector<std::string> fields = options.fields.empty() ? predictor.fields() : options.fields;
  if (fields.empty())
    return fail(ErrorKind::usage, "predict.which_field", "Say which field holds the text.", {}, "Add --text FIELD.");
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file, std::ios::binary);
    if (!file) return fail(ErrorKind::bad_input, "file.not_found", "Cannot read {path}.", {{"path", options.file}});
  }
  std::istream& input = options.file == "-" ? std::cin : file;
  MW_TRY(models::predict_stream(
      predictor, input, fields, options.scores,
      [&](const models::RowPrediction& row) {
        put(context, {{"row", row.row}}, predictor.kind(), row.prediction, options.scores);
        return !context.output_gone();
      },
      context.work("Predict")));
  return 0;
}

Result<int> on_batch(Context& context, store::Project& project, const models::Model& model, const Options& options) {
  MW_ASSIGN(const auto batch, records::find_batch(project, options.batch));
  MW_ASSIGN(const labels::TaskKind kind, kind_of(project, model));
  std::map<int64_t, std::string> heads;  // a record's id is its batch's tail and its ordinal
  std::optional<Error> error;
  const auto show = [&](const models::RecordPrediction& row) {
    auto head = heads.find(row.record.batch);
    if (head == heads.end()) {
      auto text = store::record_to_text(project, row.record);
      if (!text) {
        error = text.error();
        return false;
      }
      head = heads.emplace(row.record.batch, text->substr(0, text->rfind('-') + 1)).first;
    }
    put(context, {{"record", head->second + std::to_string(row.record.ordinal)}}, kind, row.prediction, options.scores);
    return !context.output_gone();
  };
  MW_ASSIGN(const auto done, models::predict_batch(project, model, batch.id, options.save, options.scores, show,
                                                   context.work("Predict")));
  if (error) return tl::make_unexpected(*error);
  if (options.save) context.note("Saved " + grouped(done.rows) + " predictions.");
  return 0;
}

Result<int> run(Context& context, const Options& options) {
  context.set_streams();
  if (options.file.empty() == options.batch.empty())
    return fail(ErrorKind::usage, "predict.on_what", "Say what to predict: a FILE (- is stdin), or --batch B.");
  if (options.save && options.batch.empty())
    return fail(ErrorKind::usage, "predict.save", "Only predictions of a batch can be saved.");
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const auto model, models::find_model(project, options.model));
  return options.batch.empty() ? on_file(context, project, model, options) : on_batch(context, project, model, options);
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      context.verb(app, "predict", "Put a model to work", "predict demo --model champion new.jsonl --text description");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("FILE", options->file, "JSON Lines or CSV; - is stdin");
  verb->add_option("--model", options->model, "The model, or champion; the newest otherwise")->type_name("M");
  verb->add_option("--text", options->fields, "The field that holds the text; may be repeated")->type_name("F");
  verb->add_option("--batch", options->batch, "A batch of the project instead of a file")->type_name("B");
  verb->add_flag("--save", options->save, "Keep the batch's predictions in the project");
  verb->add_flag("--scores", options->scores, "Every label's probability");
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(210, add);

}  // namespace
}  // namespace millwright::cli
