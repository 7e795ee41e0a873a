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
    MW_ASSIGN(std::vector<float> answer, run_model(model, layout_.config, texts_.validation, Output::logits, stop));
    for (float& value : answer) value = static_cast<float>(value * deviation_ + mean_);
    const Errors errors = errors_of(rows_.validation, answer);
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
      MW_ASSIGN(const std::vector<float> answer,
                run_model(model, layout_.config, texts_.of(split), Output::logits, stop));
      const Errors errors = errors_of(rows, answer);
      Json json = {{"n", rows.size()},
                   {"mae", errors.mean_absolute},
                   {"rmse", std::sqrt(errors.mean_square)},
                   {"r2", number_or_null(errors.r2)},
                   {"pearson", number_or_null(errors.pearson)}};
      MW_ASSIGN(json["latency_ms"], latency(model, layout_.config, texts_.of(split), Output::logits, stop));
      out.metrics[std::string(name_of(split))] = std::move(json);
      for (size_t i = 0; i < rows.size(); ++i) {
        Json line = line_of(rows, split, i);
        line["value"] = rows.value[i];
        line["predicted"] = answer[i];
        out.predictions += to_text(line) + '\n';
      }
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
  struct Errors {
    double mean_absolute = 0, mean_square = 0;
    double r2 = 0;       ///< 1 - Σ(y - ŷ)² / Σ(y - ȳ)²; NaN where all values are the same
    double pearson = 0;  ///< NaN where one side does not vary
  };
  static Errors errors_of(const SplitRows& rows, std::span<const float> answer) {
    const auto n = static_cast<double>(rows.size());
    double mean = 0, mean_answer = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      mean += rows.value[i] / n;
      mean_answer += answer[i] / n;
    }
    Errors out;
    double real = 0, said = 0, together = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      const double miss = answer[i] - rows.value[i], a = rows.value[i] - mean, b = answer[i] - mean_answer;
      out.mean_absolute += std::abs(miss) / n;
      out.mean_square += miss * miss / n;
      real += a * a;
      said += b * b;
      together += a * b;
    }
    out.r2 = real > 0 ? 1 - out.mean_square * n / real : std::nan("");
    out.pearson = real > 0 && said > 0 ? together / std::sqrt(real * said) : std::nan("");
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
