#include "engine/encoder_job.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/clock.h"
#include "base/hash.h"
#include "detail/job_outputs.h"
#include "engine/encoder_training.h"
#include "engine/encoder_weights.h"
#include "engine/linear_training.h"
#include "engine/run_job.h"
#include "engine/torch.h"
#include "engine/training_rows.h"
#include "jobs/algorithms.h"
#include "statistics/calibration.h"
#include "statistics/classification.h"
#include "text/encoder_folder.h"
#include "text/tokenizer.h"
#include "text/wordpiece_trainer.h"

namespace millwright::engine {
namespace {

constexpr size_t kLeastForCalibration = 20;  // rows of the validation split with a known label
constexpr size_t kTimedRows = 100;           // predicted one by one, for their latency
constexpr int64_t kBetweenChecks = 1024;     // rows between two looks at the stop token

tl::unexpected<Error> stopped() { return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done."); }

/// What a training starts from.
struct Start {
  EncoderOptions options;
  EncoderLayout layout;
  std::vector<float> weights;
  text::Tokenizer tokenizer;
  std::vector<std::string> tokenizer_files;  ///< in the folder model/
  Json base_config;                          ///< of the folder it came from; null for one that begins from nothing
};

bool has_base(const jobs::JobFolder& folder) {
  std::error_code error;
  return fs::exists(folder.file("inputs/base/config.json"), error);
}

/// With a model folder to begin from: its encoder, and its head too when that knows the same labels.
Result<Start> start_from_base(const jobs::JobFolder& folder, EncoderOptions options, const TrainingRows& rows,
                              Random& random) {
  MW_ASSIGN(const text::EncoderFolder base, text::EncoderFolder::open(folder.file("inputs/base")));
  MW_TRY(base.usable());
  text::EncoderConfig config = base.config();
  config.head = text::Head::sequence;
  config.problem = text::Problem::single_label;
  config.labels = rows.labels;
  if (options.dropout >= 0)
    config.hidden_dropout = config.attention_dropout = config.classifier_dropout = options.dropout;
  options.max_length = std::min(options.max_length, config.longest());
  options.optimizer.frozen_layers = std::min(options.optimizer.frozen_layers, config.layers);
  EncoderLayout layout(std::move(config));
  MW_ASSIGN(std::vector<float> weights, load_weights(base, layout, &random));
  MW_ASSIGN(text::Tokenizer tokenizer, text::Tokenizer::load(base.path()));
  if (tokenizer.vocabulary_size() > layout.config.vocabulary)
    return fail(ErrorKind::bad_input, "model.unsupported", "The model in {folder} cannot be used: {reason}.",
                {{"folder", base.path().string()}, {"reason", "its tokenizer has more tokens than the model knows"}});
  MW_TRY(make_folders(folder.file("model")));
  for (const std::string& name : base.tokenizer_files()) {
    MW_ASSIGN(const MappedFile file, MappedFile::open(base.path() / name));
    MW_TRY(write_file_atomically(folder.file("model") / name, file.text()));
  }
  return Start{std::move(options),   std::move(layout),      std::move(weights),
               std::move(tokenizer), base.tokenizer_files(), base.config_json()};
}

/// With nothing to begin from: a vocabulary from the training texts, and weights drawn by the seed.
Result<Start> start_fresh(const jobs::JobFolder& folder, EncoderOptions options, const TrainingRows& rows,
                          Random& random, const Work& work) {
  text::WordpieceOptions wanted;
  wanted.vocabulary = static_cast<size_t>(options.vocabulary);
  MW_ASSIGN(const auto vocabulary, text::train_wordpiece(rows.train.text, wanted, work));
  MW_TRY(make_folders(folder.file("model")));
  MW_ASSIGN(auto files, text::write_wordpiece_tokenizer(folder.file("model"), vocabulary, options.max_length));
  MW_ASSIGN(text::Tokenizer tokenizer, text::Tokenizer::load(folder.file("model")));
  text::EncoderConfig config = fresh_config(options, vocabulary.size());
  config.labels = rows.labels;
  if (options.dropout >= 0)
    config.hidden_dropout = config.attention_dropout = config.classifier_dropout = options.dropout;
  options.optimizer.frozen_layers = 0;
  EncoderLayout layout(std::move(config));
  std::vector<float> weights = draw_weights(layout, random);
  return Start{std::move(options),   std::move(layout), std::move(weights),
               std::move(tokenizer), std::move(files),  Json()};
}

Result<EncodedRows> tokenise(const text::Tokenizer& tokenizer, const SplitRows& rows, int64_t max_length,
                             const Work& work) {
  text::TokenizerScratch scratch;
  text::Encoding encoding;
  text::EncodeOptions options;
  options.max_length = static_cast<size_t>(max_length);
  EncodedRows out;
  out.label = rows.label;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<int64_t>(i) % kBetweenChecks == 0) {
      if (work.stopped()) return stopped();
      work.report({"tokenise", static_cast<int64_t>(i), static_cast<int64_t>(rows.size()), "rows"});
    }
    MW_TRY(tokenizer.encode(rows.text[i], scratch, encoding, options));
    EncodedText& text = out.texts.emplace_back();
    text.ids.assign(encoding.ids.begin(), encoding.ids.end());
    text.types.assign(encoding.type_ids.begin(), encoding.type_ids.end());
    // A text without a token, of a tokenizer without special ones, is padding: it has to be something.
    if (text.ids.empty()) text = {{std::max(0, tokenizer.special_ids().unknown)}, {0}};
  }
  return out;
}

/// What a checkpoint must agree with: everything that decides the weights, environment apart.
std::string identity_of(const EncodedRows& train, const EncodedRows& validation, const Json& options, uint64_t seed,
                        std::span<const float> weights) {
  Sha256 hash;
  const auto add = [&](const auto& values) {
    hash.update({reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(values[0])});
  };
  for (const EncodedRows* rows : {&train, &validation}) {
    for (const EncodedText& text : rows->texts) add(text.ids);
    add(rows->label);
  }
  Json decisive = options;
  for (const char* name : {"checkpoint_seconds", "threads"}) decisive.erase(name);
  hash.update(canonical(decisive));
  hash.update(std::to_string(seed));
  add(weights);
  return to_hex(hash.finish());
}

/// Logits of a split and what follows from them.
struct Predicted {
  std::vector<float> logits;
  Json latency = {{"p50", nullptr}, {"p95", nullptr}};
};

Result<Predicted> predict(EncoderModel& model, const EncoderLayout& layout, const EncodedRows& rows,
                          const std::stop_token& stop) {
  Predicted out;
  MW_ASSIGN(out.logits, classify(model, layout, rows.texts, stop));
  std::vector<double> milliseconds;
  for (size_t i = 0; i < std::min(kTimedRows, rows.size()); ++i) {
    const double began = steady_seconds();
    MW_TRY(classify(model, layout, std::span(&rows.texts[i], 1), stop));
    milliseconds.push_back((steady_seconds() - began) * 1000);
  }
  if (!milliseconds.empty())
    out.latency = {{"p50", number_or_null(statistics::quantile(milliseconds, 0.5))},
                   {"p95", number_or_null(statistics::quantile(milliseconds, 0.95))}};
  return out;
}

/// Writes a line for each row and gives the split's figures. A label that the model does not know counts as one more
/// class, and so as a mistake.
Json judge(const std::vector<std::string>& labels, const SplitRows& rows, Split split, const Predicted& predicted,
           double temperature, std::string& lines) {
  const size_t classes = labels.size();
  std::vector<int32_t> truth, answer;
  std::vector<double> confidence, probabilities(classes);
  std::vector<float> row(classes);
  for (size_t i = 0; i < rows.size(); ++i) {
    row.assign(predicted.logits.begin() + static_cast<ptrdiff_t>(i * classes),
               predicted.logits.begin() + static_cast<ptrdiff_t>((i + 1) * classes));
    statistics::softmax(row, temperature);
    std::copy(row.begin(), row.end(), probabilities.begin());
    const auto best = static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin());
    truth.push_back(rows.label[i] < 0 ? static_cast<int32_t>(classes) : rows.label[i]);
    answer.push_back(static_cast<int32_t>(best));
    confidence.push_back(probabilities[best]);
    lines += to_text(Json{{"record", rows.record[i]},
                          {"split", name_of(split)},
                          {"label", rows.label_name[i]},
                          {"predicted", labels[best]},
                          {"confidence", confidence.back()},
                          {"top", detail::best_of(probabilities, labels)}});
    lines += '\n';
  }
  Json json = detail::figures(truth, answer, confidence, classes + 1);
  json["latency_ms"] = predicted.latency;
  return json;
}

