// `evaluate P`: how good a model is on a split or a batch.
#include <iostream>

#include "figures.h"
#include "models/evaluation.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project;
  models::EvaluateRequest request{"latest", {}, {}};
};

void print(std::ostream& out, const models::Evaluation& evaluation) {
  out << evaluation.on_what << ": " << grouped(evaluation.n) << " rows\n";
  if (evaluation.figures.empty())
    out << "  accuracy  " << figure_text("accuracy", evaluation.accuracy, 2) << '\n'
        << "  macro F1  " << figure_text("macro_f1", evaluation.macro_f1, 2) << '\n'
        << "  ECE       " << fixed(evaluation.ece, 3) << '\n';
  for (const models::Figure& figure : evaluation.figures)
    out << "  " << models::title_of_figure(figure.name) << "  " << figure_text(figure.name, figure.value, 2) << '\n';
  out << "  latency   p50 " << fixed(evaluation.latency_p50_ms, 3) << " ms, p95 " << fixed(evaluation.latency_p95_ms, 3)
      << " ms\n\n";
  if (evaluation.per_class.empty()) return;
  Table table({"label", "precision", "recall", "F1", "rows"});
  for (const models::LabelFigures& figures : evaluation.per_class)
    table.row({figures.label, percent(figures.precision), percent(figures.recall), percent(figures.f1),
               grouped(figures.support)});
  table.print(out);
}

Result<int> run(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const auto evaluation, models::evaluate(project, options.request, context.work("Evaluate")));
  context.answer(models::to_json(evaluation), [&](std::ostream& out) { print(out, evaluation); });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "evaluate", "How good a model is on some rows",
                                "evaluate demo --model latest --on latest:test");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--model", options->request.model, "The model; the newest otherwise")->type_name("M");
  verb->add_option("--on", options->request.on, "S:train, S:validation, S:test or batch:B")
      ->type_name("WHAT")
      ->required();
  verb->add_option("--where", options->request.where, "Only rows that this chooses")->type_name("EXPR");
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(200, add);

}  // namespace
}  // namespace millwright::cli
