// `compare P`: which of two models is better, on the rows that both were judged on.
#include <iostream>

#include "base/ids.h"
#include "figures.h"
#include "models/comparison.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, model = "latest", other = "champion";
};

const char* words_of(models::ComparisonVerdict verdict) {
  switch (verdict) {
    case models::ComparisonVerdict::better:
      return "better";
    case models::ComparisonVerdict::worse:
      return "worse";
    case models::ComparisonVerdict::cannot_tell:
      return "these rows cannot tell which is better";
  }
  return "";
}

std::string points(double share) { return (share > 0 ? "+" : "") + fixed(share * 100, 2); }

Result<int> run(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const models::Model model, models::find_model(project, options.model));
  MW_ASSIGN(const models::Model other, models::find_model(project, options.other));
  MW_ASSIGN(const auto comparison, models::compare_models(project, model, other));
  if (!comparison)
    return fail(ErrorKind::bad_input, "compare.no_rows", "{a} and {b} were judged on no common rows.",
                {{"a", model.name}, {"b", other.name}}, "Evaluate both on the same split or batch first.");
  Json document = {{"model", tail(model.uuid)}, {"with", tail(other.uuid)}};
  document.update(models::to_json(*comparison));
  // The baseline stands beside any two.
  MW_ASSIGN(const auto beside, models::compare_with_baseline(project, model));
  document["baseline"] = beside ? models::to_json(*beside) : Json();
  context.answer(document, [&](std::ostream& out) {
    out << model.name << " against " << other.name << " on " << grouped(comparison->n) << " rows of "
        << comparison->on_what << '\n';
    const bool number = comparison->kind == labels::TaskKind::number;
    if (!number)
      out << "  rows right  " << percent(comparison->accuracy, 2) << " against "
          << percent(comparison->other_accuracy, 2) << '\n';
    out << "  difference  " << points(comparison->difference.value) << " points (" << points(comparison->difference.low)
        << " to " << points(comparison->difference.high) << "), p " << fixed(comparison->p, 4) << '\n'
        << (number ? "  nearer on   " : "  only one is right: ") << grouped(comparison->only_model_right) << " and "
        << grouped(comparison->only_other_right) << " rows\n"
        << "  verdict     " << words_of(comparison->verdict) << '\n';
    if (beside && beside->baseline.id != other.id)
      out << "  baseline    " << figure_text("accuracy", beside->comparison.other_accuracy, 2) << ", difference "
          << points(beside->comparison.difference.value) << " points (" << points(beside->comparison.difference.low)
          << " to " << points(beside->comparison.difference.high) << "), p " << fixed(beside->comparison.p, 4) << '\n';
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "compare", "Which of two models is better, row by row",
                                "compare demo --model latest --with champion");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--model", options->model, "The model; the newest otherwise")->type_name("M");
  verb->add_option("--with", options->other, "What it is compared with; the champion otherwise")->type_name("M");
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(205, add);

}  // namespace
}  // namespace millwright::cli
