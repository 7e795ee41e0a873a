// Texts that belong together come to lie side by side: given pairs, or any two rows of one label.
#include <algorithm>
#include <cmath>

#include "detail/task_parts.h"

namespace millwright::engine::detail {
namespace {

constexpr size_t kMostJudged = 2000;       // rows of a split; each is compared with each
constexpr size_t kPairsOfAJudgement = 32;  // that are held against each other for the loss

class SentenceTask final : public TrainingTask {
 public:
  SentenceTask(const TaskBasis& basis, SplitTexts texts, SplitTexts pairs)
      : rows_(basis.rows),
        config_(basis.layout.config),
        texts_(std::move(texts)),
        pairs_(std::move(pairs)),
        seed_(basis.settings.seed ^ 0x70616972ULL) {
    lengths_ = lengths_of(texts_.train);
    for (size_t i = 0; i < lengths_.size(); ++i)
      lengths_[i] += given() ? static_cast<uint32_t>(pairs_.train[i].size()) : lengths_[i];
    for (const Split split : {Split::train, Split::validation, Split::test}) {
      auto& of_label = of_label_[static_cast<size_t>(split)];
      of_label.resize(rows_.labels.size());
      for (uint32_t i = 0; i < rows_.of(split).label.size(); ++i)
        if (const int32_t label = rows_.of(split).label[i]; label >= 0)
          of_label[static_cast<size_t>(label)].push_back(i);
    }
  }

  double append(MicroBatch& part, uint32_t row, int64_t epoch) const override {
    return append_pair(part, Split::train, row, draw_for(seed_, epoch, row));
  }

  size_t validation_rows() const override { return texts_.validation.size(); }
  std::string_view score_name() const override { return given() ? "recall_at_1" : "neighbour_accuracy"; }

  Result<Judgement> judge(EncoderModel& model, const std::stop_token& stop) const override {
    MW_ASSIGN(const Found found, find(model, Split::validation, stop));
    MW_ASSIGN(const double loss, loss_on(model, Split::validation, stop));
    return Judgement{found.first, loss};
  }

  Result<TaskReport> report(EncoderModel& model, const std::stop_token& stop) const override {
    TaskReport out;
    for (const Split split : {Split::validation, Split::test}) {
      if (texts_.of(split).empty()) continue;
      MW_ASSIGN(const Found found, find(model, split, stop));
      Json json = {{"n", found.rows}, {std::string(score_name()), found.first}};
      if (given()) json["mrr"] = found.reciprocal;
      MW_ASSIGN(json["latency_ms"], latency(model, config_, texts_.of(split), Output::mean_hidden, stop));
      out.metrics[std::string(name_of(split))] = std::move(json);
    }
    out.notes = {{"pooling", "mean"}};
    return out;
  }

  void identify(Sha256& hash) const override {
    hash_values(hash, rows_.train.weight);
    for (const Split split : {Split::train, Split::validation}) {
      hash_texts(hash, texts_.of(split));
      hash_texts(hash, pairs_.of(split));
      hash_values(hash, rows_.of(split).label);
    }
  }

 private:
  /// Whether the rows name the texts that belong to them.
  [[nodiscard]] bool given() const { return !rows_.train.pair.empty(); }

  /// A row and what belongs to it: its pair, or another row of its label, or itself where there is no other (what
  /// dropout makes of it twice differs: Gao et al. 2021).
  double append_pair(MicroBatch& part, Split split, uint32_t row, Random random) const {
    append_text(part.texts, texts_.of(split)[row], config_);
    const EncodedText* other = &texts_.of(split)[row];
    int64_t label = row;
    if (given()) {
      other = &pairs_.of(split)[row];
    } else if (rows_.of(split).label[row] >= 0) {
      label = rows_.of(split).label[row];
      const auto& same = of_label_[static_cast<size_t>(split)][static_cast<size_t>(label)];
      const auto own = static_cast<size_t>(std::lower_bound(same.begin(), same.end(), row) - same.begin());
      if (same.size() > 1) other = &texts_.of(split)[same[(own + 1 + random.below(same.size() - 1)) % same.size()]];
    } else {
      label = -1 - static_cast<int64_t>(row);  // its label is unknown: like no other
    }
    append_text(part.texts, *other, config_);
    part.label.push_back(label);
    part.weight.push_back(rows_.of(split).weight_of(row));
    return part.weight.back();
  }

