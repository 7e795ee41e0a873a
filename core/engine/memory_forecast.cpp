#include "engine/memory_forecast.h"

#include <algorithm>

#include "text/encoder_config.h"

namespace millwright::engine {
namespace {

using text::Head;
using text::Role;

constexpr uint64_t kFloat = sizeof(float);
/// Pages of libraries that are touched first when training, and what malloc holds beside the tensors.
constexpr uint64_t kBeside = uint64_t{18} << 20;

/// Bytes of a token that the way back through one layer needs: the inputs of its four products, of both LayerNorms and
/// of the activation, and query, key and value.
uint64_t kept_by_layer(const text::EncoderConfig& config, Dtype dtype) {
  const auto hidden = static_cast<uint64_t>(config.hidden), wide = static_cast<uint64_t>(config.intermediate);
  // Input, 3 of the projection, mixed, sum, attended, sum; before and after the activation.
  if (dtype != Dtype::bf16) return kFloat * (8 * hidden + 2 * wide);
  // Sums stay wide; inputs of products are narrow copies.
  return 2 * kFloat * hidden + 2 * (6 * hidden + 2 * wide);
}

/// Bytes of all gradients, in the type in which they are computed or added up.
uint64_t gradients(const EncoderLayout& layout, const EncoderOptions& options, const MemoryBasis& basis,
                   bool added_up) {
  uint64_t bytes = 0;
  for (const Parameter& p : layout.parameters) {
    const bool table = p.role == Role::word_embeddings && p.part == text::Part::weight;
    const bool adapter = p.part == text::Part::lora_a || p.part == text::Part::lora_b;
    const bool frozen = (layout.lora.rank > 0 && !adapter && p.role < Role::pooler) ||
                        (p.role < Role::query && options.optimizer.frozen_layers > 0) ||
                        (p.role >= Role::query && p.role < Role::pooler && p.layer < options.optimizer.frozen_layers);
    if (frozen) continue;
    const bool narrow = options.dtype == Dtype::bf16 && !added_up && p.shape.size() == 2 && p.role >= Role::query;
    uint64_t elements = p.elements();
    // Only the rows that the batch touches are moved, and copied; with a language head all of them, and twice: from
    // both ends of the network.
    if (table)
      elements = layout.config.head == Head::masked_lm
                     ? 2 * elements
                     : std::min<uint64_t>(elements, 2 * basis.tokens * static_cast<uint64_t>(layout.config.hidden));
    bytes += elements * (narrow ? 2 : kFloat);
  }
  return bytes;
}

}  // namespace

uint64_t MemoryForecast::peak() const { return before + model + step + best; }

MemoryBasis memory_basis(std::span<const uint32_t> lengths, const EncoderOptions& options, uint64_t seed,
                         bool validates) {
  constexpr int64_t kEpochs = 20;
  constexpr size_t kJudgedTexts = 64;
  MemoryBasis out;
  uint64_t all = 0;
  for (const uint32_t length : lengths) {
    out.longest = std::max<size_t>(out.longest, length);
    all += length;
  }
  if (validates) out.judged_tokens = kJudgedTexts * static_cast<size_t>(all / std::max<size_t>(1, lengths.size()));
  for (int64_t epoch = 0; epoch < std::min(options.epochs, kEpochs); ++epoch)
    for (const auto& batch :
         plan_epoch(lengths, static_cast<size_t>(options.batch_size), options.group_by_length, seed, epoch)) {
      size_t tokens = 0;
      for (const uint32_t row : batch) tokens += lengths[row];
      out.tokens = std::max(out.tokens, tokens);
    }
  return out;
}

MemoryForecast forecast_memory(const EncoderLayout& layout, const EncoderOptions& options, const MemoryBasis& basis) {
  const text::EncoderConfig& config = layout.config;
  const auto hidden = static_cast<uint64_t>(config.hidden), wide = static_cast<uint64_t>(config.intermediate);
  const uint64_t narrow = options.dtype == Dtype::bf16 ? 2 : kFloat;
  const auto parts = static_cast<uint64_t>(std::max<int64_t>(1, basis.parts));
  // A part has at least one text, which may be the longest.
  const uint64_t tokens = std::max<uint64_t>((basis.tokens + parts - 1) / parts, parts > 1 ? basis.longest : 0);

  MemoryForecast out;
  out.before = basis.before;
  out.model = 3 * layout.size * kFloat + kBeside;
  if (options.dtype == Dtype::bf16)
    for (const Parameter& p : layout.parameters)
      if (p.role >= Role::query && p.layer >= 0) out.model += p.elements() * 2;

  const auto moving = static_cast<uint64_t>(std::max<int64_t>(0, config.layers - options.optimizer.frozen_layers));
  uint64_t activations = tokens * (moving * kept_by_layer(config, options.dtype) + kFloat * hidden);
  if (config.head == Head::masked_lm) {
    // Logits of the hidden words over all words: their logarithms, and on the way back two more of that size.
    const double hidden_words = options.mask_probability * static_cast<double>(tokens);
    activations += static_cast<uint64_t>(hidden_words * 3 * static_cast<double>(config.vocabulary)) * kFloat;
  }
  // What the last layer makes on the way back while all else is still there.
  const uint64_t passing = tokens * (2 * kFloat * hidden + narrow * wide);
  const bool added_up = parts * static_cast<uint64_t>(options.accumulation) > 1;
  const uint64_t own = gradients(layout, options, basis, false);
  const uint64_t sums = added_up ? gradients(layout, options, basis, true) : 0;
  out.step = std::max(activations + passing, own) + sums;

  if (basis.judged_tokens > 0) {
    const uint64_t judging = basis.judged_tokens * (4 * kFloat * hidden + 2 * narrow * wide);
    out.step = std::max(out.step, judging);
    out.best = layout.size * kFloat;
  }
  return out;
}

}  // namespace millwright::engine
