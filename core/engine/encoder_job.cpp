#include "engine/encoder_job.h"

#include <algorithm>

#include "base/clock.h"
#include "base/hash.h"
#include "detail/job_outputs.h"
#include "detail/task_parts.h"
#include "detail/teacher.h"
#include "engine/device_trouble.h"
#include "engine/encoder_training.h"
#include "engine/encoder_weights.h"
#include "engine/linear_training.h"
#include "engine/memory_forecast.h"
#include "engine/run_job.h"
#include "engine/torch.h"
#include "engine/training_rows.h"
#include "jobs/algorithms.h"
#include "text/encoder_folder.h"
#include "text/tokenizer.h"
#include "text/wordpiece_trainer.h"

namespace millwright::engine {
namespace {

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

/// The head that an objective needs. Of a number there is one, without a name.
void set_head(text::EncoderConfig& config, const TrainingRows& rows) {
  config.problem = text::Problem::single_label;
  config.head = text::Head::sequence;
  config.labels = rows.labels;
  switch (rows.objective) {
    case Objective::classification:
      break;
    case Objective::multi_label:
      config.problem = text::Problem::multi_label;
      break;
    case Objective::regression:
      config.problem = text::Problem::regression;
      config.labels = {"value"};
      break;
    case Objective::token_classification:
      config.head = text::Head::token;
      config.labels = detail::token_labels(rows.labels);
      break;
    case Objective::masked_lm:
      config.head = text::Head::masked_lm;
      config.labels.clear();
      break;
    case Objective::sentence_embedding:
      config.head = text::Head::none;
      config.labels.clear();
      break;
  }
}

/// With a model folder to begin from: its encoder, and its head too when that knows the same labels.
Result<Start> start_from_base(const jobs::JobFolder& folder, EncoderOptions options, const TrainingRows& rows,
                              Random& random) {
  MW_ASSIGN(const text::EncoderFolder base, text::EncoderFolder::open(folder.file("inputs/base")));
  MW_TRY(base.usable());
  text::EncoderConfig config = base.config();
  set_head(config, rows);
  if (options.dropout >= 0)
    config.hidden_dropout = config.attention_dropout = config.classifier_dropout = options.dropout;
  options.max_length = std::min(options.max_length, config.longest());
  options.optimizer.frozen_layers = std::min(options.optimizer.frozen_layers, config.layers);
  EncoderLayout layout(std::move(config), options.lora);
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
  set_head(config, rows);
  if (options.dropout >= 0)
    config.hidden_dropout = config.attention_dropout = config.classifier_dropout = options.dropout;
  options.optimizer.frozen_layers = 0;
  EncoderLayout layout(std::move(config));
  std::vector<float> weights = draw_weights(layout, random);
  return Start{std::move(options),   std::move(layout), std::move(weights),
               std::move(tokenizer), std::move(files),  Json()};
}

/// What a checkpoint must agree with: everything that decides the weights, environment apart.
std::string identity_of(const TrainingTask& task, const Json& options, uint64_t seed, std::span<const float> weights) {
  Sha256 hash;
  task.identify(hash);
  Json decisive = options;
  for (const char* name : {"checkpoint_seconds", "threads"}) decisive.erase(name);
  hash.update(canonical(decisive));
  hash.update(std::to_string(seed));
  hash.update({reinterpret_cast<const uint8_t*>(weights.data()), weights.size() * sizeof(float)});
  return to_hex(hash.finish());
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
  Job(const jobs::JobFolder& folder, const Ranks& ranks, jobs::EventWriter& events, const std::stop_token& stop)
      : folder_(folder), ranks_(ranks), events_(events), stop_(stop), began_(steady_seconds()) {
    const Json seed = folder.spec().body.value("seed", Json());
    if (seed.is_number_integer()) seed_ = seed.get<uint64_t>();
    work_ = {[this](const Progress& progress) { events_.progress(progress); }, stop_};
  }

  Result<Json> run() {
    MW_ASSIGN(options_, jobs::check_options(*jobs::find_algorithm("encoder"),
                                            folder_.spec().body.value("options", Json::object())));
    MW_ASSIGN(device_, device_of(folder_.spec(), ranks_));
    work_.report({"read", 0, 0, "bytes"});
    MW_ASSIGN(const Objective objective, objective_named(options_.at("objective").get<std::string>()));
    MW_ASSIGN(rows_, read_training_rows(folder_.file("inputs/rows.jsonl"), objective, work_));
    if (objective == Objective::masked_lm)
      MW_TRY(read_unlabeled_texts(folder_.file("inputs/unlabeled.jsonl"), rows_, work_));
    MW_ASSIGN(Start start, begin());
    MW_ASSIGN(const Json torch, start_torch(start.options.threads));
    environment_ = environment_of(torch, start.options, device_);
    if (start.options.pretrain_epochs > 0 && ranks_.together())
      return fail(ErrorKind::usage, "train.bad_ranks", "pretrain_epochs does not go with several ranks.", {},
                  "Train with objective=masked-lm first, and begin from that model.");
    if (start.options.pretrain_epochs > 0) MW_TRY(pretrain(start));
    MW_ASSIGN(const auto task, make_task(rows_, start, start.layout));
    MW_TRY(ask_teacher(*task, start));
    MW_ASSIGN(EncoderTraining trained, learn(start.options, start.layout, start.weights, *task,
                                             identity_of(*task, options_, seed_, start.weights), ""));
    if (!ranks_.first()) return Json{{"rank", ranks_.rank}, {"training", summary_of(trained, start.options)}};
    if (start.layout.lora.rank > 0) {
      MW_TRY(write_adapters(folder_.file("adapter"), start.layout, trained.weights));
      trained.weights = merge_adapters(start.layout, trained.weights);
      start.layout = EncoderLayout(start.layout.config);
    }
    task->settle(trained.weights);
    MW_ASSIGN(const TaskReport report, report_on(*task, start, trained));
    return write(start, trained, report);
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

  Result<std::unique_ptr<TrainingTask>> make_task(const TrainingRows& rows, const Start& start,
                                                  const EncoderLayout& layout) {
    TaskSettings settings;
    settings.max_length = start.options.max_length;
    settings.balanced = start.options.balanced;
    settings.mask_probability = start.options.mask_probability;
    settings.seed = seed_;
    return make_training_task(rows, start.tokenizer, layout, settings, work_);
  }

  Result<EncoderTraining> learn(const EncoderOptions& options, const EncoderLayout& layout,
                                std::span<const float> weights, const TrainingTask& task, const std::string& identity,
                                std::string stage) {
    EncoderSettings settings;
    settings.device = device_;
    settings.dtype = options.dtype;
    settings.trains = true;
    settings.optimizer = options.optimizer;
    settings.loss = options.loss;
    settings.ranks = ranks_;
    TrainingPlace place{folder_, events_, stop_, std::move(stage), ranks_};
    if (device_ == "cpu") place.parts = foresee_memory(options, layout, task);
    work_.report({place.stage.empty() ? "train" : "pretrain", 0, 0, "steps"});
    MW_ASSIGN(const auto model, make_encoder_model(layout, settings));
    return train_encoder(*model, weights, task, options, seed_, identity, environment_, place);
  }

  /// Says how much memory the training will take, and in how many parts a batch has to be computed for it to be there.
  /// Where the system has no more to give it ends a program without a word: better to see it before.
  int64_t foresee_memory(const EncoderOptions& options, const EncoderLayout& layout, const TrainingTask& task) {
    MemoryBasis basis = memory_basis(task.lengths(), options, seed_, task.validation_rows() > 0);
    basis.before = resident_memory();
    const uint64_t available = available_memory();
    const auto room = [&] { return forecast_memory(layout, options, basis).peak() - basis.before <= available; };
    while (!room() && basis.parts < options.batch_size) basis.parts = std::min(basis.parts * 2, options.batch_size);
    const MemoryForecast forecast = forecast_memory(layout, options, basis);
    const uint64_t peak = forecast.peak();
    memory_forecast_ = std::max(memory_forecast_, peak);
    const Json figures = {{"peak", peak},          {"before", forecast.before}, {"model", forecast.model},
                          {"step", forecast.step}, {"best", forecast.best},     {"available", available},
                          {"parts", basis.parts}};
    if (!room()) {
      events_.log("warning", "The training is going to need more memory than there is.", figures);
    } else if (basis.parts > 1) {
      events_.log("warning", "Not enough memory for whole batches: they are computed in parts.", figures);
    } else {
      events_.log("info", "Memory that the training is going to take, in bytes.", figures);
    }
    return basis.parts;
  }

  /// Lets the encoder tell hidden words of the training texts first. What comes of it is kept as a model folder in the
  /// job's: a job that is killed later does not do it again.
  Status pretrain(Start& start) {
    const fs::path folder = folder_.file("pretrained");
    std::error_code error;
    if (!fs::exists(folder / "config.json", error)) {
      TrainingRows texts;
      texts.objective = Objective::masked_lm;
      texts.train.record = rows_.train.record;
      texts.train.text = rows_.train.text;
      texts.validation.record = rows_.validation.record;
      texts.validation.text = rows_.validation.text;
      MW_TRY(read_unlabeled_texts(folder_.file("inputs/unlabeled.jsonl"), texts, work_));
      EncoderOptions options = start.options;
      options.loss = {Objective::masked_lm};
      options.epochs = start.options.pretrain_epochs;
      options.max_steps = 0;
      options.max_minutes = 0;
      options.patience = 0;
      options.lora = {};
      options.optimizer.frozen_layers = 0;
      text::EncoderConfig config = start.layout.config;
      set_head(config, texts);
      const EncoderLayout layout(std::move(config));
      Random random(seed_ ^ 0x707265747261696EULL);
      const std::vector<float> first = with_other_head(start.layout, start.weights, layout, random);
      MW_ASSIGN(const auto task, make_task(texts, start, layout));
      MW_ASSIGN(const EncoderTraining trained,
                learn(options, layout, first, *task, identity_of(*task, options_, seed_, first), "pretraining-"));
      pretraining_ = summary_of(trained, options);
      MW_TRY(make_folders(folder));
      MW_TRY(write_weights(folder / "model.safetensors", layout, trained.weights));
      Json described = text::to_json(layout.config, start.base_config);
      described["millwright"] = {{"pretraining", pretraining_}, {"curve", trained.curve}};
      MW_TRY(write_file_atomically(folder / "config.json", to_text(described, 2) + "\n"));
    }
    MW_ASSIGN(const text::EncoderFolder kept, text::EncoderFolder::open(folder));
    pretraining_ = kept.config_json().value("millwright", Json::object()).value("pretraining", Json());
    Random random(seed_ ^ 0x77656967687473ULL);
    MW_ASSIGN(start.weights, load_weights(kept, start.layout, &random));
    return {};
  }

  /// Distillation: what another model says about the training texts is learned beside their labels.
  Status ask_teacher(TrainingTask& task, const Start& start) {
    const fs::path folder = folder_.file("inputs/teacher");
    std::error_code error;
    if (!fs::exists(folder / "config.json", error)) return {};
    if (!task.teachable())
      return fail(ErrorKind::usage, "train.teacher", "A teacher helps with objective classification only.");
    work_.report({"ask the teacher", 0, 0, "rows"});
    MW_ASSIGN(std::vector<float> probabilities,
              detail::teacher_probabilities(folder, rows_, start.options.loss.teacher_temperature, device_, work_));
    task.set_teacher(std::move(probabilities));
    return {};
  }

  Result<TaskReport> report_on(const TrainingTask& task, const Start& start, const EncoderTraining& trained) {
    work_.report({"evaluate", 0, 0, "rows"});
    EncoderSettings settings;
    settings.device = device_;
    settings.loss.objective = rows_.objective;
    MW_ASSIGN(const auto model, make_encoder_model(start.layout, settings));
    MW_TRY(model->set_weights(trained.weights));
    return task.report(*model, stop_);
  }

  [[nodiscard]] Json summary_of(const EncoderTraining& trained, const EncoderOptions& options) const {
    return {{"steps", trained.steps},
            {"epochs", options.epochs},
            {"learning_rate", options.learning_rate},
            {"best_epoch", trained.best_epoch},
            {"tokens_per_second", number_or_null(trained.tokens_per_second)},
            {"padding", trained.padding},
            {"micro_schedule", trained.micro_schedule},
            {"memory", trained.memory},
            {"memory_forecast", memory_forecast_ > 0 ? Json(memory_forecast_) : Json()},
            {"resumed", trained.resumed}};
  }

  Result<Json> write(const Start& start, const EncoderTraining& trained, const TaskReport& report) {
    work_.report({"write", 0, 0, "files"});
    const Json& body = folder_.spec().body;
    Json config = text::to_json(start.layout.config, start.base_config);
    config["millwright"] = {{"algorithm", "encoder"},
                            {"options", options_},
                            {"seed", seed_},
                            {"snapshot", body.value("snapshot", Json())},
                            {"task", body.value("task", Json())},
                            {"fields", body.value("fields", Json())},
                            {"max_length", start.options.max_length}};
    config["millwright"].update(report.notes);
    MW_TRY(write_file_atomically(folder_.file("model/config.json"), to_text(config, 2) + "\n"));
    MW_TRY(write_weights(folder_.file("model/model.safetensors"), start.layout, trained.weights));
    MW_TRY(write_file_atomically(folder_.file("predictions.jsonl"), report.predictions));
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
                {"objective", name_of(rows_.objective)},
                {"metrics", report.metrics},
                {"calibration", report.calibration},
                {"curve", trained.curve},
                {"pretraining", pretraining_},
                {"training", summary_of(trained, start.options)},
                {"options", options_},
                {"seed", seed_},
                {"ranks", ranks_.size},
                {"device", device_},
                {"seconds", steady_seconds() - began_},
                {"environment", environment_}};
  }

  const jobs::JobFolder& folder_;
  Ranks ranks_;
  jobs::EventWriter& events_;
  std::stop_token stop_;
  double began_;
  uint64_t seed_ = 0;
  Work work_;
  Json options_, environment_, pretraining_;
  std::string device_;
  uint64_t memory_forecast_ = 0;  ///< bytes; 0: none was made
  TrainingRows rows_;
};

}  // namespace

Result<std::string> device_of(const jobs::JobSpec& spec, const Ranks& ranks) {
  const Json wish = spec.body.value("device", Json("auto"));
  const std::string name = wish.is_string() ? wish.get<std::string>() : "auto";
  if (name == "cpu") return name;
  const Json threads = spec.body.value("options", Json::object()).value("threads", Json(0));
  MW_ASSIGN(const Json torch, start_torch(threads_for(threads.is_number_integer() ? threads.get<int64_t>() : 0)));
  const Json& devices = torch.at("devices");
  const auto gpus = std::count_if(devices.begin(), devices.end(), [](const Json& d) { return d.at("kind") == "cuda"; });
  if (name == "auto" && gpus == 0) return "cpu";
  // Whichever GPU was asked for: each of several ranks on a machine has its own.
  const bool by_rank = name == "auto" || (ranks.together() && gpu_number(name));
  const std::string found = by_rank ? "cuda:" + std::to_string(ranks.local) : name;
  for (const Json& device : devices)
    if (device.at("name") == found) return found;
  return no_device(found, static_cast<int>(gpus));
}

Result<Json> run_encoder_training(const jobs::JobFolder& folder, const Ranks& ranks, jobs::EventWriter& events,
                                  const std::stop_token& stop) {
  return Job(folder, ranks, events, stop).run();
}

}  // namespace millwright::engine
