#include "models/label_errors.h"

#include "labels/current.h"
#include "snapshots/snapshot.h"

namespace millwright::models {

Result<std::vector<SuspectedLabel>> suspected_labels(const store::Project& project, const CrossValidation& made,
                                                     const Work& work) {
  MW_ASSIGN(const OutOfSampleRows rows, read_out_of_sample(project, made));
  MW_ASSIGN(const snapshots::Snapshot snapshot, snapshots::read_snapshot(project, made.snapshot));
  MW_ASSIGN(const labels::CurrentLabels current, labels::current_labels(project, {.task = made.task}, work));
  std::vector<SuspectedLabel> out;
  for (const size_t place : statistics::rank_label_errors(rows.said)) {
    const statistics::OutOfSample& said = rows.said[place];
    const std::string& label = rows.labels[static_cast<size_t>(said.label)];
    const labels::CurrentLabel* const now = current.find(rows.records[place]);
    if (now == nullptr || now->conflict || now->source.annotation > snapshot.annotation_through ||
        current.names[static_cast<size_t>(now->label)] != label)
      continue;
    out.push_back({rows.records[place], label, said.label_confidence, rows.labels[static_cast<size_t>(said.predicted)],
                   said.confidence});
  }
  return out;
}

}  // namespace millwright::models
