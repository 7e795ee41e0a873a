#include "labels/from_field.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "detail/bulk.h"
#include "detail/schema_rows.h"
#include "labels/current.h"
#include "quality/inputs.h"
#include "records/asset.h"
#include "records/batch.h"
#include "records/columns.h"
#include "records/window.h"
#include "text/unicode.h"

namespace millwright::labels {
namespace {

constexpr size_t kSample = 100;

struct OneBatch {
  records::ColumnScan scan;
  FieldLabels labels;
};

Result<OneBatch> read_batch(const store::Project& project, const Task& task, int64_t batch, const std::string& field) {
  MW_ASSIGN(const auto window, records::window_of_batches(project, {batch}));
  MW_ASSIGN(auto scan, records::ColumnScan::open(project, window, records::Count::records));
  MW_ASSIGN(auto labels, labels_in_field(scan, task.kind, field));
  return OneBatch{std::move(scan), std::move(labels)};
}

/// The labels that a field names over all batches, most frequent first, so that the common ones get the keys.
Result<std::vector<Label>> schema_of(const store::Project& project, const Task& task,
                                     const std::vector<int64_t>& batches, const std::string& field) {
  std::map<std::string, int64_t> counts;
  for (const int64_t id : batches) {
    MW_ASSIGN(const OneBatch batch, read_batch(project, task, id, field));
    std::vector<int64_t> rows(batch.labels.names.size());
    for (const int32_t code : batch.labels.codes)
      if (code >= 0) ++rows[static_cast<size_t>(code)];
    for (size_t i = 0; i < rows.size(); ++i)
      if (batch.labels.meaning[i])
        for (const std::string& name : names_in(*batch.labels.meaning[i])) counts[name] += rows[i];
  }
  std::vector<std::pair<std::string, int64_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<Label> made;
  for (const auto& [name, count] : order) made.push_back({name, std::nullopt, {}});
  assign_keys(made);
  return made;
}

/// Why the label of a row cannot be taken; empty where it can.
std::string_view fault_of(const OneBatch& batch, const std::vector<bool>& known,
                          const std::optional<records::Column>& texts, size_t row) {
  const auto name = static_cast<size_t>(batch.labels.codes[row]);
  if (!batch.labels.meaning[name])
    return batch.labels.names[name].find_first_not_of(" \t\r\n") == std::string::npos ? "no_label" : "bad_label";
  if (!known[name]) return "unknown_label";
  const LabelValue& label = *batch.labels.meaning[name];
  if (!texts || label.spans.empty()) return {};
  const auto place = static_cast<int64_t>(row);
  const size_t length = texts->has(place) ? text::count_code_points(texts->text(place)) : 0;
  return fits(label, static_cast<int64_t>(length)) ? "" : "outside_text";
}

/// What of a batch is new, against what this person said before.
Result<detail::BulkRows> new_rows(const store::Project& project, const Task& task, const FromField& request,
                                  const OneBatch& batch, const LabelSchema& schema, BulkLabels& outcome) {
  MW_ASSIGN(const CurrentLabels before, current_labels(project, {.task = task.id, .person = request.by}));
  std::unordered_map<std::string_view, int32_t> numbers;
  for (const std::string& name : before.names) numbers.emplace(name, static_cast<int32_t>(numbers.size()));
  std::vector<int32_t> names_before(batch.labels.names.size(), -1);
  for (size_t i = 0; i < batch.labels.names.size(); ++i)
    if (const auto found = numbers.find(batch.labels.names[i]); found != numbers.end()) names_before[i] = found->second;
  const std::vector<bool> known = batch.labels.known(schema);
  std::optional<records::Column> texts;
  if (task.kind == TaskKind::spans && batch.scan.find(task.text_field) != nullptr) {
    MW_ASSIGN(texts, batch.scan.column_as(task.text_field, records::FieldType::text));
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
    if (const std::string_view fault = fault_of(batch, known, texts, i); !fault.empty()) {
      if (outcome.rejected++ < static_cast<int64_t>(kSample))
        outcome.sample.push_back({std::to_string(records[i].ordinal), batch.labels.names[label], std::string(fault)});
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

std::vector<bool> FieldLabels::known(const LabelSchema& schema) const {
  std::unordered_set<std::string_view> labels;
  for (const Label& label : schema.labels) labels.insert(label.name);
  std::vector<bool> known(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    if (!meaning[i]) continue;
    const std::vector<std::string> named = names_in(*meaning[i]);
    known[i] = std::all_of(named.begin(), named.end(), [&](const std::string& name) { return labels.contains(name); });
  }
  return known;
}

Result<FieldLabels> labels_in_field(const records::ColumnScan& scan, TaskKind kind, const std::string& field) {
  if (scan.find(field) == nullptr)
    return fail(ErrorKind::bad_input, "labels.no_such_field", "The batch has no field {field}.", {{"field", field}});
  MW_ASSIGN(const quality::CodedLabels raw, quality::labels_of_field(scan, field));
  FieldLabels out;
  std::unordered_map<std::string, int32_t> numbers;
  std::vector<int32_t> number_of(raw.names.size());
  for (size_t i = 0; i < raw.names.size(); ++i) {
    auto value = read_label(kind, raw.names[i]);
    std::string name = value ? text_of(*value) : raw.names[i];
    const auto [place, fresh] = numbers.try_emplace(name, static_cast<int32_t>(out.names.size()));
    number_of[i] = place->second;
    if (!fresh) continue;
    out.names.push_back(std::move(name));
    out.meaning.push_back(value ? std::optional(std::move(*value)) : std::nullopt);
  }
  out.codes.reserve(raw.codes.size());
  for (const int32_t code : raw.codes) out.codes.push_back(code < 0 ? -1 : number_of[static_cast<size_t>(code)]);
  return out;
}

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
    MW_ASSIGN(schema.labels, schema_of(project, task, batches, request.field));
    MW_TRY(detail::check_labels(schema.labels));
    first_schema = schema.labels;
    outcome.schema_made = true;
  }
  for (size_t i = 0; i < batches.size(); ++i) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    work.report({"labels", static_cast<int64_t>(i), static_cast<int64_t>(batches.size()), "batches"});
    MW_ASSIGN(const OneBatch batch, read_batch(project, task, batches[i], request.field));
    const detail::BulkFile about{"field:" + request.field, batches[i], request.by, true, first_schema, request.field};
    MW_ASSIGN(const detail::BulkRows rows, new_rows(project, task, request, batch, schema, outcome));
    MW_ASSIGN(outcome.schema_version, detail::publish_bulk(project, task, about, rows));
  }
  return outcome;
}

}  // namespace millwright::labels
