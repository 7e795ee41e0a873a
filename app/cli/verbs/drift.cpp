// `drift`: whether an asset's fields moved between two windows.
#include <algorithm>
#include <cmath>
#include <iostream>

#include "monitoring/drift.h"
#include "records/asset.h"
#include "records/window.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct DriftOptions {
  std::string project;
  std::string asset;
  std::string reference;
  std::string current;
  std::string where, where_current, new_values_of;
  std::string rules = "calibrated";
  double alpha = 0.05;
  bool fail_on_drift = false;
  bool explain = false;
};

std::string p_value(double p) {
  if (std::isnan(p)) return "–";
  if (p < 0.001) return "< 0.001";
  return fixed(p, 3);
}

std::string word(monitoring::DriftVerdict verdict) {
  switch (verdict) {
    case monitoring::DriftVerdict::drift:
      return "drift";
    case monitoring::DriftVerdict::none:
      return "none";
    case monitoring::DriftVerdict::too_few:
      return "too few rows";
    case monitoring::DriftVerdict::unjudged:
      return "not judged";
  }
  return "";
}

void print(const monitoring::DriftReport& report, std::ostream& out) {
  out << "Drift of " << report.asset_name << ": " << report.reference.text << " (" << grouped(report.rows_reference)
      << " rows) against " << report.current.text << " (" << grouped(report.rows_current) << " rows), rules "
      << statistics::name_of(report.rules) << '\n';
  if (!report.where.empty()) out << "  rows of both: " << report.where << '\n';
  if (!report.where_current.empty()) out << "  current rows: " << report.where_current << '\n';
  if (!report.new_values_of.empty())
    out << "  current rows: only with a value of " << report.new_values_of << " that the reference does not have\n";
  Table table({"field", "kind", "verdict", "effect", "", "can be seen", "W/σ", "p", "p adjusted", "decided by"});
  std::vector<const monitoring::FieldReport*> ranked;
  for (const auto& field : report.fields) ranked.push_back(&field);
  const auto rank = [](const monitoring::FieldReport* f) {
    return std::pair(static_cast<int>(f->drift.verdict), std::isnan(f->drift.effect) ? 0.0 : -f->drift.effect);
  };
  std::stable_sort(ranked.begin(), ranked.end(), [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  for (const auto* field : ranked) {
    const auto& d = field->drift;
    const auto moved = std::find_if(d.scores.begin(), d.scores.end(),
                                    [](const auto& score) { return score.name == "wasserstein_normed"; });
    table.row({field->name, std::string(name_of(field->kind)), word(d.verdict), fixed(d.effect, 3),
               d.effect_name == "d" ? "D" : "V", fixed(d.smallest_detectable, 3),
               moved == d.scores.end() ? "" : fixed(moved->value, 3), p_value(d.p), p_value(d.p_adjusted),
               d.decided_by});
  }
  table.print(out);
  out << report.verdict.drifted << " of " << report.verdict.judged << " judged fields drifted (verdict "
      << word(report.verdict.verdict) << "). Report " << tail(report.id) << ", " << fixed(report.seconds, 2) << " s.\n";
}

Result<int> measure(Context& context, const DriftOptions& options) {
  const auto rules = monitoring::rules_from(options.rules);
  if (!rules)
    return fail(ErrorKind::usage, "drift.rules", "There are no rules \"{rules}\".", {{"rules", options.rules}},
                "Choose calibrated, evidently or nannyml.");
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const auto asset, records::find_asset(project, options.asset));
  monitoring::DriftRequest request;
  MW_ASSIGN(request.reference, records::parse_window(project, asset, options.reference));
  MW_ASSIGN(request.current, records::parse_window(project, asset, options.current));
  request.where = options.where;
  request.where_current = options.where_current;
  request.new_values_of = options.new_values_of;
  request.rules = *rules;
  request.alpha = options.alpha;
  MW_ASSIGN(const auto report, monitoring::measure_drift(project, request, context.work("Comparing")));
  const Json document = monitoring::to_json(report, options.explain);
  context.answer(document, [&](std::ostream& out) {
    print(report, out);
    if (!options.explain) return;
    for (const auto& [name, text] : document["explain"].items()) out << name << ": " << text.get<std::string>() << '\n';
  });
  return options.fail_on_drift && report.verdict.verdict == monitoring::DriftVerdict::drift ? 1 : 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<DriftOptions>();
  CLI::App* verb = context.verb(app, "drift", "Whether the fields of an asset moved between two windows",
                                "drift demo --reference k3f9x2 --current 7mq0zd --explain");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--asset", options->asset, "Asset; may be left out where there is one");
  verb->add_option("--reference", options->reference, "Window: B, B1,B2 or FROM..TO")->required();
  verb->add_option("--current", options->current, "Window of the same asset")->required();
  verb->add_option("--where", options->where, "Chooses rows in both windows")->type_name("EXPR");
  verb->add_option("--where-current", options->where_current, "Chooses rows in the current window only")
      ->type_name("EXPR");
  verb->add_option("--new", options->new_values_of,
                   "Of the current window only rows whose value of this field the reference has nowhere: over all\n"
                   "arrivals a shift among what is new is thinned out by what was there before")
      ->type_name("FIELD");
  verb->add_option("--rules", options->rules, "calibrated, evidently or nannyml")->capture_default_str();
  verb->add_option("--alpha", options->alpha, "Share of false discoveries that is accepted (calibrated)")
      ->capture_default_str();
  verb->add_flag("--fail-on-drift", options->fail_on_drift, "Exit 1 when the verdict is drift");
  verb->add_flag("--explain", options->explain, "Say what each score is: base, bins, floor, rule");
  context.action(verb, [options](Context& c) { return measure(c, *options); });
}
const Registration kRegistration(140, add);

}  // namespace
}  // namespace millwright::cli
