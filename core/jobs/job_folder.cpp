#include "jobs/job_folder.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/clock.h"

namespace millwright::jobs {
namespace {

constexpr std::string_view kCauses[] = {"out_of_memory", "diverged",  "bad_data", "disk_full",
                                        "device_gone",   "cancelled", "crashed"};
constexpr uint64_t kLargestDocument = 32 << 20;  // of spec.json and result.json

/// A small document of a job folder; what is larger than any of ours is not read.
Result<Json> read_document(const fs::path& path) {
  MW_ASSIGN(const std::string text, read_file(path, kLargestDocument));
  MW_ASSIGN(Json json, parse_json(text, path.string()));
  if (!json.is_object())
    return fail(ErrorKind::bad_input, "job.bad_file", "{file} is no JSON object.", {{"file", path.string()}});
  return json;
}

std::string text_or(const Json& object, std::string_view key, std::string otherwise = {}) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::move(otherwise);
}
double number_or(const Json& object, std::string_view key, double otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : otherwise;
}
int64_t whole_or(const Json& object, std::string_view key, int64_t otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : otherwise;
}

/// What the engine writes lies in the folder: a link in the place of events.jsonl or model/ would lead it to a file of
/// somebody else, a pipe would make it wait. Below inputs/ nothing is written.
Status check_entries(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code unknown;
    const fs::file_type type = at->symlink_status(unknown).type();
    const std::string name = at->path().filename().string();
    const bool plain = type == fs::file_type::regular || type == fs::file_type::directory;
    // A rank's folder in a job's has a link to the job's inputs.
    if (plain || (name == "inputs" && type == fs::file_type::symlink) || type == fs::file_type::not_found) continue;
    return fail(ErrorKind::bad_input, "job.bad_entry",
                "{folder} is not worked on: {name} in it is a link, a pipe or a device.",
                {{"folder", folder.string()}, {"name", name}}, "Remove it, or put the file itself in its place.");
  }
  if (error) return fail_errno("read", folder.string(), error.value());
  return {};
}

/// Field 22 of /proc/PID/stat; 0 when there is no such process or it is a zombie.
uint64_t start_ticks_of(int64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return 0;
  const size_t end_of_name = line.rfind(')');  // the name may hold blanks and parentheses
  if (end_of_name == std::string::npos || end_of_name + 2 >= line.size()) return 0;
  if (line[end_of_name + 2] == 'Z' || line[end_of_name + 2] == 'X') return 0;
  size_t at = end_of_name + 2;
  for (int field = 3; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  if (at == std::string::npos) return 0;
  uint64_t ticks = 0;
  std::from_chars(line.data() + at + 1, line.data() + line.size(), ticks);
  return ticks;
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

Status write_spec(const fs::path& path, const JobSpec& spec) {
  const Json document = {
      {"format", kSpecFormat}, {"job", to_string(spec.job)}, {"kind", spec.kind}, {"body", spec.body}};
  return write_file_atomically(path / "spec.json", to_text(document, 1) + "\n");
}

}  // namespace

std::string_view name_of(Cause cause) { return kCauses[static_cast<size_t>(cause)]; }

std::optional<Cause> cause_named(std::string_view name) {
  for (size_t i = 0; i < std::size(kCauses); ++i)
    if (kCauses[i] == name) return static_cast<Cause>(i);
  return std::nullopt;
}

Cause cause_of(const Error& error) {
  if (error.kind == ErrorKind::cancelled) return Cause::cancelled;
  if (error.code == "file.disk_full" || error.code == "store.full") return Cause::disk_full;
  if (error.code == "train.out_of_memory") return Cause::out_of_memory;
  if (error.code == "train.diverged") return Cause::diverged;
  if (error.code == "train.device_gone" || error.code == "engine.no_device") return Cause::device_gone;
  if (error.kind == ErrorKind::bad_input || error.kind == ErrorKind::usage) return Cause::bad_data;
  return Cause::crashed;
}

Result<JobFolder> JobFolder::create(const fs::path& path, const JobSpec& spec) {
  MW_TRY(make_folders(path));
  MW_TRY(write_spec(path, spec));
  return JobFolder(path, spec);
}

Result<JobFolder> JobFolder::open(const fs::path& path) {
  const fs::path file = path / "spec.json";
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored))
    return fail(ErrorKind::bad_input, "job.no_spec", "{folder} is no job folder: it has no spec.json.",
                {{"folder", path.string()}});
  MW_TRY(check_entries(path));
  const auto bad = [&](std::string_view why) {
    return fail(ErrorKind::bad_input, "job.bad_spec", "{file} cannot be used: {reason}.",
                {{"file", file.string()}, {"reason", std::string(why)}});
  };
  MW_ASSIGN(const Json document, read_document(file));
  const int64_t format = whole_or(document, "format", 0);
  if (format > kSpecFormat)
    return fail(ErrorKind::bad_input, "job.too_new", "{file} is of format {format}; this program reads {known}.",
                {{"file", file.string()}, {"format", std::to_string(format)}, {"known", std::to_string(kSpecFormat)}},
                "Use a newer program.");
  if (format < 1) return bad("it names no format");
  const auto job = uuid_from_string(text_or(document, "job"));
  if (!job) return bad("it names no job");
  JobSpec spec{*job, text_or(document, "kind"), document.value("body", Json::object())};
  if (spec.kind.empty()) return bad("it says no kind");
  if (!spec.body.is_object()) return bad("its body is no object");
  return JobFolder(path, std::move(spec));
}

