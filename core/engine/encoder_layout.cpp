#include "engine/encoder_layout.h"

namespace millwright::engine {

using text::Part;
using text::Role;
using text::Slot;

uint64_t Parameter::elements() const {
  uint64_t count = 1;
  for (const int64_t dimension : shape) count *= static_cast<uint64_t>(dimension);
  return count;
}

bool Parameter::decays() const { return part != Part::bias && !slots.front().is_norm(); }

namespace {

/// The adapter of a matrix, under the name that PEFT gives it.
Slot adapter_of(const Slot& matrix, Part part, uint64_t rank) {
  constexpr std::string_view kEnd = ".weight";
  const std::string stem = matrix.name.substr(0, matrix.name.size() - kEnd.size());
  const bool in = part == Part::lora_a;
  return {matrix.role, part, matrix.layer, stem + (in ? ".lora_A.weight" : ".lora_B.weight"),
          in ? std::vector<uint64_t>{rank, matrix.shape[1]} : std::vector<uint64_t>{matrix.shape[0], rank}};
}

}  // namespace

EncoderLayout::EncoderLayout(text::EncoderConfig wanted, Lora adapters) : config(std::move(wanted)), lora(adapters) {
  const auto slots = text::slots_of(config);
  const auto is_projection = [](const Slot& slot) {
    return slot.role == Role::query || slot.role == Role::key || slot.role == Role::value;
  };
  const auto add = [&](std::vector<Slot> members) {
    Parameter parameter{members.front().role, members.front().part, members.front().layer, size, {}, {}};
    for (const uint64_t dimension : members.front().shape) parameter.shape.push_back(static_cast<int64_t>(dimension));
    parameter.shape.front() *= static_cast<int64_t>(members.size());
    parameter.slots = std::move(members);
    size += parameter.elements();
    parameters.push_back(std::move(parameter));
  };
  for (size_t i = 0; i < slots.size(); ++i) {
    if (!is_projection(slots[i])) {
      add({slots[i]});
    } else if (slots[i].role == Role::query && slots[i].part == Part::weight) {
      // Weights and biases of query, key and value alternate.
      add({slots[i], slots[i + 2], slots[i + 4]});
      add({slots[i + 1], slots[i + 3], slots[i + 5]});
    }
  }
  if (lora.rank == 0) return;
  const size_t plain = parameters.size();
  for (size_t i = 0; i < plain; ++i) {
    if (parameters[i].layer < 0 || parameters[i].part != Part::weight || parameters[i].slots.front().is_norm())
      continue;
    for (const Part part : {Part::lora_a, Part::lora_b}) {
      std::vector<Slot> members;
      for (const Slot& matrix : parameters[i].slots)
        members.push_back(adapter_of(matrix, part, static_cast<uint64_t>(lora.rank)));
      add(std::move(members));
    }
  }
}

const Parameter* EncoderLayout::find(Role role, Part part, int64_t layer) const {
  for (const Parameter& parameter : parameters)
    if (parameter.role == role && parameter.part == part && parameter.layer == layer) return &parameter;
  return nullptr;
}

}  // namespace millwright::engine
