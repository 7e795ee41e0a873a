#include "verify_project.h"

#include "labels/verify.h"
#include "models/registry.h"
#include "records/batch.h"
#include "snapshots/verify.h"

namespace millwright::planning {
namespace {

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

}  // namespace

Result<store::VerifyReport> verify_project(const store::Project& project, const store::VerifyOptions& options,
                                           const Work& work) {
  return store::verify(project, options, {check_batches, check_labels, check_snapshots, check_models}, work);
}

}  // namespace millwright::planning
