// Any number of labels a row: each is a yes or no of its own.
#include <algorithm>
#include <cmath>

#include "detail/task_parts.h"

namespace millwright::engine::detail {
namespace {

double probability(float logit) { return 1 / (1 + std::exp(-static_cast<double>(logit))); }

class MultiLabelTask final : public TrainingTask {
 public:
  MultiLabelTask(const TaskBasis& basis, SplitTexts texts)
      : rows_(basis.rows), config_(basis.layout.config), texts_(std::move(texts)) {
    lengths_ = lengths_of(texts_.train);
  }

  double append(MicroBatch& part, uint32_t row, int64_t /*epoch*/) const override {
    append_text(part.texts, texts_.train[row], config_);
    const size_t from = part.target.size();
    part.target.resize(from + labels());
    for (const int32_t label : rows_.train.labels[row]) part.target[from + static_cast<size_t>(label)] = 1;
    part.weight.push_back(rows_.train.weight_of(row));
    return part.weight.back();
  }

  size_t validation_rows() const override { return texts_.validation.size(); }
  std::string_view score_name() const override { return "micro_f1"; }

  Result<Judgement> judge(EncoderModel& model, const std::stop_token& stop) const override {
    MW_ASSIGN(const std::vector<float> logits, run_model(model, config_, texts_.validation, Output::logits, stop));
    Judgement out;
    Hits hits;
    for (size_t i = 0; i < logits.size(); ++i) {
      const bool real = has_label(rows_.validation, i / labels(), i % labels());
      hits.count(real, probability(logits[i]) >= kPlainThreshold);
      const double x = logits[i];
      out.loss += std::max(x, 0.0) - (real ? x : 0.0) + std::log1p(std::exp(-std::abs(x)));
    }
    out.score = hits.f1();
    out.loss /= static_cast<double>(std::max<size_t>(1, logits.size()));
    return out;
  }

  Result<TaskReport> report(EncoderModel& model, const std::stop_token& stop) const override {
    TaskReport out;
    MW_ASSIGN(const std::vector<float> validation_logits,
              run_model(model, config_, texts_.validation, Output::logits, stop));
    MW_ASSIGN(const std::vector<float> test_logits, run_model(model, config_, texts_.test, Output::logits, stop));
    const std::vector<double> on_validation = probabilities(validation_logits), on_test = probabilities(test_logits);
    const double threshold = threshold_for(on_validation);
    out.notes = {{"threshold", threshold}};
    out.calibration = {{"method", "threshold of most micro F1"},
                       {"on", on_validation.empty() ? Json() : Json("validation")},
                       {"threshold", threshold}};
    for (const auto& [split, said] : {std::pair{Split::validation, &on_validation}, {Split::test, &on_test}}) {
      if (texts_.of(split).empty()) continue;
      Json json = judge_labels(rows_.of(split), split, rows_.labels, *said, threshold, out.predictions);
      MW_ASSIGN(json["latency_ms"], latency(model, config_, texts_.of(split), Output::logits, stop));
      out.metrics[std::string(name_of(split))] = std::move(json);
    }
    return out;
  }

  void identify(Sha256& hash) const override {
    hash_values(hash, rows_.train.weight);
    for (const Split split : {Split::train, Split::validation}) {
      hash_texts(hash, texts_.of(split));
      for (const auto& labels : rows_.of(split).labels) {
        hash.update(std::to_string(labels.size()));
        hash_values(hash, labels);
      }
    }
  }

 private:
  [[nodiscard]] size_t labels() const { return rows_.labels.size(); }
  static std::vector<double> probabilities(const std::vector<float>& logits) {
    std::vector<double> out(logits.size());
    std::transform(logits.begin(), logits.end(), out.begin(), probability);
    return out;
  }

  [[nodiscard]] double threshold_for(const std::vector<double>& on_validation) const {
    std::vector<bool> real;
    for (size_t i = 0; i < on_validation.size(); ++i)
      real.push_back(has_label(rows_.validation, i / labels(), i % labels()));
    return best_threshold(on_validation, real);
  }

  const TrainingRows& rows_;
  const text::EncoderConfig& config_;
  SplitTexts texts_;
};

}  // namespace

Result<std::unique_ptr<TrainingTask>> multi_label_task(const TaskBasis& basis) {
  MW_ASSIGN(SplitTexts texts, tokenise_splits(basis));
  return std::make_unique<MultiLabelTask>(basis, std::move(texts));
}

}  // namespace millwright::engine::detail
