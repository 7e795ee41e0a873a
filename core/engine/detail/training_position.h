// Where a training stands beside its tensors: the part of a checkpoint that is JSON.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace millwright::engine::detail {

struct Position {
  std::string identity;  ///< hash of data, options, seed and first weights
  Json environment;
  int64_t epoch = 0;  ///< complete ones
  int64_t batch = 0;  ///< steps done in the epoch
  int64_t step = 0;
  int64_t parts = 1;  ///< in which a batch is computed
  Json micro_schedule = Json::array();
  Json curve = Json::array();
  double loss_sum = 0;  ///< of the steps since the last point of the curve
  int64_t loss_steps = 0;
  int64_t best_epoch = 0, idle_epochs = 0;
  double best_score = 0, best_loss = 0;
  bool done = false;

  [[nodiscard]] Json to_json() const;
  /// Error: bad_input "train.bad_checkpoint".
  [[nodiscard]] static Result<Position> from_json(const Json& json);
};

}  // namespace millwright::engine::detail