Status JobFolder::request_cancel() const {
  if (cancel_requested()) return {};
  return write_file_atomically(path_ / "cancel", std::to_string(now_ms()) + "\n");
}

bool JobFolder::cancel_requested() const { return ::access((path_ / "cancel").c_str(), F_OK) == 0; }

std::optional<int64_t> JobFolder::cancel_requested_ms() const {
  if (!cancel_requested()) return std::nullopt;
  const auto text = read_file(path_ / "cancel", 64);
  int64_t time = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), time);
  return time;
}

Status JobFolder::write_result(const JobResult& result) const {
  Json document = {{"format", kSpecFormat}, {"ok", result.ok}, {"seconds", number_or_null(result.seconds)}};
  if (result.cause) document["cause"] = name_of(*result.cause);
  if (!result.message.empty()) document["message"] = result.message;
  document["outputs"] = result.outputs;
  return write_file_atomically(path_ / "result.json", to_text(document, 1) + "\n");
}

Result<std::optional<JobResult>> JobFolder::result() const {
  const fs::path file = path_ / "result.json";
  if (::access(file.c_str(), F_OK) != 0) return std::optional<JobResult>();
  MW_ASSIGN(const Json document, read_document(file));
  JobResult result;
  const auto ok = document.find("ok");
  if (ok == document.end() || !ok->is_boolean())
    return fail(ErrorKind::bad_input, "job.bad_result", "{file} does not say how the job ended.",
                {{"file", file.string()}});
  result.ok = ok->get<bool>();
  result.cause = cause_named(text_or(document, "cause"));
  if (!result.ok && !result.cause) result.cause = Cause::crashed;
  result.message = text_or(document, "message");
  result.seconds = number_or(document, "seconds", 0);
  result.outputs = document.value("outputs", Json::object());
  return std::optional(std::move(result));
}

Status JobFolder::remove_result() const { return remove_file(path_ / "result.json"); }

Status JobFolder::reset(const Json& body) const {
  for (const char* name : {"result.json", "cancel", "engine.json"}) MW_TRY(remove_file(path_ / name));
  return write_spec(path_, {spec_.job, spec_.kind, body});
}

bool JobFolder::has_inputs() const {
  std::error_code error;
  return fs::is_directory(path_ / "inputs", error);
}

