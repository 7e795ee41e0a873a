// Cross-validation with encoders. Each fold's training is one of engine/encoder_training.h, with checkpoints of its
// own.
//
// It takes as many epochs as a single training would and keeps the last weights, as is usual where folds are compared:
// a fold that chose its own best epoch by the rows that it is to judge would no longer judge them unseen. Where the
// options ask for patience, the next fold is kept out of training to stop by; folds keep groups together, a part drawn
// from the other rows would not.
#include "detail/encoder_fit.h"
#include "detail/encoder_start.h"
#include "detail/folds.h"
#include "detail/task_parts.h"
#include "engine/encoder_job.h"
#include "engine/encoder_weights.h"
#include "engine/linear_training.h"
#include "engine/torch.h"
#include "jobs/algorithms.h"
#include "statistics/calibration.h"

namespace millwright::engine::detail {
namespace {

class EncoderFolds final : public FoldTrainer {
 public:
  EncoderFolds(const FoldWork& work, std::string device) : work_(work), device_(std::move(device)) {
    quiet_.stop = work.stop;
  }

  Status begin() {
    const int threads = threads_for(work_.options.at("threads").get<int64_t>());
    MW_ASSIGN(const Json torch, start_torch(threads));
    EncoderOptions options;
    options.threads = threads;
    environment_ = environment_of(torch, options, device_);
    return {};
  }

  Result<Json> judge(int32_t fold, const TakeRow& take) override {
    TrainingRows part = split_for(fold);
    const SplitRows judged = std::move(part.test);
    part.test = {};
    const std::string place = work_.place(fold);
    const uint64_t seed = work_.seed + static_cast<uint64_t>(fold + 1) * 0x9E3779B97F4A7C15ULL;
    MW_ASSIGN(EncoderStart start,
              start_encoder({work_.folder.file("inputs/base"), work_.folder.file(place + "/model"), device_, seed},
                            work_.options, part, quiet_));
    start.options.max_minutes /= work_.folds.count;
    MW_ASSIGN(const auto task, make_task(part, start, start.layout, seed, quiet_));
    TrainingPlace where{work_.folder, work_.events, work_.stop, place + "/", {}};
    where.turn = fold;
    where.turns = work_.folds.count;
    MW_ASSIGN(EncoderTraining trained, fit_encoder({start.options, work_.options, seed, device_, environment_},
                                                   start.layout, start.weights, *task, std::move(where)));
    if (start.layout.lora.rank > 0) {
      trained.weights = merge_adapters(start.layout, trained.weights);
      start.layout = EncoderLayout(start.layout.config);
    }
    Json summary = summary_of(trained, start.options);
    MW_ASSIGN(summary["temperature"], hand_over(judged, start, trained.weights, take));
    return summary;
  }

  Json environment() const override { return environment_; }
  std::string device() const override { return device_; }

 private:
  [[nodiscard]] TrainingRows split_for(int32_t fold) const {
    const bool stops_early = work_.options.at("patience").get<int64_t>() > 0;
    const int32_t next = stops_early ? (fold + 1) % work_.folds.count : -1;
    return part_of(work_.rows, work_.folds, [&](int32_t other) {
      return other == fold ? Split::test : other == next ? Split::validation : Split::train;
    });
  }

  /// What the trained model says of the rows; returns the temperature that was fitted to them.
  Result<double> hand_over(const SplitRows& judged, const EncoderStart& start, std::span<const float> weights,
                           const TakeRow& take) const {
    MW_ASSIGN(const auto texts,
              tokenise(start.tokenizer, start.layout.config, judged.text, start.options.max_length, quiet_));
    MW_ASSIGN(const auto model, trained_encoder(start.layout, weights, Objective::classification, device_));
    MW_ASSIGN(std::vector<float> logits, run_model(*model, start.layout.config, texts, Output::logits, work_.stop));
    const size_t classes = work_.rows.labels.size();
    const double temperature = statistics::fit_temperature(logits, classes, judged.label).temperature;
    std::vector<double> probabilities(classes);
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::span<float> row(logits.data() + i * classes, classes);
      statistics::softmax(row, temperature);
      std::copy(row.begin(), row.end(), probabilities.begin());
      MW_TRY(take(probabilities));
    }
    return temperature;
  }

  const FoldWork& work_;
  std::string device_;
  Json environment_;
  Work quiet_;  ///< only the steps are told of: one bar over all folds
};

}  // namespace

Result<std::unique_ptr<FoldTrainer>> encoder_folds(const FoldWork& work) {
  MW_TRY(jobs::check_fold_options(work.options, work.folds.count));
  MW_ASSIGN(std::string device, device_of(work.folder.spec()));
  auto folds = std::make_unique<EncoderFolds>(work, std::move(device));
  MW_TRY(folds->begin());
  return folds;
}

}  // namespace millwright::engine::detail
