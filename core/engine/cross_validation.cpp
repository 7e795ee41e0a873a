#include "engine/cross_validation.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "base/clock.h"
#include "detail/job_outputs.h"
#include "engine/linear_training.h"
#include "engine/run_job.h"
#include "jobs/algorithms.h"
#include "statistics/confident_learning.h"

namespace millwright::engine {
namespace {

using statistics::OutOfSample;

constexpr const char* kProbabilities = "probabilities.f32";  // while the job runs
constexpr size_t kBuffer = 1 << 20;                          // bytes between two writes
constexpr int64_t kPermille = 1000;

struct Plan {
  Json options;
  uint64_t seed = 0;
  std::vector<int32_t> fold;  ///< of each row
  int32_t folds = 0;
};

/// Trains on `part.train` and gives the probabilities of each row of `part.validation`, in their order.
using FoldTrainer =
    std::function<Status(const TrainingRows& part, const Work& work,
                         const std::function<Status(size_t row, std::span<const double> probabilities)>& each)>;

Result<Plan> read_plan(const jobs::JobFolder& folder, size_t rows) {
  const Json& body = folder.spec().body;
  Plan plan;
  MW_ASSIGN(plan.options, jobs::check_options(*jobs::find_algorithm("linear"), body.value("options", Json::object())));
  // A fold's temperature is fitted to the fold, whatever a single training would have done.
  plan.options["calibration"] = "validation";
  MW_ASSIGN(plan.seed, jobs::seed_of(body));
  MW_ASSIGN(const std::string text, read_file(folder.file("inputs/folds.json")));
  MW_ASSIGN(const Json document, parse_json(text, "folds.json"));
  const Json folds = document.is_object() ? document.value("folds", Json()) : Json();
  const auto bad = [](const char* why) {
    return fail(ErrorKind::bad_input, "folds.bad", "The folds of this job cannot be used: {reason}.",
                {{"reason", why}});
  };
  if (!folds.is_array() || folds.size() != rows) return bad("there is not one for each row");
  std::vector<bool> used;
  for (const Json& fold : folds) {
    if (!fold.is_number_unsigned() || fold.get<uint64_t>() >= rows) return bad("one of them is no fold's number");
    plan.fold.push_back(fold.get<int32_t>());
    if (static_cast<size_t>(plan.fold.back()) >= used.size()) used.resize(static_cast<size_t>(plan.fold.back()) + 1);
    used[static_cast<size_t>(plan.fold.back())] = true;
  }
  if (used.size() < 2 || std::find(used.begin(), used.end(), false) != used.end())
    return bad("there must be two or more, and none may be empty");
  plan.folds = static_cast<int32_t>(used.size());
  return plan;
}

/// All rows but those of a fold to train on, those to validate with. The views stay `all`'s.
TrainingRows part_of(const TrainingRows& all, const std::vector<int32_t>& folds, int32_t fold) {
  TrainingRows part;
  part.labels = all.labels;
  for (size_t i = 0; i < folds.size(); ++i) {
    SplitRows& to = folds[i] == fold ? part.validation : part.train;
    to.record.push_back(all.train.record[i]);
    to.text.push_back(all.train.text[i]);
    to.label.push_back(all.train.label[i]);
    to.label_name.push_back(all.train.label_name[i]);
  }
  return part;
}

FoldTrainer linear_trainer(const Plan& plan) {
  return [&plan](const TrainingRows& part, const Work& work,
                 const std::function<Status(size_t, std::span<const double>)>& each) -> Status {
    MW_ASSIGN(const LinearTraining trained, train_linear(part, plan.options, plan.seed, work));
    text::LinearScratch scratch;
    for (size_t i = 0; i < part.validation.size(); ++i)
      MW_TRY(each(i, trained.model.probabilities(part.validation.text[i], scratch)));
    return {};
  };
}

/// What the folds' models say of their rows; the probabilities of all classes go to a file, fold by fold.
class Judge {
 public:
  static Result<Judge> begin(const jobs::JobFolder& folder, const TrainingRows& rows) {
    MW_TRY(remove_file(folder.file(kProbabilities)));  // of an engine that was killed
    MW_ASSIGN(AppendFile file, AppendFile::open(folder.file(kProbabilities)));
    return Judge(folder.file(kProbabilities), rows, std::move(file));
  }

  Status take(size_t row, std::span<const double> probabilities) {
    const size_t from = buffer_.size();
    buffer_.resize(from + probabilities.size() * sizeof(float));
    OutOfSample& out = said_[row];
    out.label = rows_.train.label[row];
    for (size_t k = 0; k < probabilities.size(); ++k) {
      const auto value = static_cast<float>(probabilities[k]);
      std::memcpy(buffer_.data() + from + k * sizeof value, &value, sizeof value);
      if (k == 0 || value > static_cast<float>(out.confidence)) {
        out.predicted = static_cast<int32_t>(k);
        out.confidence = static_cast<double>(value);
      }
      if (static_cast<int32_t>(k) == out.label) out.label_confidence = static_cast<double>(value);
    }
    order_.push_back(row);
    if (buffer_.size() < kBuffer) return {};
    MW_TRY(file_.append(buffer_));
    buffer_.clear();
    return {};
  }

