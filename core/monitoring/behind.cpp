#include "monitoring/behind.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>
#include <unordered_set>

#include "base/clock.h"
#include "detail/kept_predictions.h"
#include "detail/sides.h"

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

}  // namespace

Result<FieldPart> part_of(const store::Project& project, const DriftReport& report, std::string_view field,
                          std::string_view range) {
  MW_ASSIGN(const FieldReport* found, field_of(report, field));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, report.current, records::Count::arrivals));
  const auto* schema = scan.find(field);
  const bool numbers =
      schema != nullptr && (schema->type == records::FieldType::integer || schema->type == records::FieldType::real ||
                            schema->type == records::FieldType::timestamp);
  MW_ASSIGN(auto where, where_of(*found, numbers, range));
  return FieldPart{found->name, std::move(where)};
}

namespace {

Result<std::vector<RecordRef>> records_of(const detail::Side& side, const FieldPart& part,
                                          std::span<const int64_t> batches) {
  // A field that the current window lacks is behind nothing.
  if (side.scan.find(part.field) == nullptr) return std::vector<RecordRef>{};
  MW_ASSIGN(auto rows, side.scan.select(part.where));
  if (side.chosen) {
    std::vector<int64_t> common;
    std::set_intersection(rows.begin(), rows.end(), side.chosen->begin(), side.chosen->end(),
                          std::back_inserter(common));
    rows = std::move(common);
  }
  const auto wanted = [&](int64_t row) {
    return batches.empty() || std::find(batches.begin(), batches.end(), side.scan.batch_of(row)) != batches.end();
  };
  MW_ASSIGN(const auto all, side.scan.records());
  std::vector<RecordRef> behind;
  std::unordered_set<RecordRef> seen;
  for (const int64_t row : rows) {
    const auto& record = all[static_cast<size_t>(row)];
    if (wanted(row) && seen.insert(record).second) behind.push_back(record);
  }
  return behind;
}

}  // namespace

Result<std::vector<RecordRef>> records_behind(const store::Project& project, const DriftReport& report,
                                              const FieldPart& part, std::span<const int64_t> batches) {
  MW_ASSIGN(const auto side, detail::open_current(project, report));
  return records_of(side, part, batches);
}

Result<Behind> look_behind(const store::Project& project, const DriftReport& report, const FieldPart& part) {
  MW_ASSIGN(const auto side, detail::open_current(project, report));
  Behind behind;
  behind.fields = side.scan.fields();
  MW_ASSIGN(behind.records, records_of(side, part, {}));
  MW_ASSIGN(auto kept, detail::kept_predictions(project, report.current.batches, 0));
  behind.predicted = !kept.of.empty();
  behind.labels = std::move(kept.labels);
  std::vector<detail::KeptPrediction> said;
  for (const RecordRef& record : behind.records) {
    const auto found = kept.of.find(record);
    said.push_back(found == kept.of.end() ? detail::KeptPrediction() : found->second);
  }
  std::vector<size_t> order(said.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // Of a number, or a text without a span, nobody says how sure the model is.
  const auto certainty = [&](size_t i) {
    return said[i].label < 0 || std::isnan(said[i].confidence) ? 2.0 : said[i].confidence;
  };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return certainty(a) < certainty(b); });
  std::vector<RecordRef> sorted;
  for (const size_t i : order) {
    sorted.push_back(behind.records[i]);
    behind.label.push_back(said[i].label);
    behind.confidence.push_back(said[i].confidence);
  }
  behind.records = std::move(sorted);
  return behind;
}

}  // namespace millwright::monitoring
