#include "engine/run_job.h"

#include <fstream>
#include <new>
#include <optional>

#include "base/clock.h"
#include "engine/cross_validation.h"
#include "engine/embedding_job.h"
#include "engine/encoder_job.h"

namespace millwright::engine {
namespace {

using jobs::Cause;
using jobs::EventWriter;
using jobs::JobFolder;
using jobs::JobResult;

int exit_code_of(const JobResult& result) {
  if (result.ok) return 0;
  switch (result.cause.value_or(Cause::crashed)) {
    case Cause::bad_data:
      return exit_code(ErrorKind::bad_input);
    case Cause::disk_full:
      return exit_code(ErrorKind::store);
    case Cause::cancelled:
      return exit_code(ErrorKind::cancelled);
    case Cause::out_of_memory:
    case Cause::diverged:
    case Cause::device_gone:
    case Cause::crashed:
      break;
  }
  return exit_code(ErrorKind::job);
}

Result<Json> dispatch(const JobFolder& folder, const Ranks& ranks, EventWriter& events, const std::stop_token& stop) {
  const Json& body = folder.spec().body;
  const Json algorithm = body.value("algorithm", Json());
  const bool encoder = folder.spec().kind == "train" && algorithm == "encoder";
  if (ranks.together() && !encoder)
    return fail(ErrorKind::usage, "train.bad_ranks", "Only the training of an encoder runs on several ranks.");
  if (folder.spec().kind == "train" && algorithm == "linear") return run_linear_training(folder, events, stop);
  if (folder.spec().kind == "train" && algorithm == "lexicon") return run_lexicon_training(folder, events, stop);
  if (encoder) return run_encoder_training(folder, ranks, events, stop);
  if (folder.spec().kind == "cross_validate" && (algorithm == "linear" || algorithm == "encoder"))
    return run_cross_validation(folder, events, stop);
  if (folder.spec().kind == "embed") return run_embedding(folder, events, stop);
  return fail(ErrorKind::bad_input, "job.unknown_kind", "This engine cannot do the job \"{kind}\" with {algorithm}.",
              {{"kind", folder.spec().kind}, {"algorithm", to_text(algorithm)}}, "Use a newer program.");
}

/// The baselines know only the processor.
Result<std::string> device_to_lock(const jobs::JobSpec& spec, const Ranks& ranks) {
  if (spec.kind != "embed" && spec.body.value("algorithm", Json()) != "encoder") return std::string("cpu");
  return device_of(spec, ranks);
}

/// Work with what third parties throw caught here.
template <class F>
Result<Json> guarded(F&& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::job, "train.out_of_memory", "There was not enough memory.", {},
                "Use a smaller model or batch, fewer features (min_df), or close other programs.");
  } catch (const std::exception& e) {
    return fail(ErrorKind::job, "job.failed", "The job failed: {reason}", {{"reason", e.what()}});
  }
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name") && line.find(": ") != std::string::npos) return line.substr(line.find(": ") + 2);
  return "unknown";
}

std::string_view vector_instructions() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return "avx512";
  if (__builtin_cpu_supports("avx2")) return "avx2";
  return "sse2";
#else
  return "plain";
#endif
}

}  // namespace

Json environment(int threads) {
  return {{"program", MILLWRIGHT_VERSION},
          {"processor", processor()},
          {"vector", vector_instructions()},
          {"threads", threads},
          {"libtorch", nullptr}};  // not in use for this kind of job
}

Result<int> run_job(const std::filesystem::path& path, const std::stop_source& stop) {
  MW_ASSIGN(const Ranks ranks, ranks_of_environment());
  MW_ASSIGN(const JobFolder whole, JobFolder::open(path));
  MW_ASSIGN(const JobFolder folder, folder_of_rank(whole, ranks));
  MW_ASSIGN(const auto lock, folder.try_lock());
  if (!lock) return fail(ErrorKind::job, "job.busy", "Another engine works on {folder}.", {{"folder", path.string()}});
  MW_ASSIGN(const auto earlier, folder.result());
  if (earlier && earlier->cause != Cause::device_gone) return exit_code_of(*earlier);
  if (earlier) MW_TRY(folder.remove_result());

  const double began = steady_seconds();
  MW_TRY(folder.write_engine(jobs::this_process()));
  MW_ASSIGN(const auto events, EventWriter::open(folder, stop));
  events->event("started", {{"pid", jobs::this_process().pid}, {"program", MILLWRIGHT_VERSION}});

  const auto run = [&]() -> Result<Json> {
    MW_ASSIGN(const std::string name, device_to_lock(folder.spec(), ranks));
    std::optional<FileLock> device;
    // Ranks on one processor share it: the first has it for all of them.
    if (ranks.first() || name != "cpu") {
      MW_ASSIGN(device, jobs::lock_device(name, stop.get_token(), [&] {
                  events->progress({"wait_for_device", 0, 0, ""});
                }));
    }
    return dispatch(folder, ranks, *events, stop.get_token());
  };
  Result<Json> outputs = guarded(run);
  // Nothing is decided yet: with all ranks there again, the training goes on.
  if (!outputs && outputs.error().code == "train.lost_rank") {
    events->log("error", message_of(outputs.error()));
    events->event("ended", {{"ok", false}, {"seconds", steady_seconds() - began}});
    return tl::make_unexpected(outputs.error());
  }
  // An events file that could not be written to its end says that the disk is full; the result is what counts.
  JobResult result;
  result.seconds = steady_seconds() - began;
  if (outputs) {
    result.ok = true;
    result.outputs = std::move(*outputs);
  } else {
    result.cause = jobs::cause_of(outputs.error());
    result.message = message_of(outputs.error());
    if (const std::string hint = hint_of(outputs.error()); !hint.empty()) result.message += " " + hint;
  }
  MW_TRY(folder.write_result(result));
  events->event("ended", {{"ok", result.ok}, {"seconds", result.seconds}});
  return exit_code_of(result);
}

}  // namespace millwright::engine
