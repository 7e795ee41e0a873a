#include "engine/ridge.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "detail/parallel.h"

namespace millwright::engine {
namespace {

using text::SparseMatrix;
using Vector = std::vector<double>;

constexpr size_t kAtOnce = 2048;  // rows or columns that a thread takes

/// Sums run in the order of the elements, so they are the same for any number of threads.
double dot(const Vector& a, const Vector& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

/// The rows less their mean, which would fill every place: it is taken off the products instead. They are kept by
/// columns, too, so that threads need not share sums.
class CentredRows {
 public:
  CentredRows(const SparseMatrix& rows, int threads)
      : rows_(rows), threads_(threads), begin_(rows.columns + size_t{1}) {
    for (const uint32_t column : rows.column) ++begin_[column + size_t{1}];
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
    row_.resize(rows.column.size());
    value_.resize(rows.column.size());
    std::vector<uint64_t> at(begin_.begin(), begin_.end() - 1);
    for (size_t row = 0; row < rows.rows(); ++row)
      for (uint64_t i = rows.begin[row]; i < rows.begin[row + 1]; ++i) {
        const uint64_t to = at[rows.column[i]]++;
        row_[to] = static_cast<uint32_t>(row);
        value_[to] = rows.value[i];
      }
    mean_.resize(rows.columns);
    const auto n = static_cast<double>(std::max<size_t>(rows.rows(), 1));
    for (size_t column = 0; column < mean_.size(); ++column) {
      for (uint64_t i = begin_[column]; i < begin_[column + 1]; ++i) mean_[column] += value_[i];
      mean_[column] /= n;
    }
  }

  [[nodiscard]] const Vector& mean() const { return mean_; }

  /// A number for each row.
  void times(const Vector& weights, Vector& out) const {
    const double offset = dot(mean_, weights);
    in_pieces(out.size(), [&](size_t row) {
      double sum = 0;
      for (uint64_t i = rows_.begin[row]; i < rows_.begin[row + 1]; ++i)
        sum += rows_.value[i] * weights[rows_.column[i]];
      out[row] = sum - offset;
    });
  }
  /// A number for each column.
  void transposed_times(const Vector& of_rows, Vector& out) const {
    const double total = std::accumulate(of_rows.begin(), of_rows.end(), 0.0);
    in_pieces(out.size(), [&](size_t column) {
      double sum = 0;
      for (uint64_t i = begin_[column]; i < begin_[column + 1]; ++i) sum += value_[i] * of_rows[row_[i]];
      out[column] = sum - mean_[column] * total;
    });
  }

 private:
  template <class F>
  void in_pieces(size_t count, const F& one) const {
    detail::in_parallel(threads_, (count + kAtOnce - 1) / kAtOnce, [&](size_t piece) {
      const size_t end = std::min(count, (piece + 1) * kAtOnce);
      for (size_t i = piece * kAtOnce; i < end; ++i) one(i);
    });
  }

  const SparseMatrix& rows_;
  int threads_;
  std::vector<uint64_t> begin_;
  std::vector<uint32_t> row_;
  std::vector<float> value_;
  Vector mean_;
};

/// Looks for the w at which (XᵀX + λ) w = Xᵀy, beginning from 0.
class Descent {
 public:
  /// `target` sums to 0.
  Descent(const CentredRows& rows, Vector target, double lambda)
      : rows_(rows),
        lambda_(lambda),
        squares_(dot(target, target)),
        of_rows_(std::move(target)),
        right_(rows.mean().size()),
        product_(right_.size()),
        weights_(right_.size()) {
    rows_.transposed_times(of_rows_, right_);
    residual_ = direction_ = right_;
    first_ = length_ = dot(residual_, residual_);
  }

  void step() {
    rows_.times(direction_, of_rows_);
    rows_.transposed_times(of_rows_, product_);
    for (size_t f = 0; f < product_.size(); ++f) product_[f] += lambda_ * direction_[f];
    const double stride = length_ / dot(direction_, product_);
    gain_ = 0;
    for (size_t f = 0; f < product_.size(); ++f) {
      weights_[f] += stride * direction_[f];
      residual_[f] -= stride * product_[f];
      gain_ += weights_[f] * (right_[f] + residual_[f]);
    }
    const double next = dot(residual_, residual_);
    for (size_t f = 0; f < product_.size(); ++f) direction_[f] = residual_[f] + next / length_ * direction_[f];
    length_ = next;
  }

  /// Length of the gradient beside that at w = 0.
  [[nodiscard]] double shrunk() const { return first_ > 0 ? std::sqrt(length_ / first_) : 0; }
  /// Σ (y − w·x)² + λ‖w‖².
  [[nodiscard]] double objective() const { return squares_ - gain_; }
  [[nodiscard]] Vector& weights() { return weights_; }

 private:
  const CentredRows& rows_;
  double lambda_, squares_, first_ = 0, length_ = 0;
  double gain_ = 0;  ///< w·(Xᵀy + r), by which the objective has fallen
  Vector of_rows_, right_, product_, weights_, residual_, direction_;
};

/// Where the gradient's length stands between that of the beginning and the tolerance: 0 … 1.
double share_done(double length, double tolerance) {
  if (length <= tolerance || tolerance >= 1) return 1;
  return std::clamp(std::log(length) / std::log(tolerance), 0.0, 1.0);
}

}  // namespace

Result<RidgeResult> fit_ridge(const SparseMatrix& rows, std::span<const double> target, const RidgeOptions& options,
                              const Work& work, const std::function<void(const RidgeStep&)>& on_step) {
  const CentredRows centred(rows, options.threads);
  const double mean = std::accumulate(target.begin(), target.end(), 0.0) / static_cast<double>(target.size());
  Vector apart(target.begin(), target.end());
  for (double& value : apart) value -= mean;
  Descent descent(centred, std::move(apart), 1 / (2 * options.c));

  RidgeResult out;
  double shown = 0;
  for (int step = 1; step <= options.max_steps && descent.shrunk() > options.tolerance; ++step) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
    descent.step();
    out.curve.push_back({step, options.c * descent.objective()});
    if (on_step) on_step(out.curve.back());
    shown = std::max(
        {shown, share_done(descent.shrunk(), options.tolerance), static_cast<double>(step) / options.max_steps});
    work.report({"train", static_cast<int64_t>(shown * 1000), 1000, "permille"});
  }
  out.converged = descent.shrunk() <= options.tolerance;
  out.weights = std::move(descent.weights());
  out.bias = mean - dot(centred.mean(), out.weights);
  return out;
}

}  // namespace millwright::engine
