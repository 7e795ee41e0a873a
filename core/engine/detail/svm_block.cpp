#include "detail/svm_block.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <new>

#include "detail/vectors.h"

namespace millwright::engine::detail {
namespace {

using IntLanes [[gnu::vector_size(64)]] = int32_t;

/// What visiting a row needs; plain pointers, so that the compiler sees through.
struct Visit {
  const uint32_t* column;
  const float* value;
  size_t length;
  Lanes* weights;
  Lanes* bias;
  Lanes* alpha;
  Lanes* bounds;
  float diagonal;
  float step;         ///< 1 / (‖x‖² + 1 + diagonal)
  uint16_t positive;  ///< the classes that the row belongs to
  uint16_t live;
};

/// The update of algorithm 3 for one row and sixteen classes. Returns the classes for which the row is shrunk away.
/// Every lane does the same sums in the same order whatever the vector width (contraction is off in this room), so the
/// weights do not depend on the processor.
[[gnu::always_inline]] inline uint16_t visit_row(const Visit& v) {
  Lanes wx = *v.bias;
  for (size_t i = 0; i < v.length; ++i) wx += v.value[i] * v.weights[v.column[i]];

  constexpr IntLanes kBit = {1,      1 << 1, 1 << 2,  1 << 3,  1 << 4,  1 << 5,  1 << 6,  1 << 7,
                             1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15};
  const Lanes zero = {};
  const Lanes one = zero + 1.0F;
  const Lanes sign = (kBit & static_cast<int32_t>(v.positive)) != 0 ? one : -one;
  const Lanes alpha = *v.alpha;
  const Lanes gradient = sign * wx - 1.0F + alpha * v.diagonal;
  const IntLanes live = (kBit & static_cast<int32_t>(v.live)) != 0;
  const IntLanes at_zero = alpha == zero;
  const IntLanes shrink = live & at_zero & (gradient > v.bounds[0]);
  Lanes projected = at_zero ? (gradient < zero ? gradient : zero) : gradient;
  projected = (live & ~shrink) ? projected : zero;
  v.bounds[1] = projected > v.bounds[1] ? projected : v.bounds[1];
  v.bounds[2] = projected < v.bounds[2] ? projected : v.bounds[2];

  Lanes next = alpha - gradient * v.step;
  next = next > zero ? next : zero;
  next = projected != zero ? next : alpha;
  const Lanes change = (next - alpha) * sign;
  const IntLanes moved = change != zero;
  int32_t any = 0;
  int32_t shrunk = 0;
  const IntLanes shrunk_bits = shrink & kBit;
  for (size_t k = 0; k < kLanes; ++k) {
    any |= moved[k];
    shrunk |= shrunk_bits[k];
  }
  if (any != 0) {
    *v.alpha = next;
    *v.bias += change;
    for (size_t i = 0; i < v.length; ++i) v.weights[v.column[i]] += v.value[i] * change;
  }
  return static_cast<uint16_t>(shrunk);
}

uint16_t visit_plain(const Visit& v) { return visit_row(v); }
#if defined(__x86_64__)
MW_TARGET_AVX2 uint16_t visit_avx2(const Visit& v) { return visit_row(v); }
MW_TARGET_AVX512 uint16_t visit_avx512(const Visit& v) { return visit_row(v); }
#endif

/// Scores of one row: what is needed of it, and where they go.
struct Look {
  const uint32_t* column;
  const float* value;
  size_t length;
  const Lanes* weights;
  const Lanes* bias;
  Lanes* out;
};
[[gnu::always_inline]] inline void look_at_row(const Look& l) {
  Lanes sum = *l.bias;
  for (size_t i = 0; i < l.length; ++i) sum += l.value[i] * l.weights[l.column[i]];
  *l.out = sum;
}
void look_plain(const Look& l) { look_at_row(l); }
#if defined(__x86_64__)
MW_TARGET_AVX2 void look_avx2(const Look& l) { look_at_row(l); }
MW_TARGET_AVX512 void look_avx512(const Look& l) { look_at_row(l); }
#endif

}  // namespace

/// The two inner loops, compiled for one set of instructions.
struct Kernels {
  uint16_t (*visit)(const Visit&);
  void (*look)(const Look&);
};

namespace {

Kernels best_kernels() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq"))
    return {visit_avx512, look_avx512};
  if (__builtin_cpu_supports("avx2")) return {visit_avx2, look_avx2};
#endif
  return {visit_plain, look_plain};
}
const Kernels& kernels(bool plain) {
  static constexpr Kernels kPlain = {visit_plain, look_plain};
  static const Kernels kBest = best_kernels();
  return plain ? kPlain : kBest;
}

}  // namespace

void LaneArray::Free::operator()(float* memory) const { ::operator delete (memory, std::align_val_t{64}); }

LaneArray::LaneArray(size_t lines)
    : memory_(static_cast<float*>(::operator new (lines * sizeof(Lanes), std::align_val_t{64}))), size_(lines) {
  std::fill_n(memory_.get(), lines * kLanes, 0.0F);
}

