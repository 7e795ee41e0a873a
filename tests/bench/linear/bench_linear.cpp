// The linear baseline on a file of rows. Usage: bench_linear ROWS.jsonl [FOLDER]
// ROWS.jsonl has "text", "label" and "split" on each line; bench_linear --clinc150 DATA/clinc150 takes that data set's
// three files. Prints seconds and processor seconds of a whole job (read, vectorise, train, calibrate, evaluate, write)
// and the time of one prediction. peers.py does the same work on FOLDER/rows.jsonl with scikit-learn.
#include <cstdio>
#include <fstream>
#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "engine/run_job.h"
#include "engine/training_rows.h"
#include "jobs/job_folder.h"
#include "own_process.h"
#include "statistics/classification.h"
#include "text/linear_classifier.h"

using namespace millwright;

namespace {

void append(const fs::path& from, const char* split, std::ofstream& out, int64_t& number) {
  std::ifstream in(from);
  for (std::string line; std::getline(in, line);) {
    Json row = Json::parse(line);
    row["record"] = "1-" + std::to_string(number++);
    if (split != nullptr) row["split"] = split;
    out << to_text(row) << '\n';
  }
}

int complain(const Error& error) {
  std::fprintf(stderr, "%s\n", message_of(error).c_str());
  return 1;
}

/// Texts one by one, as a caller would: the 50th and 95th percentile.
void time_predictions(const text::LinearClassifier& model, const engine::SplitRows& rows) {
  text::LinearScratch scratch;
  std::vector<double> milliseconds;
  for (const std::string_view text : rows.text) {
    const double began = steady_seconds();
    (void)model.predict(text, scratch);
    milliseconds.push_back((steady_seconds() - began) * 1000);
  }
  std::printf("one prediction        p50 %.3f ms, p95 %.3f ms\n", statistics::quantile(milliseconds, 0.5),
              statistics::quantile(milliseconds, 0.95));
}

int measure(const fs::path& folder) {
  auto job = jobs::JobFolder::open(folder);
  if (!job) return complain(job.error());
  const double began = steady_seconds(), processor = bench::processor_seconds();
  const auto code = engine::run_job(folder, std::stop_source());
  if (!code) return complain(code.error());
  const auto result = job->result();
  if (!result || !*result || !(*result)->ok) return 1;
  std::printf("whole job             %.2f s, %.2f processor s\n", steady_seconds() - began,
              bench::processor_seconds() - processor);
  const Json& outputs = (*result)->outputs;
  std::printf("test accuracy         %.4f, macro F1 %.4f, ECE %.4f\n",
              outputs["metrics"]["test"]["accuracy"].get<double>(),
              outputs["metrics"]["test"]["macro_f1"].get<double>(), outputs["metrics"]["test"]["ece"].get<double>());
  std::printf("weights kept          %lld in %lld features\n", outputs["parameters"].get<long long>(),
              outputs["features"].get<long long>());
  const double loading = steady_seconds();
  const auto model = text::LinearClassifier::load(folder / "model");
  if (!model) return complain(model.error());
  std::printf("model loaded          %.3f s\n", steady_seconds() - loading);
  const auto rows = engine::read_training_rows(folder / "inputs/rows.jsonl", engine::Objective::classification, {});
  if (!rows) return complain(rows.error());
  time_predictions(*model, rows->test);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool clinc150 = argc > 2 && std::string_view(argv[1]) == "--clinc150";
  if (argc < 2) {
    std::fprintf(stderr, "bench_linear ROWS.jsonl [FOLDER] | bench_linear --clinc150 DATA/clinc150 [FOLDER]\n");
    return 2;
  }
  const int at = clinc150 ? 3 : 2;
  const fs::path folder = argc > at ? fs::path(argv[at]) : fs::temp_directory_path() / "millwright-bench-linear";
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  const auto job = jobs::JobFolder::create(folder, {new_uuid(), "train", {{"algorithm", "linear"}, {"seed", 1}}});
  if (!job) return complain(job.error());
  if (auto made = make_folders(folder / "inputs"); !made) return complain(made.error());
  {
    std::ofstream out(folder / "inputs/rows.jsonl");
    int64_t number = 0;
    if (clinc150) {
      append(fs::path(argv[2]) / "train.jsonl", "train", out, number);
      append(fs::path(argv[2]) / "val.jsonl", "validation", out, number);
      append(fs::path(argv[2]) / "test.jsonl", "test", out, number);
    } else {
      append(argv[1], nullptr, out, number);
    }
  }
  return measure(folder);
}
