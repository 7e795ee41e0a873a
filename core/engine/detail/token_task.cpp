// Labeled stretches of a text, told by a label for each token: outside, or beginning or going on with a label (IOB2,
// Tjong Kim Sang & Veenstra 1999).
#include <algorithm>
#include <cmath>

#include "detail/task_parts.h"
#include "engine/token_tags.h"

namespace millwright::engine::detail {
namespace {

constexpr int64_t kNone = -1;  // a token that is not judged

/// A split's texts with what its tokens stand for.
struct TaggedTexts {
  std::vector<EncodedText> texts;
  std::vector<std::vector<text::TokenOffsets>> offsets;
  std::vector<std::vector<uint8_t>> special;
  std::vector<std::vector<int64_t>> tags;
};

int64_t tag_of(int32_t label, bool begins) { return 1 + 2 * static_cast<int64_t>(label) + (begins ? 0 : 1); }

/// The tag of each token: that of the span which it shares a character with.
std::vector<int64_t> tags_of(const std::vector<Span>& spans, const std::vector<text::TokenOffsets>& offsets,
                             const std::vector<uint8_t>& special) {
  std::vector<int64_t> tags(offsets.size(), 0);
  size_t span = 0;
  bool begun = false;
  for (size_t k = 0; k < offsets.size(); ++k) {
    if (special[k] != 0 || offsets[k].begin == offsets[k].end) {
      tags[k] = kNone;
      continue;
    }
    while (span < spans.size() && spans[span].end <= offsets[k].begin) {
      ++span;
      begun = false;
    }
    if (span == spans.size() || offsets[k].end <= spans[span].begin) continue;
    tags[k] = spans[span].label < 0 ? kNone : tag_of(spans[span].label, !begun);
    begun = true;
  }
  return tags;
}

class TokenTask final : public TrainingTask {
 public:
  TokenTask(const TaskBasis& basis, TaggedTexts train, TaggedTexts validation, TaggedTexts test)
      : rows_(basis.rows),
        config_(basis.layout.config),
        outputs_(config_.labels),
        train_(std::move(train)),
        validation_(std::move(validation)),
        test_(std::move(test)) {
    lengths_ = lengths_of(train_.texts);
  }

  double append(MicroBatch& part, uint32_t row, int64_t /*epoch*/) const override {
    append_text(part.texts, train_.texts[row], config_);
    const std::vector<int64_t>& tags = train_.tags[row];
    part.label.insert(part.label.end(), tags.begin(), tags.end());
    part.weight.push_back(rows_.train.weight_of(row));
    return part.weight.back() *
           static_cast<double>(tags.size() - static_cast<size_t>(std::count(tags.begin(), tags.end(), kNone)));
  }

  size_t validation_rows() const override { return validation_.texts.size(); }
  std::string_view score_name() const override { return "span_f1"; }

  Result<Judgement> judge(EncoderModel& model, const std::stop_token& stop) const override {
    MW_ASSIGN(const std::vector<float> logits, run_model(model, config_, validation_.texts, Output::logits, stop));
    Judgement out;
    Hits hits;
    int64_t known = 0;
    size_t at = 0;
    for (size_t i = 0; i < validation_.texts.size(); ++i) {
      const std::span<const float> row = take(logits, at, validation_.texts[i].size());
      count_spans(hits, rows_.validation.spans[i],
                  outputs_.spans_of(row, validation_.offsets[i], validation_.special[i]));
      for (size_t k = 0; k < validation_.tags[i].size(); ++k) {
        const int64_t tag = validation_.tags[i][k];
        if (tag == kNone) continue;
        const std::span<const float> token = row.subspan(k * outputs(), outputs());
        const float most = *std::max_element(token.begin(), token.end());
        double sum = 0;
        for (const float value : token) sum += std::exp(static_cast<double>(value) - most);
        out.loss += std::log(sum) + most - token[static_cast<size_t>(tag)];
        ++known;
      }
    }
    out.score = hits.f1();
    out.loss /= static_cast<double>(std::max<int64_t>(1, known));
    return out;
  }

  Result<TaskReport> report(EncoderModel& model, const std::stop_token& stop) const override {
    TaskReport out;
    for (const auto& [split, texts] : {std::pair{Split::validation, &validation_}, {Split::test, &test_}}) {
      if (texts->texts.empty()) continue;
      MW_ASSIGN(const std::vector<float> logits, run_model(model, config_, texts->texts, Output::logits, stop));
      Json json = judge_spans(rows_.of(split), split, rows_.labels, find_spans(*texts, logits), out.predictions);
      MW_ASSIGN(json["latency_ms"], latency(model, config_, texts->texts, Output::logits, stop));
      out.metrics[std::string(name_of(split))] = std::move(json);
    }
    return out;
  }

  void identify(Sha256& hash) const override {
    hash_values(hash, rows_.train.weight);
    for (const TaggedTexts* texts : {&train_, &validation_}) {
      hash_texts(hash, texts->texts);
      for (const auto& tags : texts->tags) hash_values(hash, tags);
    }
  }

 private:
  [[nodiscard]] size_t outputs() const { return config_.labels.size(); }
  [[nodiscard]] std::span<const float> take(const std::vector<float>& logits, size_t& at, size_t tokens) const {
    const std::span<const float> row = std::span(logits).subspan(at, tokens * outputs());
    at += row.size();
    return row;
  }
  [[nodiscard]] std::vector<std::vector<FoundSpan>> find_spans(const TaggedTexts& texts,
                                                               const std::vector<float>& logits) const {
    std::vector<std::vector<FoundSpan>> out;
    size_t at = 0;
    for (size_t i = 0; i < texts.texts.size(); ++i)
      out.push_back(outputs_.spans_of(take(logits, at, texts.texts[i].size()), texts.offsets[i], texts.special[i]));
    return out;
  }

  const TrainingRows& rows_;
  const text::EncoderConfig& config_;
  TokenTags outputs_;
  TaggedTexts train_, validation_, test_;
};

Result<TaggedTexts> tag(const TaskBasis& basis, const SplitRows& rows) {
  TaggedTexts out;
  MW_ASSIGN(out.texts, tokenise(basis.tokenizer, basis.layout.config, rows.text, basis.settings.max_length, basis.work,
                                [&](const text::Encoding& encoding) {
                                  const size_t row = out.tags.size();
                                  out.tags.push_back(tags_of(rows.spans[row], encoding.offsets, encoding.special));
                                  out.offsets.push_back(encoding.offsets);
                                  out.special.push_back(encoding.special);
                                }));
  return out;
}

}  // namespace

std::vector<std::string> token_labels(const std::vector<std::string>& labels) {
  std::vector<std::string> out{"O"};
  for (const std::string& label : labels) {
    out.push_back("B-" + label);
    out.push_back("I-" + label);
  }
  return out;
}

Result<std::unique_ptr<TrainingTask>> token_task(const TaskBasis& basis) {
  MW_ASSIGN(TaggedTexts train, tag(basis, basis.rows.train));
  MW_ASSIGN(TaggedTexts validation, tag(basis, basis.rows.validation));
  MW_ASSIGN(TaggedTexts test, tag(basis, basis.rows.test));
  return std::make_unique<TokenTask>(basis, std::move(train), std::move(validation), std::move(test));
}

}  // namespace millwright::engine::detail
