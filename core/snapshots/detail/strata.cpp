#include "detail/strata.h"

#include <algorithm>
#include <map>
#include <string>

namespace millwright::snapshots::detail {
namespace {

constexpr int64_t kParts = 10;

/// By value: its stratum.
std::vector<int32_t> rarest_names(std::span<const labels::LabelValue> values, std::span<const int64_t> rows) {
  std::vector<std::vector<std::string>> names;
  std::map<std::string, int64_t> counts;
  for (size_t i = 0; i < values.size(); ++i) {
    names.push_back(labels::names_in(values[i]));
    for (const std::string& name : names.back()) counts[name] += rows[i];
  }
  std::map<std::string, int32_t> numbers;
  for (const auto& [name, count] : counts) numbers.emplace(name, static_cast<int32_t>(numbers.size()));
  const auto none = static_cast<int32_t>(numbers.size());
  std::vector<int32_t> out;
  for (const auto& of_value : names) {
    const auto rarest = std::min_element(of_value.begin(), of_value.end(), [&](const auto& a, const auto& b) {
      return std::pair(counts[a], a) < std::pair(counts[b], b);
    });
    out.push_back(rarest == of_value.end() ? none : numbers.at(*rarest));
  }
  return out;
}

std::vector<int32_t> parts_of_range(std::span<const labels::LabelValue> values, std::span<const int64_t> rows) {
  std::vector<size_t> order(values.size());
  int64_t all = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
    all += rows[i];
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a].number < values[b].number; });
  std::vector<int32_t> out(values.size());
  int64_t before = 0;
  for (const size_t i : order) {
    out[i] = static_cast<int32_t>((2 * before + rows[i]) * kParts / std::max<int64_t>(1, 2 * all));
    before += rows[i];
  }
  return out;
}

}  // namespace

std::vector<int32_t> strata_of(labels::TaskKind kind, std::span<const labels::LabelValue> values,
                               std::span<const int32_t> codes) {
  if (kind == labels::TaskKind::single_label) return {codes.begin(), codes.end()};
  std::vector<int64_t> rows(values.size());
  for (const int32_t code : codes) ++rows[static_cast<size_t>(code)];
  const std::vector<int32_t> stratum =
      kind == labels::TaskKind::number ? parts_of_range(values, rows) : rarest_names(values, rows);
  std::vector<int32_t> out;
  out.reserve(codes.size());
  for (const int32_t code : codes) out.push_back(stratum[static_cast<size_t>(code)]);
  return out;
}

}  // namespace millwright::snapshots::detail
