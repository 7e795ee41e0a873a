// A number a row. The model learns it in standard deviations from the training mean; the weights that are written say
// it in its own unit.
#include <algorithm>
#include <cmath>

#include "detail/task_parts.h"

namespace millwright::engine::detail {
namespace {

class RegressionTask final : public TrainingTask {
 public:
  RegressionTask(const TaskBasis& basis, SplitTexts texts)
      : rows_(basis.rows), layout_(basis.layout), texts_(std::move(texts)) {
    lengths_ = lengths_of(texts_.train);
    const auto n = static_cast<double>(rows_.train.size());
    for (const double value : rows_.train.value) mean_ += value / n;
    double sum = 0;
    for (const double value : rows_.train.value) sum += (value - mean_) * (value - mean_);
    deviation_ = sum > 0 ? std::sqrt(sum / n) : 1;
  }

  double append(MicroBatch& part, uint32_t row, int64_t /*epoch*/) const override {
    append_text(part.texts, texts_.train[row], layout_.config);
    part.target.push_back(static_cast<float>((rows_.train.value[row] - mean_) / deviation_));
    part.weight.push_back(rows_.train.weight_of(row));
    return part.weight.back();
  }

  size_t validation_rows() const override { return texts_.validation.size(); }
  std::string_view score_name() const override { return "r2"; }

  Result<Judgement> judge(EncoderModel& model, const std::stop_token& stop) const override {
    MW_ASSIGN(const std::vector<double> said, answers(model, Split::validation, deviation_, mean_, stop));
    const NumberErrors errors = errors_of(rows_.validation, said);
    const double loss = errors.mean_square / (deviation_ * deviation_);
    return Judgement{std::isfinite(errors.r2) ? errors.r2 : -loss, loss};
  }

  void settle(std::vector<float>& weights) const override {
    for (const text::Part part : {text::Part::weight, text::Part::bias}) {
      const Parameter& last = *layout_.find(text::Role::classifier, part);
      for (uint64_t i = last.offset; i < last.offset + last.elements(); ++i)
        weights[i] = static_cast<float>(weights[i] * deviation_ + (part == text::Part::bias ? mean_ : 0));
    }
  }

  Result<TaskReport> report(EncoderModel& model, const std::stop_token& stop) const override {
    TaskReport out;
    for (const Split split : {Split::validation, Split::test}) {
      const SplitRows& rows = rows_.of(split);
      if (rows.size() == 0) continue;
      MW_ASSIGN(const std::vector<double> said, answers(model, split, 1, 0, stop));
      Json json = judge_numbers(rows, split, said, out.predictions);
      MW_ASSIGN(json["latency_ms"], latency(model, layout_.config, texts_.of(split), Output::logits, stop));
      out.metrics[std::string(name_of(split))] = std::move(json);
    }
    return out;
  }

  void identify(Sha256& hash) const override {
    hash_values(hash, rows_.train.weight);
    for (const Split split : {Split::train, Split::validation}) {
      hash_texts(hash, texts_.of(split));
      hash_values(hash, rows_.of(split).value);
    }
  }

 private:
  /// In the number's own unit.
  Result<std::vector<double>> answers(EncoderModel& model, Split split, double scale, double offset,
                                      const std::stop_token& stop) const {
    MW_ASSIGN(const std::vector<float> said, run_model(model, layout_.config, texts_.of(split), Output::logits, stop));
    std::vector<double> out;
    for (const float value : said) out.push_back(static_cast<float>(value * scale + offset));
    return out;
  }

  const TrainingRows& rows_;
  const EncoderLayout& layout_;
  SplitTexts texts_;
  double mean_ = 0, deviation_ = 1;
};

}  // namespace

Result<std::unique_ptr<TrainingTask>> regression_task(const TaskBasis& basis) {
  MW_ASSIGN(SplitTexts texts, tokenise_splits(basis));
  return std::make_unique<RegressionTask>(basis, std::move(texts));
}

}  // namespace millwright::engine::detail
