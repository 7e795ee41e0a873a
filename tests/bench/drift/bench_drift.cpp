// Drift of 1M against 1M rows of 20 fields, exact. Usage: bench_drift [ROWS] [FOLDER]
// Imports two generated files (not timed), then compares them three times; prints seconds, processor seconds and the
// peak of memory over that before. peers.py does the same work on the same files with scipy, Evidently and NannyML.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "monitoring/drift.h"
#include "own_process.h"
#include "records/ingest.h"
#include "records/window.h"

using namespace millwright;

namespace {

/// 14 numbers (8 normal with six decimals, 3 skewed amounts of cents, 3 counts) and 6 categories.
void write_table(const fs::path& path, int64_t rows, uint64_t seed, double shift) {
  Random random(seed);
  std::ofstream out(path);
  std::string line;
  for (int f = 0; f < 20; ++f) line += (f > 0 ? ",f" : "f") + std::to_string(f);
  char cell[32];
  out << line << '\n';
  for (int64_t i = 0; i < rows; ++i) {
    line.clear();
    for (int f = 0; f < 20; ++f) {
      if (f < 8)
        std::snprintf(cell, sizeof cell, "%.6f,", random.normal() + (f == 0 ? shift : 0));
      else if (f < 11)
        std::snprintf(cell, sizeof cell, "%.2f,", std::exp(3 + random.normal()));
      else if (f < 14)
        std::snprintf(cell, sizeof cell, "%d,", static_cast<int>(std::abs(random.normal()) * 400));
      else
        std::snprintf(cell, sizeof cell, "c%d%s", static_cast<int>(random.uniform() * random.uniform() * (f - 10) * 8),
                      f == 19 ? "\n" : ",");
      line += cell;
    }
    out << line;
  }
}

Result<int> run(int64_t rows, const fs::path& folder) {
  MW_TRY(make_folders(folder));
  const fs::path project_folder = folder / "bench.millwright";
  const Actor actor{"bench", "bench"};
  if (!fs::exists(project_folder)) {
    MW_ASSIGN(auto fresh, store::Project::create(project_folder, actor, {}));
    for (const char* name : {"reference", "current"}) {
      const fs::path file = folder / (std::string(name) + ".csv");
      const bool later = std::string_view(name) == "current";
      write_table(file, rows, later ? 2 : 1, later ? 0.02 : 0);
      records::ImportRequest request;
      request.source = file.string();
      request.asset = "table";
      const double start = steady_seconds();
      MW_ASSIGN(const auto report, records::import_source(fresh, request, {}));
      std::printf("import of %s: %lld rows in %.2f s\n", name, static_cast<long long>(report.rows_kept),
                  steady_seconds() - start);
    }
  }
  MW_ASSIGN(auto project, store::Project::open(project_folder, actor));
  MW_ASSIGN(const auto asset, records::find_asset(project, "table"));
  MW_ASSIGN(const auto all, records::whole_asset(project, asset));
  for (const auto rules :
       {monitoring::DriftRules::calibrated, monitoring::DriftRules::evidently, monitoring::DriftRules::nannyml})
    for (int round = 0; round < 3; ++round) {
      monitoring::DriftRequest request;
      MW_ASSIGN(request.reference, records::window_of_batches(project, {all.batches.at(0)}));
      MW_ASSIGN(request.current, records::window_of_batches(project, {all.batches.at(1)}));
      request.keep = false;
      request.rules = rules;
      bench::reset_peak();
      const double start = steady_seconds(), processor = bench::processor_seconds();
      MW_ASSIGN(const auto report, monitoring::measure_drift(project, request));
      std::printf("%-10s %.3f s, %.3f processor s, peak %.0f MB, %lld of %lld fields drifted\n",
                  std::string(statistics::name_of(rules)).c_str(), steady_seconds() - start,
                  bench::processor_seconds() - processor, bench::peak_mb(),
                  static_cast<long long>(report.verdict.drifted), static_cast<long long>(report.verdict.judged));
    }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t rows = argc > 1 ? std::strtoll(argv[1], nullptr, 10) : 1'000'000;
  const auto folder =
      argc > 2 ? fs::path(argv[2]) : fs::temp_directory_path() / ("millwright-bench-drift-" + std::to_string(rows));
  const auto result = run(rows, folder);
  if (result) return *result;
  std::fprintf(stderr, "%s\n", message_of(result.error()).c_str());
  return exit_code(result.error().kind);
}
