#include "detail/training_choice.h"

namespace millwright::models::detail {
namespace {

/// Whether it can be a device at all; whether this machine has it is known by the engine.
Status check_device(const jobs::Algorithm& algorithm, const std::string& device) {
  if (device == "auto" || device == "cpu") return {};
  const bool gpu = device.starts_with("cuda:") && device.size() > 5 && device.size() < 9 &&
                   device.find_first_not_of("0123456789", 5) == std::string::npos;
  if (gpu && algorithm.needs_torch) return {};
  if (gpu)
    return fail(ErrorKind::usage, "train.device", "The linear baseline trains on the processor, not on {device}.",
                {{"device", device}}, "Leave --device out, or say --device cpu.");
  return fail(ErrorKind::usage, "train.device", "{device} is no device.", {{"device", device}},
              "Devices are auto, cpu and cuda:N.");
}

std::string names_of_algorithms() {
  std::string names;
  for (const jobs::Algorithm& algorithm : jobs::algorithms()) {
    if (!names.empty()) names += ", ";
    names += algorithm.name;
  }
  return names;
}

Result<std::optional<Model>> base_of(const store::Project& project, const jobs::Algorithm& algorithm,
                                     const std::string& typed) {
  if (typed.empty()) return std::optional<Model>();
  if (!algorithm.needs_torch)
    return fail(ErrorKind::usage, "train.base", "The {algorithm} algorithm starts from nothing; it takes no --base.",
                {{"algorithm", std::string(algorithm.name)}});
  MW_ASSIGN(Model base, find_model(project, typed));
  if (base.family == "linear")
    return fail(ErrorKind::usage, "train.base", "{model} is a linear model: an encoder cannot start from it.",
                {{"model", base.name}}, "Add a model folder first: models P add FOLDER.");
  return std::optional(std::move(base));
}

Result<std::optional<Model>> teacher_of(const store::Project& project, const jobs::Algorithm& algorithm,
                                        const std::string& typed) {
  if (typed.empty()) return std::optional<Model>();
  if (!algorithm.needs_torch)
    return fail(ErrorKind::usage, "train.teacher", "The {algorithm} algorithm takes no teacher.",
                {{"algorithm", std::string(algorithm.name)}});
  MW_ASSIGN(Model teacher, find_model(project, typed));
  if (teacher.family == "linear")
    return fail(ErrorKind::usage, "train.teacher", "{model} is a linear model: an encoder cannot learn from it.",
                {{"model", teacher.name}}, "Take an encoder that was trained on this task.");
  return std::optional(std::move(teacher));
}

}  // namespace

Result<TrainingChoice> choose(const store::Project& project, const TrainRequest& request) {
  TrainingChoice choice;
  choice.algorithm = jobs::find_algorithm(request.algorithm);
  if (choice.algorithm == nullptr)
    return fail(ErrorKind::usage, "train.no_such_algorithm", "There is no algorithm {name}.",
                {{"name", request.algorithm}, {"names", names_of_algorithms()}}, "There are: {names}.");
  MW_ASSIGN(choice.options, jobs::complete_options(*choice.algorithm, request.settings));
  MW_TRY(check_device(*choice.algorithm, request.device));
  MW_ASSIGN(choice.base, base_of(project, *choice.algorithm, request.base));
  MW_ASSIGN(choice.teacher, teacher_of(project, *choice.algorithm, request.teacher));
  return choice;
}

/// A task gives one label to a record: what can be learned from that, and from its words.
Status check_objective(const std::string& objective) {
  if (objective == "classification" || objective == "masked-lm" || objective == "sentence-embedding") return {};
  return fail(ErrorKind::usage, "train.objective", "A task with one label a record cannot teach {objective}.",
              {{"objective", objective}}, "It takes classification, masked-lm or sentence-embedding.");
}

Status check_label_count(int64_t labels) {
  if (labels >= 2) return {};
  return fail(ErrorKind::bad_input, "train.too_few", "The training split has {n} label(s); at least 2 are needed.",
              {{"n", std::to_string(labels)}}, "Label more records, or freeze a snapshot with more of them.");
}

}  // namespace millwright::models::detail
