// One-against-rest linear support vector machines with squared hinge loss and L2 regularisation, trained by dual
// coordinate descent (Hsieh, Chang, Lin, Keerthi & Sundararajan, "A Dual Coordinate Descent Method for Large-scale
// Linear SVM", ICML 2008, algorithm 3 with shrinking): the problem that scikit-learn's LinearSVC solves.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "text/linear_classifier.h"
#include "text/tfidf.h"

namespace millwright::engine {

struct SvmOptions {
  double c = 1;                ///< weight of the losses against ½‖w‖²
  double tolerance = 0.1;      ///< stop when the projected gradients of a class span less
  int max_epochs = 60;         ///< at most so many passes over the rows
  double smallest_weight = 0;  ///< weights of at most this size are left out of the result
  uint64_t seed = 0;
  int threads = 1;
  bool plain_instructions = false;            ///< no wide vectors, whatever the processor has: the same weights, slower
  uint64_t memory_bytes = uint64_t{1} << 30;  ///< for dense weights while training; classes that do not fit wait
};

/// What there is to see after a pass over the rows, over all classes.
struct SvmEpoch {
  int epoch = 0;                   ///< from 1
  double objective = 0;            ///< of the dual problem, rises to the optimum
  double validation_accuracy = 0;  ///< NaN without validation rows
  int classes_left = 0;            ///< that have not converged
};

/// The classes that each row belongs to, any number of them: those of row i are label[begin[i]] … label[begin[i + 1]].
struct RowClasses {
  std::vector<uint64_t> begin{0};
  std::vector<int32_t> label;
};

struct SvmResult {
  text::SparseWeights weights;
  std::vector<float> bias;
  std::vector<SvmEpoch> curve;
  int classes_not_converged = 0;
};

/// Labels are in 0 … classes−1; a row without any is against all of them. `validation_labels`, one for each row of
/// `validation`, may hold −1 (unknown, counted as wrong); empty: the curve tells no accuracy. The bias is a feature of
/// value 1 and regularised like the others. Rows are visited in an order drawn from the seed; the result does not
/// depend on threads or on the processor's vector width. Errors: cancelled.
[[nodiscard]] Result<SvmResult> train_svm(const text::SparseMatrix& rows, const RowClasses& labels, size_t classes,
                                          const text::SparseMatrix& validation,
                                          std::span<const int32_t> validation_labels, const SvmOptions& options,
                                          const Work& work, const std::function<void(const SvmEpoch&)>& on_epoch = {});
/// The same for one label a row.
[[nodiscard]] Result<SvmResult> train_svm(const text::SparseMatrix& rows, std::span<const int32_t> labels,
                                          size_t classes, const text::SparseMatrix& validation,
                                          std::span<const int32_t> validation_labels, const SvmOptions& options,
                                          const Work& work, const std::function<void(const SvmEpoch&)>& on_epoch = {});

}  // namespace millwright::engine