SvmBlock::SvmBlock(const text::SparseMatrix& rows, const RowClasses& labels, std::span<const float> squares,
                   size_t first_class, size_t classes, double c, uint64_t seed, bool plain)
    : kernels_(kernels(plain)),
      rows_(rows),
      squares_(squares),
      first_class_(first_class),
      classes_(classes),
      diagonal_(static_cast<float>(0.5 / c)),
      random_(seed ^ (first_class * 0x9E3779B97F4A7C15ULL)),
      weights_(rows.columns + size_t{1}),
      alpha_(rows.rows()),
      bounds_(3),
      positive_(rows.rows()),
      live_(rows.rows()),
      shrunk_(kLanes),
      open_(static_cast<uint16_t>((1U << classes) - 1)) {
  bounds_.lines()[0] += std::numeric_limits<float>::infinity();
  for (size_t row = 0; row < positive_.size(); ++row)
    for (uint64_t i = labels.begin[row]; i < labels.begin[row + 1]; ++i) {
      const int64_t lane = labels.label[i] - static_cast<int64_t>(first_class);
      if (lane >= 0 && lane < static_cast<int64_t>(kLanes)) positive_[row] |= static_cast<uint16_t>(1U << lane);
    }
  activate_all();
}

void SvmBlock::activate_all() {
  std::fill(live_.begin(), live_.end(), open_);
  std::fill(shrunk_.begin(), shrunk_.end(), 0);
  active_.resize(rows_.rows());
  for (size_t i = 0; i < active_.size(); ++i) active_[i] = static_cast<uint32_t>(i);
}

int SvmBlock::classes_left() const { return std::popcount(open_); }

bool SvmBlock::epoch(double tolerance) {
  if (open_ == 0) return false;
  visit_all();
  judge_convergence(tolerance);
  return open_ != 0;
}

void SvmBlock::visit_all() {
  const auto visit = kernels_.visit;
  Lanes* const bounds = bounds_.lines();
  bounds[1] = Lanes{} - std::numeric_limits<float>::infinity();
  bounds[2] = Lanes{} + std::numeric_limits<float>::infinity();
  random_.shuffle(active_.begin(), active_.end());
  size_t kept = 0;
  for (const uint32_t row : active_) {
    const uint64_t begin = rows_.begin[row];
    const uint16_t gone = visit({rows_.column.data() + begin, rows_.value.data() + begin, rows_.begin[row + 1] - begin,
                                 weights_.lines(), weights_.lines() + rows_.columns, alpha_.lines() + row, bounds,
                                 diagonal_, 1.0F / (squares_[row] + diagonal_), positive_[row], live_[row]});
    live_[row] = static_cast<uint16_t>(live_[row] & ~gone);
    for (uint32_t bits = gone; bits != 0; bits &= bits - 1) ++shrunk_[static_cast<size_t>(std::countr_zero(bits))];
    if (live_[row] != 0) active_[kept++] = row;
  }
  active_.resize(kept);
}

void SvmBlock::judge_convergence(double tolerance) {
  Lanes* const bounds = bounds_.lines();
  uint16_t closed = 0;
  span_ = 0;
  for (size_t k = 0; k < classes_; ++k) {
    const auto bit = static_cast<uint16_t>(1U << k);
    if ((open_ & ~waiting_ & bit) == 0) continue;
    const float span = bounds[1][k] - bounds[2][k];
    // Without any row left for the class the bounds stay at −∞ and ∞: that is small too.
    const bool small = !(span > static_cast<float>(tolerance));
    if (small && shrunk_[k] == 0) {
      closed |= bit;
    } else if (small) {
      waiting_ |= bit;
    } else {
      span_ = std::max(span_, static_cast<double>(span));
      bounds[0][k] = bounds[1][k] > 0 ? bounds[1][k] : std::numeric_limits<float>::infinity();
    }
  }
  open_ = static_cast<uint16_t>(open_ & ~closed);
  waiting_ = static_cast<uint16_t>(waiting_ & open_);
  const auto working = static_cast<uint16_t>(open_ & ~waiting_);
  if (working == 0 && waiting_ != 0) {
    // Those that look converged on the rows left to them see all rows once more, together: such a pass is dear.
    activate_all();
    for (size_t k = 0; k < classes_; ++k) bounds[0][k] = std::numeric_limits<float>::infinity();
    waiting_ = 0;
    return;
  }
  size_t kept = 0;
  for (const uint32_t row : active_) {
    live_[row] &= working;
    if (live_[row] != 0) active_[kept++] = row;
  }
  active_.resize(kept);
}

double SvmBlock::objective() const {
  double linear = 0, squares = 0, norm = 0;
  for (size_t row = 0; row < alpha_.size(); ++row)
    for (size_t k = 0; k < classes_; ++k) {
      const double a = alpha_.lines()[row][k];
      linear += a;
      squares += a * a;
    }
  for (size_t f = 0; f < weights_.size(); ++f)
    for (size_t k = 0; k < classes_; ++k) {
      const double w = weights_.lines()[f][k];
      norm += w * w;
    }
  return linear - 0.5 * static_cast<double>(diagonal_) * squares - 0.5 * norm;
}

void SvmBlock::scores(const text::SparseMatrix& matrix, size_t row, float* out) const {
  const uint64_t begin = matrix.begin[row];
  Lanes sum;
  kernels_.look({matrix.column.data() + begin, matrix.value.data() + begin, matrix.begin[row + 1] - begin,
                 weights_.lines(), weights_.lines() + matrix.columns, &sum});
  for (size_t k = 0; k < kLanes; ++k) out[k] = sum[k];
}

}  // namespace millwright::engine::detail
