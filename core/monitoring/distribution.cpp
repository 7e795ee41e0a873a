// A field in both windows as a picture shows it.
#include <algorithm>
#include <numeric>

#include "detail/field_pair.h"
#include "monitoring/drift.h"
#include "statistics/histogram.h"

namespace millwright::monitoring {
namespace {

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

Result<FieldDistribution> field_distribution(const store::Project& project, const DriftReport& report,
                                             std::string_view field, int bins) {
  MW_ASSIGN(const auto asset, records::asset_by_id(project, report.asset));
  MW_ASSIGN(const auto reference, detail::open_reference(project, report));
  MW_ASSIGN(const auto current, detail::open_current(project, report));
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
