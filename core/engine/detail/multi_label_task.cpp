// Any number of labels a row: each is a yes or no of its own.
#include <algorithm>
#include <cmath>

#include "detail/task_parts.h"

namespace millwright::engine::detail {
namespace {

constexpr double kPlainThreshold = 0.5;

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
      const bool real = has(rows_.validation, i / labels(), i % labels());
      count(hits, real, probability(logits[i]) >= kPlainThreshold);
      const double x = logits[i];
      out.loss += std::max(x, 0.0) - (real ? x : 0.0) + std::log1p(std::exp(-std::abs(x)));
    }
    out.score = hits.f1();
    out.loss /= static_cast<double>(std::max<size_t>(1, logits.size()));
    return out;
  }

  Result<TaskReport> report(EncoderModel& model, const std::stop_token& stop) const override {
    TaskReport out;
    MW_ASSIGN(const std::vector<float> on_validation,
              run_model(model, config_, texts_.validation, Output::logits, stop));
    MW_ASSIGN(const std::vector<float> on_test, run_model(model, config_, texts_.test, Output::logits, stop));
    const double threshold = on_validation.empty() ? kPlainThreshold : best_threshold(on_validation);
    out.notes = {{"threshold", threshold}};
    out.calibration = {{"method", "threshold of most micro F1"},
                       {"on", on_validation.empty() ? Json() : Json("validation")},
                       {"threshold", threshold}};
    for (const auto& [split, logits] : {std::pair{Split::validation, &on_validation}, {Split::test, &on_test}}) {
      if (texts_.of(split).empty()) continue;
      Json json = judge_split(split, *logits, threshold, out.predictions);
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
  static bool has(const SplitRows& rows, size_t row, size_t label) {
    return std::find(rows.labels[row].begin(), rows.labels[row].end(), static_cast<int32_t>(label)) !=
           rows.labels[row].end();
  }
  static void count(Hits& hits, bool real, bool predicted) {
    hits.real += real ? 1 : 0;
    hits.predicted += predicted ? 1 : 0;
    hits.right += real && predicted ? 1 : 0;
  }

  /// The threshold with the most micro F1 on the validation split, half-way between two probabilities.
  [[nodiscard]] double best_threshold(const std::vector<float>& logits) const {
    std::vector<std::pair<double, bool>> all;
    Hits hits;
    for (size_t i = 0; i < logits.size(); ++i) {
      all.emplace_back(probability(logits[i]), has(rows_.validation, i / labels(), i % labels()));
      hits.real += all.back().second ? 1 : 0;
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    double best = kPlainThreshold, best_f1 = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      count(hits, false, true);
      hits.right += all[i].second ? 1 : 0;
      const double next = i + 1 < all.size() ? all[i + 1].first : 0;
      if (next == all[i].first || hits.f1() <= best_f1) continue;
      best_f1 = hits.f1();
      best = (all[i].first + next) / 2;
    }
    return best;
  }

  Json judge_split(Split split, const std::vector<float>& logits, double threshold, std::string& lines) const {
    const SplitRows& rows = rows_.of(split);
    std::vector<Hits> by_label(labels());
    Hits all;
    int64_t exact = 0, wrong = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      Json real = Json::array(), predicted = Json::array(), scores = Json::object();
      int64_t wrong_here = 0;
      for (size_t k = 0; k < labels(); ++k) {
        const double p = probability(logits[i * labels() + k]);
        const bool is = has(rows, i, k), said = p >= threshold;
        count(by_label[k], is, said);
        count(all, is, said);
        wrong_here += is != said ? 1 : 0;
        if (is) real.push_back(rows_.labels[k]);
        if (said) predicted.push_back(rows_.labels[k]);
        if (is || said) scores[rows_.labels[k]] = p;
      }
      exact += wrong_here == 0 ? 1 : 0;
      wrong += wrong_here;
      Json line = line_of(rows, split, i);
      line["labels"] = std::move(real);
      line["predicted"] = std::move(predicted);
      line["scores"] = std::move(scores);
      lines += to_text(line) + '\n';
    }
    double macro = 0;
    Json per_label = Json::array();
    for (size_t k = 0; k < labels(); ++k) {
      const Hits& hits = by_label[k];
      macro += hits.f1() / static_cast<double>(labels());
      per_label.push_back({{"label", rows_.labels[k]},
                           {"precision", hits.precision()},
                           {"recall", hits.recall()},
                           {"f1", hits.f1()},
                           {"n", hits.real}});
    }
    const auto n = static_cast<double>(rows.size());
    return {{"n", rows.size()},
            {"micro_f1", all.f1()},
            {"macro_f1", macro},
            {"subset_accuracy", static_cast<double>(exact) / n},
            {"hamming_loss", static_cast<double>(wrong) / (n * static_cast<double>(labels()))},
            {"per_class", per_label}};
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
