#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "jobs/job_folder.h"

namespace millwright::jobs {
namespace {

constexpr auto kLook = std::chrono::milliseconds(100);  // how soon a request to cancel is seen
constexpr int64_t kBeatMs = 1000;
constexpr double kProgressEvery = 0.1;    // seconds between two lines of the same phase
constexpr size_t kMostAtOnce = 16 << 20;  // bytes that one call of next() takes
constexpr off_t kTail = 64 << 10;         // where the newest progress is looked for

std::optional<Event> event_of(std::string_view line) {
  auto json = Json::parse(line.begin(), line.end(), nullptr, false);
  if (json.is_discarded() || !json.is_object()) return std::nullopt;
  const auto type = json.find("type");
  if (type == json.end() || !type->is_string()) return std::nullopt;
  Event event;
  event.type = type->get<std::string>();
  const auto whole = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number_integer() ? found->get<int64_t>() : int64_t{0};
  };
  event.seq = whole("seq");
  event.time_ms = whole("time");
  event.body = std::move(json);
  return event;
}

/// Bytes of a file from an offset on, at most `most`; empty when there are none.
std::string read_from(const fs::path& path, off_t offset, size_t most) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  struct stat info {};
  std::string out;
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > offset) {
    out.resize(std::min(static_cast<size_t>(info.st_size - offset), most));
    const ssize_t n = ::pread(fd, out.data(), out.size(), offset);
    out.resize(n > 0 ? static_cast<size_t>(n) : 0);
  }
  ::close(fd);
  return out;
}

}  // namespace

struct EventWriter::State {
  JobFolder folder;
  AppendFile file;
  std::stop_source stop;
  mutable std::mutex mutex;
  std::condition_variable_any ended;
  Status status;
  int64_t seq = 0;
  std::string phase;
  double phase_time = 0;
  std::jthread watcher;

  State(JobFolder job_folder, AppendFile append, std::stop_source source)
      : folder(std::move(job_folder)), file(std::move(append)), stop(std::move(source)) {}

  void append(std::string_view type, const Json& body) {
    const std::lock_guard guard(mutex);
    Json line = {{"seq", ++seq}, {"time", now_ms()}, {"type", type}};
    for (const auto& [key, value] : body.items()) line[key] = value;
    if (auto written = file.append(to_text(line) + "\n"); !written && status) status = written;
  }

  void watch(const std::stop_token& done) {
    int64_t beat = now_ms();
    std::mutex sleeping;
    std::unique_lock lock(sleeping);
    while (!done.stop_requested()) {
      ended.wait_for(lock, done, kLook, [] { return false; });
      if (done.stop_requested()) return;
      if (!stop.stop_requested() && folder.cancel_requested()) stop.request_stop();
      if (now_ms() - beat >= kBeatMs) {
        beat = now_ms();
        append("heartbeat", Json::object());
      }
    }
  }
};

EventWriter::EventWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
EventWriter::~EventWriter() = default;

Result<std::unique_ptr<EventWriter>> EventWriter::open(const JobFolder& folder, std::stop_source stop) {
  MW_ASSIGN(AppendFile file, AppendFile::open(folder.file("events.jsonl")));
  std::unique_ptr<EventWriter> writer(
      new EventWriter(std::make_unique<State>(folder, std::move(file), std::move(stop))));
  State* const state = writer->state_.get();
  state->watcher = std::jthread([state](const std::stop_token& done) { state->watch(done); });
  return writer;
}

void EventWriter::progress(const Progress& progress) {
  {
    const std::lock_guard guard(state_->mutex);
    const double now = steady_seconds();
    const bool last = progress.total > 0 && progress.done >= progress.total;
    if (progress.phase == state_->phase && !last && now - state_->phase_time < kProgressEvery) return;
    state_->phase = progress.phase;
    state_->phase_time = now;
  }
  event("progress",
        {{"phase", progress.phase}, {"done", progress.done}, {"total", progress.total}, {"unit", progress.unit}});
}

void EventWriter::metric(std::string_view name, int64_t step, double value) {
  event("metric", {{"name", name}, {"step", step}, {"value", number_or_null(value)}});
}

void EventWriter::log(std::string_view level, std::string_view text, const Json& details) {
  Json body = {{"level", level}, {"text", text}};
  if (!details.empty()) body["details"] = details;
  event("log", body);
}

void EventWriter::event(std::string_view type, const Json& body) { state_->append(type, body); }

Status EventWriter::status() const {
  const std::lock_guard guard(state_->mutex);
  return state_->status;
}

std::vector<Event> EventReader::next() {
  const std::string bytes = read_from(file_, static_cast<off_t>(offset_), kMostAtOnce);
  std::vector<Event> events;
  size_t begin = 0;
  for (size_t end = bytes.find('\n'); end != std::string::npos; end = bytes.find('\n', begin)) {
    if (auto event = event_of(std::string_view(bytes).substr(begin, end - begin))) events.push_back(std::move(*event));
    begin = end + 1;
  }
  // A line longer than what is taken at once is no line of ours.
  offset_ += static_cast<int64_t>(begin == 0 && bytes.size() == kMostAtOnce ? bytes.size() : begin);
  return events;
}

std::optional<Progress> newest_progress(const fs::path& job_folder) {
  const fs::path file = job_folder / "events.jsonl";
  std::error_code error;
  const auto size = static_cast<off_t>(fs::file_size(file, error));
  if (error) return std::nullopt;
  const std::string bytes = read_from(file, std::max<off_t>(0, size - kTail), kTail);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const size_t end = rest.rfind('\n');
    if (end == std::string_view::npos) break;
    const size_t begin = end == 0 ? std::string_view::npos : rest.rfind('\n', end - 1);
    const size_t from = begin == std::string_view::npos ? 0 : begin + 1;
    if (const auto event = event_of(rest.substr(from, end - from)); event && event->type == "progress") {
      const auto whole = [&](const char* key) {
        const auto found = event->body.find(key);
        return found != event->body.end() && found->is_number_integer() ? found->get<int64_t>() : int64_t{0};
      };
      const auto text = [&](const char* key) {
        const auto found = event->body.find(key);
        return found != event->body.end() && found->is_string() ? found->get<std::string>() : std::string();
      };
      return Progress{text("phase"), whole("done"), whole("total"), text("unit")};
    }
    rest = rest.substr(0, from);
  }
  return std::nullopt;
}

}  // namespace millwright::jobs
