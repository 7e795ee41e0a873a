#include "engine/svm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "detail/parallel.h"
#include "detail/svm_block.h"

namespace millwright::engine {
namespace {

using detail::in_parallel;
using detail::kLanes;
using detail::SvmBlock;
using text::SparseMatrix;

tl::unexpected<Error> cancelled() { return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done."); }

std::vector<float> squared_lengths(const SparseMatrix& rows) {
  std::vector<float> out(rows.rows());
  for (size_t row = 0; row < out.size(); ++row) {
    double sum = 1;  // the bias
    for (uint64_t i = rows.begin[row]; i < rows.begin[row + 1]; ++i)
      sum += static_cast<double>(rows.value[i]) * rows.value[i];
    out[row] = static_cast<float>(sum);
  }
  return out;
}

/// For each validation row the best class so far and its score, for the epochs of the curve.
class ValidationCurve {
 public:
  ValidationCurve(const SparseMatrix& matrix, std::span<const int32_t> labels, int threads)
      : matrix_(matrix), labels_(labels), threads_(threads) {}

  using Blocks = std::vector<std::unique_ptr<SvmBlock>>;
  /// Enters a group of blocks after one of its epochs, counted from 0.
  void enter(size_t epoch, const Blocks& blocks) {
    if (labels_.empty()) return;
    while (best_.size() <= epoch) {
      best_.emplace_back(labels_.size());
      for (const auto& ended : ended_) take_better(best_.back(), ended);
    }
    take_better(best_[epoch], best_of(blocks));
  }
  /// The group has ended after `epochs`: for later epochs its last scores hold.
  void end_group(size_t epochs, const Blocks& blocks) {
    if (labels_.empty()) return;
    ended_.push_back(best_of(blocks));
    for (size_t epoch = epochs; epoch < best_.size(); ++epoch) take_better(best_[epoch], ended_.back());
  }
  [[nodiscard]] double accuracy(size_t epoch) const {
    if (labels_.empty() || epoch >= best_.size()) return std::numeric_limits<double>::quiet_NaN();
    size_t right = 0;
    for (size_t row = 0; row < labels_.size(); ++row) right += best_[epoch][row].label == labels_[row] ? 1 : 0;
    return static_cast<double>(right) / static_cast<double>(labels_.size());
  }

 private:
  struct Best {
    float score = -std::numeric_limits<float>::infinity();
    int32_t label = -1;
  };
  [[nodiscard]] std::vector<Best> best_of(const Blocks& blocks) const {
    std::vector<Best> out(labels_.size());
    constexpr size_t kRowsAtOnce = 256;
    in_parallel(threads_, (labels_.size() + kRowsAtOnce - 1) / kRowsAtOnce, [&](size_t part) {
      float scores[kLanes];
      const size_t end = std::min(labels_.size(), (part + 1) * kRowsAtOnce);
      for (const auto& block : blocks)  // outside: its weights stay in the cache for all of these rows
        for (size_t row = part * kRowsAtOnce; row < end; ++row) {
          block->scores(matrix_, row, scores);
          for (size_t k = 0; k < block->classes(); ++k)
            if (scores[k] > out[row].score) out[row] = {scores[k], static_cast<int32_t>(block->first_class() + k)};
        }
    });
    return out;
  }
  /// Groups come in the order of their classes, so of equal scores the first class keeps the row.
  static void take_better(std::vector<Best>& best, const std::vector<Best>& others) {
    for (size_t row = 0; row < best.size(); ++row)
      if (others[row].score > best[row].score) best[row] = others[row];
  }
  const SparseMatrix& matrix_;
  std::span<const int32_t> labels_;
  int threads_;
  std::vector<std::vector<Best>> best_, ended_;
};

/// Weights of the classes of one group, to be merged into one list by feature.
struct GroupWeights {
  std::vector<uint32_t> count;  ///< by feature
  std::vector<uint16_t> label;
  std::vector<float> weight;
};

GroupWeights extract(const std::vector<std::unique_ptr<SvmBlock>>& blocks, size_t features, double smallest,
                     std::vector<float>& bias) {
  GroupWeights out;
  out.count.resize(features);
  const auto limit = static_cast<float>(smallest);
  for (size_t f = 0; f < features; ++f)
    for (const auto& block : blocks)
      for (size_t k = 0; k < block->classes(); ++k) {
        const float w = block->weights()[f][k];
        if (!(std::abs(w) > limit)) continue;
        ++out.count[f];
        out.label.push_back(static_cast<uint16_t>(block->first_class() + k));
        out.weight.push_back(w);
      }
  for (const auto& block : blocks)
    for (size_t k = 0; k < block->classes(); ++k) bias.push_back(block->weights()[features][k]);
  return out;
}

text::SparseWeights merge(const std::vector<GroupWeights>& groups, size_t features) {
  text::SparseWeights out;
  size_t total = 0;
  for (const GroupWeights& group : groups) total += group.weight.size();
  out.begin.reserve(features + 1);
  out.label.reserve(total);
  out.weight.reserve(total);
  std::vector<size_t> at(groups.size());
  for (size_t f = 0; f < features; ++f) {
    for (size_t g = 0; g < groups.size(); ++g) {
      for (uint32_t i = 0; i < groups[g].count[f]; ++i) {
        out.label.push_back(groups[g].label[at[g] + i]);
        out.weight.push_back(groups[g].weight[at[g] + i]);
      }
      at[g] += groups[g].count[f];
    }
    out.begin.push_back(static_cast<uint32_t>(out.weight.size()));
  }
  return out;
}

/// Figures of the groups, which are trained one after the other: after its end a group keeps its last ones.
struct GroupCurve {
  std::vector<double> objective;
  std::vector<int> left;
};

std::vector<SvmEpoch> join(const std::vector<GroupCurve>& groups, const ValidationCurve& validation) {
  size_t epochs = 0;
  for (const GroupCurve& group : groups) epochs = std::max(epochs, group.left.size());
  std::vector<SvmEpoch> curve(epochs);
  for (size_t e = 0; e < epochs; ++e) {
    curve[e].epoch = static_cast<int>(e + 1);
    curve[e].validation_accuracy = validation.accuracy(e);
    for (const GroupCurve& group : groups) {
      const size_t at = std::min(e, group.left.size() - 1);
      curve[e].objective += group.objective[at];
      curve[e].classes_left += group.left[at];
    }
  }
  return curve;
}

/// One pass of every block of a group. False when stopped.
bool pass(std::vector<std::unique_ptr<SvmBlock>>& blocks, const SvmOptions& options, const Work& work,
          GroupCurve& curve, double& span) {
  std::vector<double> objective(blocks.size());
  in_parallel(options.threads, blocks.size(), [&](size_t b) {
    if (work.stopped()) return;
    blocks[b]->epoch(options.tolerance);
    objective[b] = blocks[b]->objective();
  });
  if (work.stopped()) return false;
  curve.objective.push_back(0);
  curve.left.push_back(0);
  span = 0;
  for (size_t b = 0; b < blocks.size(); ++b) {
    curve.objective.back() += objective[b];
    curve.left.back() += blocks[b]->classes_left();
    span = std::max(span, blocks[b]->widest_span());
  }
  return true;
}

/// How far the gradients have shrunk towards the tolerance, from their span of about 1 at the start: 0 … 1.
double share_done(double span, double tolerance) {
  if (span <= tolerance || tolerance >= 1) return 1;
  return std::clamp(std::log(span) / std::log(tolerance), 0.0, 1.0);
}

}  // namespace

Result<SvmResult> train_svm(const SparseMatrix& rows, const RowClasses& labels, size_t classes,
                            const SparseMatrix& validation, std::span<const int32_t> validation_labels,
                            const SvmOptions& options, const Work& work,
                            const std::function<void(const SvmEpoch&)>& on_epoch) {
  const std::vector<float> squares = squared_lengths(rows);
  const size_t block_count = (classes + kLanes - 1) / kLanes;
  const uint64_t per_block = (rows.columns + uint64_t{1} + rows.rows()) * sizeof(detail::Lanes);
  const auto least = std::min(static_cast<size_t>(std::max(options.threads, 1)), block_count);
  const size_t at_once = std::clamp<size_t>(options.memory_bytes / per_block, least, block_count);
  const bool one_group = at_once == block_count;
  ValidationCurve validation_curve(validation, validation_labels, options.threads);
  SvmResult result;
  std::vector<GroupWeights> groups;
  std::vector<GroupCurve> curves;
  double shown = 0;

  for (size_t first = 0; first < block_count; first += at_once) {
    std::vector<std::unique_ptr<SvmBlock>> blocks;
    for (size_t b = first; b < std::min(first + at_once, block_count); ++b)
      blocks.push_back(std::make_unique<SvmBlock>(rows, labels, squares, b * kLanes,
                                                  std::min(kLanes, classes - b * kLanes), options.c, options.seed,
                                                  options.plain_instructions));
    GroupCurve& curve = curves.emplace_back();
    for (int epoch = 0; epoch < options.max_epochs; ++epoch) {
      double span = 0;
      if (!pass(blocks, options, work, curve, span)) return cancelled();
      validation_curve.enter(static_cast<size_t>(epoch), blocks);
      const double share = std::max(share_done(span, options.tolerance), (epoch + 1.0) / options.max_epochs);
      shown = std::max(shown, (static_cast<double>(first) + share * static_cast<double>(blocks.size())) /
                                  static_cast<double>(block_count));
      work.report({"train", static_cast<int64_t>(shown * 1000), 1000, "permille"});
      if (on_epoch && one_group) on_epoch(join(curves, validation_curve).back());
      if (curve.left.back() == 0) break;
    }
    validation_curve.end_group(curve.left.size(), blocks);
    result.classes_not_converged += curve.left.back();
    groups.push_back(extract(blocks, rows.columns, options.smallest_weight, result.bias));
  }
  result.curve = join(curves, validation_curve);
  if (on_epoch && !one_group)
    for (const SvmEpoch& epoch : result.curve) on_epoch(epoch);
  result.weights = merge(groups, rows.columns);
  return result;
}

Result<SvmResult> train_svm(const SparseMatrix& rows, std::span<const int32_t> labels, size_t classes,
                            const SparseMatrix& validation, std::span<const int32_t> validation_labels,
                            const SvmOptions& options, const Work& work,
                            const std::function<void(const SvmEpoch&)>& on_epoch) {
  RowClasses one_each;
  one_each.label.assign(labels.begin(), labels.end());
  for (size_t row = 1; row <= labels.size(); ++row) one_each.begin.push_back(row);
  return train_svm(rows, one_each, classes, validation, validation_labels, options, work, on_epoch);
}

}  // namespace millwright::engine
