// What the folds' models say of their rows, kept in files of the job's folder until all have spoken: folds/K.f32 with
// the probabilities of all classes (rows of the fold × classes, little-endian float), and folds/K.json, written last,
// which says that the fold is done. An engine that is started again finds them there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/result.h"
#include "detail/folds.h"
#include "statistics/confident_learning.h"

namespace millwright::engine::detail {

class FoldProbabilities {
 public:
  explicit FoldProbabilities(const FoldWork& work);

  /// How a fold went that is done already. Error: bad_input "train.bad_checkpoint" (it is that of other rows, options
  /// or seed).
  [[nodiscard]] Result<std::optional<Json>> recall(int32_t fold) const;
  /// Begins a fold anew.
  [[nodiscard]] Status begin(int32_t fold);
  /// The next of its rows.
  [[nodiscard]] Status take(std::span<const double> probabilities);
  /// All its rows are there; `summary` is how it went.
  [[nodiscard]] Status end(int32_t fold, const Json& summary);

  struct Verdict {
    std::vector<statistics::OutOfSample> said;  ///< of each row
    std::vector<double> thresholds;             ///< of each label
  };
  /// Once all folds are done: the thresholds, and each row's confident class by them. Error: store "file.changed".
  [[nodiscard]] Result<Verdict> settle() const;

 private:
  [[nodiscard]] fs::path file(int32_t fold, const char* extension) const;
  /// Calls `each` with every row of every fold and its probabilities.
  template <class Each>
  [[nodiscard]] Status read_all(Each each) const;

  const FoldWork& work_;
  std::string identity_;
  std::optional<AppendFile> open_;
  std::string buffer_;
};

}  // namespace millwright::engine::detail
