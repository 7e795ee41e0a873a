#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/clock.h"

extern char** environ;

namespace millwright {
namespace {

constexpr size_t kOutputLimit = 64U << 20;
constexpr size_t kErrorsKept = 64U << 10;

struct Pipe {
  int ends[2] = {-1, -1};
  bool open() { return ::pipe2(ends, O_CLOEXEC) == 0; }
  void close(int end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
  ~Pipe() {
    close(0);
    close(1);
  }
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// Reads what is there; false at the end of the stream.
bool drain(int fd, std::string& into, size_t limit, bool keep_tail) {
  char buffer[1 << 16];
  const ssize_t n = ::read(fd, buffer, sizeof buffer);
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n == 0) return false;
  if (keep_tail || into.size() < limit) into.append(buffer, static_cast<size_t>(n));
  if (keep_tail && into.size() > 2 * limit) into.erase(0, into.size() - limit);
  return true;
}

Result<pid_t> spawn(const std::vector<std::string>& arguments, const ProcessOptions& options, Pipe& out, Pipe& err) {
  std::vector<std::string> environment;
  for (char** at = environ; *at != nullptr; ++at) environment.emplace_back(*at);
  for (const auto& added : options.environment) {
    const std::string name = added.substr(0, added.find('=') + 1);
    std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name); });
    environment.push_back(added);
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (options.output_file.empty())
    posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1);
  else
    posix_spawn_file_actions_addopen(&actions, 1, options.output_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);  // a Ctrl+C on the terminal reaches it through us, in order
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error == ENOENT)
    return fail(ErrorKind::bad_input, "process.not_found", "The program {name} is not installed.",
                {{"name", arguments[0]}});
  if (error != 0) return fail_errno("start", arguments[0], error);
  return pid;
}

}  // namespace

Result<ProcessResult> run_process(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  Pipe out, err;
  if (!out.open() || !err.open()) return fail_errno("start", arguments[0], errno);
  MW_ASSIGN(const pid_t pid, spawn(arguments, options, out, err));
  out.close(1);
  err.close(1);
  if (!options.output_file.empty()) out.close(0);
  ProcessResult result;
  const double begun = steady_seconds();
  double asked_to_stop = 0;
  bool timed_out = false;
  while (out.ends[0] >= 0 || err.ends[0] >= 0) {
    pollfd fds[2] = {{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}};
    (void)::poll(fds, 2, 50);
    if (fds[0].revents != 0 && !drain(out.ends[0], result.output, kOutputLimit, false)) out.close(0);
    if (fds[1].revents != 0 && !drain(err.ends[0], result.errors, kErrorsKept, true)) err.close(0);
    const double now = steady_seconds();
    const bool late = options.timeout_seconds > 0 && now - begun > options.timeout_seconds;
    if (asked_to_stop == 0 && (late || options.stop.stop_requested())) {
      timed_out = late;
      asked_to_stop = now;
      ::kill(-pid, SIGTERM);
    } else if (asked_to_stop > 0 && now - asked_to_stop > 2) {
      ::kill(-pid, SIGKILL);
    }
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (timed_out)
    return fail(ErrorKind::job, "process.timeout", "{name} did not end in time.", {{"name", arguments[0]}});
  if (asked_to_stop > 0) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

bool program_exists(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string rest = path != nullptr ? path : "/usr/bin:/bin";
  for (size_t at = 0; at <= rest.size();) {
    const size_t end = std::min(rest.find(':', at), rest.size());
    const auto candidate = std::filesystem::path(rest.substr(at, end - at)) / name;
    if (::access(candidate.c_str(), X_OK) == 0) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace millwright
