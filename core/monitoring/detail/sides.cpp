#include "detail/sides.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_set>

#include "records/where.h"

namespace millwright::monitoring {
namespace {

using records::ColumnScan;
using records::FieldType;

/// Places of the rows with a value that `before` does not hold.
template <class Value, class ValueAt>
std::vector<int64_t> unseen(const records::Column* before, const records::Column& now, const ValueAt& value) {
  std::unordered_set<Value> known;
  for (int64_t row = 0; before != nullptr && row < before->rows; ++row)
    if (before->has(row)) known.insert(value(*before, row));
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < now.rows; ++row)
    if (now.has(row) && !known.contains(value(now, row))) rows.push_back(row);
  return rows;
}

double number_at(const records::Column& column, int64_t row) { return column.numbers[static_cast<size_t>(row)]; }
std::string_view text_at(const records::Column& column, int64_t row) { return column.text(row); }

bool is_number(const records::SchemaField* field) {
  return field == nullptr || (field->type != FieldType::text && field->type != FieldType::category);
}

/// A value is the same where both windows write it alike; numbers, where both windows hold them as numbers.
Result<std::vector<int64_t>> rows_with_new_values(const ColumnScan& reference, const ColumnScan& current,
                                                  std::string_view field) {
  const auto* before = reference.find(field);
  const auto* now = current.find(field);
  if (now == nullptr && before != nullptr) return std::vector<int64_t>();
  const bool numbers = is_number(before) && is_number(now);
  const auto read = [&](const ColumnScan& scan) {
    return numbers ? scan.column(field) : scan.column_as(field, FieldType::text);
  };
  MW_ASSIGN(const auto values, read(current));
  std::optional<records::Column> known;
  if (before != nullptr) {
    MW_ASSIGN(known, read(reference));
  }
  const auto* old = known ? &*known : nullptr;
  return numbers ? unseen<double>(old, values, number_at) : unseen<std::string_view>(old, values, text_at);
}

Result<std::optional<std::vector<int64_t>>> rows_where(const ColumnScan& scan, const records::Where& where) {
  if (where.empty()) return std::nullopt;
  MW_ASSIGN(auto rows, scan.select(where));
  return std::optional(std::move(rows));
}

}  // namespace

Result<std::vector<int64_t>> rows_with_new_values(const store::Project& project, const records::Window& reference,
                                                  const records::Window& current, std::string_view field) {
  MW_ASSIGN(const auto before, ColumnScan::open(project, reference, records::Count::arrivals));
  MW_ASSIGN(const auto now, ColumnScan::open(project, current, records::Count::arrivals));
  return rows_with_new_values(before, now, field);
}

Result<std::optional<std::vector<int64_t>>> compared_rows(const store::Project& project, const DriftReport& report) {
  MW_ASSIGN(auto side, detail::open_current(project, report));
  return std::move(side.chosen);
}

namespace detail {

Result<Side> open_reference(const store::Project& project, const DriftReport& report) {
  MW_ASSIGN(auto scan, ColumnScan::open(project, report.reference, records::Count::arrivals));
  MW_ASSIGN(const auto where, records::Where::parse(report.where));
  MW_ASSIGN(auto chosen, rows_where(scan, where));
  return Side{std::move(scan), std::move(chosen)};
}

Result<Side> open_current(const store::Project& project, const DriftReport& report) {
  MW_ASSIGN(auto scan, ColumnScan::open(project, report.current, records::Count::arrivals));
  MW_ASSIGN(const auto both, records::Where::parse(report.where));
  MW_ASSIGN(const auto own, records::Where::parse(report.where_current));
  MW_ASSIGN(auto chosen, rows_where(scan, own.empty() ? both : records::Where::both(both, own)));
  if (!report.new_values_of.empty()) {
    // Against the whole reference window: what `where` leaves out of it was seen nevertheless.
    MW_ASSIGN(const auto reference, ColumnScan::open(project, report.reference, records::Count::arrivals));
    MW_ASSIGN(auto fresh, rows_with_new_values(reference, scan, report.new_values_of));
    if (chosen) {
      std::vector<int64_t> common;
      std::set_intersection(chosen->begin(), chosen->end(), fresh.begin(), fresh.end(), std::back_inserter(common));
      fresh = std::move(common);
    }
    chosen = std::move(fresh);
  }
  return Side{std::move(scan), std::move(chosen)};
}

}  // namespace detail
}  // namespace millwright::monitoring
