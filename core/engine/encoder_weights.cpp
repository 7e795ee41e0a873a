#include "engine/encoder_weights.h"

#include <algorithm>

#include "base/safetensors.h"

namespace millwright::engine {
namespace {

using text::Part;
using text::Slot;

void draw(const Slot& slot, double deviation, Random& random, std::span<float> out) {
  if (slot.is_norm()) {
    std::fill(out.begin(), out.end(), slot.part == Part::weight ? 1.0F : 0.0F);
  } else if (slot.part == Part::bias) {
    std::fill(out.begin(), out.end(), 0.0F);
  } else {
    for (float& value : out) value = static_cast<float>(random.normal() * deviation);
  }
}

/// Calls `use(slot, place)` for every slot, in the order of the layout.
template <class F>
Status each_slot(const EncoderLayout& layout, std::span<float> weights, F&& use) {
  for (const Parameter& parameter : layout.parameters) {
    uint64_t at = parameter.offset;
    for (const Slot& slot : parameter.slots) {
      MW_TRY(use(slot, weights.subspan(at, slot.elements())));
      at += slot.elements();
    }
  }
  return {};
}

/// A new row of a table is drawn at random, but padding means nothing.
void clear_padding(const EncoderLayout& layout, std::span<float> weights) {
  const Parameter& table = layout.parameters.front();
  const auto hidden = static_cast<size_t>(layout.config.hidden);
  const auto row = weights.subspan(table.offset + static_cast<size_t>(layout.config.pad_token) * hidden, hidden);
  std::fill(row.begin(), row.end(), 0.0F);
}

}  // namespace

Result<std::vector<float>> load_weights(const text::EncoderFolder& folder, const EncoderLayout& layout,
                                        Random* fresh_head) {
  std::vector<float> weights(layout.size);
  MW_TRY(each_slot(layout, weights, [&](const Slot& slot, std::span<float> place) -> Status {
    const bool other_labels = slot.role == text::Role::classifier && folder.config().labels != layout.config.labels;
    if (slot.is_head() && fresh_head != nullptr && (other_labels || folder.find(layout.config, slot) == nullptr)) {
      draw(slot, layout.config.initializer_range, *fresh_head, place);
      return {};
    }
    return folder.read(layout.config, slot, place);
  }));
  return weights;
}

std::vector<float> draw_weights(const EncoderLayout& layout, Random& random) {
  std::vector<float> weights(layout.size);
  (void)each_slot(layout, weights, [&](const Slot& slot, std::span<float> place) -> Status {
    draw(slot, layout.config.initializer_range, random, place);
    return {};
  });
  clear_padding(layout, weights);
  return weights;
}

Status write_weights(const std::filesystem::path& file, const EncoderLayout& layout, std::span<const float> weights) {
  std::vector<TensorToWrite> tensors;
  for (const Parameter& parameter : layout.parameters) {
    uint64_t at = parameter.offset;
    for (const Slot& slot : parameter.slots) {
      tensors.push_back(tensor_to_write<float>(slot.name, slot.shape, weights.subspan(at, slot.elements())));
      at += slot.elements();
    }
  }
  return write_safetensors(file, std::move(tensors), {{"format", "pt"}});
}

}  // namespace millwright::engine
