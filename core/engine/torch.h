// libtorch, loaded when something asks for it and not before.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "engine/encoder_model.h"

namespace millwright::engine {

/// Loads the module that links libtorch (millwright-torch.so beside the program, or what MILLWRIGHT_TORCH_MODULE names)
/// and starts it with so many threads, in deterministic mode. BLAS kernels and the allocator's thresholds are chosen
/// before the library loads. Returns {"version","threads","deterministic","blas_kernels","devices",…}. Error: job
/// "engine.no_torch".
[[nodiscard]] Result<Json> start_torch(int threads);

/// An encoder with weights 0, after start_torch(). Errors: job "engine.no_torch", "train.out_of_memory"; usage
/// "engine.no_device", "engine.bad_dtype".
[[nodiscard]] Result<std::unique_ptr<EncoderModel>> make_encoder_model(const EncoderLayout& layout,
                                                                       const EncoderSettings& settings);

/// Checks every operator in use on a device against float64 on the processor; `row` gets {"operator","shapes","type",
/// "largest_error","limit","ok"} for each. True when all are ok. Errors: as above.
[[nodiscard]] Result<bool> selftest(const std::string& device, const std::function<void(const Json&)>& row);

struct BenchSettings {
  std::string suite = "train";  ///< "matmul", "train", "infer"
  std::string device = "cpu";
  Dtype dtype = Dtype::fp32;
  double seconds = 10;       ///< of measuring
  bool determinism = false;  ///< train: also what it costs
  int64_t texts = 32;        ///< in a batch
  int64_t length = 0;        ///< tokens of each; 0: as short texts are, 4 to 30
  int64_t layers = 6, hidden = 384, heads = 12, intermediate = 1536, vocabulary = 30522;  ///< MiniLM's size
};

/// {"suite","device","type","matmul_flops_per_second",…}; for train and infer also "tokens_per_second",
/// "flops_per_second", "share_of_matmul" and "peak_memory"; asked for it, "determinism": {"rounds",
/// "seconds_deterministic","seconds_free" (medians of a round), "cost" (the median of both times' ratio, less 1),
/// "cost_quartiles"}. Errors: as above; usage "engine.bad_suite".
[[nodiscard]] Result<Json> bench(const BenchSettings& settings);

}  // namespace millwright::engine
