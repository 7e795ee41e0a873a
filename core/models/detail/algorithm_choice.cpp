#include "detail/algorithm_choice.h"

namespace millwright::models::detail {
namespace {

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
  if (!is_encoder(base))
    return fail(ErrorKind::usage, "train.base", "{model} is no encoder: an encoder cannot start from it.",
                {{"model", base.name}}, "Add a model folder first: models P add FOLDER.");
  return std::optional(std::move(base));
}

}  // namespace

Result<AlgorithmChoice> choose_algorithm(const store::Project& project, const std::string& algorithm,
                                         std::span<const std::pair<std::string, std::string>> settings,
                                         const std::string& base, const std::string& device) {
  AlgorithmChoice choice;
  choice.algorithm = jobs::find_algorithm(algorithm);
  if (choice.algorithm == nullptr)
    return fail(ErrorKind::usage, "train.no_such_algorithm", "There is no algorithm {name}.",
                {{"name", algorithm}, {"names", names_of_algorithms()}}, "There are: {names}.");
  MW_ASSIGN(choice.options, jobs::complete_options(*choice.algorithm, settings));
  MW_TRY(jobs::check_device(*choice.algorithm, device));
  MW_ASSIGN(choice.base, base_of(project, *choice.algorithm, base));
  choice.device = choice.algorithm->needs_torch ? device : "cpu";
  return choice;
}

}  // namespace millwright::models::detail
