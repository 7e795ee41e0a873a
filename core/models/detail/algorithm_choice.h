// What a job is to train with, as somebody typed it: checked the same way wherever models are trained.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/json.h"
#include "base/result.h"
#include "jobs/algorithms.h"
#include "models/registry.h"
#include "store/project.h"

namespace millwright::models::detail {

struct AlgorithmChoice {
  const jobs::Algorithm* algorithm = nullptr;
  Json options;               ///< complete
  std::optional<Model> base;  ///< what training starts from
  std::string device;         ///< "cpu" where the algorithm knows nothing else
};

/// `settings` are options and values, `base` a model, empty for none. Errors: usage "train.no_such_algorithm",
/// "train.device", "train.base", those of jobs/algorithms.h; those of find_model().
[[nodiscard]] Result<AlgorithmChoice> choose_algorithm(const store::Project& project, const std::string& algorithm,
                                                       std::span<const std::pair<std::string, std::string>> settings,
                                                       const std::string& base, const std::string& device);

}  // namespace millwright::models::detail
