#include "text/linear_classifier.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/safetensors.h"
#include "text/unicode.h"

namespace millwright::text {

struct LinearClassifier::State {
  LinearParts parts;
};

namespace {

constexpr std::string_view kFormat = "millwright-linear";
constexpr int kVersion = 2;       // 2: labels that do not exclude each other, and numbers
constexpr int kFirstVersion = 1;  // one label a text: any program reads it
constexpr size_t kMostLabels = 65535;
constexpr uintmax_t kLargestConfig = 64 << 20;
constexpr int kLongestNgram = 64;
constexpr double kSteepest = 1e6;         // slope or offset of a sigmoid
constexpr double kLargestNumber = 1e100;  // mean or deviation: sums and products with scores stay finite

tl::unexpected<Error> damaged(std::string reason) {
  return fail(ErrorKind::bad_input, "model.damaged", "This is not a linear model that can be used: {reason}.",
              {{"reason", std::move(reason)}});
}

/// What config.json says, checked.
struct Config {
  TfidfOptions tfidf;
  uint32_t word_terms = 0;
  std::vector<std::string> labels;
  double inverse_temperature = 1;
  LinearReading reading;
  Json about;
};

Result<int64_t> whole_number(const Json& object, std::string_view key, int64_t low, int64_t high) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return damaged("config.json lacks " + std::string(key));
  if (found->is_number_unsigned() && found->get<uint64_t>() > static_cast<uint64_t>(high))
    return damaged(std::string(key) + " is out of range");
  const auto value = found->get<int64_t>();
  if (value < low || value > high) return damaged(std::string(key) + " is out of range");
  return value;
}

Result<std::vector<std::string>> read_labels(const Json& json) {
  const auto found = json.find("labels");
  if (found == json.end() || !found->is_array() || found->empty() || found->size() > kMostLabels)
    return damaged("config.json has no list of labels");
  std::vector<std::string> labels;
  std::set<std::string> seen;
  for (const Json& label : *found) {
    if (!label.is_string()) return damaged("a label that is no text");
    labels.push_back(label.get<std::string>());
    if (!seen.insert(labels.back()).second) return damaged("a label twice");
  }
  return labels;
}

Result<TfidfOptions> read_vectorizer(const Json& json, uint32_t& word_terms) {
  const auto found = json.find("vectorizer");
  if (found == json.end() || !found->is_object()) return damaged("config.json has no vectorizer");
  TfidfOptions options;
  const auto number = [&](std::string_view key, int64_t low, int64_t high, int& out) -> Status {
    MW_ASSIGN(const int64_t value, whole_number(*found, key, low, high));
    out = static_cast<int>(value);
    return {};
  };
  MW_TRY(number("word_min", 1, kLongestNgram, options.ngrams.word_min));
  MW_TRY(number("word_max", 0, kLongestNgram, options.ngrams.word_max));
  MW_TRY(number("character_min", 1, kLongestNgram, options.ngrams.character_min));
  MW_TRY(number("character_max", 0, kLongestNgram, options.ngrams.character_max));
  MW_TRY(number("min_df", 1, INT32_MAX, options.min_df));
  const auto sublinear = found->find("sublinear_tf");
  if (sublinear == found->end() || !sublinear->is_boolean()) return damaged("config.json lacks sublinear_tf");
  options.sublinear_tf = sublinear->get<bool>();
  const auto weight = found->find("word_weight");
  if (weight == found->end() || !weight->is_number()) return damaged("config.json lacks word_weight");
  options.word_weight = weight->get<double>();
  if (!(options.word_weight > 0 && options.word_weight <= 1e6)) return damaged("word_weight is out of range");
  MW_ASSIGN(const int64_t words, whole_number(*found, "word_terms", 0, UINT32_MAX - 1));
  word_terms = static_cast<uint32_t>(words);
  return options;
}

Status read_number(const Json& object, const char* key, double low, double high, double& out) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return damaged(std::string("config.json lacks ") + key);
  out = found->get<double>();
  if (!(out >= low && out <= high)) return damaged(std::string(key) + " is out of range");
  return {};
}

Result<Problem> read_problem(const Json& json) {
  const auto found = json.find("problem");
  if (found == json.end()) return Problem::single_label;
  for (const Problem problem : {Problem::single_label, Problem::multi_label, Problem::regression})
    if (*found == name_of(problem)) return problem;
  return damaged("its problem is none that is known");
}

/// How scores are read, after what the model's problem is.
Status read_calibration(const Json& json, Config& config) {
  const auto calibration = json.find("calibration");
  if (calibration == json.end() || !calibration->is_object()) return damaged("config.json has no calibration");
  LinearReading& reading = config.reading;
  MW_ASSIGN(reading.problem, read_problem(json));
  switch (reading.problem) {
    case Problem::multi_label:
      MW_TRY(read_number(*calibration, "slope", -kSteepest, kSteepest, reading.slope));
      MW_TRY(read_number(*calibration, "offset", -kSteepest, kSteepest, reading.offset));
      return read_number(*calibration, "threshold", 0, 1, reading.threshold);
    case Problem::regression:
      if (config.labels.size() != 1) return damaged("a number with several labels");
      MW_TRY(read_number(*calibration, "mean", -kLargestNumber, kLargestNumber, reading.mean));
      MW_TRY(read_number(*calibration, "deviation", 0, kLargestNumber, reading.deviation));
      if (reading.deviation <= 0) return damaged("deviation is out of range");
      return {};
    case Problem::single_label:
      break;
  }
  MW_TRY(read_number(*calibration, "inverse_temperature", 0, 1e6, config.inverse_temperature));
  if (config.inverse_temperature <= 0) return damaged("inverse_temperature is out of range");
  return {};
}

