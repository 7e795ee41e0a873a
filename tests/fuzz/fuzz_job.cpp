// A job folder from a stranger: its spec.json and, behind the first zero byte, its rows. What is taken has options
// within their ranges and rows whose targets are among the labels; everything else is an error.
#include <cstdint>
#include <cstdlib>
#include <fstream>

#include "engine/encoder_options.h"
#include "engine/training_rows.h"
#include "jobs/algorithms.h"
#include "jobs/job_folder.h"

using namespace millwright;
using namespace millwright::engine;

namespace {

const fs::path& scratch() {
  static const fs::path folder = [] {
    std::string pattern = (fs::temp_directory_path() / "fuzz-job-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::exit(1);
    std::atexit([] { fs::remove_all(scratch()); });
    fs::create_directory(fs::path(pattern) / "inputs");
    return fs::path(pattern);
  }();
  return folder;
}

void write(const char* name, std::string_view content) { std::ofstream(scratch() / name, std::ios::binary) << content; }

void check_options(const EncoderOptions& options) {
  const bool sane = options.batch_size >= 1 && options.batch_size <= 4096 && options.epochs >= 1 &&
                    options.accumulation >= 1 && options.max_length >= 4 && options.threads >= 1 &&
                    options.learning_rate > 0 && options.learning_rate <= 1 && options.warmup < 1 &&
                    options.dropout >= -1 && options.dropout < 1 && options.layers >= 1 && options.heads >= 1 &&
                    options.hidden >= 16 && options.vocabulary >= 100;
  if (!sane) std::abort();
}

void check_split(const SplitRows& split, const TrainingRows& rows) {
  const auto labels = static_cast<int32_t>(rows.labels.size());
  const auto fits = [&](int32_t label) { return label >= -1 && label < labels; };
  const size_t size = split.size();
  const auto beside = [&](size_t other) { return other == 0 || other == size; };
  if (split.text.size() != size || !beside(split.label.size()) || !beside(split.labels.size()) ||
      !beside(split.spans.size()) || !beside(split.value.size()) || !beside(split.pair.size()) ||
      !beside(split.weight.size()))
    std::abort();
  for (const int32_t label : split.label)
    if (!fits(label)) std::abort();
  for (const auto& list : split.labels)
    for (const int32_t label : list)
      if (label < 0 || !fits(label)) std::abort();
  for (const auto& spans : split.spans)
    for (size_t i = 0; i < spans.size(); ++i)
      if (spans[i].begin >= spans[i].end || !fits(spans[i].label) || (i > 0 && spans[i].begin < spans[i - 1].end))
        std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t zero = all.find('\0');
  write("spec.json", all.substr(0, zero));
  write("inputs/rows.jsonl", zero == std::string_view::npos ? std::string_view() : all.substr(zero + 1));
  Objective objective = Objective::classification;
  const auto folder = jobs::JobFolder::open(scratch());
  if (folder) {
    const Json& body = folder->spec().body;
    (void)to_text(body);
    (void)jobs::seed_of(body);
    for (const jobs::Algorithm& algorithm : jobs::algorithms()) {
      const auto complete = jobs::check_options(algorithm, body.value("options", Json::object()));
      if (!complete || algorithm.name != "encoder") continue;
      const auto named = objective_named(complete->at("objective").get<std::string>());
      if (!named) std::abort();
      objective = *named;
      for (const bool fresh : {true, false})
        if (const auto options = read_encoder_options(*complete, 10, fresh, fresh)) check_options(*options);
    }
  }
  auto rows = read_training_rows(scratch() / "inputs/rows.jsonl", objective, {});
  if (!rows) return 0;
  for (const Split split : {Split::train, Split::validation, Split::test}) check_split(rows->of(split), *rows);
  (void)read_unlabeled_texts(scratch() / "inputs/rows.jsonl", *rows, {});
  return 0;
}
