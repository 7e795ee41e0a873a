#include <algorithm>
#include <limits>

#include "base/clock.h"
#include "base/ids.h"
#include "detail/encoder_facts.h"
#include "detail/input_text.h"
#include "detail/keep_evaluation.h"
#include "detail/label_numbers.h"
#include "labels/current.h"
#include "labels/task.h"
#include "models/prediction.h"
#include "records/batch.h"
#include "snapshots/snapshot.h"

namespace millwright::models {
namespace {

/// Rows with their truth; the truth indexes `names`.
struct Subject {
  std::string on_what;
  std::vector<std::string> names;
  std::vector<RecordRef> records;
  std::vector<int32_t> truth;
  std::vector<std::string> texts;
};

tl::unexpected<Error> bad_on(const std::string& on) {
  return fail(ErrorKind::usage, "evaluate.on", "{on} names nothing to evaluate on.", {{"on", on}},
              "Say SNAPSHOT:train, SNAPSHOT:validation, SNAPSHOT:test or batch:BATCH.");
}

/// Keeps the rows of a scan that the expression chooses, and reads their texts.
Status choose_and_read(const records::ColumnScan& scan, const labels::Task& task, const std::string& where,
                       std::vector<int64_t> places, Subject& subject) {
  std::vector<bool> chosen;
  if (!where.empty()) {
    MW_ASSIGN(const records::Where expression, records::Where::parse(where));
    MW_ASSIGN(const std::vector<int64_t> rows, scan.select(expression));
    chosen.assign(static_cast<size_t>(scan.rows()), false);
    for (const int64_t row : rows) chosen[static_cast<size_t>(row)] = true;
    subject.on_what += " where " + expression.text();
  }
  size_t kept = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i] < 0) return fail(ErrorKind::store, "store.damaged", "Rows to evaluate on are not in their batches.");
    if (!chosen.empty() && !chosen[static_cast<size_t>(places[i])]) continue;
    places[kept] = places[i];
    subject.records[kept] = subject.records[i];
    subject.truth[kept] = subject.truth[i];
    ++kept;
  }
  places.resize(kept);
  subject.records.resize(kept);
  subject.truth.resize(kept);
  MW_ASSIGN(subject.texts, detail::input_texts(scan, task.fields, places));
  return {};
}

Result<Subject> rows_of_snapshot(const store::Project& project, const labels::Task& task, const std::string& id,
                                 snapshots::Split split, const std::string& where) {
  MW_ASSIGN(const snapshots::Snapshot snapshot, snapshots::find_snapshot(project, id));
  MW_ASSIGN(snapshots::SnapshotRows rows, snapshots::read_rows(project, snapshot));
  Subject subject;
  subject.on_what = tail(snapshot.uuid) + ":" + std::string(snapshots::to_string(split));
  subject.names = std::move(rows.labels);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows.split[i] != split) continue;
    subject.records.push_back(rows.records[i]);
    subject.truth.push_back(rows.label[i]);
  }
  MW_ASSIGN(const records::Window window, records::window_of_batches(project, snapshot.batches));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
  MW_ASSIGN(std::vector<int64_t> places, detail::places_of(scan, subject.records));
  MW_TRY(choose_and_read(scan, task, where, std::move(places), subject));
  return subject;
}

/// A batch's records with their current labels; those where people differ are left out.
Result<Subject> rows_of_batch(const store::Project& project, const labels::Task& task, const std::string& typed,
                              const std::string& where) {
  MW_ASSIGN(const records::BatchInfo batch, records::find_batch(project, typed));
  MW_ASSIGN(const records::Window window, records::window_of_batches(project, {batch.id}));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
  MW_ASSIGN(const std::vector<RecordRef> all, scan.records());
  // Its records may have arrived first in another batch: labels hang on the record.
  labels::CurrentRequest request;
  request.task = task.id;
  MW_ASSIGN(labels::CurrentLabels current, labels::current_labels(project, request));
  Subject subject;
  subject.on_what = "batch:" + tail(batch.uuid);
  std::vector<int64_t> places;
  for (size_t i = 0; i < all.size(); ++i) {
    const labels::CurrentLabel* label = current.find(all[i]);
    if (label == nullptr || label->conflict || label->label < 0) continue;
    subject.records.push_back(all[i]);
    subject.truth.push_back(label->label);
    places.push_back(static_cast<int64_t>(i));
  }
  subject.names = std::move(current.names);
  MW_TRY(choose_and_read(scan, task, where, std::move(places), subject));
  return subject;
}

Result<Subject> find_subject(const store::Project& project, const Model& model, const EvaluateRequest& request) {
  if (model.task == 0)
    return fail(ErrorKind::usage, "predict.no_task", "The model {model} belongs to no task: nobody said what it reads.",
                {{"model", model.name}});
  MW_ASSIGN(const labels::Task task, labels::read_task(project, model.task));
  const size_t colon = request.on.rfind(':');
  if (colon == std::string::npos) return bad_on(request.on);
  const std::string head = request.on.substr(0, colon), last = request.on.substr(colon + 1);
  if (head == "batch") return rows_of_batch(project, task, last, request.where);
  const auto split = snapshots::split_from(last);
  if (!split) return bad_on(request.on);
  return rows_of_snapshot(project, task, head, *split, request.where);
}

