// Ridge regression on sparse rows (Hoerl & Kennard 1970): the w and b for which ½‖w‖² + C Σ (y − w·x − b)² is least,
// b free; scikit-learn's Ridge with alpha = 1 / 2C. Solved by conjugate gradients (Hestenes & Stiefel 1952) on the
// normal equations of the centred rows, which are never formed: a step is two passes over the rows.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "text/tfidf.h"

namespace millwright::engine {

struct RidgeOptions {
  double c = 1;             ///< weight of the squared errors against ½‖w‖²
  double tolerance = 3e-4;  ///< stop when the gradient is so much shorter than that of w = 0
  int max_steps = 200;
  int threads = 1;
};

struct RidgeStep {
  int step = 0;          ///< from 1
  double objective = 0;  ///< what is made least; falls
};

struct RidgeResult {
  std::vector<double> weights;  ///< by column
  double bias = 0;
  std::vector<RidgeStep> curve;
  bool converged = false;
};

/// `target` has a number for each row. The result does not depend on the number of threads. Error: cancelled.
[[nodiscard]] Result<RidgeResult> fit_ridge(const text::SparseMatrix& rows, std::span<const double> target,
                                            const RidgeOptions& options, const Work& work,
                                            const std::function<void(const RidgeStep&)>& on_step = {});

}  // namespace millwright::engine
