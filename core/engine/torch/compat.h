// What differs between the versions of libtorch that this program builds with (1.13, 2.x), and what is asked of CUDA
// without its headers. The only place that knows a version's number.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>  // no longer part of ATen.h in 2.11
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <string_view>
#include <vector>

#ifndef _OPENMP
#error "without OpenMP at::parallel_for() is a plain loop"
#endif

#define MW_TORCH_AT_LEAST(MAJOR, MINOR) \
  (TORCH_VERSION_MAJOR > (MAJOR) || (TORCH_VERSION_MAJOR == (MAJOR) && TORCH_VERSION_MINOR >= (MINOR)))

namespace millwright::engine::compat {

inline int cuda_devices() {
#if MW_TORCH_AT_LEAST(2, 6)
  return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
#else
  return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().getNumGPUs()) : 0;
#endif
}

/// Whether only algorithms that give the same bits each time may be used.
inline void set_deterministic(bool on) {
  at::globalContext().setDeterministicAlgorithms(on, /*warn_only=*/false);
#if MW_TORCH_AT_LEAST(2, 2)
  // Would write NaN into every new tensor before it is filled; nothing here reads what it has not written.
  at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
}

/// Makes a CUDA device the current one: what asks for none (NCCL, cudaMemGetInfo) takes it then.
inline void use(const at::Device& device) {
  if (device.is_cuda()) c10::impl::getDeviceGuardImpl(device.type())->setDevice(device);
}

/// A function of the CUDA runtime that libtorch has loaded; nullptr without one.
template <class F>
F cuda_function(const char* name) {
  return reinterpret_cast<F>(::dlsym(RTLD_DEFAULT, name));
}

/// Waits until a CUDA device has done what it was asked for.
inline void wait_for(const at::Device& device) {
  if (!device.is_cuda()) return;
  if (const auto wait = cuda_function<int (*)()>("cudaDeviceSynchronize"); wait != nullptr) (void)wait();
}

/// Free and total bytes of the current CUDA device; false where it cannot be told.
inline bool cuda_memory(size_t& available, size_t& total) {
  const auto ask = cuda_function<int (*)(size_t*, size_t*)>("cudaMemGetInfo");
  return ask != nullptr && ask(&available, &total) == 0;
}

/// softmax(Q·Kᵀ/√d + mask)·V of [texts, heads, length, width]; nothing where this version has no public one.
inline bool fused_attention([[maybe_unused]] const at::Tensor& query, [[maybe_unused]] const at::Tensor& key,
                            [[maybe_unused]] const at::Tensor& value,
                            [[maybe_unused]] const c10::optional<at::Tensor>& mask, [[maybe_unused]] double dropout,
                            [[maybe_unused]] at::Tensor& out) {
#if MW_TORCH_AT_LEAST(2, 1)
  out = at::scaled_dot_product_attention(query, key, value, mask, dropout, /*is_causal=*/false);
  return true;
#else
  return false;
#endif
}

struct FusedAdamw {
  double learning_rate, beta1, beta2, weight_decay, epsilon;
};
/// AdamW over many tensors at once; false where this version has none. `steps` are tensors of one float each.
inline bool fused_adamw([[maybe_unused]] std::vector<at::Tensor>& weights,
                        [[maybe_unused]] std::vector<at::Tensor>& gradients,
                        [[maybe_unused]] std::vector<at::Tensor>& first,
                        [[maybe_unused]] std::vector<at::Tensor>& second,
                        [[maybe_unused]] std::vector<at::Tensor>& steps, [[maybe_unused]] const FusedAdamw& s) {
#if MW_TORCH_AT_LEAST(2, 4)
  std::vector<at::Tensor> none;
  at::_fused_adamw_(weights, gradients, first, second, none, steps, s.learning_rate, s.beta1, s.beta2, s.weight_decay,
                    s.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  return true;
#else
  return false;
#endif
}

/// Whether what was thrown says that memory ran out. Allocators of 1.13 throw a plain error on the processor.
inline bool is_out_of_memory(const c10::Error& error) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  const std::string_view text = error.what_without_backtrace();
  return text.find("can't allocate memory") != std::string_view::npos ||
         text.find("not enough memory") != std::string_view::npos ||
         text.find("out of memory") != std::string_view::npos || text.find("ALLOC_FAILED") != std::string_view::npos;
}

}  // namespace millwright::engine::compat
