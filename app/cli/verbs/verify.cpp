// `verify P`: is everything there that was saved, and is it what was saved?
#include "store/verify.h"

#include <algorithm>
#include <iostream>

#include "labels/verify.h"
#include "models/registry.h"
#include "records/batch.h"
#include "snapshots/verify.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, head;
  bool deep = false;
};

/// Puts what a room found in its own words into the report.
void take_over(const std::vector<std::string>& problems, const char* code, store::VerifyReport& report) {
  for (const std::string& problem : problems) report.add(code, "{reason}", {{"reason", problem}});
}

Status check_batches(const store::Project& project, const store::VerifyOptions& options, store::VerifyReport& report,
                     const Work& work) {
  MW_ASSIGN(const auto batches, records::list_batches(project));
  report.checked["batches"] = static_cast<int64_t>(batches.size());
  if (!options.deep) return {};
  int64_t rows = 0;
  for (const records::BatchInfo& batch : batches) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped: verify.");
    MW_ASSIGN(const records::BatchCheck check, records::check_batch(project, batch.id));
    rows += check.records;
    report.erased += check.erased;
    for (const std::string& problem : check.problems)
      report.add("verify.batch", "Batch {batch}: {reason}", {{"batch", tail(batch.uuid)}, {"reason", problem}});
  }
  report.checked["records"] = rows;
  return {};
}

Status check_labels(const store::Project& project, const store::VerifyOptions&, store::VerifyReport& report,
                    const Work& work) {
  MW_ASSIGN(const labels::VerifiedLabels found, labels::verify_labels(project, work));
  report.checked["annotations"] = found.annotations;
  report.checked["label_files"] = found.label_files;
  report.checked["queues"] = found.queues;
  take_over(found.problems, "verify.labels", report);
  return {};
}

Status check_snapshots(const store::Project& project, const store::VerifyOptions& options, store::VerifyReport& report,
                       const Work& work) {
  MW_ASSIGN(const snapshots::VerifiedSnapshots found, snapshots::verify_snapshots(project, options.deep, work));
  report.checked["snapshots"] = found.snapshots;
  report.checked["snapshot_rows"] = found.rows;
  take_over(found.problems, "verify.snapshots", report);
  return {};
}

Status check_models(const store::Project& project, const store::VerifyOptions&, store::VerifyReport& report,
                    const Work& work) {
  MW_ASSIGN(const models::VerifiedModels found, models::verify_models(project, work));
  report.checked["models"] = found.models;
  report.checked["model_files"] = found.files;
  take_over(found.problems, "verify.models", report);
  return {};
}

Json document_of(const store::VerifyReport& report) {
  Json checked = Json::object();
  for (const auto& [name, count] : report.checked) checked[name] = count;
  Json problems = Json::array();
  for (const Error& problem : report.problems) {
    Json arguments = Json::object();
    for (const auto& [name, value] : problem.arguments) arguments[name] = value;
    problems.push_back({{"code", problem.code},
                        {"message", message_of(problem)},
                        {"hint", hint_of(problem)},
                        {"context", std::move(arguments)}});
  }
  return {{"ok", report.ok()},
          {"checked", std::move(checked)},
          {"erased", report.erased},
          {"problems", std::move(problems)}};
}

Result<int> run(Context& context, const Options& options) {
  MW_ASSIGN(const store::Project project, context.open(options.project, true));
  const Work work = context.work("Verifying");
  MW_ASSIGN(const store::VerifyReport report,
            store::verify(project, {.deep = options.deep, .head = options.head},
                          {check_batches, check_labels, check_snapshots, check_models}, work));
  context.answer(document_of(report), [&](std::ostream& out) {
    for (const auto& [name, count] : report.checked) {
      std::string words = name;
      std::replace(words.begin(), words.end(), '_', ' ');
      out << "  " << words << ": " << grouped(count) << '\n';
    }
    if (report.erased > 0) out << "  erased: " << grouped(report.erased) << '\n';
    for (const Error& problem : report.problems) out << "  problem: " << message_of(problem) << '\n';
    if (!report.ok())
      out << "Not ok: " << grouped(static_cast<int64_t>(report.problems.size())) << " problems.\n";
    else
      out << (options.deep ? "Ok: everything was read and is what was saved.\n"
                           : "Ok. (--deep also reads every file and compares its hash.)\n");
  });
  return report.ok() ? 0 : 1;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      context.verb(app, "verify", "Check that what was saved is there and unchanged", "verify demo --deep");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_flag("--deep", options->deep, "Read every file and compare its hash");
  verb->add_option("--head", options->head, "A head of the audit trail, printed earlier, that must be in it");
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(900, add);

}  // namespace
}  // namespace millwright::cli
