#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
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

/// `in`: what becomes its stdin; nullptr: nothing to read there.
Result<pid_t> spawn(const std::vector<std::string>& arguments, const ProcessOptions& options, Pipe* in, Pipe& out,
                    Pipe& err) {
  std::vector<std::string> environment;
  for (char** at = environ; *at != nullptr; ++at) environment.emplace_back(*at);
  for (const auto& added : options.environment) {
    const std::string name = added.substr(0, added.find('=') + 1);
    std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name); });
    environment.push_back(added);
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (in != nullptr)
    posix_spawn_file_actions_adddup2(&actions, in->ends[0], 0);
  else
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
  MW_ASSIGN(const pid_t pid, spawn(arguments, options, nullptr, out, err));
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

struct Conversation::State {
  std::string name;
  pid_t pid = -1;
  Pipe in, out, err;
  std::string answers, errors;  // read, but not yet handed over

  ~State() {
    in.close(1);
    if (pid < 0) return;
    constexpr double kPatience = 2;
    const double begun = steady_seconds();
    for (bool killed = false;;) {
      const pid_t ended = ::waitpid(pid, nullptr, killed ? 0 : WNOHANG);
      if (ended == pid || (ended < 0 && errno != EINTR)) return;
      if (!killed && steady_seconds() - begun > kPatience) {
        ::kill(-pid, SIGKILL);
        killed = true;
      } else if (!killed) {
        (void)::poll(nullptr, 0, 5);
      }
    }
  }

  tl::unexpected<Error> ended() {
    // It is gone or going: its last words are there, or come within this time.
    pollfd fd{err.ends[0], POLLIN, 0};
    while (err.ends[0] >= 0 && ::poll(&fd, 1, 200) > 0)
      if (!drain(err.ends[0], errors, kErrorsKept, true)) err.close(0);
    while (!errors.empty() && errors.back() == '\n') errors.pop_back();
    const size_t line = errors.rfind('\n');
    return fail(ErrorKind::job, "process.ended", "{name} ended before it had answered: {words}",
                {{"name", name}, {"words", line == std::string::npos ? errors : errors.substr(line + 1)}});
  }
};

Conversation::Conversation(std::unique_ptr<State> state) : state_(std::move(state)) {}
Conversation::Conversation(Conversation&&) noexcept = default;
Conversation& Conversation::operator=(Conversation&&) noexcept = default;
Conversation::~Conversation() = default;

Result<Conversation> Conversation::start(const std::vector<std::string>& arguments,
                                         const std::vector<std::string>& environment) {
  auto state = std::make_unique<State>();
  state->name = std::filesystem::path(arguments[0]).filename().string();
  // A socket, not a pipe: writing to one that nobody reads any more can then be an error instead of a signal.
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, state->in.ends) != 0 || !state->out.open() ||
      !state->err.open())
    return fail_errno("start", arguments[0], errno);
  ProcessOptions options;
  options.environment = environment;
  MW_ASSIGN(state->pid, spawn(arguments, options, &state->in, state->out, state->err));
  state->in.close(0);
  state->out.close(1);
  state->err.close(1);
  for (const int fd : {state->in.ends[1], state->out.ends[0], state->err.ends[0]})
    (void)::fcntl(fd, F_SETFL, O_NONBLOCK);
  return Conversation(std::move(state));
}

Result<std::string> Conversation::ask(std::string_view question, const std::stop_token& stop) {
  State& state = *state_;
  if (state.out.ends[0] < 0) return state.ended();
  const std::string line = std::string(question) + '\n';
  size_t written = 0;
  size_t searched = 0;
  for (;;) {
    const size_t end = state.answers.find('\n', searched);
    if (end != std::string::npos) {
      std::string answer = state.answers.substr(0, end);
      state.answers.erase(0, end + 1);
      return answer;
    }
    searched = state.answers.size();
    if (stop.stop_requested()) {
      state.out.close(0);  // what it still says belongs to a question that nobody asks any more
      return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    }
    pollfd fds[3] = {{state.out.ends[0], POLLIN, 0},
                     {state.err.ends[0], POLLIN, 0},
                     {written < line.size() ? state.in.ends[1] : -1, POLLOUT, 0}};  // -1: not looked at
    (void)::poll(fds, 3, 50);
    if (fds[1].revents != 0 && !drain(state.err.ends[0], state.errors, kErrorsKept, true)) state.err.close(0);
    if ((fds[2].revents & POLLOUT) != 0) {
      const ssize_t n = ::send(state.in.ends[1], line.data() + written, line.size() - written, MSG_NOSIGNAL);
      if (n > 0) written += static_cast<size_t>(n);
      if (n < 0 && errno != EINTR && errno != EAGAIN) state.in.close(1);
    }
    if (fds[0].revents != 0 && !drain(state.out.ends[0], state.answers, SIZE_MAX, false)) {
      state.out.close(0);
      return state.ended();
    }
  }
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