statistics::Temperature calibrate(const EncodedRows& rows, const Predicted& predicted, size_t classes) {
  std::vector<float> scores;
  std::vector<int32_t> truth;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows.label[i] < 0) continue;
    truth.push_back(rows.label[i]);
    scores.insert(scores.end(), predicted.logits.begin() + static_cast<ptrdiff_t>(i * classes),
                  predicted.logits.begin() + static_cast<ptrdiff_t>((i + 1) * classes));
  }
  if (truth.size() < kLeastForCalibration) return {};
  return statistics::fit_temperature(scores, classes, truth);
}

Json environment_of(const Json& torch, const EncoderOptions& options, const std::string& device) {
  Json json = environment(options.threads);
  json["libtorch"] = torch.value("version", Json());
  json["blas_kernels"] = torch.value("blas_kernels", Json());
  json["device"] = device;
  return json;
}

/// One training job from its rows to its outputs.
class Job {
 public:
  Job(const jobs::JobFolder& folder, jobs::EventWriter& events, const std::stop_token& stop)
      : folder_(folder), events_(events), stop_(stop), began_(steady_seconds()) {
    const Json seed = folder.spec().body.value("seed", Json());
    if (seed.is_number_integer()) seed_ = seed.get<uint64_t>();
    work_ = {[this](const Progress& progress) { events_.progress(progress); }, stop_};
  }

