// The entry points of the module that links libtorch. It is a module of its own because loading libtorch costs a
// quarter of a second and 140 MB, and the linear baseline needs none of it.
#include "detail/torch_module.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include "torch/bench.h"
#include "torch/compat.h"
#include "torch/devices.h"
#include "torch/guard.h"
#include "torch/rank_group.h"
#include "torch/selftest.h"
#include "torch/tensor_memory.h"
#include "torch/trained_encoder.h"

using namespace millwright;
using namespace millwright::engine;

namespace {

/// OpenBLAS takes its work space at its first product and keeps it; where there is no memory for it, it tries again for
/// ever. So it takes it now, before anything else does.
void settle_blas() {
  for (const auto type : {at::kFloat, at::kDouble}) {
    const at::Tensor square = at::ones({256, 256}, type);
    (void)at::mm(square, square);
  }
}

}  // namespace

extern "C" {

int millwright_torch_abi(void) { return MILLWRIGHT_TORCH_ABI; }

void millwright_torch_start(int threads, int deterministic, Result<Json>* result) {
  *result = guarded([&]() -> Result<Json> {
    // Torch starts with one thread on some machines: never leave it to chance.
    at::set_num_threads(threads);
    keep_tensors_apart();
    settle_blas();
    compat::set_deterministic(deterministic != 0);
    return Json{{"version", TORCH_VERSION},
                {"threads", at::get_num_threads()},
                {"deterministic", at::globalContext().deterministicAlgorithms()},
                {"ranks_sum_by", RankGroup::backends()},
                {"openmp", at::hasOpenMP()},
                {"lapack", at::hasLAPACK()},
                {"mkldnn", at::hasMKLDNN()},
                {"devices", list_devices()}};
  });
}

void millwright_torch_encoder(const EncoderLayout* layout, const EncoderSettings* settings,
                              Result<std::unique_ptr<EncoderModel>>* result) {
  *result = make_encoder(*layout, *settings);
}

void millwright_torch_selftest(const std::string* device, const std::function<void(const Json&)>* row,
                               Result<bool>* result) {
  *result = run_selftest(*device, *row);
}

void millwright_torch_bench(const BenchSettings* settings, Result<Json>* result) { *result = run_bench(*settings); }

}  // extern "C"
