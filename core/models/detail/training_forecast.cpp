#include "detail/training_forecast.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/memory.h"
#include "detail/encoder_facts.h"
#include "detail/input_text.h"
#include "records/columns.h"
#include "records/window.h"

namespace millwright::models::detail {
namespace {

constexpr size_t kMeasuredTexts = 2000;
constexpr double kMB = 1e6;
// The linear baseline on CLINC150 (15,000 rows of 40 bytes, 150 labels) took 1.4 s and 96 MB on two threads.
constexpr double kLinearStart = 0.4;          // seconds: program, reading, writing
constexpr double kLinearByteAndLabel = 2e-8;  // seconds of one thread
constexpr double kLinearLabelsApart = 20;     // labels' worth of work that making vectors is
constexpr double kLinearMemory = 40 * kMB, kLinearMemoryAByte = 90;
// An encoder of MiniLM's size came to between 80 and 115 GFLOP/s a core with AVX-512, to half of it with AVX2.
constexpr double kEncoderRate = 50e9;         // operations a second and core
constexpr double kEncoderToken = 5e-5;        // seconds of a token around the products
constexpr double kAlike = 4;                  // sizes up to this factor apart tell of each other
constexpr double kNarrowGain = 1.4;           // of bf16
constexpr double kEncoderStart = 5;           // seconds: libtorch, tokens, weights
constexpr double kEncoderMemory = 280 * kMB;  // libtorch and its work space
constexpr double kBytesAToken = 4;
constexpr double kLongestBatch = 1.3;  // tokens of the longest batch beside those of the mean one
constexpr double kLookingBesideLearning = 1.0 / 3;

double cores(int64_t threads, unsigned most) {
  const unsigned there = std::clamp(std::thread::hardware_concurrency(), 1U, most);
  return threads > 0 ? std::min<double>(static_cast<double>(threads), there) : there;
}

int64_t rounded(double value) { return static_cast<int64_t>(std::llround(value)); }

std::optional<double> measured(const Run& run, const char* name) {
  const Json training = run.metrics.is_object() ? run.metrics.value("training", Json()) : Json();
  const Json found = training.is_object() ? training.value(name, Json()) : Json();
  if (!found.is_number() || found.get<double>() <= 0) return std::nullopt;
  return found.get<double>();
}

Result<TrainingForecast> forecast_linear(const store::Project& project, const TrainingChoice& choice,
                                         const TrainingData& data, const snapshots::Snapshot& snapshot,
                                         const std::vector<Run>& runs) {
  TrainingForecast out;
  const double bytes = data.bytes * static_cast<double>(data.rows());
  const double threads = cores(choice.options.value("threads", int64_t{0}), 8);
  out.seconds =
      kLinearStart + bytes * (static_cast<double>(data.labels) + kLinearLabelsApart) * kLinearByteAndLabel / threads;
  out.memory = rounded(kLinearMemory + bytes * kLinearMemoryAByte);
  for (const Run& run : runs) {
    if (run.algorithm != choice.algorithm->name || run.task != snapshot.task || run.parameters != choice.options)
      continue;
    MW_ASSIGN(const snapshots::Snapshot earlier, snapshots::read_snapshot(project, run.snapshot));
    if (earlier.counts.train <= 0) continue;
    const double ratio = static_cast<double>(data.rows()) / static_cast<double>(earlier.counts.train);
    out.seconds = run.seconds * ratio;
    if (const auto memory = measured(run, "memory")) out.memory = rounded(*memory * std::max(1.0, ratio));
    out.rests_on.push_back(
        {"Time and memory of its last run, on {rows} rows.", {{"rows", std::to_string(earlier.counts.train)}}});
    return out;
  }
  out.rests_on.push_back({"By the bytes of the texts and the number of labels; no run of it yet.", {}});
  return out;
}

/// Numbers by which each token is multiplied: the matrices of all layers, and for hidden words the vocabulary.
double multiplied(const text::EncoderConfig& config, double hidden_words) {
  const auto hidden = static_cast<double>(config.hidden), wide = static_cast<double>(config.intermediate);
  return static_cast<double>(config.layers) * (4 * hidden * hidden + 2 * hidden * wide) +
         hidden_words * hidden * static_cast<double>(config.vocabulary);
}

Result<text::EncoderConfig> config_for(const store::Project& project, const TrainingChoice& choice) {
  if (choice.base) return config_of(project, *choice.base);
  text::EncoderConfig config;
  const auto whole = [&](const char* name) { return choice.options.at(name).get<int64_t>(); };
  config.vocabulary = whole("vocabulary");
  config.hidden = whole("hidden");
  config.layers = whole("layers");
  config.heads = whole("heads");
  config.intermediate = whole("intermediate");
  config.positions = std::max<int64_t>(whole("max_length"), 16);
  config.types = 2;
  return config;
}

/// Seconds of a token for each number that it is multiplied by: what encoders of about this size came to here, by the
/// newest run that tells, else what processors are known for.
struct Rate {
  std::optional<double> seconds;
  Remark rests_on;
};

Result<Rate> rate_of(const store::Project& project, const TrainingChoice& choice, const text::EncoderConfig& config,
                     const std::string& device, const std::vector<Run>& runs) {
  const double size = multiplied(config, 0);
  for (const Run& run : runs) {
    const auto speed = measured(run, "tokens_per_second");
    if (!speed || run.model == 0 || (device != "auto" && run.device != device)) continue;
    MW_ASSIGN(const Model model, read_model(project, run.model));
    MW_ASSIGN(const text::EncoderConfig other, config_of(project, model));
    // Small models are slower than their size says: what is around the products counts.
    const double ratio = multiplied(other, 0) / size;
    if (ratio > kAlike || ratio < 1 / kAlike) continue;
    return Rate{1 / (*speed * multiplied(other, 0)),
                {"By an earlier encoder's {speed} tokens/s on {device}.",
                 {{"speed", std::to_string(rounded(*speed))}, {"device", run.device}}}};
  }
  if (device.starts_with("cuda"))
    return Rate{std::nullopt,
                {"No encoder of this size was trained on {device} yet: how fast it is there is not known.",
                 {{"device", device}}}};
  const double count = cores(choice.options.at("threads").get<int64_t>(), 16);
  const double gain = choice.options.at("dtype") == "bf16" ? kNarrowGain : 1;
  // Forth, and twice that back: 6 operations for each number and token.
  return Rate{6 / (kEncoderRate * count * gain) + kEncoderToken / size,
              {"By 50 GFLOP/s for each of {cores} cores; no encoder of this size was trained here yet.",
               {{"cores", std::to_string(rounded(count))}}}};
}

/// Bytes: what the program has anyway, weights with their moments and gradients (and the best of them where there is a
/// validation split), and what the way back needs of each layer.
double encoder_memory(const text::EncoderConfig& config, const TrainingChoice& choice, double tokens_a_text,
                      bool validates) {
  const auto hidden = static_cast<double>(config.hidden), wide = static_cast<double>(config.intermediate);
  const double batch =
      static_cast<double>(choice.options.at("batch_size").get<int64_t>()) * tokens_a_text * kLongestBatch;
  const double kept = batch * static_cast<double>(config.layers) * (8 * hidden + 2 * wide);
  const auto weights = static_cast<double>(text::parameters_of(config));
  return kEncoderMemory + sizeof(float) * (weights * (validates ? 5 : 4) + kept);
}

Result<TrainingForecast> forecast_encoder(const store::Project& project, const TrainingChoice& choice,
                                          const std::string& device, const TrainingData& data,
                                          const std::vector<Run>& runs) {
  const auto whole = [&](const char* name) { return choice.options.at(name).get<int64_t>(); };
  const auto real = [&](const char* name) { return choice.options.at(name).get<double>(); };
  TrainingForecast out;
  MW_ASSIGN(const text::EncoderConfig config, config_for(project, choice));
  MW_ASSIGN(const Rate rate, rate_of(project, choice, config, device, runs));
  const double tokens_a_text = std::min(static_cast<double>(whole("max_length")), data.bytes / kBytesAToken + 2);
  const bool hides = choice.objective() == "masked-lm";
  const int64_t rows = data.rows() + (hides ? data.counts.unlabeled : 0);
  const int64_t epochs =
      whole("epochs") > 0 ? whole("epochs") : jobs::default_epochs(static_cast<size_t>(rows), !choice.base);
  const double looked_at = static_cast<double>(data.counts.validation) * kLookingBesideLearning;
  double texts = static_cast<double>(epochs) * static_cast<double>(rows);
  if (whole("max_steps") > 0)
    texts = std::min(texts, static_cast<double>(whole("max_steps") * whole("batch_size") * whole("accumulation")));
  texts += texts / std::max(1.0, static_cast<double>(rows)) * looked_at;
  const double judged = static_cast<double>(data.counts.validation + data.counts.test) * kLookingBesideLearning;
  const double before = static_cast<double>(whole("pretrain_epochs") * (data.rows() + data.counts.unlabeled));

  out.memory = rounded(encoder_memory(config, choice, tokens_a_text, data.counts.validation > 0));
  out.rests_on.push_back(rate.rests_on);
  out.rests_on.push_back({"{epochs} epochs of {rows} texts, a token for every 4 bytes.",
                          {{"epochs", std::to_string(epochs)}, {"rows", std::to_string(rows)}}});
  if (!rate.seconds) return out;
  const double words = real("mask_probability");
  const auto seconds_for = [&](double count, double hidden_words) {
    return count * tokens_a_text * multiplied(config, hidden_words) * *rate.seconds;
  };
  double learning = seconds_for(texts, hides ? words : 0);
  const double allowed = real("max_minutes") * 60;
  if (allowed > 0 && learning > allowed) {
    out.rests_on.push_back(
        {"All of it would take {time}: max_minutes cuts it short.", {{"time", words_of(about_time(learning))}}});
    learning = allowed;
  }
  out.seconds = kEncoderStart + seconds_for(before, words) + learning + seconds_for(judged, 0);
  return out;
}

}  // namespace

Result<double> mean_text_bytes(const store::Project& project, const snapshots::Snapshot& snapshot,
                               const labels::Task& task, const std::vector<RecordRef>& records) {
  std::vector<RecordRef> some;
  const size_t step = std::max<size_t>(1, records.size() / kMeasuredTexts);
  for (size_t i = 0; i < records.size(); i += step) some.push_back(records[i]);
  MW_ASSIGN(const records::Window window, records::window_of_batches(project, snapshot.batches));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
  MW_ASSIGN(std::vector<int64_t> places, places_of(scan, some));
  std::erase(places, -1);
  MW_ASSIGN(const std::vector<std::string> texts, input_texts(scan, task.fields, places));
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  return static_cast<double>(bytes) / static_cast<double>(std::max<size_t>(1, texts.size()));
}

Result<TrainingForecast> forecast_training(const store::Project& project, const TrainingChoice& choice,
                                           const std::string& device, const TrainingData& data,
                                           const snapshots::Snapshot& snapshot, const std::vector<Run>& runs) {
  if (choice.algorithm->needs_torch) return forecast_encoder(project, choice, device, data, runs);
  return forecast_linear(project, choice, data, snapshot, runs);
}

std::optional<Remark> tight_memory(const std::optional<int64_t>& memory, const std::string& device) {
  const uint64_t available = available_memory();
  if (!memory || device.starts_with("cuda") || static_cast<uint64_t>(*memory) <= available) return std::nullopt;
  return Remark{"Only {memory} are free now: it may end for want of memory, or be slower for it.",
                {{"memory", words_of(memory_size(static_cast<int64_t>(available)))}}};
}

}  // namespace millwright::models::detail