  Result<double> loss_on(EncoderModel& model, Split split, const std::stop_token& stop) const {
    double sum = 0, weights = 0;
    const auto rows = static_cast<uint32_t>(std::min(kMostJudged, texts_.of(split).size()));
    for (uint32_t from = 0; from < rows; from += kPairsOfAJudgement) {
      if (stop.stop_requested()) return stopped();
      MicroBatch part;
      for (uint32_t row = from; row < std::min<uint32_t>(rows, from + kPairsOfAJudgement); ++row)
        weights += append_pair(part, split, row, draw_for(seed_, -1, row));
      MW_ASSIGN(const Assessment cost, model.assess(part, 1));
      sum += cost.loss;
    }
    return weights > 0 ? sum / weights : 0;
  }

  struct Found {
    size_t rows = 0;
    double first = 0;       ///< share whose nearest text belongs to it
    double reciprocal = 0;  ///< mean of 1 / rank of the text that belongs to it
  };

  /// Unit vectors, texts × hidden.
  Result<std::vector<float>> unit(EncoderModel& model, std::span<const EncodedText> texts,
                                  const std::stop_token& stop) const {
    MW_ASSIGN(std::vector<float> out, run_model(model, config_, texts, Output::mean_hidden, stop));
    const auto width = static_cast<size_t>(config_.hidden);
    for (size_t i = 0; i < texts.size(); ++i) {
      double square = 0;
      for (size_t k = 0; k < width; ++k) square += static_cast<double>(out[i * width + k]) * out[i * width + k];
      const auto scale = static_cast<float>(1 / std::sqrt(square + 1e-12));
      for (size_t k = 0; k < width; ++k) out[i * width + k] *= scale;
    }
    return out;
  }

  Result<Found> find(EncoderModel& model, Split split, const std::stop_token& stop) const {
    Found out;
    out.rows = std::min(kMostJudged, texts_.of(split).size());
    const auto width = static_cast<size_t>(config_.hidden);
    MW_ASSIGN(const std::vector<float> a, unit(model, std::span(texts_.of(split)).first(out.rows), stop));
    std::vector<float> pairs;
    if (given()) {
      MW_ASSIGN(pairs, unit(model, std::span(pairs_.of(split)).first(out.rows), stop));
    }
    const std::vector<float>& b = given() ? pairs : a;
    std::vector<double> cosine(out.rows);
    for (size_t i = 0; i < out.rows; ++i) {
      if (stop.stop_requested()) return stopped();
      for (size_t j = 0; j < out.rows; ++j) {
        float sum = 0;
        for (size_t k = 0; k < width; ++k) sum += a[i * width + k] * b[j * width + k];
        cosine[j] = sum;
      }
      if (given()) {
        const auto rank = 1 + std::count_if(cosine.begin(), cosine.end(), [&](double c) { return c > cosine[i]; });
        out.first += rank == 1 ? 1 : 0;
        out.reciprocal += 1 / static_cast<double>(rank);
      } else {
        cosine[i] = -2;
        const auto nearest = static_cast<size_t>(std::max_element(cosine.begin(), cosine.end()) - cosine.begin());
        out.first += rows_.of(split).label_name[i] == rows_.of(split).label_name[nearest] ? 1 : 0;
      }
    }
    const auto n = static_cast<double>(std::max<size_t>(1, out.rows));
    out.first /= n;
    out.reciprocal /= n;
    return out;
  }

  const TrainingRows& rows_;
  const text::EncoderConfig& config_;
  SplitTexts texts_, pairs_;
  uint64_t seed_;
  std::vector<std::vector<uint32_t>> of_label_[3];  ///< by split and label
};

}  // namespace

Result<std::unique_ptr<TrainingTask>> sentence_task(const TaskBasis& basis) {
  MW_ASSIGN(SplitTexts texts, tokenise_splits(basis));
  SplitTexts pairs;
  const auto tokens = [&](const SplitRows& rows) {
    return tokenise(basis.tokenizer, basis.layout.config, rows.pair, basis.settings.max_length, basis.work);
  };
  MW_ASSIGN(pairs.train, tokens(basis.rows.train));
  MW_ASSIGN(pairs.validation, tokens(basis.rows.validation));
  MW_ASSIGN(pairs.test, tokens(basis.rows.test));
  return std::make_unique<SentenceTask>(basis, std::move(texts), std::move(pairs));
}

}  // namespace millwright::engine::detail
