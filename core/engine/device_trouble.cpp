#include "engine/device_trouble.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace millwright::engine {
namespace {

/// What cudaGetErrorString() calls errors after which a device, or this process's way to it, is of no use.
constexpr std::string_view kCudaErrors[] = {
    "no CUDA-capable device is detected",
    "invalid device ordinal",
    "CUDA-capable device(s) is/are busy or unavailable",
    "driver version is insufficient for CUDA runtime version",
    "unsupported display driver / cuda driver combination",
    "system not yet initialized",
    "driver shutting down",
    "initialization error",
    "no kernel image is available for execution on the device",
    "unspecified launch failure",
    "the launch timed out and was terminated",
    "an illegal memory access was encountered",
    "an illegal instruction was encountered",
    "misaligned address",
    "invalid program counter",
    "hardware stack error",
    "uncorrectable ECC error encountered",
    "uncorrectable NVLink error detected during the execution",
    "context is destroyed",
    "unknown error",
};

/// What libtorch, cuBLAS and cuDNN say by themselves.
constexpr std::string_view kOthers[] = {
    "Found no NVIDIA driver",
    "No CUDA GPUs are available",
    "CUDA driver initialization failed",
    "Torch not compiled with CUDA enabled",
    "Cannot initialize CUDA without ATen_cuda library",
    "not linked with support for cuda devices",
    "CUBLAS_STATUS_EXECUTION_FAILED",
    "CUDNN_STATUS_EXECUTION_FAILED",
};

}  // namespace

bool says_device_gone(std::string_view text) {
  const auto says = [text](std::string_view words) { return text.find(words) != std::string_view::npos; };
  if (std::any_of(std::begin(kOthers), std::end(kOthers), says)) return true;
  // Some of CUDA's words ("unknown error") mean nothing of the kind elsewhere.
  return says("CUDA") && std::any_of(std::begin(kCudaErrors), std::end(kCudaErrors), says);
}

tl::unexpected<Error> device_gone(std::string_view reason) {
  return fail(
      ErrorKind::job, "train.device_gone", "The device cannot be used: {reason}",
      {{"reason", std::string(reason.substr(0, reason.find('\n')))}},
      "Go on from its checkpoint with device cpu (jobs P retry J --device cpu), or once nvidia-smi lists the GPU "
      "again, for which a reboot may be needed.");
}

std::optional<int> gpu_number(std::string_view name) {
  if (name == "cuda") return 0;
  constexpr std::string_view kBefore = "cuda:";
  if (!name.starts_with(kBefore)) return std::nullopt;
  int number = 0;
  const char* const end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + kBefore.size(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < 0) return std::nullopt;
  return number;
}

tl::unexpected<Error> no_device(const std::string& name, int gpus) {
  if (!gpu_number(name))
    return fail(ErrorKind::usage, "engine.bad_device", "{name} is no device.", {{"name", name}},
                "Devices are auto, cpu and cuda:N.");
  return fail(ErrorKind::usage, "engine.no_device", "There is no device {name} for this build of libtorch.",
              {{"name", name}, {"gpus", std::to_string(gpus)}},
              "It takes auto, cpu or cuda:N; {gpus} GPUs can be used. What nvidia-smi does not list has no driver, and "
              "none can be used by a libtorch without CUDA.");
}

}  // namespace millwright::engine
