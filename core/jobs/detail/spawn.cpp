#include "detail/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

extern char** environ;

namespace millwright::jobs::detail {
namespace {

/// posix_spawn's two objects, destroyed whatever happens.
struct Plan {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  Plan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~Plan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
};

}  // namespace

Result<pid_t> spawn_engine(const fs::path& program, const fs::path& job_folder) {
  Plan plan;
  const std::string log = (job_folder / "engine.log").string();
  posix_spawn_file_actions_addopen(&plan.actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&plan.actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  posix_spawn_file_actions_adddup2(&plan.actions, 1, 2);
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, 3);
  sigset_t none;
  sigset_t standard;
  sigemptyset(&none);
  sigfillset(&standard);
  posix_spawnattr_setsigmask(&plan.attributes, &none);
  posix_spawnattr_setsigdefault(&plan.attributes, &standard);
  posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!std::string_view(*entry).starts_with("MILLWRIGHT_NICE=")) environment.emplace_back(*entry);
  environment.emplace_back("MILLWRIGHT_NICE=10");
  std::vector<char*> environment_pointers;
  for (std::string& entry : environment) environment_pointers.push_back(entry.data());
  environment_pointers.push_back(nullptr);
  std::string program_text = program.string();
  std::string folder_text = fs::absolute(job_folder).string();
  char* const arguments[] = {program_text.data(), folder_text.data(), nullptr};

  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, program_text.c_str(), &plan.actions, &plan.attributes, arguments,
                                  environment_pointers.data());
  if (error != 0)
    return fail(ErrorKind::job, "job.cannot_start", "The engine {program} cannot be started: {reason}",
                {{"program", program_text}, {"reason", std::strerror(error)}});
  return pid;
}

}  // namespace millwright::jobs::detail
