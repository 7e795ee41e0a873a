// The rows that a training job was given: inputs/rows.jsonl, one object a line with "record" (an opaque id), "text",
// "label" and "split" (train, validation, test).
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/work.h"

namespace millwright::engine {

enum class Split : uint8_t { train, validation, test };
[[nodiscard]] std::string_view name_of(Split split);

/// Rows of one split. `label` indexes TrainingRows::labels; -1 where the training split does not know it.
struct SplitRows {
  std::vector<std::string_view> record, text;
  std::vector<int32_t> label;
  std::vector<std::string_view> label_name;
  [[nodiscard]] size_t size() const { return text.size(); }
};

struct TrainingRows {
  std::vector<std::string> labels;  ///< of the training split, sorted by bytes
  SplitRows train, validation, test;
  std::deque<std::string> memory;  ///< what the views point into
  [[nodiscard]] const SplitRows& of(Split split) const;
};

/// Errors: bad_input "train.bad_row" with the line's number, "train.too_few" (fewer than two labels, or more than
/// 65,535), "file.not_found".
[[nodiscard]] Result<TrainingRows> read_training_rows(const std::filesystem::path& file, const Work& work);

}  // namespace millwright::engine
