#include "detail/training_choice.h"

namespace millwright::models::detail {
namespace {

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
  MW_ASSIGN(static_cast<AlgorithmChoice&>(choice),
            choose_algorithm(project, request.algorithm, request.settings, request.base, request.device));
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
