#include "detail/folds.h"

#include <algorithm>

#include "base/files.h"
#include "engine/linear_training.h"
#include "engine/run_job.h"

namespace millwright::engine::detail {
namespace {

constexpr int64_t kPermille = 1000;

class LinearFolds final : public FoldTrainer {
 public:
  explicit LinearFolds(const FoldWork& work) : work_(work), options_(work.options) {
    // A fold's temperature is fitted to the fold, whatever a single training would have done.
    options_["calibration"] = "validation";
  }

  Result<Json> judge(int32_t fold, const TakeRow& take) override {
    const TrainingRows part = part_of(work_.rows, work_.folds,
                                      [&](int32_t other) { return other == fold ? Split::validation : Split::train; });
    // One bar over all folds; the training proper is nearly all of the time of each.
    const Work within{
        [&](const Progress& progress) {
          const int64_t done = progress.phase == "train" ? progress.done : 0;
          if (progress.phase == "train" || progress.phase == "vectorise")
            work_.events.progress({"train", fold * kPermille + done, work_.folds.count * kPermille, "permille"});
        },
        work_.stop};
    MW_ASSIGN(const LinearTraining trained, train_linear(part, options_, work_.seed, within));
    text::LinearScratch scratch;
    for (const std::string_view text : part.validation.text) MW_TRY(take(trained.model.probabilities(text, scratch)));
    return Json{{"log_loss_before", number_or_null(trained.log_loss_before)},
                {"log_loss_after", number_or_null(trained.log_loss_after)}};
  }

  Json environment() const override { return engine::environment(threads_for(options_.at("threads").get<int64_t>())); }
  std::string device() const override { return "cpu"; }

 private:
  const FoldWork& work_;
  Json options_;
};

}  // namespace

Result<Folds> read_folds(const std::filesystem::path& file, size_t rows) {
  MW_ASSIGN(const std::string text, read_file(file));
  MW_ASSIGN(const Json document, parse_json(text, "folds.json"));
  const Json folds = document.is_object() ? document.value("folds", Json()) : Json();
  const auto bad = [](const char* why) {
    return fail(ErrorKind::bad_input, "folds.bad", "The folds of this job cannot be used: {reason}.",
                {{"reason", why}});
  };
  if (!folds.is_array() || folds.size() != rows) return bad("there is not one for each row");
  Folds out;
  std::vector<bool> used;
  for (const Json& fold : folds) {
    if (!fold.is_number_unsigned() || fold.get<uint64_t>() >= rows) return bad("one of them is no fold's number");
    out.of.push_back(fold.get<int32_t>());
    if (static_cast<size_t>(out.of.back()) >= used.size()) used.resize(static_cast<size_t>(out.of.back()) + 1);
    used[static_cast<size_t>(out.of.back())] = true;
  }
  if (used.size() < 2 || std::find(used.begin(), used.end(), false) != used.end())
    return bad("there must be two or more, and none may be empty");
  out.count = static_cast<int32_t>(used.size());
  return out;
}

TrainingRows part_of(const TrainingRows& all, const Folds& folds, const std::function<Split(int32_t fold)>& use) {
  TrainingRows part;
  part.labels = all.labels;
  for (size_t i = 0; i < folds.of.size(); ++i) {
    const Split split = use(folds.of[i]);
    SplitRows& to = split == Split::train ? part.train : split == Split::validation ? part.validation : part.test;
    to.record.push_back(all.train.record[i]);
    to.text.push_back(all.train.text[i]);
    to.label.push_back(all.train.label[i]);
    to.label_name.push_back(all.train.label_name[i]);
    if (!all.train.weight.empty()) to.weight.push_back(all.train.weight[i]);
  }
  return part;
}

std::unique_ptr<FoldTrainer> linear_folds(const FoldWork& work) { return std::make_unique<LinearFolds>(work); }

}  // namespace millwright::engine::detail
