// Folds of a cross-validation's rows, and what trains without one of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/training_rows.h"
#include "jobs/job_folder.h"

namespace millwright::engine::detail {

struct Folds {
  std::vector<int32_t> of;  ///< of each row
  int32_t count = 0;        ///< two or more, none empty
};
/// {"folds": [0, 4, …]}, one for each row. Error: bad_input "folds.bad".
[[nodiscard]] Result<Folds> read_folds(const std::filesystem::path& file, size_t rows);

/// The training rows of `all`, each in the split that its fold is used for. The views stay `all`'s.
[[nodiscard]] TrainingRows part_of(const TrainingRows& all, const Folds& folds,
                                   const std::function<Split(int32_t fold)>& use);

/// What a trainer of folds is given.
struct FoldWork {
  const jobs::JobFolder& folder;
  const TrainingRows& rows;
  const Folds& folds;
  const Json& options;  ///< as jobs::check_options() completed them
  uint64_t seed = 0;
  jobs::EventWriter& events;
  std::stop_token stop;
  /// Where the training without a fold may keep files: it is removed once the fold is done.
  [[nodiscard]] std::string place(int32_t fold) const { return "folds/" + std::to_string(fold); }
};

/// Takes a row's probabilities, in the order of the labels.
using TakeRow = std::function<Status(std::span<const double> probabilities)>;

class FoldTrainer {
 public:
  virtual ~FoldTrainer() = default;
  /// Trains on the other folds and hands over what the model says of the fold's rows, in their order, its temperature
  /// fitted to them. Returns how it went. Errors: those of training.
  [[nodiscard]] virtual Result<Json> judge(int32_t fold, const TakeRow& take) = 0;
  [[nodiscard]] virtual Json environment() const = 0;
  [[nodiscard]] virtual std::string device() const = 0;
};

[[nodiscard]] std::unique_ptr<FoldTrainer> linear_folds(const FoldWork& work);
/// Errors: those of device_of() and start_torch(); usage "train.bad_option" (jobs::check_fold_options()).
[[nodiscard]] Result<std::unique_ptr<FoldTrainer>> encoder_folds(const FoldWork& work);

}  // namespace millwright::engine::detail
