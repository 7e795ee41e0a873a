#include "torch/devices.h"

#include <unistd.h>

#include "base/memory.h"
#include "engine/device_trouble.h"
#include "torch/compat.h"

namespace millwright::engine {

Result<at::Device> device_named(std::string_view name) {
  const int gpus = compat::cuda_devices();
  if (name == "auto") return gpus > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  if (name == "cpu") return at::Device(at::kCPU);
  const auto number = gpu_number(name);
  if (!number || *number >= gpus) return no_device(std::string(name), gpus);
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(*number));
}

Json list_devices() {
  Json devices = Json::array();
  devices.push_back(
      {{"name", "cpu"},
       {"kind", "cpu"},
       {"memory", static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE))}});
  for (int i = 0; i < compat::cuda_devices(); ++i)
    devices.push_back({{"name", "cuda:" + std::to_string(i)}, {"kind", "cuda"}, {"memory", nullptr}});
  return devices;
}

at::Generator seeded_generator(const at::Device& device, uint64_t seed) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  generator.set_current_seed(seed);
  return generator;
}

uint64_t memory_in_use(const at::Device& device) {
  if (device.is_cuda()) {
    size_t available = 0, total = 0;
    return compat::cuda_memory(available, total) ? total - available : 0;
  }
  return peak_resident_memory();
}

}  // namespace millwright::engine
