#include "quality/row_checks.h"

#include <algorithm>

#include "records/duplicates.h"
#include "records/window.h"

namespace millwright::quality {
namespace {

double share_of(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

Check share_check(std::string name, int64_t rows, int64_t of, double warn, double fail) {
  Check check;
  check.name = std::move(name);
  check.unit = "share";
  check.rows = rows;
  check.value = share_of(rows, of);
  check.warn_above = warn;
  check.fail_above = fail;
  check.verdict = judge(check);
  check.detail["of"] = of;
  return check;
}

const records::SchemaVersion* version_of(const std::vector<records::SchemaVersion>& history, int64_t version) {
  const auto found =
      std::find_if(history.begin(), history.end(), [&](const auto& entry) { return entry.version == version; });
  return found == history.end() ? nullptr : &*found;
}

/// Fields that came, went or changed, by name with the reason.
Json differences(const records::SchemaVersion& before, const records::SchemaVersion& after) {
  Json found = Json::object();
  for (const auto& field : after.fields) {
    const auto* old = before.find(field.name);
    if (old == nullptr)
      found[field.name] = "new";
    else if (old->type != field.type)
      found[field.name] = std::string(records::name_of(old->type)) + " → " + std::string(records::name_of(field.type));
  }
  for (const auto& field : before.fields)
    if (after.find(field.name) == nullptr) found[field.name] = "gone";
  return found;
}

Result<std::vector<RecordRef>> missing_sample(const records::ColumnScan& scan, const std::string& field) {
  std::vector<RecordRef> sample;
  MW_ASSIGN(const auto records, scan.records());
  if (scan.find(field) == nullptr) {
    sample.assign(records.begin(), records.begin() + static_cast<int64_t>(std::min(records.size(), kSampleRows)));
    return sample;
  }
  MW_ASSIGN(const records::Column column, scan.column(field));
  for (int64_t row = 0; row < column.rows && sample.size() < kSampleRows; ++row)
    if (!column.has(row)) sample.push_back(records[static_cast<size_t>(row)]);
  return sample;
}

}  // namespace

Result<Check> check_schema(const store::Project& project, const records::BatchInfo& batch) {
  Check check;
  check.name = "schema";
  check.unit = "count";
  MW_ASSIGN(const auto batches, records::list_batches(project, batch.asset));
  int64_t before_version = 0;
  for (const auto& other : batches)
    if (other.id < batch.id) before_version = other.schema_version;
  if (before_version == 0 || before_version == batch.schema_version) return check;
  MW_ASSIGN(const auto asset, records::asset_by_id(project, batch.asset));
  MW_ASSIGN(const auto history, records::schema_history(project, asset));
  const auto* before = version_of(history, before_version);
  const auto* after = version_of(history, batch.schema_version);
  if (before == nullptr || after == nullptr) return check;
  check.detail["fields"] = differences(*before, *after);
  check.value = static_cast<double>(check.detail["fields"].size());
  const auto change = records::compare_schemas(before->fields, after->fields);
  if (change) check.detail["change"] = records::name_of(*change);
  if (change == records::SchemaChange::breaking) {
    check.verdict = Verdict::fail;
    check.rows = batch.arrivals;
  } else if (change == records::SchemaChange::added) {
    check.verdict = Verdict::warn;
  }
  return check;
}

Result<Check> check_missing(const records::ColumnScan& scan, const std::vector<std::string>& required,
                            const Thresholds& thresholds) {
  Json by_field = Json::object();
  int64_t worst_count = 0;
  std::string worst_field;
  for (const std::string& field : required) {
    int64_t missing = scan.rows();
    if (scan.find(field) != nullptr) {
      MW_ASSIGN(const auto summary, scan.summary(field));
      missing = summary.missing();
    }
    by_field[field] = missing;
    if (missing > worst_count) {
      worst_count = missing;
      worst_field = field;
    }
  }
  Check check =
      share_check("missing_values", worst_count, scan.rows(), thresholds.missing_warn, thresholds.missing_fail);
  check.detail["fields"] = std::move(by_field);
  if (!worst_field.empty()) {
    check.detail["worst"] = worst_field;
    MW_ASSIGN(check.sample, missing_sample(scan, worst_field));
  }
  return check;
}

Result<Check> check_duplicates(const store::Project& project, const records::Window& window) {
  MW_ASSIGN(const auto counts, records::count_duplicates(project, window));
  const double never = std::numeric_limits<double>::quiet_NaN();
  Check check = share_check("duplicates", counts.same_content_records, counts.records, never, never);
  check.detail["repeated_arrivals"] = counts.repeated_arrivals;
  if (counts.same_content_records > 0) {
    MW_ASSIGN(const auto groups, records::same_content_groups(project, window, static_cast<int64_t>(kSampleRows)));
    for (const auto& group : groups)
      for (size_t i = 1; i < group.size() && check.sample.size() < kSampleRows; ++i) check.sample.push_back(group[i]);
  }
  return check;
}

Check check_completeness(std::span<const int32_t> labels, const std::vector<bool>& known, const RecordOf& record,
                         const Thresholds& thresholds) {
  int64_t missing = 0;
  int64_t unknown = 0;
  std::vector<RecordRef> sample;
  for (size_t row = 0; row < labels.size(); ++row) {
    const int32_t label = labels[row];
    if (label >= 0 && static_cast<size_t>(label) < known.size() && known[static_cast<size_t>(label)]) continue;
    ++(label < 0 ? missing : unknown);
    if (sample.size() < kSampleRows) sample.push_back(record(row));
  }
  Check check = share_check("label_completeness", missing + unknown, static_cast<int64_t>(labels.size()),
                            thresholds.label_missing_warn, thresholds.label_missing_fail);
  check.detail["missing"] = missing;
  check.detail["unknown"] = unknown;
  check.sample = std::move(sample);
  return check;
}

Check check_conflicts(std::span<const Hash128> inputs, std::span<const int32_t> labels, const RecordOf& record,
                      const Thresholds& thresholds) {
  struct Hashed {  // hash and row together: sorting through an index would miss the cache at every comparison
    Hash128 hash;
    uint32_t row = 0;
    auto operator<=>(const Hashed&) const = default;
  };
  std::vector<Hashed> order;
  order.reserve(inputs.size());
  int64_t labeled = 0;
  for (size_t row = 0; row < inputs.size(); ++row) {
    if (labels[row] < 0) continue;
    ++labeled;
    if (inputs[row] != Hash128{}) order.push_back({inputs[row], static_cast<uint32_t>(row)});
  }
  std::sort(order.begin(), order.end());
  int64_t rows = 0;
  int64_t groups = 0;
  std::vector<RecordRef> sample;
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin + 1;
    bool differ = false;
    while (end < order.size() && order[end].hash == order[begin].hash) {
      differ = differ || labels[order[end].row] != labels[order[begin].row];
      ++end;
    }
    if (differ) {
      ++groups;
      rows += static_cast<int64_t>(end - begin);
      for (size_t i = begin; i < end && sample.size() < kSampleRows; ++i) sample.push_back(record(order[i].row));
    }
    begin = end;
  }
  Check check = share_check("conflicting_labels", rows, labeled, thresholds.conflict_warn, thresholds.conflict_fail);
  check.detail["inputs"] = groups;
  check.sample = std::move(sample);
  return check;
}

Check merge_checks(std::vector<std::pair<std::string, Check>> parts) {
  if (parts.empty()) return {};
  if (parts.size() == 1) return std::move(parts.front().second);
  auto worse = std::max_element(parts.begin(), parts.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.verdict, a.second.value) < std::pair(b.second.verdict, b.second.value);
  });
  Check merged = worse->second;
  merged.detail = Json::object();
  merged.detail["worst"] = worse->first;
  Json by_part = Json::object();
  for (auto& [name, check] : parts) {
    if (&check != &worse->second) merged.rows += check.rows;
    by_part[name] = Json{{"verdict", to_string(check.verdict)}, {"value", check.value}, {"detail", check.detail}};
  }
  merged.detail["tasks"] = std::move(by_part);
  return merged;
}

}  // namespace millwright::quality
