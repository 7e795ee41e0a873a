// From a shift to the records behind it, and to its picture.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "base/clock.h"
#include "detail/field_pair.h"
#include "monitoring/drift.h"
#include "records/where.h"
#include "statistics/histogram.h"

namespace millwright::monitoring {
namespace {

constexpr double kLargest = std::numeric_limits<double>::max();

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : text.substr(first, last - first + 1);
}

tl::unexpected<Error> bad_range(std::string_view field, std::string_view range) {
  return fail(
      ErrorKind::usage, "drift.range", "\"{range}\" is no range of the field {field}.",
      {{"range", std::string(range)}, {"field", std::string(field)}},
      "Write a..b with numbers or ISO 8601 times (one side may be left out), categories separated by commas, or "
      "the word missing.");
}

/// One end of a range; nullopt: no number or time. Empty: open.
std::optional<double> end_of_range(std::string_view text, bool time, double open) {
  text = trimmed(text);
  if (text.empty()) return open;
  if (time) {
    const auto us = parse_timestamp_us(text);
    return us ? std::optional(static_cast<double>(*us)) : std::nullopt;
  }
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || std::isnan(value)) return std::nullopt;
  return std::clamp(value, -kLargest, kLargest);
}

Result<records::Where> where_of(const FieldReport& field, bool numbers, std::string_view range) {
  if (trimmed(range) == "missing") return records::Where::missing(field.name);
  const auto dots = range.find("..");
  if (numbers) {
    if (dots == std::string_view::npos) return bad_range(field.name, range);
    const bool time = field.kind == FieldKind::time;
    const auto low = end_of_range(range.substr(0, dots), time, -kLargest);
    const auto high = end_of_range(range.substr(dots + 2), time, kLargest);
    if (!low || !high || *low > *high) return bad_range(field.name, range);
    return records::Where::between(field.name, *low, *high, true);
  }
  std::vector<std::string> values;
  for (size_t at = 0; at <= range.size();) {
    const size_t comma = std::min(range.find(',', at), range.size());
    if (const auto value = trimmed(range.substr(at, comma - at)); !value.empty()) values.emplace_back(value);
    at = comma + 1;
  }
  if (values.empty()) return bad_range(field.name, range);
  return records::Where::any_of(field.name, values);
}

Result<const FieldReport*> field_of(const DriftReport& report, std::string_view field) {
  if (const auto* found = report.find(field)) return found;
  return fail(ErrorKind::bad_input, "drift.unknown_field", "The drift report has no field \"{field}\".",
              {{"field", std::string(field)}});
}

void fill_numbers(FieldDistribution& picture, detail::FieldPair& pair, int bins) {
  std::vector<double> scratch;
  statistics::sort_values(pair.reference.numbers, scratch);
  statistics::sort_values(pair.current.numbers, scratch);
  const bool whole = pair.whole_numbers && pair.kind == FieldKind::numeric;
  const auto shared = statistics::shared_bins(pair.reference.numbers, pair.current.numbers, bins, whole);
  picture.edges = shared.edges;
  picture.logarithmic = shared.scale == statistics::BinScale::logarithmic;
  picture.reference = statistics::histogram_sorted(pair.reference.numbers, shared);
  picture.current = statistics::histogram_sorted(pair.current.numbers, shared);
}

void fill_categories(FieldDistribution& picture, const detail::FieldPair& pair, int most) {
  const size_t n = pair.categories.size();
  std::vector<int64_t> reference(n), current(n);
  for (const int32_t code : pair.reference.codes) ++reference[static_cast<size_t>(code)];
  for (const int32_t code : pair.current.codes) ++current[static_cast<size_t>(code)];
  // By share, so that a small window's values are seen beside a large one's.
  const double a = 1 / static_cast<double>(std::max<size_t>(1, pair.reference.codes.size()));
  const double b = 1 / static_cast<double>(std::max<size_t>(1, pair.current.codes.size()));
  const auto share = [&](size_t c) {
    return static_cast<double>(reference[c]) * a + static_cast<double>(current[c]) * b;
  };
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t x, size_t y) { return share(x) > share(y); });
  while (!order.empty() && share(order.back()) == 0) order.pop_back();
  const auto room = static_cast<size_t>(std::max(2, most));
  for (size_t i = 0; i < order.size(); ++i) {
    const bool rest = order.size() > room && i + 1 >= room;
    if (!rest || i + 1 == room) {
      picture.categories.push_back(rest ? std::string() : pair.categories[order[i]]);
      picture.reference.push_back(0);
      picture.current.push_back(0);
    }
    picture.reference.back() += reference[order[i]];
    picture.current.back() += current[order[i]];
  }
}

}  // namespace

Result<std::vector<RecordRef>> records_behind(const store::Project& project, const DriftReport& report,
                                              std::string_view field, std::string_view range) {
  MW_ASSIGN(const FieldReport* found, field_of(report, field));
  MW_ASSIGN(auto scan, records::ColumnScan::open(project, report.current, records::Count::arrivals));
  const auto* schema = scan.find(field);
  if (schema == nullptr) return std::vector<RecordRef>{};
  const bool numbers = schema->type == records::FieldType::integer || schema->type == records::FieldType::real ||
                       schema->type == records::FieldType::timestamp;
  MW_ASSIGN(const auto part, where_of(*found, numbers, range));
  MW_ASSIGN(const auto own, records::Where::parse(report.where));
  MW_ASSIGN(const auto rows, scan.select(own.empty() ? part : records::Where::both(own, part)));
  MW_ASSIGN(const auto all, scan.records());
  std::vector<RecordRef> behind;
  std::set<RecordRef> seen;
  for (const int64_t row : rows) {
    const auto& record = all[static_cast<size_t>(row)];
    if (seen.insert(record).second) behind.push_back(record);
  }
  return behind;
}

Result<FieldDistribution> field_distribution(const store::Project& project, const DriftReport& report,
                                             std::string_view field, int bins) {
  MW_ASSIGN(const auto asset, records::asset_by_id(project, report.asset));
  MW_ASSIGN(const auto reference, detail::open_side(project, report.reference, report.where));
  MW_ASSIGN(const auto current, detail::open_side(project, report.current, report.where));
  MW_ASSIGN(auto pair, detail::load_pair(reference, current, asset.roles, field));
  FieldDistribution picture;
  picture.kind = pair.kind;
  picture.missing_reference = pair.reference.missing;
  picture.missing_current = pair.current.missing;
  if (pair.kind == FieldKind::categorical)
    fill_categories(picture, pair, bins);
  else
    fill_numbers(picture, pair, bins);
  return picture;
}

}  // namespace millwright::monitoring