  Result<Json> run() {
    MW_ASSIGN(options_, jobs::check_options(*jobs::find_algorithm("encoder"),
                                            folder_.spec().body.value("options", Json::object())));
    MW_ASSIGN(device_, device_of(folder_.spec()));
    work_.report({"read", 0, 0, "bytes"});
    MW_ASSIGN(rows_, read_training_rows(folder_.file("inputs/rows.jsonl"), work_));
    MW_ASSIGN(const Start start, begin());
    MW_ASSIGN(const Json torch, start_torch(start.options.threads));
    environment_ = environment_of(torch, start.options, device_);
    const int64_t longest = start.options.max_length;
    MW_ASSIGN(const EncodedRows train, tokenise(start.tokenizer, rows_.train, longest, work_));
    MW_ASSIGN(const EncodedRows validation, tokenise(start.tokenizer, rows_.validation, longest, work_));
    MW_ASSIGN(const EncodedRows test, tokenise(start.tokenizer, rows_.test, longest, work_));
    MW_ASSIGN(const EncoderTraining trained, learn(start, train, validation));
    MW_TRY(predict_all(start, trained, validation, test));
    return write(start, trained);
  }

 private:
  Result<Start> begin() {
    Random random(seed_ ^ 0x77656967687473ULL);
    const bool fresh = !has_base(folder_);
    MW_ASSIGN(EncoderOptions options,
              read_encoder_options(options_, rows_.train.size(), fresh, /*packed=*/device_ == "cpu"));
    return fresh ? start_fresh(folder_, std::move(options), rows_, random, work_)
                 : start_from_base(folder_, std::move(options), rows_, random);
  }

  Result<EncoderTraining> learn(const Start& start, const EncodedRows& train, const EncodedRows& validation) {
    EncoderSettings settings;
    settings.device = device_;
    settings.dtype = start.options.dtype;
    settings.trains = true;
    settings.optimizer = start.options.optimizer;
    work_.report({"train", 0, 0, "steps"});
    MW_ASSIGN(const auto model, make_encoder_model(start.layout, settings));
    const std::string identity = identity_of(train, validation, options_, seed_, start.weights);
    return train_encoder(*model, start.layout, start.weights, train, validation, start.options, seed_, identity,
                         environment_, {folder_, events_, stop_});
  }

  /// With the weights as they are written, in fp32: what anybody gets who loads the model.
  Status predict_all(const Start& start, const EncoderTraining& trained, const EncodedRows& validation,
                     const EncodedRows& test) {
    work_.report({"evaluate", 0, 0, "rows"});
    EncoderSettings settings;
    settings.device = device_;
    MW_ASSIGN(const auto model, make_encoder_model(start.layout, settings));
    MW_TRY(model->set_weights(trained.weights));
    MW_ASSIGN(const Predicted on_validation, predict(*model, start.layout, validation, stop_));
    MW_ASSIGN(const Predicted on_test, predict(*model, start.layout, test, stop_));
    temperature_ = calibrate(validation, on_validation, rows_.labels.size());
    for (const auto& [split, predicted] :
         {std::pair{Split::validation, &on_validation}, std::pair{Split::test, &on_test}})
      if (rows_.of(split).size() > 0)
        metrics_[std::string(name_of(split))] =
            judge(rows_.labels, rows_.of(split), split, *predicted, temperature_.temperature, lines_);
    return {};
  }

