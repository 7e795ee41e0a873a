// `demo`: Debian packages filed in their section; the loop turned once.
#include <iostream>
#include <map>

#include "planning/demo.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project;
  std::string source = "auto";
  int64_t limit = 0;
};

const std::map<std::string, planning::DemoSource> kSources{{"auto", planning::DemoSource::automatic},
                                                           {"release", planning::DemoSource::release},
                                                           {"security", planning::DemoSource::security},
                                                           {"generated", planning::DemoSource::generated}};

// "84.7 % (84.2–85.2)"
std::string estimate_text(const Json& estimate) {
  if (!estimate.is_object() || !estimate.contains("value") || !estimate["value"].is_number()) return "–";
  std::string out = percent(estimate["value"].get<double>());
  if (estimate.value("low", Json()).is_number() && estimate.value("high", Json()).is_number())
    out += " (" + fixed(estimate["low"].get<double>() * 100, 1) + "–" + fixed(estimate["high"].get<double>() * 100, 1) +
           ")";
  return out;
}

std::string number_text(const Json& object, const char* key, int digits) {
  return object.contains(key) && object[key].is_number() ? fixed(object[key].get<double>(), digits) : "–";
}

void print_drift(std::ostream& out, const Json& drift) {
  out << "\nDrift of the later batch, all arrivals beside those of new sources alone:\n";
  Table table({"field", "verdict", "effect", "p adjusted", "new sources: verdict", "effect"});
  for (const auto& field : drift.value("fields", Json::array()))
    table.row({field.value("name", ""), field.value("verdict", ""), number_text(field, "effect", 3),
               number_text(field, "p_adjusted", 4), field.value("new_sources_verdict", ""),
               number_text(field, "new_sources_effect", 3)});
  table.print(out);
  for (const auto& sentence : drift.value("reading", Json::array())) out << "  " << sentence.get<std::string>() << '\n';
}

void print(std::ostream& out, const Options& options, const planning::DemoReport& report) {
  double total = 0;
  Table steps({"step", "seconds"});
  for (const auto& step : report.steps) {
    steps.row({step.name, fixed(step.seconds, 2)});
    total += step.seconds;
  }
  steps.row({"all", fixed(total, 2)});
  steps.print(out);
  const Json& figures = report.figures;
  const auto part = [&](const char* name) { return figures.value(name, Json::object()); };
  const Json source = part("source");
  out << "\nRows: " << source.value("reference", "") << ", later " << source.value("later", "") << ".\n";
  for (const auto& reason : source.value("passed_over", Json::array()))
    out << "  Not from " << reason.get<std::string>() << '\n';
  out << "\nAccuracy, kept apart:\n";
  Table accuracy({"rows", "n", "accuracy (95 %)"});
  const Json test = part("test_split");
  accuracy.row({"test split of the reference batch", grouped(test.value("n", int64_t{0})),
                estimate_text(test.value("accuracy", Json()))});
  const Json unseen = part("never_seen_sources"), later = part("later_batch");
  accuracy.row({"later batch, sources never seen", grouped(unseen.value("n", int64_t{0})),
                estimate_text(unseen.value("accuracy", Json()))});
  accuracy.row({"later batch, all arrivals (most were trained on)", grouped(later.value("n", int64_t{0})),
                estimate_text(later.value("accuracy", Json()))});
  accuracy.print(out);
  print_drift(out, part("drift"));
  out << "\nNext:\n  millwright " << options.project << "    # label the queue “later batch”\n  millwright-cli status "
      << options.project << '\n';
}

Result<int> run(Context& context, const Options& options) {
  const Actor actor = context.actor();
  const fs::path folder = store::Project::folder_for(options.project);
  auto project = [&]() -> Result<store::Project> {
    std::error_code ignored;
    if (fs::exists(folder, ignored)) return context.open(options.project);
    return store::Project::create(folder, actor, {});
  }();
  if (!project) return tl::make_unexpected(std::move(project).error());
  const Work work = context.work("demo");
  MW_ASSIGN(const auto report, planning::run_demo(*project, {kSources.at(options.source), options.limit}, work));
  Json steps = Json::array();
  for (const auto& step : report.steps)
    steps.push_back({{"name", step.name}, {"seconds", step.seconds}, {"result", step.result}});
  Json document = {{"project", folder.string()}, {"steps", std::move(steps)}, {"figures", report.figures}};
  for (const auto& [key, value] : report.ids.items()) document[key] = value;
  context.answer(document, [&](std::ostream& out) { print(out, options, report); });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      context.verb(app, "demo", "Turn the loop once on Debian's package index", "demo /tmp/demo --source generated");
  verb->add_option("PROJECT", options->project, "Project folder; made where it is missing")->required();
  verb->add_option("--source", options->source, "Where the packages come from")
      ->check(CLI::IsMember({"auto", "release", "security", "generated"}))
      ->capture_default_str();
  verb->add_option("--limit", options->limit, "Rows of each batch at most; 0: all")->check(CLI::NonNegativeNumber);
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(5, add);

}  // namespace
}  // namespace millwright::cli
