// jobs/ runs long work in processes of its own. A job is a folder that says everything the engine needs: spec.json,
// input files, an append-only events.jsonl, result.json at the end. The engine knows only the folder (this header); the
// queue (queue.h, foreman.h) is the project's side: it claims, starts, follows, cancels and harvests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "base/work.h"

namespace millwright::jobs {

inline constexpr int kSpecFormat = 1;

/// Why a job did not end well.
enum class Cause { out_of_memory, diverged, bad_data, disk_full, device_gone, cancelled, crashed };
[[nodiscard]] std::string_view name_of(Cause cause);  ///< "out_of_memory"
[[nodiscard]] std::optional<Cause> cause_named(std::string_view name);
/// What an error inside a job means for it.
[[nodiscard]] Cause cause_of(const Error& error);

struct JobSpec {
  Uuid job;
  std::string kind;  ///< "train"
  Json body;         ///< what the kind wants: algorithm, options, seed, device, labels …
};

/// result.json: the last thing an engine writes, synced and renamed.
struct JobResult {
  bool ok = false;
  std::optional<Cause> cause;  ///< when not ok
  std::string message;         ///< English, for people; when not ok
  double seconds = 0;
  Json outputs;  ///< what the kind gives: files with SHA-256, metrics, environment
};

/// One line of events.jsonl: {"seq","time","type",…}. Types: started, progress, metric, log, heartbeat, ended.
struct Event {
  int64_t seq = 0;
  int64_t time_ms = 0;
  std::string type;
  Json body;  ///< the whole line
};

/// The process that works on a folder, as it described itself.
struct EngineIdentity {
  int64_t pid = 0;
  uint64_t start_ticks = 0;  ///< field 22 of /proc/PID/stat: tells it from a later process of the same number
  std::string boot;          ///< the machine's boot id
};

class JobFolder {
 public:
  /// Makes the folder with its spec; input files are written next, by the caller.
  [[nodiscard]] static Result<JobFolder> create(const fs::path& path, const JobSpec& spec);
  /// Errors: bad_input "job.no_spec", "job.bad_spec", "job.too_new", and "job.bad_entry" where the folder itself holds
  /// links, pipes or devices (below inputs/ links are followed).
  [[nodiscard]] static Result<JobFolder> open(const fs::path& path);

  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] const JobSpec& spec() const { return spec_; }
  [[nodiscard]] fs::path file(std::string_view name) const { return path_ / name; }

  [[nodiscard]] Status request_cancel() const;
  [[nodiscard]] bool cancel_requested() const;
  /// When it was asked for; nullopt when it was not.
  [[nodiscard]] std::optional<int64_t> cancel_requested_ms() const;

  [[nodiscard]] Status write_result(const JobResult& result) const;
  /// nullopt while there is none. A file that cannot be understood is an error (it was renamed in whole).
  [[nodiscard]] Result<std::optional<JobResult>> result() const;
  /// For a job that is tried again; nothing to do where there is none.
  [[nodiscard]] Status remove_result() const;
  /// Back to what it was before an engine took it, but for what that can go on from; to be called by who has the lock.
  [[nodiscard]] Status reset(const Json& body) const;
  [[nodiscard]] bool has_inputs() const;

  /// Held by an engine as long as it works: whoever gets it knows that no engine is alive.
  [[nodiscard]] Result<std::optional<FileLock>> try_lock() const;
  [[nodiscard]] Status write_engine(const EngineIdentity& engine) const;
  [[nodiscard]] std::optional<EngineIdentity> engine() const;

  /// Removes the inputs: they hold records' contents and are not needed once the result is taken over.
  [[nodiscard]] Status remove_inputs() const;
  [[nodiscard]] Status remove_all() const;

 private:
  JobFolder(fs::path path, JobSpec spec) : path_(std::move(path)), spec_(std::move(spec)) {}
  fs::path path_;
  JobSpec spec_;
};

/// The engine's pen: appends events, beats every second, and looks for a request to cancel. Thread-safe.
class EventWriter {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EventWriter>> open(const JobFolder& folder, std::stop_source stop);
  ~EventWriter();
  void progress(const Progress& progress);
  /// A point of the training curve.
  void metric(std::string_view name, int64_t step, double value);
  void log(std::string_view level, std::string_view text, const Json& details = Json::object());
  void event(std::string_view type, const Json& body);
  /// What went wrong while writing, if anything did: the disk is full.
  [[nodiscard]] Status status() const;

 private:
  struct State;
  explicit EventWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Reads events as they come: each call gives the complete lines since the last one. A torn or foreign line is skipped.
class EventReader {
 public:
  explicit EventReader(fs::path job_folder) : file_(std::move(job_folder) / "events.jsonl") {}
  [[nodiscard]] std::vector<Event> next();

 private:
  fs::path file_;
  int64_t offset_ = 0;
};

/// The newest progress in a folder, from the end of its events; nullopt when there is none.
[[nodiscard]] std::optional<Progress> newest_progress(const fs::path& job_folder);

/// This process, for EngineIdentity.
[[nodiscard]] EngineIdentity this_process();
/// Whether that very process still lives on this machine.
[[nodiscard]] bool is_alive(const EngineIdentity& engine);

/// Waits for the lock of a device ("cpu", "cuda:0"): one training at a time on each device of a machine, whatever
/// project it belongs to. The environment's MILLWRIGHT_LOCKS names another folder than the machine's for the locks:
/// tests do not wait for somebody's training. `waiting` is called now and then while another holds it. Error:
/// cancelled.
[[nodiscard]] Result<FileLock> lock_device(std::string_view device, std::stop_token stop,
                                           const std::function<void()>& waiting);

}  // namespace millwright::jobs
