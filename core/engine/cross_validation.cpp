#include "engine/cross_validation.h"

#include <filesystem>

#include "base/clock.h"
#include "detail/fold_probabilities.h"
#include "detail/folds.h"
#include "detail/job_outputs.h"
#include "jobs/algorithms.h"

namespace millwright::engine {

using namespace detail;

namespace {

using statistics::OutOfSample;

constexpr size_t kBuffer = 1 << 20;  // bytes between two writes

Json figures_of(const std::vector<OutOfSample>& said, size_t classes) {
  std::vector<int32_t> labels, predicted, confident;
  std::vector<double> confidence;
  int64_t suspected = 0;
  for (const OutOfSample& row : said) {
    labels.push_back(row.label);
    predicted.push_back(row.predicted);
    confident.push_back(row.confident);
    confidence.push_back(row.confidence);
    suspected += row.suspected() ? 1 : 0;
  }
  Json out = figures(labels, predicted, confidence, classes);
  out["suspected"] = suspected;
  out["estimated_errors"] =
      statistics::estimated_label_errors(statistics::confident_joint(labels, confident, classes), labels);
  return out;
}

Status write_lines(const fs::path& path, const TrainingRows& rows, const Folds& folds,
                   const std::vector<OutOfSample>& said) {
  MW_TRY(remove_file(path));
  MW_ASSIGN(AppendFile file, AppendFile::open(path));
  std::string lines;
  for (size_t i = 0; i < said.size(); ++i) {
    const OutOfSample& row = said[i];
    lines +=
        to_text(Json{{"record", rows.train.record[i]},
                     {"label", rows.train.label_name[i]},
                     {"label_confidence", row.label_confidence},
                     {"predicted", rows.labels[static_cast<size_t>(row.predicted)]},
                     {"confidence", row.confidence},
                     {"confident", row.confident < 0 ? Json() : Json(rows.labels[static_cast<size_t>(row.confident)])},
                     {"fold", folds.of[i]}});
    lines += '\n';
    if (lines.size() < kBuffer) continue;
    MW_TRY(file.append(lines));
    lines.clear();
  }
  MW_TRY(file.append(lines));
  MW_TRY(file.sync());
  return sync_folder(path.parent_path());
}

/// Trains and judges the folds that are not done yet; how each went.
Result<Json> judge_folds(const FoldWork& work, FoldTrainer& trainer, FoldProbabilities& probabilities) {
  Json summaries = Json::array();
  for (int32_t fold = 0; fold < work.folds.count; ++fold) {
    MW_ASSIGN(std::optional<Json> summary, probabilities.recall(fold));
    if (!summary) {
      MW_TRY(probabilities.begin(fold));
      MW_ASSIGN(summary, trainer.judge(fold, [&](std::span<const double> row) -> Status {
        if (work.stop.stop_requested()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
        return probabilities.take(row);
      }));
      MW_TRY(probabilities.end(fold, *summary));
    }
    std::error_code error;
    fs::remove_all(work.folder.file(work.place(fold)), error);  // checkpoints, which are large
    summaries.push_back(std::move(*summary));
  }
  return summaries;
}

}  // namespace

Result<Json> run_cross_validation(const jobs::JobFolder& folder, jobs::EventWriter& events,
                                  const std::stop_token& stop) {
  const double began = steady_seconds();
  const Json& body = folder.spec().body;
  const Work work{[&](const Progress& progress) { events.progress(progress); }, stop};
  work.report({"read", 0, 0, "bytes"});
  MW_ASSIGN(const TrainingRows rows,
            read_training_rows(folder.file("inputs/rows.jsonl"), Objective::classification, work));
  if (rows.validation.size() + rows.test.size() > 0)
    return fail(ErrorKind::bad_input, "folds.bad", "The folds of this job cannot be used: {reason}.",
                {{"reason", "its rows have splits of their own"}});
  const bool encoder = body.value("algorithm", Json()) == "encoder";
  MW_ASSIGN(const Json options, jobs::check_options(*jobs::find_algorithm(encoder ? "encoder" : "linear"),
                                                    body.value("options", Json::object())));
  MW_ASSIGN(const uint64_t seed, jobs::seed_of(body));
  MW_ASSIGN(const Folds folds, read_folds(folder.file("inputs/folds.json"), rows.train.size()));
  const FoldWork within{folder, rows, folds, options, seed, events, stop};
  std::unique_ptr<FoldTrainer> trainer;
  if (encoder) {
    MW_ASSIGN(trainer, encoder_folds(within));
  } else {
    MW_TRY(jobs::check_fold_options(options, folds.count));
    trainer = linear_folds(within);
  }
  FoldProbabilities probabilities(within);
  MW_ASSIGN(const Json trained, judge_folds(within, *trainer, probabilities));

  work.report({"evaluate", 0, 0, "rows"});
  MW_ASSIGN(const FoldProbabilities::Verdict verdict, probabilities.settle());
  if (stop.stop_requested()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
  MW_TRY(write_lines(folder.file("out_of_sample.jsonl"), rows, folds, verdict.said));
  MW_ASSIGN(const Json file, describe_file(folder, "out_of_sample.jsonl"));
  return Json{{"file", file},
              {"labels", rows.labels},
              {"thresholds", verdict.thresholds},
              {"folds", folds.count},
              {"training", trained},
              {"metrics", figures_of(verdict.said, rows.labels.size())},
              {"options", options},
              {"seed", within.seed},
              {"device", trainer->device()},
              {"seconds", steady_seconds() - began},
              {"environment", trainer->environment()}};
}

}  // namespace millwright::engine