/// Milliseconds of single predictions, on texts from all over the list.
Result<std::vector<double>> latencies(Predictor& predictor, const std::vector<std::string>& texts, const Work& work) {
  constexpr size_t kTimed = 500;
  std::vector<double> milliseconds;
  const size_t step = std::max<size_t>(1, texts.size() / kTimed);
  for (size_t i = 0; i < texts.size(); i += step) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped; nothing was kept.");
    const double began = steady_seconds();
    MW_TRY(predictor.predict(texts[i]));
    milliseconds.push_back((steady_seconds() - began) * 1000);
  }
  return milliseconds;
}

}  // namespace

Result<Evaluation> evaluate(store::Project& project, const EvaluateRequest& request, const Work& work) {
  MW_ASSIGN(const Model model, find_model(project, request.model));
  if (is_encoder(model)) {
    MW_ASSIGN(const auto config, detail::config_of(project, model));
    MW_TRY(detail::require_kind(model, config));
  }
  MW_ASSIGN(Subject subject, find_subject(project, model, request));
  if (subject.texts.empty())
    return fail(ErrorKind::bad_input, "evaluate.no_rows", "{on} has no rows with a label.", {{"on", subject.on_what}},
                "Label some of its records first.");
  MW_ASSIGN(Predictor predictor, Predictor::load(project, model));
  MW_TRY(detail::check_kind(project, model, predictor.kind()));
  // Labels of the model first, then those that only the rows have; whole labels of other kinds as they come.
  detail::LabelNumbers numbers;
  if (predictor.kind() == labels::TaskKind::single_label) numbers = detail::LabelNumbers(predictor.labels());
  std::vector<Judged> rows;
  MW_TRY(predictor.answer_all(subject.texts, false, work, [&](size_t i, const Predictor::Prediction& said) {
    rows.push_back({subject.records[i].batch, subject.records[i].ordinal,
                    numbers(subject.names[static_cast<size_t>(subject.truth[i])]), numbers(said.label),
                    said.confidence});
    return true;
  }));
  MW_ASSIGN(const std::vector<double> milliseconds, latencies(predictor, subject.texts, work));
  MW_ASSIGN(Evaluation evaluation, detail::judge_kind(predictor.kind(), numbers.names(), rows));
  evaluation.model = model.id;
  evaluation.on_what = subject.on_what;
  evaluation.latency_p50_ms = statistics::quantile(milliseconds, 0.5);
  evaluation.latency_p95_ms = statistics::quantile(milliseconds, 0.95);
  if (project.read_only()) return evaluation;
  MW_ASSIGN(const store::WrittenFile file, detail::write_judged(project, evaluation, numbers.names(), rows));
  MW_ASSIGN(evaluation.id, project.write([&](store::Transaction& transaction) {
    return detail::enter_evaluation(transaction, model.id, evaluation, file);
  }));
  return evaluation;
}

Result<std::vector<Evaluation>> evaluations_of(const store::Project& project, int64_t model) {
  MW_ASSIGN(auto select, project.db().prepare("SELECT id, model, on_what, metrics, file, time_ms FROM evaluation WHERE "
                                              "model = ? ORDER BY id DESC"));
  select.bind(1, model);
  std::vector<Evaluation> out;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) break;
    MW_ASSIGN(const Json metrics, parse_json(select.text(3), "an evaluation's figures"));
    MW_ASSIGN(Evaluation evaluation, evaluation_from_json(metrics));
    evaluation.id = select.integer(0);
    evaluation.model = select.integer(1);
    evaluation.on_what = select.string(2);
    evaluation.file = select.optional_integer(4);
    evaluation.time_ms = select.integer(5);
    out.push_back(std::move(evaluation));
  }
  select.reset();
  return out;
}

Result<JudgedRows> judged_rows(const store::Project& project, const Evaluation& evaluation) {
  JudgedRows judged;
  if (!evaluation.file) return judged;
  MW_ASSIGN(const store::Facts facts, store::read_facts(project, *evaluation.file));
  using Kind = store::FactsColumn::Kind;
  const auto* batches = facts.find("batch", Kind::integer);
  const auto* ordinals = facts.find("ordinal", Kind::integer);
  const auto* truth = facts.find("label", Kind::text);
  const auto* predicted = facts.find("predicted", Kind::text);
  const auto* confidence = facts.find("confidence", Kind::real);
  if (batches == nullptr || ordinals == nullptr || truth == nullptr || predicted == nullptr || confidence == nullptr ||
      truth->dictionary != predicted->dictionary ||
      (evaluation.kind == labels::TaskKind::single_label && truth->dictionary != evaluation.labels))
    return fail(ErrorKind::store, "store.damaged", "A file of evaluated rows is damaged.");
  for (size_t i = 0; i < static_cast<size_t>(facts.rows); ++i)
    judged.rows.push_back({batches->integers[i], ordinals->integers[i], static_cast<int32_t>(truth->integers[i]),
                           static_cast<int32_t>(predicted->integers[i]), confidence->reals[i]});
  judged.labels = truth->dictionary;
  return judged;
}

}  // namespace millwright::models
