#include "detail/training_choice.h"

#include <algorithm>

namespace millwright::models::detail {
namespace {

Result<std::optional<Model>> teacher_of(const store::Project& project, const jobs::Algorithm& algorithm,
                                        const std::string& typed) {
  if (typed.empty()) return std::optional<Model>();
  if (!algorithm.needs_torch)
    return fail(ErrorKind::usage, "train.teacher", "The {algorithm} algorithm takes no teacher.",
                {{"algorithm", std::string(algorithm.name)}});
  MW_ASSIGN(Model teacher, find_model(project, typed));
  if (!is_encoder(teacher))
    return fail(ErrorKind::usage, "train.teacher", "{model} is no encoder: an encoder cannot learn from it.",
                {{"model", teacher.name}}, "Take an encoder that was trained on this task.");
  return std::optional(std::move(teacher));
}

}  // namespace

bool learns(const jobs::Algorithm& algorithm, std::string_view objective) {
  for (const jobs::OptionDeclaration& option : algorithm.options)
    if (option.name == "objective")
      return std::find(option.choices.begin(), option.choices.end(), objective) != option.choices.end();
  return objective == "classification";
}

std::string_view objective_of(labels::TaskKind kind) {
  switch (kind) {
    case labels::TaskKind::single_label:
      return "classification";
    case labels::TaskKind::multi_label:
      return "multi-label";
    case labels::TaskKind::spans:
      return "token-classification";
    case labels::TaskKind::number:
      return "regression";
  }
  return {};
}

Result<TrainingChoice> choose(const store::Project& project, const TrainRequest& request, labels::TaskKind kind) {
  auto settings = request.settings;
  const bool named =
      std::any_of(settings.begin(), settings.end(), [](const auto& one) { return one.first == "objective"; });
  const jobs::Algorithm* algorithm = jobs::find_algorithm(request.algorithm);
  if (!named && algorithm != nullptr && learns(*algorithm, objective_of(kind)))
    settings.emplace_back("objective", objective_of(kind));
  TrainingChoice choice;
  MW_ASSIGN(static_cast<AlgorithmChoice&>(choice),
            choose_algorithm(project, request.algorithm, settings, request.base, request.device));
  MW_ASSIGN(choice.teacher, teacher_of(project, *choice.algorithm, request.teacher));
  return choice;
}

Status check_objective(labels::TaskKind kind, const jobs::Algorithm& algorithm, const std::string& objective) {
  const std::string_view own = objective_of(kind);
  const bool taught = objective == own || objective == "masked-lm" ||
                      (objective == "sentence-embedding" && kind == labels::TaskKind::single_label);
  if (!taught && !learns(algorithm, own))
    return fail(ErrorKind::usage, "train.objective",
                "A task of kind {kind} teaches {own}, which the {algorithm} algorithm does not learn.",
                {{"kind", std::string(labels::name_of(kind))},
                 {"own", std::string(own)},
                 {"algorithm", std::string(algorithm.name)}});
  if (!taught)
    return fail(ErrorKind::usage, "train.objective", "A task of kind {kind} cannot teach {objective}.",
                {{"kind", std::string(labels::name_of(kind))}, {"objective", objective}, {"own", std::string(own)}},
                "It teaches {own}.");
  if (learns(algorithm, objective)) return {};
  return fail(ErrorKind::usage, "train.objective", "The {algorithm} algorithm does not learn {objective}.",
              {{"algorithm", std::string(algorithm.name)}, {"objective", objective}});
}

Status check_label_count(labels::TaskKind kind, int64_t labels) {
  const int64_t fewest = kind == labels::TaskKind::multi_label || kind == labels::TaskKind::spans ? 1 : 2;
  if (labels >= fewest) return {};
  if (kind == labels::TaskKind::number)
    return fail(ErrorKind::bad_input, "train.too_few", "The numbers of the training split are all the same.", {},
                "Label more records, or freeze a snapshot with more of them.");
  return fail(ErrorKind::bad_input, "train.too_few",
              "The training split has {n} label(s); at least {fewest} are needed.",
              {{"n", std::to_string(labels)}, {"fewest", std::to_string(fewest)}},
              "Label more records, or freeze a snapshot with more of them.");
}

}  // namespace millwright::models::detail
