#include "engine/encoder_weights.h"

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/json.h"
#include "base/safetensors.h"

namespace millwright::engine {
namespace {

using text::Part;
using text::Slot;

void draw(const Slot& slot, double deviation, Random& random, std::span<float> out) {
  if (slot.is_norm()) {
    std::fill(out.begin(), out.end(), slot.part == Part::weight ? 1.0F : 0.0F);
  } else if (slot.part == Part::bias || slot.part == Part::lora_b) {
    std::fill(out.begin(), out.end(), 0.0F);
  } else if (slot.part == Part::lora_a) {
    // As PEFT draws it: Kaiming's uniform with a = √5. With B = 0 the adapter begins as nothing.
    const double bound = 1 / std::sqrt(static_cast<double>(slot.shape[1]));
    for (float& value : out) value = static_cast<float>((random.uniform() * 2 - 1) * bound);
  } else {
    for (float& value : out) value = static_cast<float>(random.normal() * deviation);
  }
}

bool is_adapter(Part part) { return part == Part::lora_a || part == Part::lora_b; }

tl::unexpected<Error> not_merged() {
  return fail(ErrorKind::job, "engine.weights", "A model with adapters is loaded with a generator for them.");
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
    if (is_adapter(slot.part)) {
      if (fresh_head == nullptr) return not_merged();
      draw(slot, layout.config.initializer_range, *fresh_head, place);
      return {};
    }
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

std::vector<float> with_other_head(const EncoderLayout& from, std::span<const float> weights, const EncoderLayout& to,
                                   Random& random) {
  std::vector<float> out = draw_weights(to, random);
  for (const Parameter& parameter : to.parameters) {
    const Parameter* const same = from.find(parameter.role, parameter.part, parameter.layer);
    if (same == nullptr || same->shape != parameter.shape) continue;
    const auto values = weights.subspan(same->offset, same->elements());
    std::copy(values.begin(), values.end(), out.begin() + static_cast<ptrdiff_t>(parameter.offset));
  }
  return out;
}

std::vector<float> merge_adapters(const EncoderLayout& layout, std::span<const float> weights) {
  const EncoderLayout plain(layout.config);
  std::vector<float> merged(weights.begin(), weights.begin() + static_cast<ptrdiff_t>(plain.size));
  const auto scale = layout.lora.scale();
  for (const Parameter& matrix : plain.parameters) {
    const Parameter* const a = layout.find(matrix.role, Part::lora_a, matrix.layer);
    const Parameter* const b = layout.find(matrix.role, Part::lora_b, matrix.layer);
    if (matrix.part != Part::weight || a == nullptr || b == nullptr) continue;
    const auto rank = static_cast<size_t>(layout.lora.rank);
    const auto in = static_cast<size_t>(matrix.shape[1]), out = static_cast<size_t>(matrix.slots.front().shape[0]);
    for (size_t row = 0; row < static_cast<size_t>(matrix.shape[0]); ++row) {
      const float* const b_row = weights.data() + b->offset + row * rank;
      const float* const a_of_member = weights.data() + a->offset + row / out * rank * in;
      for (size_t column = 0; column < in; ++column) {
        double sum = 0;
        for (size_t r = 0; r < rank; ++r) sum += static_cast<double>(b_row[r]) * a_of_member[r * in + column];
        merged[matrix.offset + row * in + column] += static_cast<float>(scale * sum);
      }
    }
  }
  return merged;
}

namespace {
constexpr std::string_view kPeftPrefix = "base_model.model.";
}

Status write_adapters(const std::filesystem::path& folder, const EncoderLayout& layout,
                      std::span<const float> weights) {
  std::vector<TensorToWrite> tensors;
  Json targets = Json::array(), heads = Json::array();
  for (const Parameter& parameter : layout.parameters) {
    uint64_t at = parameter.offset;
    for (const Slot& slot : parameter.slots) {
      const auto values = weights.subspan(at, slot.elements());
      at += slot.elements();
      const bool head = slot.is_head() && !is_adapter(slot.part);
      if (!head && !is_adapter(slot.part)) continue;
      tensors.push_back(tensor_to_write<float>(std::string(kPeftPrefix) + slot.name, slot.shape, values));
      const std::string module = slot.name.substr(0, slot.name.rfind(head ? "." : ".lora_"));
      Json& list = head ? heads : targets;
      if (std::find(list.begin(), list.end(), Json(module)) == list.end()) list.push_back(module);
    }
  }
  MW_TRY(make_folders(folder));
  MW_TRY(write_safetensors(folder / "adapter_model.safetensors", std::move(tensors), {{"format", "pt"}}));
  const Json config = {{"peft_type", "LORA"},       {"task_type", nullptr},
                       {"r", layout.lora.rank},     {"lora_alpha", layout.lora.alpha},
                       {"lora_dropout", 0.0},       {"bias", "none"},
                       {"fan_in_fan_out", false},   {"inference_mode", true},
                       {"target_modules", targets}, {"modules_to_save", heads}};
  return write_file_atomically(folder / "adapter_config.json", to_text(config, 2) + "\n");
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
