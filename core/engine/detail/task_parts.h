// What the training tasks share.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/work.h"
#include "detail/judging.h"
#include "engine/training_task.h"

namespace millwright::engine::detail {

/// Everything a task is made from.
struct TaskBasis {
  const TrainingRows& rows;
  const text::Tokenizer& tokenizer;
  const EncoderLayout& layout;
  const TaskSettings& settings;
  const Work& work;
};

[[nodiscard]] Result<std::unique_ptr<TrainingTask>> classification_task(const TaskBasis& basis);
[[nodiscard]] Result<std::unique_ptr<TrainingTask>> multi_label_task(const TaskBasis& basis);
[[nodiscard]] Result<std::unique_ptr<TrainingTask>> token_task(const TaskBasis& basis);
[[nodiscard]] Result<std::unique_ptr<TrainingTask>> regression_task(const TaskBasis& basis);
[[nodiscard]] Result<std::unique_ptr<TrainingTask>> masked_lm_task(const TaskBasis& basis);
[[nodiscard]] Result<std::unique_ptr<TrainingTask>> sentence_task(const TaskBasis& basis);

/// What the outputs of a token classifier say: "O", and "B-" and "I-" with each label.
[[nodiscard]] std::vector<std::string> token_labels(const std::vector<std::string>& labels);

[[nodiscard]] tl::unexpected<Error> stopped();

/// The tokens of texts, cut to the longest allowed; all of them are such that the model knows them. `each`, where
/// given, sees every encoding. Error: bad_input "model.bad_tokens", where tokenizer and model do not belong together.
[[nodiscard]] Result<std::vector<EncodedText>> tokenise(const text::Tokenizer& tokenizer,
                                                        const text::EncoderConfig& config,
                                                        const std::vector<std::string_view>& texts, int64_t max_length,
                                                        const Work& work,
                                                        const std::function<void(const text::Encoding&)>& each = {});

/// The texts of every split as tokens.
struct SplitTexts {
  std::vector<EncodedText> train, validation, test;
  [[nodiscard]] const std::vector<EncodedText>& of(Split split) const {
    return split == Split::train ? train : split == Split::validation ? validation : test;
  }
};
[[nodiscard]] Result<SplitTexts> tokenise_splits(const TaskBasis& basis);

[[nodiscard]] std::vector<uint32_t> lengths_of(std::span<const EncodedText> texts);

/// A generator for what is drawn for one row in one epoch.
[[nodiscard]] Random draw_for(uint64_t seed, int64_t epoch, uint32_t row);

/// Feeds numbers into a hash.
template <class T>
void hash_values(Sha256& hash, const std::vector<T>& values) {
  hash.update({reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(T)});
}
void hash_texts(Sha256& hash, std::span<const EncodedText> texts);

/// {"p50","p95"} in milliseconds of rows that are computed one by one.
[[nodiscard]] Result<Json> latency(EncoderModel& model, const text::EncoderConfig& config,
                                   std::span<const EncodedText> texts, Output what, const std::stop_token& stop);

}  // namespace millwright::engine::detail
