// What this build of libtorch can compute on.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace millwright::engine {

/// "cpu", "cuda:N", or "auto" (the first GPU, else the processor). Errors: usage "engine.no_device",
/// "engine.bad_device".
[[nodiscard]] Result<at::Device> device_named(std::string_view name);
/// [{"name","kind","memory"}]
[[nodiscard]] Json list_devices();
/// A generator of the device, seeded.
[[nodiscard]] at::Generator seeded_generator(const at::Device& device, uint64_t seed);
/// Bytes that this process uses (the processor), or that are in use on the device.
[[nodiscard]] uint64_t memory_in_use(const at::Device& device);

}  // namespace millwright::engine
