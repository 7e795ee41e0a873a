// From the key press to the durable label, beside a bare loop that appends 4 KiB and calls fdatasync on the same disk:
// the two take turns, so that they meet the same machine. Once alone, once while a large import runs.
//
//   bench_labeling [FOLDER [LABELS [RECORDS]]]      default: the folder for temporary files, 2000, 100000
//
// Target: p99 ≤ 1.5 × the bare loop's p99 + 3 ms.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "labeling_project.h"
#include "records/generator.h"

using namespace millwright;

namespace {

double quantile(std::vector<double>& values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1) + 0.5)] * 1e3;
}

struct Times {
  std::vector<double> label, bare;
};

Status take_turns(labels::Labeling& labeling, int bare, Times& times) {
  static const std::vector<char> block(4096);
  const double begun = steady_seconds();
  MW_TRY(testing::label_next(labeling));
  const double labeled = steady_seconds();
  if (::write(bare, block.data(), block.size()) != static_cast<ssize_t>(block.size()) || ::fdatasync(bare) != 0)
    return fail_errno("write", "the bare loop's file", errno);
  times.label.push_back(labeled - begun);
  times.bare.push_back(steady_seconds() - labeled);
  return {};
}

void print(const char* what, Times& times) {
  const double l50 = quantile(times.label, 0.5), l99 = quantile(times.label, 0.99);
  const double b50 = quantile(times.bare, 0.5), b99 = quantile(times.bare, 0.99);
  std::printf(
      "%-18s %6zu labels   key press to durable p50 %6.2f p99 %6.2f ms   bare loop p50 %6.2f p99 %6.2f ms   "
      "ratio p50 %.2f p99 %.2f   limit p99 %.2f ms: %s\n",
      what, times.label.size(), l50, l99, b50, b99, l50 / b50, l99 / b99, 1.5 * b99 + 3,
      l99 <= 1.5 * b99 + 3 ? "kept" : "missed");
}

Status bench(const fs::path& folder, int count, int64_t records) {
  MW_ASSIGN(store::Project project, store::Project::create(folder / "bench", {"ann", "device"}, {}));
  MW_ASSIGN(const testing::Labelable made, testing::make_labelable(project, folder, records));
  project.set_automatic_checkpoint(false);
  MW_ASSIGN(labels::Labeling labeling, labels::Labeling::open(project, made.task, made.queue));
  const int bare = ::open((folder / "bare").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (bare < 0) return fail_errno("write", (folder / "bare").string(), errno);
  const std::jthread idle([&](const std::stop_token& stop) {
    auto own = project.clone();
    while (own && !stop.stop_requested()) {
      (void)own->checkpoint();
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  });
  Times warm_up, alone, busy;
  for (int i = 0; i < 50; ++i) MW_TRY(take_turns(labeling, bare, warm_up));
  for (int i = 0; i < count; ++i) MW_TRY(take_turns(labeling, bare, alone));
  print("alone", alone);

  MW_TRY(records::generate_table(folder / "table.csv", {.rows = 1'000'000}));
  std::atomic<bool> done{false};
  Status imported;
  std::thread import([&] {
    imported = [&]() -> Status {
      MW_ASSIGN(store::Project own, project.clone());
      records::ImportRequest request;
      request.source = (folder / "table.csv").string();
      request.asset = "table";
      MW_ASSIGN(const auto report, records::import_source(own, request, {}));
      std::printf("imported %lld rows meanwhile, in %.1f s\n", static_cast<long long>(report.rows_kept),
                  report.seconds);
      return {};
    }();
    done = true;
  });
  Status labeled;
  while (!done && labeled) labeled = take_turns(labeling, bare, busy);
  import.join();
  ::close(bare);
  MW_TRY(labeled);
  MW_TRY(imported);
  print("during an import", busy);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  ::setenv("MILLWRIGHT_PLUGINS", MILLWRIGHT_BUILD_DIR "/lib/millwright/plugins", 0);
  const fs::path parent = argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path();
  const fs::path folder = parent / ("bench-labeling-" + tail(new_uuid()));
  fs::create_directories(folder);
  const Status done = bench(folder, argc > 2 ? std::atoi(argv[2]) : 2000, argc > 3 ? std::atoll(argv[3]) : 100'000);
  fs::remove_all(folder);
  if (done) return 0;
  std::fprintf(stderr, "%s\n", message_of(done.error()).c_str());
  return 1;
}
