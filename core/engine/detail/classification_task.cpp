// One label a row.
#include <algorithm>
#include <cmath>

#include "detail/job_outputs.h"
#include "detail/task_parts.h"
#include "statistics/calibration.h"

namespace millwright::engine::detail {
namespace {

constexpr size_t kLeastForCalibration = 20;  // rows of the validation split with a known label

class ClassificationTask final : public TrainingTask {
 public:
  ClassificationTask(const TaskBasis& basis, SplitTexts texts)
      : rows_(basis.rows), config_(basis.layout.config), texts_(std::move(texts)) {
    lengths_ = lengths_of(texts_.train);
    weigh_classes(basis.settings.balanced);
  }

  double append(MicroBatch& part, uint32_t row, int64_t /*epoch*/) const override {
    append_text(part.texts, texts_.train[row], config_);
    const int32_t label = rows_.train.label[row];
    const float weight = class_weight_[static_cast<size_t>(label)] * rows_.train.weight_of(row);
    part.label.push_back(label);
    part.weight.push_back(weight);
    if (!teacher_.empty()) {
      const auto from = teacher_.begin() + static_cast<ptrdiff_t>(row * classes());
      part.target.insert(part.target.end(), from, from + static_cast<ptrdiff_t>(classes()));
    }
    return weight;
  }

  size_t validation_rows() const override { return texts_.validation.size(); }
  std::string_view score_name() const override { return "accuracy"; }

  Result<Judgement> judge(EncoderModel& model, const std::stop_token& stop) const override {
    MW_ASSIGN(const std::vector<float> logits, run_model(model, config_, texts_.validation, Output::logits, stop));
    Judgement out;
    int64_t known = 0;
    for (size_t i = 0; i < texts_.validation.size(); ++i) {
      const std::span<const float> row(logits.data() + i * classes(), classes());
      const auto best = static_cast<int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
      const int32_t label = rows_.validation.label[i];
      if (best == label) ++out.score;
      if (label < 0) continue;
      double sum = 0;
      for (const float value : row) sum += std::exp(static_cast<double>(value) - row[static_cast<size_t>(best)]);
      out.loss += std::log(sum) + row[static_cast<size_t>(best)] - row[static_cast<size_t>(label)];
      ++known;
    }
    out.score /= static_cast<double>(texts_.validation.size());
    out.loss /= static_cast<double>(std::max<int64_t>(1, known));
    return out;
  }

  Result<TaskReport> report(EncoderModel& model, const std::stop_token& stop) const override {
    TaskReport out;
    MW_ASSIGN(const std::vector<float> on_validation,
              run_model(model, config_, texts_.validation, Output::logits, stop));
    MW_ASSIGN(const std::vector<float> on_test, run_model(model, config_, texts_.test, Output::logits, stop));
    const statistics::Temperature fitted = calibrate(on_validation);
    const bool calibrated = fitted.log_loss_before > 0;
    out.notes = {{"temperature", fitted.temperature}, {"calibrated_on", calibrated ? Json("validation") : Json()}};
    out.calibration = {{"method", "temperature"},
                       {"on", calibrated ? Json("validation") : Json()},
                       {"log_loss_before", number_or_null(fitted.log_loss_before)},
                       {"log_loss_after", number_or_null(fitted.log_loss_after)}};
    for (const auto& [split, logits] : {std::pair{Split::validation, &on_validation}, {Split::test, &on_test}}) {
      if (texts_.of(split).empty()) continue;
      Json json = judge_split(rows_.of(split), split, *logits, fitted.temperature, out.predictions);
      MW_ASSIGN(json["latency_ms"], latency(model, config_, texts_.of(split), Output::logits, stop));
      out.metrics[std::string(name_of(split))] = std::move(json);
    }
    return out;
  }

  bool teachable() const override { return true; }
  void set_teacher(std::vector<float> probabilities) override { teacher_ = std::move(probabilities); }

  void identify(Sha256& hash) const override {
    hash_texts(hash, texts_.train);
    hash_values(hash, rows_.train.label);
    hash_values(hash, rows_.train.weight);
    hash_values(hash, teacher_);
    hash_texts(hash, texts_.validation);
    hash_values(hash, rows_.validation.label);
  }

 private:
  [[nodiscard]] size_t classes() const { return rows_.labels.size(); }

  void weigh_classes(bool balanced) {
    class_weight_.assign(classes(), 1.0F);
    if (!balanced) return;
    std::vector<double> count(classes());
    for (const int32_t label : rows_.train.label) ++count[static_cast<size_t>(label)];
    for (size_t k = 0; k < count.size(); ++k)
      class_weight_[k] = static_cast<float>(static_cast<double>(texts_.train.size()) /
                                            (static_cast<double>(count.size()) * std::max(1.0, count[k])));
  }

  [[nodiscard]] statistics::Temperature calibrate(const std::vector<float>& logits) const {
    std::vector<float> scores;
    std::vector<int32_t> truth;
    for (size_t i = 0; i < texts_.validation.size(); ++i) {
      if (rows_.validation.label[i] < 0) continue;
      truth.push_back(rows_.validation.label[i]);
      scores.insert(scores.end(), logits.begin() + static_cast<ptrdiff_t>(i * classes()),
                    logits.begin() + static_cast<ptrdiff_t>((i + 1) * classes()));
    }
    if (truth.size() < kLeastForCalibration) return {};
    return statistics::fit_temperature(scores, classes(), truth);
  }

  /// Writes a line for each row and gives the split's figures. A label that the model does not know counts as one more
  /// class, and so as a mistake.
  Json judge_split(const SplitRows& rows, Split split, const std::vector<float>& logits, double temperature,
                   std::string& lines) const {
    std::vector<int32_t> truth, answer;
    std::vector<double> confidence, probabilities(classes());
    std::vector<float> row(classes());
    for (size_t i = 0; i < rows.size(); ++i) {
      row.assign(logits.begin() + static_cast<ptrdiff_t>(i * classes()),
                 logits.begin() + static_cast<ptrdiff_t>((i + 1) * classes()));
      statistics::softmax(row, temperature);
      std::copy(row.begin(), row.end(), probabilities.begin());
      const auto best = static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin());
      truth.push_back(rows.label[i] < 0 ? static_cast<int32_t>(classes()) : rows.label[i]);
      answer.push_back(static_cast<int32_t>(best));
      confidence.push_back(probabilities[best]);
      Json line = line_of(rows, split, i);
      line["label"] = rows.label_name[i];
      line["predicted"] = rows_.labels[best];
      line["confidence"] = confidence.back();
      line["top"] = best_of(probabilities, rows_.labels);
      lines += to_text(line) + '\n';
    }
    return figures(truth, answer, confidence, classes() + 1);
  }

  const TrainingRows& rows_;
  const text::EncoderConfig& config_;
  SplitTexts texts_;
  std::vector<float> class_weight_, teacher_;
};

}  // namespace

Result<std::unique_ptr<TrainingTask>> classification_task(const TaskBasis& basis) {
  MW_ASSIGN(SplitTexts texts, tokenise_splits(basis));
  return std::make_unique<ClassificationTask>(basis, std::move(texts));
}

}  // namespace millwright::engine::detail
