#include "detail/checks.h"

#include <algorithm>
#include <map>
#include <set>

#include "detail/build.h"
#include "labels/schema.h"
#include "quality/inputs.h"
#include "quality/row_checks.h"
#include "records/batch.h"
#include "records/window.h"
#include "snapshots/gate.h"

namespace millwright::snapshots::detail {
namespace {

using quality::Check;
using quality::kSampleRows;

std::vector<int64_t> batches_of(const SnapshotRows& rows) {
  std::vector<int64_t> batches;
  for (const RecordRef& record : rows.records)
    if (batches.empty() || batches.back() != record.batch) batches.push_back(record.batch);
  return batches;
}

struct Hashed {
  Hash128 hash;
  uint32_t row = 0;
  auto operator<=>(const Hashed&) const = default;
};

/// Rows sorted by hash; those without one are left out. Hash and row lie together: sorting through an index would miss
/// the cache at every comparison.
std::vector<Hashed> sorted_by(std::span<const Hash128> hashes) {
  std::vector<Hashed> order;
  order.reserve(hashes.size());
  for (size_t i = 0; i < hashes.size(); ++i)
    if (hashes[i] != Hash128{}) order.push_back({hashes[i], static_cast<uint32_t>(i)});
  std::sort(order.begin(), order.end());
  return order;
}

template <class Each>
void each_run(const std::vector<Hashed>& order, const Each& each) {
  std::vector<uint32_t> rows;
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin + 1;
    while (end < order.size() && order[end].hash == order[begin].hash) ++end;
    if (end - begin > 1) {
      rows.clear();
      for (size_t i = begin; i < end; ++i) rows.push_back(order[i].row);
      each(std::span<const uint32_t>(rows));
    }
    begin = end;
  }
}

Result<Check> check_missing(const records::ColumnScan& scan, const labels::Task& task, const SnapshotRows& rows,
                            std::span<const int64_t> places, const quality::Thresholds& thresholds) {
  Check check;
  check.name = "missing_values";
  check.unit = "share";
  check.warn_above = thresholds.missing_warn;
  check.fail_above = thresholds.missing_fail;
  Json by_field = Json::object();
  for (const std::string& field : task.fields) {
    int64_t missing = 0;
    std::vector<RecordRef> sample;
    std::optional<records::Column> column;
    if (scan.find(field) != nullptr) {
      MW_ASSIGN(column, scan.column(field));
    }
    for (size_t i = 0; i < places.size(); ++i) {
      if (column && column->has(places[i])) continue;
      ++missing;
      if (sample.size() < kSampleRows) sample.push_back(rows.records[i]);
    }
    by_field[field] = missing;
    if (missing > check.rows) {
      check.rows = missing;
      check.sample = std::move(sample);
      check.detail["worst"] = field;
    }
  }
  check.value = rows.size() > 0 ? static_cast<double>(check.rows) / static_cast<double>(rows.size()) : 0.0;
  check.detail["fields"] = std::move(by_field);
  check.verdict = judge(check);
  return check;
}

}  // namespace

Check check_classes(const SnapshotRows& rows, std::span<const labels::LabelValue> values,
                    const std::vector<std::string>& schema, const quality::Thresholds& thresholds) {
  struct Counts {
    int64_t train = 0;
    int64_t all = 0;
  };
  std::map<std::string, Counts> counts;
  for (const std::string& label : schema) counts[label];
  std::vector<Counts> by_code(rows.labels.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    Counts& entry = by_code[static_cast<size_t>(rows.label[i])];
    ++entry.all;
    entry.train += rows.split[i] == Split::train ? 1 : 0;
  }
  std::vector<std::vector<std::string>> names;
  for (const labels::LabelValue& value : values) names.push_back(labels::names_in(value));
  for (size_t i = 0; i < by_code.size(); ++i)
    for (const std::string& name : names[i]) {
      counts[name].train += by_code[i].train;
      counts[name].all += by_code[i].all;
    }
  Check check;
  check.name = "class_balance";
  check.unit = "count";
  check.warn_above = 0;
  Json small = Json::object();
  for (const auto& [label, entry] : counts) {
    if (entry.train >= thresholds.class_rows_warn) continue;
    small[label] = entry.train;
    check.rows += entry.all;
    check.value += 1;
  }
  check.detail["fewer_than"] = thresholds.class_rows_warn;
  check.detail["classes"] = counts.size();
  for (size_t i = 0; i < rows.size() && check.sample.size() < kSampleRows; ++i)
    if (const auto& of_row = names[static_cast<size_t>(rows.label[i])];
        std::any_of(of_row.begin(), of_row.end(), [&](const std::string& name) { return small.contains(name); }))
      check.sample.push_back(rows.records[i]);
  check.detail["small"] = std::move(small);
  check.verdict = judge(check);
  return check;
}

