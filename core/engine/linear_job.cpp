// A training job of the linear baseline: rows in, model folder, predictions and figures out.
#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/memory.h"
#include "detail/job_outputs.h"
#include "detail/judging.h"
#include "engine/linear_training.h"
#include "engine/run_job.h"
#include "jobs/algorithms.h"

namespace millwright::engine {
namespace {

using detail::best_of;
using detail::describe_file;
using detail::figures;
using detail::latency_of;

/// Predicts a split, appends a line for each row to `lines`, and gives the figures. A label that the model does not
/// know counts as one more class, and so as a mistake.
Json predict_split(const text::LinearClassifier& model, const SplitRows& rows, Split split, std::string& lines) {
  text::LinearScratch scratch;
  std::vector<int32_t> truth, predicted;
  std::vector<double> confidence, milliseconds;
  const auto unknown = static_cast<int32_t>(model.labels().size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const double began = steady_seconds();
    const auto probabilities = model.probabilities(rows.text[i], scratch);
    milliseconds.push_back((steady_seconds() - began) * 1000);
    const uint32_t best = text::argmax(scratch.scores);
    truth.push_back(rows.label[i] < 0 ? unknown : rows.label[i]);
    predicted.push_back(static_cast<int32_t>(best));
    confidence.push_back(probabilities[best]);
    lines += to_text(Json{{"record", rows.record[i]},
                          {"split", name_of(split)},
                          {"label", rows.label_name[i]},
                          {"predicted", model.labels()[best]},
                          {"confidence", confidence.back()},
                          {"top", best_of(probabilities, model.labels())}});
    lines += '\n';
  }
  Json json = figures(truth, predicted, confidence, model.labels().size() + 1);
  json["latency_ms"] = latency_of(milliseconds);
  return json;
}

/// The same where a row has any number of labels, or a number: judged as an encoder's answers are.
Json judge_split(const text::LinearClassifier& model, const TrainingRows& all, Split split, std::string& lines) {
  const SplitRows& rows = all.of(split);
  const bool number = all.objective == Objective::regression;
  text::LinearScratch scratch;
  std::vector<double> said, milliseconds;
  for (const std::string_view text : rows.text) {
    const double began = steady_seconds();
    if (number) {
      said.push_back(model.value(text, scratch));
    } else {
      const auto probabilities = model.probabilities(text, scratch);
      said.insert(said.end(), probabilities.begin(), probabilities.end());
    }
    milliseconds.push_back((steady_seconds() - began) * 1000);
  }
  Json json = number ? detail::judge_numbers(rows, split, said, lines)
                     : detail::judge_labels(rows, split, all.labels, said, model.threshold(), lines);
  json["latency_ms"] = latency_of(milliseconds);
  return json;
}

Json calibration_of(const LinearTraining& trained) {
  const text::LinearReading& reading = trained.model.reading();
  switch (reading.problem) {
    case text::Problem::multi_label:
      return {{"method", "sigmoid, and threshold of most micro F1"},
              {"on", trained.calibrated_on},
              {"slope", reading.slope},
              {"offset", reading.offset},
              {"threshold", reading.threshold}};
    case text::Problem::regression:
      return nullptr;
    case text::Problem::single_label:
      break;
  }
  return {{"method", "temperature"},
          {"on", trained.calibrated_on},
          {"log_loss_before", number_or_null(trained.log_loss_before)},
          {"log_loss_after", number_or_null(trained.log_loss_after)}};
}

Json curve_of(const std::vector<SvmEpoch>& epochs) {
  Json curve = Json::array();
  for (const SvmEpoch& epoch : epochs) {
    curve.push_back({{"step", epoch.epoch}, {"name", "objective"}, {"value", number_or_null(epoch.objective)}});
    if (std::isfinite(epoch.validation_accuracy))
      curve.push_back({{"step", epoch.epoch}, {"name", "validation_accuracy"}, {"value", epoch.validation_accuracy}});
  }
  return curve;
}

struct Written {
  Json files = Json::array();
  Json predictions;
};

Result<Written> write(const jobs::JobFolder& folder, LinearTraining& trained, const Json& options, uint64_t seed,
                      const std::string& lines) {
  const Json& body = folder.spec().body;
  trained.model.about() = {{"algorithm", "linear"},
                           {"options", options},
                           {"seed", seed},
                           {"snapshot", body.value("snapshot", Json())},
                           {"task", body.value("task", Json())},
                           {"fields", body.value("fields", Json())},
                           {"calibrated_on", trained.calibrated_on}};
  MW_TRY(trained.model.save(folder.file("model")));
  MW_TRY(write_file_atomically(folder.file("predictions.jsonl"), lines));
  Written out;
  for (const char* name : {"model/config.json", "model/vocabulary.txt", "model/model.safetensors"}) {
    MW_ASSIGN(out.files.emplace_back(), describe_file(folder, name));
  }
  MW_ASSIGN(out.predictions, describe_file(folder, "predictions.jsonl"));
  return out;
}

}  // namespace

Result<Json> run_linear_training(const jobs::JobFolder& folder, jobs::EventWriter& events,
                                 const std::stop_token& stop) {
  const double began = steady_seconds();
  const Json& body = folder.spec().body;
  const jobs::Algorithm* algorithm = jobs::find_algorithm("linear");
  MW_ASSIGN(const Json options, jobs::check_options(*algorithm, body.value("options", Json::object())));
  MW_ASSIGN(const uint64_t seed, jobs::seed_of(body));

  const Work work{[&](const Progress& progress) { events.progress(progress); }, stop};
  work.report({"read", 0, 0, "bytes"});
  MW_ASSIGN(const Objective objective, objective_named(options.at("objective").get_ref<const std::string&>()));
  MW_ASSIGN(const TrainingRows rows, read_training_rows(folder.file("inputs/rows.jsonl"), objective, work));
  MW_ASSIGN(LinearTraining trained, train_linear(rows, options, seed, work, [&](const SvmEpoch& epoch) {
              events.metric("objective", epoch.epoch, epoch.objective);
              if (std::isfinite(epoch.validation_accuracy))
                events.metric("validation_accuracy", epoch.epoch, epoch.validation_accuracy);
            }));
  if (trained.classes_not_converged > 0)
    events.log("warning", "Some classes had not converged after the last epoch.",
               {{"classes", trained.classes_not_converged}});

  work.report({"evaluate", 0, 0, "rows"});
  std::string lines;
  Json metrics = Json::object();
  for (const Split split : {Split::validation, Split::test})
    if (rows.of(split).size() > 0)
      metrics[std::string(name_of(split))] = objective == Objective::classification
                                                 ? predict_split(trained.model, rows.of(split), split, lines)
                                                 : judge_split(trained.model, rows, split, lines);
  if (stop.stop_requested()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");

  work.report({"write", 0, 0, "files"});
  MW_ASSIGN(const Written written, write(folder, trained, options, seed, lines));
  return Json{{"family", "linear"},
              {"parameters", trained.model.parameters()},
              {"features", trained.model.vectorizer().size()},
              {"labels", rows.labels.size()},
              {"files", written.files},
              {"weights_sha256", written.files.back()["sha256"]},
              {"predictions", written.predictions},
              {"objective", name_of(objective)},
              {"metrics", metrics},
              {"calibration", calibration_of(trained)},
              {"curve", curve_of(trained.curve)},
              {"training", {{"memory", peak_resident_memory()}}},
              {"options", options},
              {"seed", seed},
              {"device", "cpu"},
              {"seconds", steady_seconds() - began},
              {"environment", environment(threads_for(options.at("threads").get<int64_t>()))}};
}

}  // namespace millwright::engine
