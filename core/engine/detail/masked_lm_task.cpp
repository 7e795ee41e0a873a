// Telling words that were hidden (Devlin et al. 2019): of the tokens that are chosen, 80 % are masked, 10 % become
// another word and 10 % stay; which ones is drawn anew in every epoch (Liu et al. 2019).
#include <algorithm>
#include <cmath>

#include "detail/task_parts.h"

namespace millwright::engine::detail {
namespace {

constexpr int64_t kNone = -1;
constexpr int64_t kJudged = -1;            // "epoch" of the masks by which a model is judged: always the same
constexpr size_t kTextsOfAJudgement = 32;  // whose logits, a vocabulary wide, are in memory at once

class MaskedLmTask final : public TrainingTask {
 public:
  MaskedLmTask(const TaskBasis& basis, SplitTexts texts)
      : config_(basis.layout.config),
        texts_(std::move(texts)),
        seed_(basis.settings.seed ^ 0x6D61736BULL),
        probability_(basis.settings.mask_probability),
        special_(basis.tokenizer.special_ids()),
        words_(basis.tokenizer.vocabulary_size()) {
    lengths_ = lengths_of(texts_.train);
  }

  double append(MicroBatch& part, uint32_t row, int64_t epoch) const override {
    return append_masked(part, texts_.train[row], draw_for(seed_, epoch, row));
  }

  size_t validation_rows() const override { return texts_.validation.size(); }
  std::string_view score_name() const override { return "masked_accuracy"; }

  Result<Judgement> judge(EncoderModel& model, const std::stop_token& stop) const override {
    MW_ASSIGN(const Told told, tell(model, texts_.validation, stop));
    return Judgement{told.accuracy(), told.loss()};
  }

  Result<TaskReport> report(EncoderModel& model, const std::stop_token& stop) const override {
    TaskReport out;
    for (const Split split : {Split::validation, Split::test}) {
      if (texts_.of(split).empty()) continue;
      MW_ASSIGN(const Told told, tell(model, texts_.of(split), stop));
      out.metrics[std::string(name_of(split))] = {{"n", texts_.of(split).size()},
                                                  {"masked", told.masked},
                                                  {"masked_accuracy", told.accuracy()},
                                                  {"loss", told.loss()},
                                                  {"perplexity", number_or_null(std::exp(told.loss()))}};
    }
    return out;
  }

  void identify(Sha256& hash) const override {
    hash_texts(hash, texts_.train);
    hash_texts(hash, texts_.validation);
  }

 private:
  struct Told {
    double sum = 0;
    int64_t masked = 0, right = 0;
    [[nodiscard]] double loss() const { return sum / static_cast<double>(std::max<int64_t>(1, masked)); }
    [[nodiscard]] double accuracy() const {
      return static_cast<double>(right) / static_cast<double>(std::max<int64_t>(1, masked));
    }
  };

  [[nodiscard]] bool is_special(int64_t id) const {
    return id == special_.cls || id == special_.sep || id == special_.pad || id == special_.mask;
  }

  /// Adds a text with some of its tokens hidden, at least one; returns how many.
  double append_masked(MicroBatch& part, const EncodedText& text, Random random) const {
    std::vector<size_t> words;
    for (size_t k = 0; k < text.size(); ++k)
      if (!is_special(text.ids[k])) words.push_back(k);
    EncodedText hidden = text;
    std::vector<int64_t> label(text.size(), kNone);
    int64_t chosen = 0;
    const size_t surely = words.empty() ? 0 : random.below(words.size());
    for (size_t w = 0; w < words.size(); ++w) {
      const bool choose = random.uniform() < probability_ || (w + 1 == words.size() && chosen == 0);
      if (!choose) continue;
      // Where chance has left all others out, one of them is as good as the last.
      const size_t k = chosen == 0 && w + 1 == words.size() ? words[surely] : words[w];
      label[k] = text.ids[k];
      ++chosen;
      const double what = random.uniform();
      if (what < 0.8) {
        hidden.ids[k] = special_.mask;
      } else if (what < 0.9) {
        hidden.ids[k] = static_cast<int64_t>(random.below(static_cast<uint64_t>(words_)));
      }
    }
    append_text(part.texts, hidden, config_);
    part.label.insert(part.label.end(), label.begin(), label.end());
    part.weight.push_back(1);
    return static_cast<double>(chosen);
  }

  Result<Told> tell(EncoderModel& model, const std::vector<EncodedText>& texts, const std::stop_token& stop) const {
    Told out;
    MicroBatch part;
    double weight = 0;
    const auto flush = [&]() -> Status {
      if (stop.stop_requested()) return stopped();
      if (weight > 0) {
        MW_ASSIGN(const Assessment told, model.assess(part, 1));
        out.sum += told.loss;
        out.right += told.right;
        out.masked += static_cast<int64_t>(weight);
      }
      part = {};
      weight = 0;
      return {};
    };
    for (size_t i = 0; i < texts.size(); ++i) {
      weight += append_masked(part, texts[i], draw_for(seed_, kJudged, static_cast<uint32_t>(i)));
      if (part.texts.texts() == kTextsOfAJudgement) MW_TRY(flush());
    }
    if (part.texts.texts() > 0) MW_TRY(flush());
    return out;
  }

  const text::EncoderConfig& config_;
  SplitTexts texts_;
  uint64_t seed_;
  double probability_;
  text::SpecialIds special_;
  int32_t words_;
};

}  // namespace

Result<std::unique_ptr<TrainingTask>> masked_lm_task(const TaskBasis& basis) {
  if (basis.tokenizer.special_ids().mask < 0)
    return fail(ErrorKind::bad_input, "train.no_mask", "The model's tokenizer has no token that hides a word.", {},
                "Begin from another model, or from nothing.");
  MW_ASSIGN(SplitTexts texts, tokenise_splits(basis));
  return std::make_unique<MaskedLmTask>(basis, std::move(texts));
}

}  // namespace millwright::engine::detail
