// GPUs that are not there, or no longer. CUDA's errors reach the engine as texts of libtorch, so they are told by them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millwright::engine {

/// Whether what a library threw says that its device cannot be used any more: it is lost, its driver is gone, what ran
/// on it was cut off, or there is none. Lack of memory, a failed assertion in a kernel and a wrong argument are
/// something else: those are answered by smaller batches, or by a correction of this program.
[[nodiscard]] bool says_device_gone(std::string_view text);

/// job "train.device_gone", with the first line of `reason`.
[[nodiscard]] tl::unexpected<Error> device_gone(std::string_view reason);

/// The number in "cuda:N"; 0 for "cuda"; nothing where it is no GPU's name.
[[nodiscard]] std::optional<int> gpu_number(std::string_view name);

/// usage "engine.no_device": a GPU that is not among the `gpus` here; "engine.bad_device": no device's name at all.
[[nodiscard]] tl::unexpected<Error> no_device(const std::string& name, int gpus);

}  // namespace millwright::engine
