#include "base/ids.h"
#include "detail/input_text.h"
#include "detail/label_numbers.h"
#include "labels/task.h"
#include "models/prediction.h"
#include "records/columns.h"
#include "store/facts_file.h"

namespace millwright::models {
namespace {

/// Texts of a batch's records, each once, in the order of the scan.
struct BatchTexts {
  std::vector<RecordRef> records;
  std::vector<std::string> texts;
};

Result<BatchTexts> read_batch(const store::Project& project, const labels::Task& task, int64_t batch) {
  MW_ASSIGN(const records::Window window, records::window_of_batches(project, {batch}));
  if (window.asset != task.asset)
    return fail(ErrorKind::usage, "predict.other_asset", "The batch belongs to another asset than the task {task}.",
                {{"task", task.name}});
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
  std::vector<int64_t> rows(static_cast<size_t>(scan.rows()));
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int64_t>(i);
  BatchTexts out;
  MW_ASSIGN(out.texts, detail::input_texts(scan, task.fields, rows));
  MW_ASSIGN(out.records, scan.records());
  return out;
}

/// What was said of a record.
struct Said {
  int32_t label = 0;
  double confidence = 0;
};

Result<int64_t> keep(store::Project& project, const Model& model, int64_t batch, const std::vector<std::string>& labels,
                     const std::vector<RecordRef>& records, const std::vector<Said>& said) {
  using Kind = store::FactsColumn::Kind;
  store::Facts facts;
  facts.what = "predictions";
  facts.about = {{"model", tail(model.uuid)}, {"weights_sha256", to_hex(model.weights_sha256)}};
  facts.rows = static_cast<int64_t>(records.size());
  store::FactsColumn batches{"batch", Kind::integer, {}, {}, {}, {}};
  store::FactsColumn ordinals{"ordinal", Kind::integer, {}, {}, {}, {}};
  store::FactsColumn predicted{"predicted", Kind::text, {}, {}, labels, {}};
  store::FactsColumn confidence{"confidence", Kind::real, {}, {}, {}, {}};
  for (size_t i = 0; i < records.size(); ++i) {
    batches.integers.push_back(records[i].batch);
    ordinals.integers.push_back(records[i].ordinal);
    predicted.integers.push_back(said[i].label);
    confidence.reals.push_back(said[i].confidence);
  }
  facts.columns = {std::move(batches), std::move(ordinals), std::move(predicted), std::move(confidence)};
  MW_ASSIGN(const store::WrittenFile file, store::write_facts(project, facts));
  return project.write([&](store::Transaction& transaction) -> Result<int64_t> {
    MW_ASSIGN(const int64_t data_file, store::publish(transaction, file));
    MW_ASSIGN(auto insert, transaction.db().prepare("INSERT INTO prediction_file(uuid, model, batch, file, rows, "
                                                    "time_ms, actor) VALUES(?, ?, ?, ?, ?, ?, ?)"));
    const Uuid uuid = new_uuid();
    MW_TRY(insert.with(uuid, model.id, batch, data_file, facts.rows, transaction.time_ms(), transaction.actor().name)
               .run());
    const int64_t id = transaction.db().last_insert_id();
    MW_TRY(transaction.audit("model.predict", tail(uuid),
                             {{"model", tail(model.uuid)}, {"rows", facts.rows}, {"rows_root", to_hex(file.root)}}));
    return id;
  });
}

}  // namespace

Result<BatchPredictions> predict_batch(store::Project& project, const Model& model, int64_t batch, bool save,
                                       bool with_scores, const std::function<bool(const RecordPrediction&)>& each,
                                       const Work& work) {
  if (model.task == 0)
    return fail(ErrorKind::usage, "predict.no_task", "The model {model} belongs to no task: nobody said what it reads.",
                {{"model", model.name}});
  MW_ASSIGN(const labels::Task task, labels::read_task(project, model.task));
  MW_ASSIGN(Predictor predictor, Predictor::load(project, model));
  MW_ASSIGN(const BatchTexts rows, read_batch(project, task, batch));
  // One label a record: the model's list is the dictionary, also of labels that it never says.
  detail::LabelNumbers numbers;
  if (predictor.kind() == labels::TaskKind::single_label) numbers = detail::LabelNumbers(predictor.labels());
  std::vector<Said> said(rows.texts.size());
  BatchPredictions out;
  out.rows = static_cast<int64_t>(said.size());
  bool show = static_cast<bool>(each);
  MW_TRY(predictor.answer_all(rows.texts, with_scores, work, [&](size_t i, Predictor::Prediction prediction) {
    said[i] = {numbers(prediction.label), prediction.confidence};
    out.mean_confidence += prediction.confidence / static_cast<double>(said.size());
    if (show) show = each({rows.records[i], std::move(prediction)});
    return show || !each || save;
  }));
  if (save) {
    MW_ASSIGN(out.file, keep(project, model, batch, numbers.names(), rows.records, said));
  }
  return out;
}

Result<std::optional<SavedPredictions>> saved_predictions(const store::Project& project, int64_t batch, int64_t model) {
  MW_ASSIGN(auto select, project.db().prepare("SELECT model, file FROM prediction_file WHERE batch = ?1 AND (?2 = 0 OR "
                                              "model = ?2) ORDER BY id DESC LIMIT 1"));
  select.with(batch, model);
  MW_ASSIGN(const bool there, select.step());
  if (!there) return std::optional<SavedPredictions>();
  SavedPredictions saved;
  saved.model = select.integer(0);
  const int64_t file = select.integer(1);
  select.reset();
  MW_ASSIGN(const store::Facts facts, store::read_facts(project, file));
  using Kind = store::FactsColumn::Kind;
  const auto* batches = facts.find("batch", Kind::integer);
  const auto* ordinals = facts.find("ordinal", Kind::integer);
  const auto* predicted = facts.find("predicted", Kind::text);
  const auto* confidence = facts.find("confidence", Kind::real);
  if (batches == nullptr || ordinals == nullptr || predicted == nullptr || confidence == nullptr)
    return fail(ErrorKind::store, "store.damaged", "A file of predictions is damaged.");
  saved.labels = predicted->dictionary;
  for (size_t i = 0; i < static_cast<size_t>(facts.rows); ++i)
    saved.rows.push_back({{batches->integers[i], ordinals->integers[i]},
                          static_cast<int32_t>(predicted->integers[i]),
                          confidence->reals[i]});
  return std::optional(std::move(saved));
}

}  // namespace millwright::models
