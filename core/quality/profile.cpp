#include "quality/profile.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "records/columns.h"
#include "records/window.h"
#include "statistics/summary.h"
#include "text/unicode.h"

namespace millwright::quality {
namespace {

constexpr double kQuantiles[] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};
constexpr size_t kTop = 10;

/// Linear between order statistics (type 7 of Hyndman & Fan 1996).
double quantile_of_sorted(const std::vector<double>& sorted, double at) {
  const double place = at * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(place);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (place - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

void add_moments(FieldProfile& profile, const std::vector<double>& sorted) {
  if (sorted.empty()) return;
  statistics::Moments moments;
  moments.add(sorted);
  profile.min = sorted.front();
  profile.max = sorted.back();
  profile.mean = moments.mean;
  profile.std = moments.standard_deviation();
  for (const double at : kQuantiles) profile.quantiles.push_back({at, quantile_of_sorted(sorted, at)});
}

void keep_top(FieldProfile& profile, std::vector<TopValue> counted) {
  const size_t kept = std::min(kTop, counted.size());
  std::partial_sort(
      counted.begin(), counted.begin() + static_cast<int64_t>(kept), counted.end(),
      [](const TopValue& a, const TopValue& b) { return a.count != b.count ? a.count > b.count : a.value < b.value; });
  counted.resize(kept);
  profile.top = std::move(counted);
}

std::string number_text(double value, records::FieldType type) {
  if (type == records::FieldType::boolean) return value != 0 ? "true" : "false";
  if (type == records::FieldType::integer || type == records::FieldType::timestamp)
    return std::to_string(static_cast<int64_t>(value));
  return to_text(Json(value));
}

void profile_numbers(FieldProfile& profile, records::Column& column) {
  std::vector<double> values;
  values.reserve(column.numbers.size());
  for (const double value : column.numbers)
    if (std::isfinite(value)) values.push_back(value);
  std::sort(values.begin(), values.end());
  std::vector<std::pair<int64_t, double>> runs;
  for (size_t begin = 0; begin < values.size();) {
    size_t end = begin + 1;
    while (end < values.size() && values[end] == values[begin]) ++end;
    runs.emplace_back(static_cast<int64_t>(end - begin), values[begin]);
    begin = end;
  }
  profile.distinct = static_cast<int64_t>(runs.size());
  const size_t kept = std::min(kTop, runs.size());
  std::partial_sort(runs.begin(), runs.begin() + static_cast<int64_t>(kept), runs.end(),
                    [](auto& a, auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  for (size_t i = 0; i < kept; ++i) profile.top.push_back({number_text(runs[i].second, column.type), runs[i].first});
  add_moments(profile, values);
}

void profile_categories(FieldProfile& profile, const records::Column& column) {
  std::vector<int64_t> counts(column.dictionary.size());
  for (const int32_t code : column.codes)
    if (code >= 0) ++counts[static_cast<size_t>(code)];
  std::vector<TopValue> top;
  std::vector<double> lengths;
  lengths.reserve(column.codes.size());
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    top.push_back({column.dictionary[i], counts[i]});
    lengths.insert(lengths.end(), static_cast<size_t>(counts[i]),
                   static_cast<double>(text::count_code_points(column.dictionary[i])));
  }
  profile.distinct = static_cast<int64_t>(top.size());
  keep_top(profile, std::move(top));
  std::sort(lengths.begin(), lengths.end());
  add_moments(profile, lengths);
}

void profile_texts(FieldProfile& profile, const records::Column& column) {
  std::vector<double> lengths;
  std::vector<std::pair<uint64_t, int64_t>> hashed;  // hash and row: exact but for collisions of 64 bits
  for (int64_t row = 0; row < column.rows; ++row) {
    if (!column.has(row)) continue;
    lengths.push_back(static_cast<double>(text::count_code_points(column.text(row))));
    hashed.emplace_back(statistics::quick_hash(column.text(row)), row);
  }
  std::sort(hashed.begin(), hashed.end());
  std::vector<std::pair<int64_t, int64_t>> runs;  // count and a row
  for (size_t begin = 0; begin < hashed.size();) {
    size_t end = begin + 1;
    while (end < hashed.size() && hashed[end].first == hashed[begin].first) ++end;
    runs.emplace_back(static_cast<int64_t>(end - begin), hashed[begin].second);
    begin = end;
  }
  profile.distinct = static_cast<int64_t>(runs.size());
  const size_t kept = std::min(kTop, runs.size());
  std::partial_sort(runs.begin(), runs.begin() + static_cast<int64_t>(kept), runs.end(), [&](auto& a, auto& b) {
    return a.first != b.first ? a.first > b.first : column.text(a.second) < column.text(b.second);
  });
  for (size_t i = 0; i < kept; ++i) profile.top.push_back({std::string(column.text(runs[i].second)), runs[i].first});
  std::sort(lengths.begin(), lengths.end());
  add_moments(profile, lengths);
}

Result<Profile> profile_rows(const records::ColumnScan& scan, const Work& work) {
  Profile profile;
  profile.rows = scan.rows();
  for (const records::SchemaField& field : scan.fields()) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    work.report(
        {"profile", static_cast<int64_t>(profile.fields.size()), static_cast<int64_t>(scan.fields().size()), "fields"});
    MW_ASSIGN(records::Column column, scan.column(field.name));
    FieldProfile entry;
    entry.name = field.name;
    entry.type = records::name_of(column.type);
    entry.count = column.rows;
    entry.missing = column.missing;
    if (column.is_number())
      profile_numbers(entry, column);
    else if (column.type == records::FieldType::category)
      profile_categories(entry, column);
    else
      profile_texts(entry, column);
    profile.fields.push_back(std::move(entry));
  }
  return profile;
}

}  // namespace

Result<Profile> profile_batch(const store::Project& project, int64_t batch, const Work& work) {
  MW_ASSIGN(const auto window, records::window_of_batches(project, {batch}));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::arrivals));
  return profile_rows(scan, work);
}

Result<Profile> profile_asset(const store::Project& project, int64_t asset, const Work& work) {
  MW_ASSIGN(const auto known, records::asset_by_id(project, asset));
  MW_ASSIGN(const auto window, records::whole_asset(project, known));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
  return profile_rows(scan, work);
}

Json to_json(const Profile& profile) {
  Json fields = Json::array();
  for (const FieldProfile& field : profile.fields) {
    Json quantiles = Json::object();
    for (const Quantile& q : field.quantiles) quantiles[to_text(Json(q.at))] = number_or_null(q.value);
    Json top = Json::array();
    for (const TopValue& value : field.top) top.push_back({{"value", value.value}, {"count", value.count}});
    fields.push_back({{"name", field.name},
                      {"type", field.type},
                      {"count", field.count},
                      {"missing", field.missing},
                      {"distinct", field.distinct},
                      {"distinct_exact", field.distinct_exact},
                      {"min", number_or_null(field.min)},
                      {"max", number_or_null(field.max)},
                      {"mean", number_or_null(field.mean)},
                      {"std", number_or_null(field.std)},
                      {"quantiles", quantiles},
                      {"top", top}});
  }
  return {{"rows", profile.rows}, {"fields", fields}};
}

}  // namespace millwright::quality
