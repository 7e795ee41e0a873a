// Sixteen one-against-rest problems solved side by side: one look at a feature brings the weights of all sixteen in one
// cache line, so the rows' sparse indices are paid for once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/hash.h"
#include "engine/svm.h"
#include "text/tfidf.h"

namespace millwright::engine::detail {

inline constexpr size_t kLanes = 16;
using Lanes [[gnu::vector_size(64), gnu::aligned(64), gnu::may_alias]] = float;

/// Zeroed floats in whole cache lines.
class LaneArray {
 public:
  explicit LaneArray(size_t lines);
  [[nodiscard]] Lanes* lines() { return reinterpret_cast<Lanes*>(memory_.get()); }
  [[nodiscard]] const Lanes* lines() const { return reinterpret_cast<const Lanes*>(memory_.get()); }
  [[nodiscard]] size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(float* memory) const;
  };
  std::unique_ptr<float, Free> memory_;
  size_t size_;
};

struct Kernels;

class SvmBlock {
 public:
  /// `squares` holds ‖x‖² + 1 (the bias) of each row. `plain`: without the processor's wide vectors.
  SvmBlock(const text::SparseMatrix& rows, const RowClasses& labels, std::span<const float> squares, size_t first_class,
           size_t classes, double c, uint64_t seed, bool plain = false);

  /// One pass over the rows that are still active. False when every class has converged.
  bool epoch(double tolerance);
  [[nodiscard]] bool done() const { return classes_left() == 0; }
  [[nodiscard]] int classes_left() const;
  /// Of the projected gradients, over the classes still at work; 0 when there are none.
  [[nodiscard]] double widest_span() const { return span_; }
  /// Of the dual, summed over the block's classes.
  [[nodiscard]] double objective() const;
  [[nodiscard]] size_t first_class() const { return first_class_; }
  [[nodiscard]] size_t classes() const { return classes_; }
  /// Weights of feature f are line f; the bias is the last line.
  [[nodiscard]] const Lanes* weights() const { return weights_.lines(); }
  /// Scores of one row for the block's classes.
  void scores(const text::SparseMatrix& matrix, size_t row, float* out) const;

 private:
  void visit_all();
  void judge_convergence(double tolerance);
  void activate_all();

  const Kernels& kernels_;
  const text::SparseMatrix& rows_;
  std::span<const float> squares_;
  size_t first_class_, classes_;
  float diagonal_;  ///< 1 / (2 C)
  Random random_;
  LaneArray weights_;  ///< features + 1
  LaneArray alpha_;    ///< rows
  LaneArray bounds_;   ///< 0: largest projected gradient of the pass before; 1, 2: largest and smallest of this pass
  std::vector<uint16_t> positive_;  ///< by row: the classes that it belongs to
  std::vector<uint32_t> active_;
  std::vector<uint16_t> live_;    ///< by row: the classes for which it has not been shrunk away
  std::vector<uint32_t> shrunk_;  ///< by class: rows shrunk away
  uint16_t open_ = 0;             ///< classes that have not converged
  double span_ = 0;
  uint16_t waiting_ = 0;  ///< of these: converged on the rows left to them, to be checked on all
};

}  // namespace millwright::engine::detail