  /// Once all rows are taken: the thresholds, and each row's confident class by them.
  Result<std::vector<double>> finish() {
    MW_TRY(file_.append(buffer_));
    std::vector<int32_t> labels;
    std::vector<double> self;
    for (const OutOfSample& row : said_) {
      labels.push_back(row.label);
      self.push_back(row.label_confidence);
    }
    const size_t classes = rows_.labels.size();
    std::vector<double> thresholds = statistics::confident_thresholds(labels, self, classes);
    MW_ASSIGN(const MappedFile file, MappedFile::open(path_));
    if (file.bytes().size() != order_.size() * classes * sizeof(float))
      return fail(ErrorKind::store, "file.changed", "Somebody else writes to {path}.", {{"path", path_.string()}});
    std::vector<float> row(classes);
    for (size_t i = 0; i < order_.size(); ++i) {
      std::memcpy(row.data(), file.bytes().data() + i * classes * sizeof(float), classes * sizeof(float));
      said_[order_[i]].confident = statistics::confident_class(row, thresholds);
    }
    MW_TRY(remove_file(path_));
    return thresholds;
  }
  [[nodiscard]] const std::vector<OutOfSample>& said() const { return said_; }

 private:
  Judge(fs::path path, const TrainingRows& rows, AppendFile file)
      : path_(std::move(path)), rows_(rows), file_(std::move(file)), said_(rows.train.size()) {}
  fs::path path_;
  const TrainingRows& rows_;
  AppendFile file_;
  std::string buffer_;
  std::vector<size_t> order_;  ///< rows as they lie in the file
  std::vector<OutOfSample> said_;
};

Status judge_fold(const TrainingRows& all, const Plan& plan, int32_t fold, const FoldTrainer& train, Judge& judge,
                  const Work& work) {
  std::vector<size_t> places;
  for (size_t i = 0; i < plan.fold.size(); ++i)
    if (plan.fold[i] == fold) places.push_back(i);
  // One bar over all folds; the training proper is nearly all of the time of each.
  const Work within{[&](const Progress& progress) {
                      const int64_t done = progress.phase == "train" ? progress.done : 0;
                      if (progress.phase == "train" || progress.phase == "vectorise")
                        work.report({"train", fold * kPermille + done, plan.folds * kPermille, "permille"});
                    },
                    work.stop};
  return train(part_of(all, plan.fold, fold), within, [&](size_t row, std::span<const double> probabilities) -> Status {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
    return judge.take(places[row], probabilities);
  });
}

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
  Json out = detail::figures(labels, predicted, confidence, classes);
  out["suspected"] = suspected;
  out["estimated_errors"] =
      statistics::estimated_label_errors(statistics::confident_joint(labels, confident, classes), labels);
  return out;
}

Status write_lines(const fs::path& path, const TrainingRows& rows, const Plan& plan,
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
                     {"fold", plan.fold[i]}});
    lines += '\n';
    if (lines.size() < kBuffer) continue;
    MW_TRY(file.append(lines));
    lines.clear();
  }
  MW_TRY(file.append(lines));
  MW_TRY(file.sync());
  return sync_folder(path.parent_path());
}

}  // namespace

Result<Json> run_cross_validation(const jobs::JobFolder& folder, jobs::EventWriter& events,
                                  const std::stop_token& stop) {
  const double began = steady_seconds();
  const Work work{[&](const Progress& progress) { events.progress(progress); }, stop};
  work.report({"read", 0, 0, "bytes"});
  MW_ASSIGN(const TrainingRows rows,
            read_training_rows(folder.file("inputs/rows.jsonl"), Objective::classification, work));
  if (rows.validation.size() + rows.test.size() > 0)
    return fail(ErrorKind::bad_input, "folds.bad", "The folds of this job cannot be used: {reason}.",
                {{"reason", "its rows have splits of their own"}});
  MW_ASSIGN(const Plan plan, read_plan(folder, rows.train.size()));
  MW_ASSIGN(Judge judge, Judge::begin(folder, rows));
  const FoldTrainer trainer = linear_trainer(plan);
  for (int32_t fold = 0; fold < plan.folds; ++fold) MW_TRY(judge_fold(rows, plan, fold, trainer, judge, work));

  work.report({"evaluate", 0, 0, "rows"});
  MW_ASSIGN(const std::vector<double> thresholds, judge.finish());
  if (stop.stop_requested()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
  MW_TRY(write_lines(folder.file("out_of_sample.jsonl"), rows, plan, judge.said()));
  MW_ASSIGN(const Json file, detail::describe_file(folder, "out_of_sample.jsonl"));
  return Json{{"file", file},
              {"labels", rows.labels},
              {"thresholds", thresholds},
              {"folds", plan.folds},
              {"metrics", figures_of(judge.said(), rows.labels.size())},
              {"options", plan.options},
              {"seed", plan.seed},
              {"device", "cpu"},
              {"seconds", steady_seconds() - began},
              {"environment", environment(threads_for(plan.options.at("threads").get<int64_t>()))}};
}

}  // namespace millwright::engine
