#include "detail/task_parts.h"

#include <algorithm>

#include "base/clock.h"

namespace millwright::engine {

using namespace detail;

namespace {

constexpr int64_t kBetweenChecks = 1024;  // rows between two looks at the stop token
constexpr size_t kTimedRows = 100;        // computed one by one, for their latency
constexpr size_t kTextsAtOnce = 64;       // of an evaluation
constexpr size_t kTokensAtOnce = 8192;

}  // namespace

Result<std::unique_ptr<TrainingTask>> make_training_task(const TrainingRows& rows, const text::Tokenizer& tokenizer,
                                                         const EncoderLayout& layout, const TaskSettings& settings,
                                                         const Work& work) {
  const TaskBasis basis{rows, tokenizer, layout, settings, work};
  switch (rows.objective) {
    case Objective::multi_label:
      return multi_label_task(basis);
    case Objective::token_classification:
      return token_task(basis);
    case Objective::regression:
      return regression_task(basis);
    case Objective::masked_lm:
      return masked_lm_task(basis);
    case Objective::sentence_embedding:
      return sentence_task(basis);
    case Objective::classification:
      break;
  }
  return classification_task(basis);
}

Result<std::vector<float>> run_model(EncoderModel& model, const text::EncoderConfig& config,
                                     std::span<const EncodedText> texts, Output what, const std::stop_token& stop) {
  std::vector<float> out;
  PackedBatch batch;
  const auto flush = [&]() -> Status {
    if (stop.stop_requested()) return stopped();
    MW_ASSIGN(const std::vector<float> values, model.forward(batch, what));
    out.insert(out.end(), values.begin(), values.end());
    batch = {};
    return {};
  };
  for (const EncodedText& text : texts) {
    append_text(batch, text, config);
    if (batch.texts() == kTextsAtOnce || batch.tokens() >= kTokensAtOnce) MW_TRY(flush());
  }
  if (batch.texts() > 0) MW_TRY(flush());
  return out;
}

namespace detail {

tl::unexpected<Error> stopped() { return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done."); }

Result<std::vector<EncodedText>> tokenise(const text::Tokenizer& tokenizer, const text::EncoderConfig& config,
                                          const std::vector<std::string_view>& texts, int64_t max_length,
                                          const Work& work, const std::function<void(const text::Encoding&)>& each) {
  text::TokenizerScratch scratch;
  text::Encoding encoding;
  text::EncodeOptions options;
  options.max_length = static_cast<size_t>(max_length);
  std::vector<EncodedText> out;
  out.reserve(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    if (static_cast<int64_t>(i) % kBetweenChecks == 0) {
      if (work.stopped()) return stopped();
      work.report({"tokenise", static_cast<int64_t>(i), static_cast<int64_t>(texts.size()), "rows"});
    }
    MW_TRY(tokenizer.encode(texts[i], scratch, encoding, options));
    if (encoding.ids.empty()) {
      // A text without a token, of a tokenizer without special ones, is padding: it has to be something.
      encoding.ids = {std::max(0, tokenizer.special_ids().unknown)};
      encoding.type_ids = {0};
      encoding.offsets = {{}};
      encoding.special = {1};
    }
    EncodedText& text = out.emplace_back();
    text.ids.assign(encoding.ids.begin(), encoding.ids.end());
    text.types.assign(encoding.type_ids.begin(), encoding.type_ids.end());
    MW_TRY(check_text(text, config));
    if (each) each(encoding);
  }
  return out;
}

Result<SplitTexts> tokenise_splits(const TaskBasis& basis) {
  SplitTexts out;
  const auto tokens = [&](const SplitRows& rows) {
    return tokenise(basis.tokenizer, basis.layout.config, rows.text, basis.settings.max_length, basis.work);
  };
  MW_ASSIGN(out.train, tokens(basis.rows.train));
  MW_ASSIGN(out.validation, tokens(basis.rows.validation));
  MW_ASSIGN(out.test, tokens(basis.rows.test));
  return out;
}

std::vector<uint32_t> lengths_of(std::span<const EncodedText> texts) {
  std::vector<uint32_t> out;
  for (const EncodedText& text : texts) out.push_back(static_cast<uint32_t>(text.size()));
  return out;
}

Random draw_for(uint64_t seed, int64_t epoch, uint32_t row) {
  return Random(seed ^ (static_cast<uint64_t>(epoch) * 0x9E3779B97F4A7C15ULL) ^
                ((static_cast<uint64_t>(row) + 1) * 0xD6E8FEB86659FD93ULL));
}

void hash_texts(Sha256& hash, std::span<const EncodedText> texts) {
  for (const EncodedText& text : texts) hash_values(hash, text.ids);
}

Result<Json> latency(EncoderModel& model, const text::EncoderConfig& config, std::span<const EncodedText> texts,
                     Output what, const std::stop_token& stop) {
  std::vector<double> milliseconds;
  for (const EncodedText& text : texts.first(std::min(kTimedRows, texts.size()))) {
    const double began = steady_seconds();
    MW_TRY(run_model(model, config, std::span(&text, 1), what, stop));
    milliseconds.push_back((steady_seconds() - began) * 1000);
  }
  return latency_of(milliseconds);
}

}  // namespace detail
}  // namespace millwright::engine