Check check_leakage(const SnapshotRows& rows, std::span<const Hash128> inputs, const quality::Thresholds& thresholds) {
  Check check;
  check.name = "leakage_exact";
  check.unit = "share";
  check.warn_above = thresholds.leakage_warn;
  check.fail_above = thresholds.leakage_fail;
  check.fail_includes_limit = true;
  int64_t validation = 0;
  const auto order = sorted_by(inputs);
  each_run(order, [&](std::span<const uint32_t> same) {
    const bool trained =
        std::any_of(same.begin(), same.end(), [&](uint32_t i) { return rows.split[i] == Split::train; });
    if (!trained) return;
    for (const uint32_t i : same) {
      validation += rows.split[i] == Split::validation ? 1 : 0;
      if (rows.split[i] != Split::test) continue;
      ++check.rows;
      if (check.sample.size() < kSampleRows) check.sample.push_back(rows.records[i]);
    }
  });
  const auto tests = std::count(rows.split.begin(), rows.split.end(), Split::test);
  check.value = tests > 0 ? static_cast<double>(check.rows) / static_cast<double>(tests) : 0.0;
  check.detail["test_rows"] = tests;
  check.detail["validation_rows_in_train"] = validation;
  check.verdict = judge(check);
  return check;
}

Check check_groups(const SnapshotRows& rows, std::span<const Hash128> groups) {
  Check check;
  check.name = "leakage_group";
  check.unit = "count";
  check.fail_above = 0;
  const auto order = sorted_by(groups);
  each_run(order, [&](std::span<const uint32_t> same) {
    const Split first = rows.split[same.front()];
    if (std::all_of(same.begin(), same.end(), [&](uint32_t i) { return rows.split[i] == first; })) return;
    check.value += 1;
    check.rows += static_cast<int64_t>(same.size());
    for (const uint32_t i : same)
      if (check.sample.size() < kSampleRows) check.sample.push_back(rows.records[i]);
  });
  check.verdict = judge(check);
  return check;
}

Result<std::vector<Check>> check_rows(const store::Project& project, const labels::Task& task, const SplitPlan& plan,
                                      const SnapshotRows& rows, const quality::Thresholds& thresholds) {
  std::vector<Check> checks;
  MW_ASSIGN(const auto window, records::window_of_batches(project, batches_of(rows)));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
  MW_ASSIGN(const auto places, places_of(scan, rows.records));
  if (std::find(places.begin(), places.end(), -1) != places.end())
    return fail(ErrorKind::store, "store.damaged", "A snapshot names a record that its batch does not have.");
  MW_ASSIGN(const auto inputs, quality::input_hashes(scan, task.fields, project.duplicate_key(), places));
  MW_ASSIGN(const auto schema, labels::current_schema(project, task.id));
  std::vector<std::string> names;
  for (const auto& label : schema.labels) names.push_back(label.name);
  std::vector<bool> known;
  MW_ASSIGN(const auto values, read_values(rows, task.kind));
  const std::set<std::string, std::less<>> in_schema(names.begin(), names.end());
  for (const labels::LabelValue& value : values) {
    const std::vector<std::string> named = labels::names_in(value);
    known.push_back(
        std::all_of(named.begin(), named.end(), [&](const auto& name) { return in_schema.contains(name); }));
  }
  const quality::RecordOf record = [&](size_t row) { return rows.records[row]; };

  MW_ASSIGN(Check missing, check_missing(scan, task, rows, places, thresholds));
  checks.push_back(std::move(missing));
  checks.push_back(quality::check_completeness(rows.label, known, record, thresholds));
  if (task.kind != labels::TaskKind::number) {  // numbers may differ on the same input, and have no classes
    checks.push_back(quality::check_conflicts(inputs, rows.label, record, thresholds));
    checks.push_back(check_classes(rows, values, names, thresholds));
  }
  checks.push_back(check_leakage(rows, inputs, thresholds));
  if (plan.group_field) {
    MW_ASSIGN(const auto groups, group_hashes(scan, *plan.group_field, project.duplicate_key(), places));
    checks.push_back(check_groups(rows, groups));
  }
  return checks;
}

Result<Check> check_batches(store::Project& project, const SnapshotRows& rows, const Work& work,
                            const quality::Thresholds& thresholds) {
  Check check;
  check.name = "batches";
  check.unit = "count";
  check.fail_above = 0;
  Json closed = Json::object();
  for (const int64_t batch : batches_of(rows)) {
    MW_ASSIGN(auto report, quality::latest_report(project, {quality::SubjectKind::batch, batch}));
    if (!report) {
      MW_ASSIGN(report, gate_batch(project, batch, work, thresholds));
    }
    if (report->open()) continue;
    check.value += 1;
    check.rows += std::count_if(rows.records.begin(), rows.records.end(),
                                [&](const RecordRef& record) { return record.batch == batch; });
    MW_ASSIGN(const auto info, records::batch_by_id(project, batch));
    closed[tail(info.uuid)] = report->blocking();
  }
  check.detail["closed"] = std::move(closed);
  check.verdict = judge(check);
  return check;
}

}  // namespace millwright::snapshots::detail