Result<std::optional<FileLock>> JobFolder::try_lock() const { return FileLock::try_lock(path_ / "engine.lock"); }

Status JobFolder::write_engine(const EngineIdentity& engine) const {
  const Json document = {{"pid", engine.pid}, {"start_ticks", engine.start_ticks}, {"boot", engine.boot}};
  return write_file_atomically(path_ / "engine.json", to_text(document) + "\n");
}

std::optional<EngineIdentity> JobFolder::engine() const {
  const fs::path file = path_ / "engine.json";
  if (::access(file.c_str(), F_OK) != 0) return std::nullopt;
  const auto document = read_document(file);
  if (!document) return std::nullopt;
  return EngineIdentity{whole_or(*document, "pid", 0), static_cast<uint64_t>(whole_or(*document, "start_ticks", 0)),
                        text_or(*document, "boot")};
}

namespace {

/// Removes everything below a folder but `kept`; links are removed, not followed.
Status remove_below(const fs::path& folder, const fs::path& kept = {}) {
  std::error_code error;
  std::vector<fs::path> folders;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_directory() && !entry.is_symlink())
      folders.push_back(entry.path());
    else if (entry.path() != kept)
      MW_TRY(remove_file(entry.path()));
  }
  for (size_t i = folders.size(); i > 0; --i) (void)file_system().remove(folders[i - 1]);
  return {};
}

}  // namespace

Status JobFolder::remove_inputs() const {
  MW_TRY(remove_below(path_ / "inputs"));
  (void)file_system().remove(path_ / "inputs");
  return {};
}

Status JobFolder::remove_all() const {
  // The spec goes last: what is half removed is still known as a job's folder.
  MW_TRY(remove_below(path_, path_ / "spec.json"));
  MW_TRY(remove_file(path_ / "spec.json"));
  (void)file_system().remove(path_);
  return {};
}

EngineIdentity this_process() { return {static_cast<int64_t>(::getpid()), start_ticks_of(::getpid()), boot_id()}; }

bool is_alive(const EngineIdentity& engine) {
  if (engine.pid <= 1 || engine.start_ticks == 0 || engine.boot != boot_id()) return false;
  return start_ticks_of(engine.pid) == engine.start_ticks;
}

namespace {

Result<fs::path> folder_of_locks() {
  if (const char* set = std::getenv("MILLWRIGHT_LOCKS"); set != nullptr && *set != '\0') {
    MW_TRY(make_folders(set));
    return fs::path(set);
  }
  // Shared by every user of the machine. A folder without the sticky bit: in one with it the kernel refuses to open
  // files of others for locking (fs.protected_regular).
  fs::path folder = "/tmp/millwright-locks";
  (void)::mkdir(folder.c_str(), 0777);
  (void)::chmod(folder.c_str(), 0777);
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || ::access(folder.c_str(), W_OK) != 0) {
    folder = "/tmp/millwright-locks-" + std::to_string(::getuid());
    MW_TRY(make_folders(folder));
  }
  return folder;
}

}  // namespace

Result<FileLock> lock_device(std::string_view device, std::stop_token stop, const std::function<void()>& waiting) {
  std::string name(device);
  for (char& c : name)
    if (c == ':' || c == '/' || c == '.') c = '-';
  MW_ASSIGN(const fs::path folder, folder_of_locks());
  const fs::path file = folder / (name + ".lock");
  for (int round = 0;; ++round) {
    MW_ASSIGN(std::optional<FileLock> lock, FileLock::try_lock(file));
    if (lock) {
      (void)::chmod(file.c_str(), 0666);
      return std::move(*lock);
    }
    if (stop.stop_requested())
      return fail(ErrorKind::cancelled, "cancelled", "Stopped while waiting for another training.");
    if (waiting && round % 10 == 0) waiting();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace millwright::jobs
