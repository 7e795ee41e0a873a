// The rows that a training job was given: inputs/rows.jsonl, one object a line with "record" (an opaque id), "text",
// "split" (train, validation, test), what the objective learns from, and perhaps "weight" (a number above 0):
//   classification        "label": "a"
//   multi-label           "labels": ["a", "b"], perhaps empty
//   token-classification  "spans": [{"begin": 0, "end": 5, "label": "a"}], code points, not overlapping
//   regression            "value": 1.5
//   masked-lm             nothing
//   sentence-embedding    "pair": another text that belongs to this one; or "label", in every row
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "engine/objective.h"

namespace millwright::engine {

enum class Split : uint8_t { train, validation, test };
[[nodiscard]] std::string_view name_of(Split split);

/// The code points [begin, end) of a text. `label` indexes TrainingRows::labels; -1 where training does not know it.
struct Span {
  uint32_t begin = 0, end = 0;
  int32_t label = -1;
  bool operator==(const Span&) const = default;
};

/// Rows of one split. Which lists are filled, each with an entry a row, depends on the objective.
struct SplitRows {
  std::vector<std::string_view> record, text, pair;
  std::vector<float> weight;   ///< empty where no row of the file names one
  std::vector<int32_t> label;  ///< indexes TrainingRows::labels; -1 where the training split does not know it
  std::vector<std::string_view> label_name;
  std::vector<std::vector<int32_t>> labels;  ///< of multi-label rows; those that training does not know are left out
  std::vector<double> value;
  std::vector<std::vector<Span>> spans;
  [[nodiscard]] size_t size() const { return text.size(); }
  [[nodiscard]] float weight_of(size_t row) const { return weight.empty() ? 1.0F : weight[row]; }
};

struct TrainingRows {
  Objective objective = Objective::classification;
  std::vector<std::string> labels;  ///< of the training split, sorted by bytes
  SplitRows train, validation, test;
  std::deque<std::string> memory;  ///< what the views point into
  [[nodiscard]] const SplitRows& of(Split split) const;
};

/// Errors: bad_input "train.bad_row" with the line's number, "train.too_few" (fewer labels than the objective needs, or
/// more than 65,535; no training rows), "file.not_found".
[[nodiscard]] Result<TrainingRows> read_training_rows(const std::filesystem::path& file, Objective objective,
                                                      const Work& work);

/// Texts without anything to learn from them but their words: inputs/unlabeled.jsonl, objects with "text". They become
/// training rows of `rows`, whose objective is masked_lm. No such file: no texts. Error: bad_input "train.bad_row".
[[nodiscard]] Status read_unlabeled_texts(const std::filesystem::path& file, TrainingRows& rows, const Work& work);

}  // namespace millwright::engine
