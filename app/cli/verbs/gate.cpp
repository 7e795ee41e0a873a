// `gate P`: is a batch or a snapshot fit? And who lets it pass nevertheless.
#include "snapshots/gate.h"

#include <iostream>

#include "base/clock.h"
#include "records/batch.h"
#include "snapshots/snapshot.h"
#include "store/lookup.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, batch, snapshot, reason;
  bool override_ = false;
};

Result<Json> check_json(const store::Project& project, const quality::Check& check) {
  Json sample = Json::array();
  for (const RecordRef& record : check.sample) {
    MW_ASSIGN(const std::string id, store::record_to_text(project, record));
    sample.push_back(id);
  }
  return Json{{"name", check.name},
              {"verdict", quality::to_string(check.verdict)},
              {"value", number_or_null(check.value)},
              {"threshold", number_or_null(deciding_limit(check))},
              {"rows", check.rows},
              {"unit", check.unit},
              {"warn_above", number_or_null(check.warn_above)},
              {"fail_above", number_or_null(check.fail_above)},
              {"text", describe(check)},
              {"detail", check.detail},
              {"sample", sample}};
}

Json override_json(const std::optional<quality::Override>& given) {
  if (!given) return nullptr;
  return {{"by", given->by}, {"reason", given->reason}, {"time", iso8601(given->time_ms)}, {"covers", given->covers}};
}

void print(std::ostream& out, const quality::GateReport& report) {
  out << quality::to_string(report.verdict);
  if (report.verdict == quality::Verdict::fail && report.open()) out << ", overridden";
  out << '\n';
  Table table({"check", "verdict", "finding", "rows"});
  for (const auto& check : report.checks)
    table.row({check.name, std::string(quality::to_string(check.verdict)), describe(check), grouped(check.rows)});
  table.print(out);
  if (report.override_)
    out << "Overridden by " << report.override_->by << " at " << iso8601(report.override_->time_ms) << ": "
        << report.override_->reason << '\n';
}

Status check_options(const Context& context, const Options& options) {
  if (options.batch.empty() == options.snapshot.empty())
    return fail(ErrorKind::usage, "gate.which", "Say which: --batch B or --snapshot S.");
  if (!options.override_ && !options.reason.empty())
    return fail(ErrorKind::usage, "gate.no_override", "A reason is for an override.", {}, "Add --override.");
  if (!options.override_) return {};
  MW_TRY(context.require_by());
  if (options.reason.find_first_not_of(" \t\r\n") == std::string::npos)
    return fail(ErrorKind::usage, "gate.override_needs_reason", "An override needs a reason.", {},
                "Say it with --reason TEXT.");
  return {};
}

Result<int> run(Context& context, const Options& options) {
  MW_TRY(check_options(context, options));
  MW_ASSIGN(auto project, context.open(options.project));
  quality::GateReport report;
  if (!options.batch.empty()) {
    MW_ASSIGN(const auto batch, records::find_batch(project, options.batch));
    MW_ASSIGN(report, snapshots::gate_batch(project, batch.id, context.work("Gate")));
  } else {
    MW_ASSIGN(const auto snapshot, snapshots::find_snapshot(project, options.snapshot));
    MW_ASSIGN(report, snapshots::gate_snapshot(project, snapshot.id, context.work("Gate")));
  }
  if (options.override_) {
    MW_ASSIGN(report, quality::override_gate(project, report.subject, context.given_by(), options.reason));
  }
  Json checks = Json::array();
  for (const auto& check : report.checks) {
    MW_ASSIGN(Json json, check_json(project, check));
    checks.push_back(std::move(json));
  }
  const Json document = {{"verdict", quality::to_string(report.verdict)},
                         {"checks", checks},
                         {"override", override_json(report.override_)},
                         {"open", report.open()}};
  context.answer(document, [&](std::ostream& out) { print(out, report); });
  return report.open() ? 0 : 1;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "gate", "Is a batch or a snapshot fit?", "gate demo --batch latest");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--batch", options->batch, "A batch")->type_name("B");
  verb->add_option("--snapshot", options->snapshot, "A snapshot")->type_name("S");
  verb->add_flag("--override", options->override_, "Let it pass nevertheless: needs --by and --reason");
  verb->add_option("--reason", options->reason, "Why it may pass")->type_name("TEXT");
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(80, add);

}  // namespace
}  // namespace millwright::cli
