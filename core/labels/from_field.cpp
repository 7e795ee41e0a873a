#include "labels/from_field.h"

#include <algorithm>
#include <map>

#include "detail/bulk.h"
#include "detail/schema_rows.h"
#include "labels/current.h"
#include "quality/inputs.h"
#include "records/asset.h"
#include "records/batch.h"
#include "records/columns.h"
#include "records/window.h"

namespace millwright::labels {
namespace {

constexpr size_t kSample = 100;

struct OneBatch {
  records::ColumnScan scan;
  quality::CodedLabels labels;
};

Result<OneBatch> read_batch(const store::Project& project, int64_t batch, const std::string& field) {
  MW_ASSIGN(const auto window, records::window_of_batches(project, {batch}));
  MW_ASSIGN(auto scan, records::ColumnScan::open(project, window, records::Count::records));
  if (scan.find(field) == nullptr)
    return fail(ErrorKind::bad_input, "labels.no_such_field", "The batch has no field {field}.", {{"field", field}});
  MW_ASSIGN(auto labels, quality::labels_of_field(scan, field));
  return OneBatch{std::move(scan), std::move(labels)};
}

/// The values of a field over all batches, most frequent first, so that the common labels get the keys.
Result<std::vector<Label>> schema_of(const store::Project& project, const std::vector<int64_t>& batches,
                                     const std::string& field) {
  std::map<std::string, int64_t> counts;
  for (const int64_t id : batches) {
    MW_ASSIGN(const OneBatch batch, read_batch(project, id, field));
    for (const int32_t code : batch.labels.codes)
      if (code >= 0) ++counts[batch.labels.names[static_cast<size_t>(code)]];
  }
  std::erase_if(counts,
                [](const auto& entry) { return entry.first.find_first_not_of(" \t\r\n") == std::string::npos; });
  std::vector<std::pair<std::string, int64_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<Label> made;
  for (const auto& [name, count] : order) made.push_back({name, std::nullopt, {}});
  assign_keys(made);
  return made;
}

/// What of a batch is new, against what this person said before.
Result<detail::BulkRows> new_rows(const store::Project& project, const Task& task, const FromField& request,
                                  const OneBatch& batch, const LabelSchema& schema, BulkLabels& outcome) {
  MW_ASSIGN(const CurrentLabels before, current_labels(project, {.task = task.id, .person = request.by}));
  std::vector<int32_t> names_before(batch.labels.names.size(), -1);
  std::vector<bool> known(batch.labels.names.size());
  for (size_t i = 0; i < batch.labels.names.size(); ++i) {
    known[i] = schema.knows(batch.labels.names[i]);
    const auto found = std::find(before.names.begin(), before.names.end(), batch.labels.names[i]);
    if (found != before.names.end()) names_before[i] = static_cast<int32_t>(found - before.names.begin());
  }
  MW_ASSIGN(const auto records, batch.scan.records());
  detail::BulkRows rows;
  rows.names = batch.labels.names;
  std::vector<std::pair<RecordRef, int32_t>> kept;
  for (size_t i = 0; i < records.size(); ++i) {
    const int32_t code = batch.labels.codes[i];
    ++outcome.rows_read;
    if (code < 0) {
      ++outcome.missing;
      continue;
    }
    const auto label = static_cast<size_t>(code);
    if (!known[label]) {
      if (outcome.rejected++ < static_cast<int64_t>(kSample))
        outcome.sample.push_back({std::to_string(records[i].ordinal), batch.labels.names[label], "unknown_label"});
      continue;
    }
    const CurrentLabel* said = before.rows.empty() ? nullptr : before.find(records[i]);
    if (said != nullptr && said->label == names_before[label]) {
      ++outcome.duplicate;
      continue;
    }
    ++outcome.kept;
    kept.emplace_back(records[i], code);
  }
  if (!std::is_sorted(kept.begin(), kept.end())) std::sort(kept.begin(), kept.end());
  for (const auto& [record, code] : kept) {
    rows.records.push_back(record);
    rows.labels.push_back(code);
  }
  return rows;
}

}  // namespace

Result<BulkLabels> label_from_field(store::Project& project, const FromField& request, const Work& work) {
  if (request.by.empty())
    return fail(ErrorKind::usage, "labels.by_needed", "Say whose labels these are.", {}, "Say it with --by NAME.");
  MW_ASSIGN(const Task task, read_task(project, request.task));
  std::vector<int64_t> batches(request.batches.begin(), request.batches.end());
  if (batches.empty()) {
    MW_ASSIGN(const auto known, records::list_batches(project, task.asset));
    for (const auto& batch : known) batches.push_back(batch.id);
  }
  BulkLabels outcome;
  MW_ASSIGN(LabelSchema schema, current_schema(project, task.id));
  std::optional<std::vector<Label>> first_schema;
  if (schema.version == 0) {
    MW_ASSIGN(schema.labels, schema_of(project, batches, request.field));
    MW_TRY(detail::check_labels(schema.labels));
    first_schema = schema.labels;
    outcome.schema_made = true;
  }
  for (size_t i = 0; i < batches.size(); ++i) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    work.report({"labels", static_cast<int64_t>(i), static_cast<int64_t>(batches.size()), "batches"});
    MW_ASSIGN(const OneBatch batch, read_batch(project, batches[i], request.field));
    const detail::BulkFile about{"field:" + request.field, batches[i], request.by, true, first_schema, request.field};
    MW_ASSIGN(const detail::BulkRows rows, new_rows(project, task, request, batch, schema, outcome));
    MW_ASSIGN(outcome.schema_version, detail::publish_bulk(project, task, about, rows));
  }
  return outcome;
}

}  // namespace millwright::labels
