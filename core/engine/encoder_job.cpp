#include "engine/encoder_job.h"

#include <algorithm>

#include "base/clock.h"
#include "detail/encoder_fit.h"
#include "detail/encoder_start.h"
#include "detail/job_outputs.h"
#include "detail/teacher.h"
#include "engine/device_trouble.h"
#include "engine/encoder_weights.h"
#include "engine/linear_training.h"
#include "engine/torch.h"
#include "jobs/algorithms.h"
#include "text/encoder_folder.h"

namespace millwright::engine {

using namespace detail;

namespace {

/// Steps and parts, as the result of a run lists them.
Status check_micro_schedule(const Json& body) {
  const auto found = body.find("micro_schedule");
  if (found == body.end()) return {};
  const auto is_pair = [](const Json& entry) {
    return entry.is_array() && entry.size() == 2 && entry[0].is_number_integer() && entry[1].is_number_integer();
  };
  if (found->is_array() && std::all_of(found->begin(), found->end(), is_pair)) return {};
  return fail(ErrorKind::usage, "train.bad_option", "micro_schedule is no list of steps and parts.");
}

/// One training job from its rows to its outputs.
class Job {
 public:
  Job(const jobs::JobFolder& folder, const Ranks& ranks, jobs::EventWriter& events, const std::stop_token& stop)
      : folder_(folder), ranks_(ranks), events_(events), stop_(stop), began_(steady_seconds()) {
    work_ = {[this](const Progress& progress) { events_.progress(progress); }, stop_};
  }

  Result<Json> run() {
    MW_ASSIGN(seed_, jobs::seed_of(folder_.spec().body));
    MW_TRY(check_micro_schedule(folder_.spec().body));
    MW_ASSIGN(options_, jobs::check_options(*jobs::find_algorithm("encoder"),
                                            folder_.spec().body.value("options", Json::object())));
    MW_ASSIGN(device_, device_of(folder_.spec(), ranks_));
    work_.report({"read", 0, 0, "bytes"});
    MW_ASSIGN(const Objective objective, objective_named(options_.at("objective").get<std::string>()));
    MW_ASSIGN(rows_, read_training_rows(folder_.file("inputs/rows.jsonl"), objective, work_));
    if (objective == Objective::masked_lm)
      MW_TRY(read_unlabeled_texts(folder_.file("inputs/unlabeled.jsonl"), rows_, work_));
    MW_ASSIGN(EncoderStart start, start_encoder({folder_.file("inputs/base"), folder_.file("model"), device_, seed_},
                                                options_, rows_, work_));
    MW_ASSIGN(const Json torch, start_torch(start.options.threads));
    environment_ = environment_of(torch, start.options, device_);
    if (start.options.pretrain_epochs > 0 && ranks_.together())
      return fail(ErrorKind::usage, "train.bad_ranks", "pretrain_epochs does not go with several ranks.", {},
                  "Train with objective=masked-lm first, and begin from that model.");
    if (start.options.pretrain_epochs > 0) MW_TRY(pretrain(start));
    MW_ASSIGN(const auto task, make_task(rows_, start, start.layout, seed_, work_));
    MW_TRY(ask_teacher(*task, start));
    MW_ASSIGN(EncoderTraining trained, learn(start.options, start.layout, start.weights, *task, ""));
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
  Result<EncoderTraining> learn(const EncoderOptions& options, const EncoderLayout& layout,
                                std::span<const float> weights, const TrainingTask& task, std::string stage) {
    TrainingPlace place{folder_, events_, stop_, std::move(stage), ranks_};
    if (!place.stage.empty()) place.phase = "pretrain";
    work_.report({place.phase, 0, 0, "steps"});
    return fit_encoder({options, options_, seed_, device_, environment_}, layout, weights, task, std::move(place));
  }

  /// Lets the encoder tell hidden words of the training texts first. What comes of it is kept as a model folder in the
  /// job's: a job that is killed later does not do it again.
  Status pretrain(EncoderStart& start) {
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
      MW_ASSIGN(const auto task, make_task(texts, start, layout, seed_, work_));
      MW_ASSIGN(const EncoderTraining trained, learn(options, layout, first, *task, "pretraining-"));
      pretraining_ = summary_of(trained, options);
      MW_TRY(make_folders(folder));
      MW_TRY(write_weights(folder / "model.safetensors", layout, trained.weights));
      Json described = text::to_json(layout.config, start.base_config);
      described["millwright"] = {{"pretraining", pretraining_}, {"curve", trained.curve}};
      MW_TRY(write_file_atomically(folder / "config.json", to_text(described, 2) + "\n"));
    }
    MW_ASSIGN(const text::EncoderFolder kept, text::EncoderFolder::open(folder));
    pretraining_ = kept.config_json().value("millwright", Json::object()).value("pretraining", Json());
    Random random = draw_of_weights(seed_);
    MW_ASSIGN(start.weights, load_weights(kept, start.layout, &random));
    return {};
  }

  /// Distillation: what another model says about the training texts is learned beside their labels.
  Status ask_teacher(TrainingTask& task, const EncoderStart& start) {
    const fs::path folder = folder_.file("inputs/teacher");
    std::error_code error;
    if (!fs::exists(folder / "config.json", error)) return {};
    if (!task.teachable())
      return fail(ErrorKind::usage, "train.teacher", "A teacher helps with objective classification only.");
    work_.report({"ask the teacher", 0, 0, "rows"});
    MW_ASSIGN(std::vector<float> probabilities,
              teacher_probabilities(folder, rows_, start.options.loss.teacher_temperature, device_, work_));
    task.set_teacher(std::move(probabilities));
    return {};
  }

  Result<TaskReport> report_on(const TrainingTask& task, const EncoderStart& start, const EncoderTraining& trained) {
    work_.report({"evaluate", 0, 0, "rows"});
    MW_ASSIGN(const auto model, trained_encoder(start.layout, trained.weights, rows_.objective, device_));
    return task.report(*model, stop_);
  }

  Result<Json> write(const EncoderStart& start, const EncoderTraining& trained, const TaskReport& report) {
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
      MW_ASSIGN(files.emplace_back(), describe_file(folder_, "model/" + name));
    }
    MW_ASSIGN(const Json predictions, describe_file(folder_, "predictions.jsonl"));
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
  TrainingRows rows_;
};

}  // namespace

namespace {

/// Libtorch is started before the options are read, to be asked for its devices.
Result<int64_t> threads_of(const jobs::JobSpec& spec) {
  if (spec.kind != "train") return 0;
  MW_ASSIGN(const Json options,
            jobs::check_options(*jobs::find_algorithm("encoder"), spec.body.value("options", Json::object())));
  return options.at("threads").get<int64_t>();
}

}  // namespace

Result<std::string> device_of(const jobs::JobSpec& spec, const Ranks& ranks) {
  const Json wish = spec.body.value("device", Json("auto"));
  const std::string name = wish.is_string() ? wish.get<std::string>() : to_text(wish);
  if (name == "cpu") return name;
  MW_ASSIGN(const int64_t threads, threads_of(spec));
  MW_ASSIGN(const Json torch, start_torch(threads_for(threads)));
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
