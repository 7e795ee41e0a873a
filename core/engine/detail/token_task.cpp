// Labeled stretches of a text, told by a label for each token: outside, or beginning or going on with a label (IOB2,
// Tjong Kim Sang & Veenstra 1999).
#include <algorithm>
#include <cmath>
#include <map>

#include "detail/task_parts.h"

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

struct Found {
  Span span;
  double confidence = 0;  ///< the least of its tokens'
};

/// What a text's tags say. A tag that goes on with what did not begin begins it, as conlleval reads it.
std::vector<Found> spans_of(std::span<const float> logits, size_t outputs,
                            const std::vector<text::TokenOffsets>& offsets, const std::vector<uint8_t>& special) {
  std::vector<Found> out;
  int64_t before = 0;
  for (size_t k = 0; k < offsets.size(); ++k) {
    if (special[k] != 0 || offsets[k].begin == offsets[k].end) continue;
    const std::span<const float> row = logits.subspan(k * outputs, outputs);
    const auto best = std::max_element(row.begin(), row.end());
    const int64_t tag = best - row.begin();
    double sum = 0;
    for (const float value : row) sum += std::exp(static_cast<double>(value) - *best);
    const auto label = static_cast<int32_t>((tag - 1) / 2);
    const bool goes_on = tag > 0 && tag % 2 == 0 && before > 0 && (before - 1) / 2 == (tag - 1) / 2;
    if (goes_on) {
      out.back().span.end = offsets[k].end;
      out.back().confidence = std::min(out.back().confidence, 1 / sum);
    } else if (tag > 0) {
      out.push_back({{offsets[k].begin, offsets[k].end, label}, 1 / sum});
    }
    before = tag;
  }
  return out;
}

class TokenTask final : public TrainingTask {
 public:
  TokenTask(const TaskBasis& basis, TaggedTexts train, TaggedTexts validation, TaggedTexts test)
      : rows_(basis.rows),
        config_(basis.layout.config),
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
      count(hits, rows_.validation.spans[i], spans_of(row, outputs(), validation_.offsets[i], validation_.special[i]));
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
      Json json = judge_split(split, *texts, logits, out.predictions);
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
  /// A span counts where begin, end and label are all right.
  static void count(Hits& hits, const std::vector<Span>& real, const std::vector<Found>& found) {
    hits.real += static_cast<int64_t>(real.size());
    hits.predicted += static_cast<int64_t>(found.size());
    for (const Found& one : found) hits.right += std::find(real.begin(), real.end(), one.span) != real.end() ? 1 : 0;
  }

  [[nodiscard]] Json to_json(const Span& span) const {
    return {{"begin", span.begin},
            {"end", span.end},
            {"label", span.label < 0 ? Json() : Json(rows_.labels[static_cast<size_t>(span.label)])}};
  }

  Json judge_split(Split split, const TaggedTexts& texts, const std::vector<float>& logits, std::string& lines) const {
    const SplitRows& rows = rows_.of(split);
    Hits all;
    std::map<int32_t, Hits> by_label;
    size_t at = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto found =
          spans_of(take(logits, at, texts.texts[i].size()), outputs(), texts.offsets[i], texts.special[i]);
      count(all, rows.spans[i], found);
      Json real = Json::array(), predicted = Json::array();
      for (const Span& span : rows.spans[i]) {
        ++by_label[span.label].real;
        real.push_back(to_json(span));
      }
      for (const Found& one : found) {
        Hits& hits = by_label[one.span.label];
        ++hits.predicted;
        hits.right += std::find(rows.spans[i].begin(), rows.spans[i].end(), one.span) != rows.spans[i].end() ? 1 : 0;
        predicted.push_back(to_json(one.span));
        predicted.back()["confidence"] = one.confidence;
      }
      Json line = line_of(rows, split, i);
      line["spans"] = std::move(real);
      line["predicted"] = std::move(predicted);
      lines += to_text(line) + '\n';
    }
    Json per_label = Json::array();
    for (const auto& [label, hits] : by_label)
      if (label >= 0)
        per_label.push_back({{"label", rows_.labels[static_cast<size_t>(label)]},
                             {"precision", hits.precision()},
                             {"recall", hits.recall()},
                             {"f1", hits.f1()},
                             {"n", hits.real}});
    return {{"n", rows.size()},       {"spans", all.real}, {"precision", all.precision()},
            {"recall", all.recall()}, {"f1", all.f1()},    {"per_class", per_label}};
  }

  const TrainingRows& rows_;
  const text::EncoderConfig& config_;
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