  Result<Json> write(const Start& start, const EncoderTraining& trained) {
    work_.report({"write", 0, 0, "files"});
    const Json& body = folder_.spec().body;
    const bool calibrated = temperature_.log_loss_before > 0;
    Json config = text::to_json(start.layout.config, start.base_config);
    config["millwright"] = {{"algorithm", "encoder"},
                            {"options", options_},
                            {"seed", seed_},
                            {"snapshot", body.value("snapshot", Json())},
                            {"task", body.value("task", Json())},
                            {"fields", body.value("fields", Json())},
                            {"max_length", start.options.max_length},
                            {"temperature", temperature_.temperature},
                            {"calibrated_on", calibrated ? Json("validation") : Json()}};
    MW_TRY(write_file_atomically(folder_.file("model/config.json"), to_text(config, 2) + "\n"));
    MW_TRY(write_weights(folder_.file("model/model.safetensors"), start.layout, trained.weights));
    MW_TRY(write_file_atomically(folder_.file("predictions.jsonl"), lines_));
    Json files = Json::array();
    std::vector<std::string> names{"config.json"};
    names.insert(names.end(), start.tokenizer_files.begin(), start.tokenizer_files.end());
    names.emplace_back("model.safetensors");
    for (const std::string& name : names) {
      MW_ASSIGN(files.emplace_back(), detail::describe_file(folder_, "model/" + name));
    }
    MW_ASSIGN(const Json predictions, detail::describe_file(folder_, "predictions.jsonl"));
    return Json{{"family", text::name_of(start.layout.config.family)},
                {"parameters", start.layout.size},
                {"labels", rows_.labels.size()},
                {"files", files},
                {"weights_sha256", files.back()["sha256"]},
                {"predictions", predictions},
                {"metrics", metrics_},
                {"calibration",
                 {{"method", "temperature"},
                  {"on", calibrated ? Json("validation") : Json()},
                  {"log_loss_before", number_or_null(temperature_.log_loss_before)},
                  {"log_loss_after", number_or_null(temperature_.log_loss_after)}}},
                {"curve", trained.curve},
                {"training",
                 {{"steps", trained.steps},
                  {"epochs", start.options.epochs},
                  {"learning_rate", start.options.learning_rate},
                  {"best_epoch", trained.best_epoch},
                  {"tokens_per_second", number_or_null(trained.tokens_per_second)},
                  {"padding", trained.padding},
                  {"micro_schedule", trained.micro_schedule},
                  {"memory", trained.memory},
                  {"resumed", trained.resumed}}},
                {"options", options_},
                {"seed", seed_},
                {"device", device_},
                {"seconds", steady_seconds() - began_},
                {"environment", environment_}};
  }

  const jobs::JobFolder& folder_;
  jobs::EventWriter& events_;
  std::stop_token stop_;
  double began_;
  uint64_t seed_ = 0;
  Work work_;
  Json options_, environment_, metrics_ = Json::object();
  std::string device_, lines_;
  TrainingRows rows_;
  statistics::Temperature temperature_;
};

}  // namespace

Result<std::string> device_of(const jobs::JobSpec& spec) {
  const Json wish = spec.body.value("device", Json("auto"));
  const std::string name = wish.is_string() ? wish.get<std::string>() : "auto";
  if (name == "cpu") return name;
  const Json threads = spec.body.value("options", Json::object()).value("threads", Json(0));
  MW_ASSIGN(const Json torch, start_torch(threads_for(threads.is_number_integer() ? threads.get<int64_t>() : 0)));
  std::string first_gpu;
  for (const Json& device : torch.at("devices")) {
    const auto found = device.at("name").get<std::string>();
    if (found == name) return name;
    if (first_gpu.empty() && device.at("kind") == "cuda") first_gpu = found;
  }
  if (name == "auto") return first_gpu.empty() ? "cpu" : first_gpu;
  return fail(ErrorKind::usage, "engine.no_device", "There is no device {name} for this build of libtorch.",
              {{"name", name}}, "It takes auto, cpu or cuda:N.");
}

Result<Json> run_encoder_training(const jobs::JobFolder& folder, jobs::EventWriter& events,
                                  const std::stop_token& stop) {
  return Job(folder, events, stop).run();
}

}  // namespace millwright::engine