Json calibration_of(const LinearParts& parts) {
  const LinearReading& reading = parts.reading;
  switch (reading.problem) {
    case Problem::multi_label:
      return {{"method", "sigmoid"},
              {"slope", reading.slope},
              {"offset", reading.offset},
              {"threshold", reading.threshold}};
    case Problem::regression:
      return {{"method", "none"}, {"mean", reading.mean}, {"deviation", reading.deviation}};
    case Problem::single_label:
      break;
  }
  return {{"method", "temperature"}, {"inverse_temperature", parts.inverse_temperature}};
}

Result<Config> read_config(const fs::path& path) {
  MW_ASSIGN(const std::string text, read_file(path, kLargestConfig));
  MW_ASSIGN(const Json json, parse_json(text, "config.json"));
  if (!json.is_object() || json.value("format", Json()) != kFormat) return damaged("config.json is of something else");
  MW_ASSIGN(const int64_t version, whole_number(json, "version", 1, INT32_MAX));
  if (version > kVersion)
    return fail(ErrorKind::bad_input, "model.too_new", "The model is of format {version}; this program reads {known}.",
                {{"version", std::to_string(version)}, {"known", std::to_string(kVersion)}}, "Use a newer program.");
  Config config;
  MW_ASSIGN(config.labels, read_labels(json));
  MW_ASSIGN(config.tfidf, read_vectorizer(json, config.word_terms));
  MW_TRY(read_calibration(json, config));
  config.about = json.value("about", Json::object());
  return config;
}

/// Finite, and so small that no sum of them overflows.
bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return std::abs(v) <= 1e12F; });
}

Result<SparseWeights> read_weights(const SafetensorsFile& file, uint64_t features, size_t labels) {
  SparseWeights weights;
  MW_ASSIGN(weights.begin, file.copy<uint32_t>("weight.begin", std::array{features + 1}));
  const uint64_t n = weights.begin.back();
  if (weights.begin.front() != 0 || !std::is_sorted(weights.begin.begin(), weights.begin.end()))
    return damaged("the weights' places are not in order");
  MW_ASSIGN(weights.label, file.copy<uint16_t>("weight.label", std::array{n}));
  MW_ASSIGN(weights.weight, file.copy<float>("weight.value", std::array{n}));
  if (!all_finite(weights.weight)) return damaged("a weight that is no number");
  if (std::any_of(weights.label.begin(), weights.label.end(), [&](uint16_t label) { return label >= labels; }))
    return damaged("a weight of no label");
  return weights;
}

}  // namespace

double LinearReading::probability(double score) const { return 1 / (1 + std::exp(-(slope * score + offset))); }

LinearClassifier::LinearClassifier(LinearParts parts) : state_(new State{std::move(parts)}) {}
LinearClassifier::LinearClassifier(LinearClassifier&&) noexcept = default;
LinearClassifier& LinearClassifier::operator=(LinearClassifier&&) noexcept = default;
LinearClassifier::~LinearClassifier() = default;

Status LinearClassifier::save(const fs::path& folder) const {
  const LinearParts& parts = state_->parts;
  const TfidfOptions& options = parts.vectorizer.options();
  const bool one_label = parts.reading.problem == Problem::single_label;
  Json config = {{"format", kFormat},
                 {"version", one_label ? kFirstVersion : kVersion},
                 {"labels", parts.labels},
                 {"vectorizer",
                  {{"word_min", options.ngrams.word_min},
                   {"word_max", options.ngrams.word_max},
                   {"character_min", options.ngrams.character_min},
                   {"character_max", options.ngrams.character_max},
                   {"sublinear_tf", options.sublinear_tf},
                   {"min_df", options.min_df},
                   {"word_weight", options.word_weight},
                   {"word_terms", parts.vectorizer.word_terms()}}},
                 {"calibration", calibration_of(parts)},
                 {"about", parts.about}};
  if (!one_label) config["problem"] = name_of(parts.reading.problem);
  const uint64_t features = parts.vectorizer.size();
  const uint64_t n = parts.weights.weight.size();
  MW_TRY(make_folders(folder));
  MW_TRY(write_file_atomically(folder / "config.json", to_text(config, 1) + "\n"));
  MW_TRY(write_file_atomically(folder / "vocabulary.txt", parts.vectorizer.terms()));
  return write_safetensors(folder / "model.safetensors",
                           {tensor_to_write<float>("idf", {features}, parts.vectorizer.idf()),
                            tensor_to_write<float>("bias", {parts.bias.size()}, parts.bias),
                            tensor_to_write<uint32_t>("weight.begin", {features + 1}, parts.weights.begin),
                            tensor_to_write<uint16_t>("weight.label", {n}, parts.weights.label),
                            tensor_to_write<float>("weight.value", {n}, parts.weights.weight)},
                           {{"format", std::string(kFormat)}});
}

