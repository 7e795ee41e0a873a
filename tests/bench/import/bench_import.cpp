// Import of a million rows of 20 fields, published and synced, beside the sqlite3 shell's bare `.import` of the same
// file to a file on the same disk, through commit, and beside sha256sum of it. The three take turns, so that they meet
// the same machine. Whole programs are timed: start, work, exit.
//
//   bench_import [FOLDER [ROWS [REPEATS]]]      default: the folder for temporary files, 1000000, 3
//
// Target: ≤ 0.7 × the time of `.import`, at most 300 MB.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "records/generator.h"

using namespace millwright;

namespace {

struct Run {
  double seconds = 0;
  double processor_seconds = 0;
  double peak_mb = 0;
  bool ok = false;
};

double seconds_of(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; }

Run run(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const double begun = steady_seconds();
  const pid_t child = ::fork();
  if (child == 0) {
    const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nothing, 1);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  return {steady_seconds() - begun, seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
          static_cast<double>(usage.ru_maxrss) / 1024, WIFEXITED(status) && WEXITSTATUS(status) == 0};
}

Run median(std::vector<Run> runs) {
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.seconds < b.seconds; });
  Run middle = runs[runs.size() / 2];
  for (const Run& each : runs) {
    middle.peak_mb = std::max(middle.peak_mb, each.peak_mb);
    middle.ok = middle.ok && each.ok;
  }
  return middle;
}

/// What the last run left must not be written back, or deleted, on the next one's time.
void settle(const fs::path& left) {
  fs::remove_all(left);
  ::sync();
}

bool compare(const fs::path& folder, const char* name, records::TableKind kind, int64_t rows, int repeats) {
  const fs::path source = folder / (std::string(name) + ".csv");
  if (const auto made = records::generate_table(source, {1, rows, kind}); !made) {
    std::fprintf(stderr, "%s\n", message_of(made.error()).c_str());
    return false;
  }
  const fs::path project = folder / "bench.millwright", database = folder / "bench.db";
  const std::string cli = MILLWRIGHT_BUILD_DIR "/bin/millwright-cli";
  std::vector<Run> ours, shell, hash;
  for (int i = 0; i < repeats; ++i) {
    settle(project);
    if (!run({cli, "init", project.string()}).ok) return false;
    ours.push_back(run({cli, "import", project.string(), source.string(), "--asset", "table", "--json", "--quiet"}));
    settle(database);
    shell.push_back(run({"sqlite3", database.string(), ".mode csv", ".import '" + source.string() + "' t"}));
    hash.push_back(run({"sha256sum", source.string()}));
  }
  const Run a = median(ours), b = median(shell), c = median(hash);
  const double mb = static_cast<double>(fs::file_size(source)) / 1e6;
  std::printf(
      "%-11s %5.0f MB  import %6.2f s (%.2f s of processor, %4.0f MB)   sqlite3 .import %6.2f s (%.2f s)   ratio %.2f: "
      "%s"
      "   sha256sum %.2f s\n",
      name, mb, a.seconds, a.processor_seconds, a.peak_mb, b.seconds, b.processor_seconds, a.seconds / b.seconds,
      a.seconds <= 0.7 * b.seconds && a.peak_mb <= 300 ? "kept" : "missed", c.seconds);
  fs::remove_all(project);
  fs::remove(database);
  fs::remove(source);
  return a.ok && b.ok;
}

}  // namespace

int main(int argc, char** argv) {
  std::string pattern = ((argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path()) / "bench-import-XXXXXX").string();
  const int64_t rows = argc > 2 ? std::atoll(argv[2]) : 1'000'000;
  const int repeats = argc > 3 ? std::max(1, std::atoi(argv[3])) : 3;
  if (::mkdtemp(pattern.data()) == nullptr) {
    std::perror("mkdtemp");
    return 1;
  }
  std::printf("%lld rows of 20 fields, median of %d\n", static_cast<long long>(rows), repeats);
  const bool ok = compare(pattern, "numeric", records::TableKind::numeric, rows, repeats) &&
                  compare(pattern, "text-heavy", records::TableKind::text_heavy, rows, repeats);
  fs::remove_all(pattern);
  if (!ok) std::fprintf(stderr, "a run failed\n");
  return ok ? 0 : 1;
}
