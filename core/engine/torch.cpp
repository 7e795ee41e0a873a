#include "engine/torch.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "base/files.h"
#include "detail/torch_module.h"

namespace millwright::engine {
namespace {

tl::unexpected<Error> no_torch(std::string reason) {
  return fail(ErrorKind::job, "engine.no_torch", "libtorch cannot be used: {reason}", {{"reason", std::move(reason)}},
              "Run packaging/setup, or build with MILLWRIGHT_ENGINE=ON.");
}

void* module = nullptr;

template <class F>
F entry(const char* name) {
  return module == nullptr ? nullptr : reinterpret_cast<F>(::dlsym(module, name));
}

/// Ticks of the system's clock in which a core had nothing to do, of all cores together; 0 where it does not tell.
double idle_ticks() {
  std::ifstream in("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, waiting = 0;
  return in >> name >> user >> nice >> system >> idle >> waiting ? idle + waiting : 0;
}

/// Cores that nobody computed on during the next moment.
double idle_cores() {
  const double before = idle_ticks();
  const auto began = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(80));  // some ticks, of 10 ms mostly
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
  return (idle_ticks() - before) / static_cast<double>(::sysconf(_SC_CLK_TCK)) / seconds.count();
}

/// OpenBLAS picks Haswell kernels on newer AMD processors, at half the speed: name the kernels, but only where the
/// processor has AVX-512. Those for Cooper Lake want its bfloat16, too, and multiply floats nearly twice as fast as
/// those for Skylake. It reads the environment when it is loaded, and cuBLAS when it starts.
void set_environment(int threads) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    ::setenv("OPENBLAS_CORETYPE", __builtin_cpu_supports("avx512bf16") ? "Cooperlake" : "SkylakeX", 0);
#endif
  const std::string count = std::to_string(threads);
  ::setenv("OMP_NUM_THREADS", count.c_str(), 0);
  ::setenv("OPENBLAS_NUM_THREADS", count.c_str(), 0);
  // OpenMP's threads wait for each other by spinning, 300,000 rounds by default. Where other work takes their cores
  // they mostly wait for one that is not running, and spinning longer than a few rounds takes two fifths of the speed;
  // where they have the cores to themselves, to sleep and be woken between the many short pieces of a step takes a
  // sixth.
  if (::getenv("GOMP_SPINCOUNT") == nullptr)
    ::setenv("GOMP_SPINCOUNT", idle_cores() > threads - 0.5 ? "10000" : "100", 0);
  // Without it cuBLAS may sum in another order from one call to the next.
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
}

/// Tensors come and go with every operator. Blocks of megabytes are kept instead of being handed back to the system and
/// faulted in again, zeroed, at the next step.
void keep_memory() {
  constexpr int kLargestKept = 1 << 30;
  (void)::mallopt(M_MMAP_THRESHOLD, kLargestKept);
  (void)::mallopt(M_TRIM_THRESHOLD, kLargestKept);
}

tl::unexpected<Error> no_room() {
  return fail(ErrorKind::job, "train.out_of_memory", "There is not enough memory to load libtorch.", {},
              "Raise the limit on this program's memory (ulimit -v), or use fewer threads.");
}

/// Whether libtorch's libraries and OpenBLAS's work space, 128 MiB for each thread, find room in the address space.
/// Where a limit leaves them none, loading them ends the program, or never ends.
bool has_room(int threads) {
  constexpr size_t kLibraries = size_t{MW_TORCH_MEBIBYTES} << 20, kEachThread = size_t{160} << 20;
  const size_t bytes = kLibraries + kEachThread * (static_cast<size_t>(threads) + 1);
  void* const probe = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (probe == MAP_FAILED) return false;
  ::munmap(probe, bytes);
  return true;
}

}  // namespace

std::string_view name_of(Dtype dtype) {
  constexpr std::string_view kNames[] = {"fp32", "bf16", "fp16", "fp64", "int8"};
  return kNames[static_cast<size_t>(dtype)];
}

Result<Dtype> dtype_named(const std::string& name) {
  for (const auto dtype : {Dtype::fp32, Dtype::bf16, Dtype::fp16, Dtype::fp64, Dtype::int8})
    if (name_of(dtype) == name) return dtype;
  return fail(ErrorKind::usage, "usage", "{name} is no type to compute in: it takes fp32, bf16, fp16, fp64 or int8.",
              {{"name", name}});
}

Result<Json> start_torch(int threads) {
  set_environment(threads);
  keep_memory();
  const char* const named = ::getenv("MILLWRIGHT_TORCH_MODULE");
  const fs::path path = named != nullptr ? fs::path(named) : program_folder() / "millwright-torch.so";
  if (module == nullptr && !has_room(threads)) return no_room();
  if (module == nullptr) module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    const std::string why = ::dlerror();
    // What the loader says where a limit leaves a library no room; errno does not outlive it.
    if (why.find("failed to map segment") != std::string::npos || why.find("allocate memory") != std::string::npos)
      return no_room();
    return no_torch(why);
  }
  const auto abi = entry<decltype(&millwright_torch_abi)>("millwright_torch_abi");
  const auto start = entry<decltype(&millwright_torch_start)>("millwright_torch_start");
  if (abi == nullptr || start == nullptr || abi() != MILLWRIGHT_TORCH_ABI)
    return no_torch(path.string() + " is of another version.");
  Result<Json> description = Json();
  start(threads, 1, &description);
  const char* const kernels = ::getenv("OPENBLAS_CORETYPE");
  if (description) (*description)["blas_kernels"] = kernels != nullptr ? Json(kernels) : Json();
  return description;
}

Result<std::unique_ptr<EncoderModel>> make_encoder_model(const EncoderLayout& layout, const EncoderSettings& settings) {
  const auto make = entry<decltype(&millwright_torch_encoder)>("millwright_torch_encoder");
  if (make == nullptr) return no_torch("it was not started.");
  Result<std::unique_ptr<EncoderModel>> model = std::unique_ptr<EncoderModel>();
  make(&layout, &settings, &model);
  return model;
}

Result<bool> selftest(const std::string& device, const std::function<void(const Json&)>& row) {
  const auto run = entry<decltype(&millwright_torch_selftest)>("millwright_torch_selftest");
  if (run == nullptr) return no_torch("it was not started.");
  Result<bool> ok = false;
  run(&device, &row, &ok);
  return ok;
}

Result<Json> bench(const BenchSettings& settings) {
  const auto run = entry<decltype(&millwright_torch_bench)>("millwright_torch_bench");
  if (run == nullptr) return no_torch("it was not started.");
  Result<Json> figures = Json();
  run(&settings, &figures);
  return figures;
}

}  // namespace millwright::engine