Result<LinearClassifier> LinearClassifier::load(const fs::path& folder) {
  return load(folder / "config.json", folder / "vocabulary.txt", folder / "model.safetensors");
}

Result<LinearClassifier> LinearClassifier::load(const fs::path& config_path, const fs::path& vocabulary_path,
                                                const fs::path& tensors_path) {
  MW_ASSIGN(Config config, read_config(config_path));
  MW_ASSIGN(const SafetensorsFile tensors, SafetensorsFile::open(tensors_path));
  const TensorView* idf_view = tensors.find("idf");
  if (idf_view == nullptr || idf_view->shape.size() != 1) return damaged("no idf");
  const uint64_t features = idf_view->shape[0];
  if (features >= UINT32_MAX) return damaged("too many features");
  MW_ASSIGN(std::vector<float> idf, tensors.copy<float>("idf", std::array{features}));
  MW_ASSIGN(std::vector<float> bias, tensors.copy<float>("bias", std::array<uint64_t, 1>{config.labels.size()}));
  if (!all_finite(bias)) return damaged("a bias that is no number");
  MW_ASSIGN(SparseWeights weights, read_weights(tensors, features, config.labels.size()));
  MW_ASSIGN(const MappedFile vocabulary, MappedFile::open(vocabulary_path));
  MW_ASSIGN(TfidfVectorizer vectorizer,
            TfidfVectorizer::restore(config.tfidf, vocabulary.text(), config.word_terms, std::move(idf)));
  return LinearClassifier({std::move(vectorizer), std::move(config.labels), std::move(weights), std::move(bias),
                           config.inverse_temperature, std::move(config.about), config.reading});
}

std::span<const float> LinearClassifier::scores(const SparseRow& row, LinearScratch& scratch) const {
  const LinearParts& parts = state_->parts;
  scratch.scores.assign(parts.bias.begin(), parts.bias.end());
  float* const out = scratch.scores.data();
  for (size_t i = 0; i < row.column.size(); ++i) {
    const uint32_t end = parts.weights.begin[row.column[i] + 1];
    const float value = row.value[i];
    for (uint32_t k = parts.weights.begin[row.column[i]]; k < end; ++k)
      out[parts.weights.label[k]] += value * parts.weights.weight[k];
  }
  return scratch.scores;
}

std::span<const float> LinearClassifier::scores(std::string_view text, LinearScratch& scratch) const {
  return scores(state_->parts.vectorizer.transform(text, scratch.tfidf), scratch);
}

std::span<const double> LinearClassifier::probabilities(std::string_view text, LinearScratch& scratch) const {
  const LinearReading& reading = state_->parts.reading;
  const std::span<const float> said = scores(text, scratch);
  scratch.probabilities.clear();
  if (reading.problem == Problem::single_label) softmax(said, state_->parts.inverse_temperature, scratch.probabilities);
  if (reading.problem == Problem::multi_label)
    for (const float score : said) scratch.probabilities.push_back(reading.probability(score));
  return scratch.probabilities;
}

BestLabel LinearClassifier::predict(std::string_view text, LinearScratch& scratch) const {
  (void)probabilities(text, scratch);
  const uint32_t best = argmax(scratch.scores);
  return {best, scratch.probabilities.empty() ? 0 : scratch.probabilities[best]};
}

double LinearClassifier::value(std::string_view text, LinearScratch& scratch) const {
  const LinearReading& reading = state_->parts.reading;
  return reading.mean + reading.deviation * static_cast<double>(scores(text, scratch).front());
}

Problem LinearClassifier::problem() const { return state_->parts.reading.problem; }
double LinearClassifier::threshold() const { return state_->parts.reading.threshold; }
const LinearReading& LinearClassifier::reading() const { return state_->parts.reading; }

const std::vector<std::string>& LinearClassifier::labels() const { return state_->parts.labels; }
const TfidfVectorizer& LinearClassifier::vectorizer() const { return state_->parts.vectorizer; }
double LinearClassifier::inverse_temperature() const { return state_->parts.inverse_temperature; }
void LinearClassifier::set_inverse_temperature(double value) { state_->parts.inverse_temperature = value; }
Json& LinearClassifier::about() { return state_->parts.about; }
const Json& LinearClassifier::about() const { return state_->parts.about; }
uint64_t LinearClassifier::parameters() const {
  return state_->parts.weights.weight.size() + state_->parts.bias.size();
}

void softmax(std::span<const float> scores, double inverse_temperature, std::vector<double>& out) {
  out.resize(scores.size());
  if (scores.empty()) return;
  const double largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (size_t i = 0; i < scores.size(); ++i) sum += out[i] = std::exp(inverse_temperature * (scores[i] - largest));
  for (double& value : out) value /= sum;
}

uint32_t argmax(std::span<const float> scores) {
  return static_cast<uint32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace millwright::text
