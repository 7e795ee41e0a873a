#include "detail/demo_drift.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "records/columns.h"
#include "statistics/field_drift.h"

namespace millwright::planning::detail {
namespace {

constexpr int kBins = 20;
constexpr size_t kMostDrifted = 1000;
constexpr double kWorthALook = 0.05;  // D or V below this changes no decision, however sure the rows make it

// A field of both batches cut into the same cells: quantile bins of the reference for numbers, values for categories.
struct Cells {
  std::vector<int32_t> reference, fresh;  ///< −1 where missing; `fresh` only rows of new sources
  std::vector<std::string> names;         ///< of categories
  size_t count = 0;
};

Cells cut_numbers(const records::Column& reference, const records::Column& fresh) {
  std::vector<double> sorted;
  for (const double x : reference.numbers)
    if (std::isfinite(x)) sorted.push_back(x);
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> edges;
  for (int bin = 1; bin < kBins && !sorted.empty(); ++bin)
    edges.push_back(sorted[sorted.size() * static_cast<size_t>(bin) / kBins]);
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  const auto cut = [&](const std::vector<double>& values) {
    std::vector<int32_t> cells;
    for (const double x : values)
      cells.push_back(std::isfinite(x)
                          ? static_cast<int32_t>(std::upper_bound(edges.begin(), edges.end(), x) - edges.begin())
                          : -1);
    return cells;
  };
  return {cut(reference.numbers), cut(fresh.numbers), {}, edges.size() + 1};
}

Cells cut_categories(const records::Column& reference, const records::Column& fresh) {
  Cells cells;
  std::unordered_map<std::string, int32_t> code_of;
  const auto cut = [&](const records::Column& column) {
    std::vector<int32_t> out;
    for (int64_t row = 0; row < column.rows; ++row) {
      if (!column.has(row)) {
        out.push_back(-1);
        continue;
      }
      const auto [at, added] = code_of.emplace(std::string(column.text(row)), static_cast<int32_t>(cells.names.size()));
      if (added) cells.names.push_back(at->first);
      out.push_back(at->second);
    }
    return out;
  };
  cells.reference = cut(reference);
  cells.fresh = cut(fresh);
  cells.count = cells.names.size();
  return cells;
}

std::vector<double> shares(const std::vector<int32_t>& cells, size_t count, double added) {
  std::vector<double> out(count, added);
  double sum = added * static_cast<double>(count);
  for (const int32_t cell : cells) {
    if (cell < 0) continue;
    out[static_cast<size_t>(cell)] += 1;
    sum += 1;
  }
  for (double& share : out) share = sum > 0 ? share / sum : 0;
  return out;
}

// "12.3 %"
std::string percent(double share) {
  char out[32];
  std::snprintf(out, sizeof out, "%.1f %%", share * 100);
  return out;
}
std::string three(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.3f", value);
  return out;
}

/// How typical each row of a new source is of what moved: log of its value's share among new sources over that in the
/// reference, summed over the judged fields.
class Typical {
 public:
  Typical(const records::ColumnScan& before, const records::ColumnScan& after, std::vector<int64_t> rows)
      : before_(before), after_(after), rows_(std::move(rows)), score_(rows_.size(), 0) {}

  Status add(const monitoring::FieldReport& field) {
    if (field.drift.verdict == statistics::DriftVerdict::unjudged) return {};
    const bool numeric = field.kind == monitoring::FieldKind::numeric;
    if (!numeric && field.kind != monitoring::FieldKind::categorical) return {};
    MW_ASSIGN(const auto reference,
              numeric ? before_.column(field.name) : before_.column_as(field.name, records::FieldType::text));
    MW_ASSIGN(const auto fresh, numeric ? after_.column(field.name, rows_) : text_of_rows(field.name));
    score(numeric ? cut_numbers(reference, fresh) : cut_categories(reference, fresh));
    return {};
  }

  Result<std::vector<RecordRef>> most_drifted() const {
    MW_ASSIGN(const auto records, after_.records());
    std::vector<size_t> order(rows_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return score_[a] > score_[b]; });
    std::vector<RecordRef> out;
    for (size_t i = 0; i < std::min(order.size(), kMostDrifted); ++i)
      out.push_back(records[static_cast<size_t>(rows_[order[i]])]);
    return out;
  }

 private:
  Result<records::Column> text_of_rows(const std::string& field) const {
    MW_ASSIGN(const auto all, after_.column_as(field, records::FieldType::text));
    records::Column out;
    out.type = records::FieldType::text;
    out.rows = static_cast<int64_t>(rows_.size());
    out.offsets.push_back(0);
    for (const int64_t row : rows_) {
      out.bytes += all.text(row);
      out.offsets.push_back(static_cast<int64_t>(out.bytes.size()));
      out.absent.push_back(!all.has(row));
    }
    return out;
  }
  void score(const Cells& cells) {
    const auto before = shares(cells.reference, cells.count, 1.0);
    const auto now = shares(cells.fresh, cells.count, 1.0);
    for (size_t row = 0; row < cells.fresh.size(); ++row) {
      const int32_t cell = cells.fresh[row];
      if (cell >= 0) score_[row] += std::log(now[static_cast<size_t>(cell)] / before[static_cast<size_t>(cell)]);
    }
  }

  const records::ColumnScan& before_;
  const records::ColumnScan& after_;
  std::vector<int64_t> rows_;
  std::vector<double> score_;
};

/// The kept report that answers this question, else a new one.
Result<monitoring::DriftReport> report_on(store::Project& project, const monitoring::DriftRequest& request,
                                          const Work& work) {
  MW_ASSIGN(auto kept, monitoring::list_drift_reports(project, request.current.asset));
  for (auto& report : kept)
    if (report.reference.batches == request.reference.batches && report.current.batches == request.current.batches &&
        report.reference.text == request.reference.text && report.current.text == request.current.text &&
        report.where.empty() && report.where_current.empty() && report.new_values_of == request.new_values_of &&
        report.rules == request.rules && report.alpha == request.alpha)
      return std::move(report);
  return monitoring::measure_drift(project, request, work);
}

// Sentences that tell which of the shifts matters: those of an effect worth a look, largest first; the rest in one.
Json reading(const monitoring::DriftReport& report, const monitoring::DriftReport& fresh) {
  struct Line {
    double effect;
    std::string text;
  };
  std::vector<Line> lines;
  std::string small;
  for (const auto& field : report.fields) {
    const auto& all = field.drift;
    const auto* found = fresh.find(field.name);
    const statistics::FieldDrift part = found ? found->drift : statistics::FieldDrift();
    if (all.verdict != statistics::DriftVerdict::drift && part.verdict != statistics::DriftVerdict::drift) continue;
    const double of_part = std::isfinite(part.effect) ? part.effect : 0;
    const double effect = std::max(all.effect, of_part);
    if (effect < kWorthALook)
      small += (small.empty() ? "" : ", ") + field.name;
    else if (all.effect < kWorthALook)
      lines.push_back({effect, field.name + ": " + three(all.effect) + " over all arrivals, too small to matter, but " +
                                   three(of_part) + " among new sources: look there."});
    else
      lines.push_back({effect, field.name + ": moved by " + three(all.effect) + " over all arrivals and " +
                                   three(of_part) + " among new sources."});
  }
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.effect > b.effect; });
  Json out = Json::array();
  for (auto& line : lines) out.push_back(std::move(line.text));
  if (!small.empty()) out.push_back(small + ": moved, but too little to matter.");
  return out;
}

// Categories whose share changed most between the batches, e.g. the section that doubled.
Status add_shares(const store::Project& project, const monitoring::DriftReport& report, Json& figures) {
  for (const auto& field : report.fields) {
    if (field.kind != monitoring::FieldKind::categorical || field.drift.verdict != statistics::DriftVerdict::drift)
      continue;
    MW_ASSIGN(const auto shown, monitoring::field_distribution(project, report, field.name, 100));
    const double before = std::accumulate(shown.reference.begin(), shown.reference.end(), 0.0);
    const double now = std::accumulate(shown.current.begin(), shown.current.end(), 0.0);
    struct Change {
      std::string category;
      double from, to;
    };
    std::vector<Change> changes;
    for (size_t i = 0; i < shown.categories.size() && before > 0 && now > 0; ++i)
      if (!shown.categories[i].empty())
        changes.push_back({shown.categories[i], static_cast<double>(shown.reference[i]) / before,
                           static_cast<double>(shown.current[i]) / now});
    std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
      return std::abs(a.to - a.from) > std::abs(b.to - b.from);
    });
    Json list = Json::array();
    for (size_t i = 0; i < std::min<size_t>(3, changes.size()); ++i) {
      list.push_back({{"category", changes[i].category}, {"from", changes[i].from}, {"to", changes[i].to}});
      if (i == 0)
        figures["reading"].push_back(field.name + ": “" + changes[i].category + "” went from " +
                                     percent(changes[i].from) + " to " + percent(changes[i].to) + " of the rows.");
    }
    figures["shares"][field.name] = std::move(list);
  }
  return {};
}

}  // namespace

namespace {

Json beside(const monitoring::FieldReport& field, const monitoring::DriftReport& fresh) {
  const auto* found = fresh.find(field.name);
  const statistics::FieldDrift part = found ? found->drift : statistics::FieldDrift();
  const auto& drift = field.drift;
  return {{"name", field.name},
          {"verdict", statistics::name_of(drift.verdict)},
          {"effect", number_or_null(drift.effect)},
          {"p", number_or_null(drift.p)},
          {"p_adjusted", number_or_null(drift.p_adjusted)},
          {"new_sources_verdict", statistics::name_of(part.verdict)},
          {"new_sources_effect", number_or_null(part.effect)},
          {"new_sources_p", number_or_null(part.p)}};
}

}  // namespace

Result<DemoDrift> demo_drift(store::Project& project, const DemoWindows& windows, const Work& work) {
  monitoring::DriftRequest request;
  request.reference = windows.reference;
  request.current = windows.later;
  request.new_values_of = windows.group;
  // All arrivals last: the newest report is what the first page and the drift page begin with.
  std::optional<monitoring::DriftReport> fresh;
  if (!windows.new_rows.empty()) {
    MW_ASSIGN(fresh, report_on(project, request, work));
  }
  request.new_values_of.clear();
  MW_ASSIGN(const auto report, report_on(project, request, work));
  const monitoring::DriftReport none;
  const auto& part = fresh ? *fresh : none;
  MW_ASSIGN(const auto before, records::ColumnScan::open(project, request.reference));
  MW_ASSIGN(const auto after, records::ColumnScan::open(project, request.current));
  Typical typical(before, after, windows.new_rows);
  for (const auto& field : report.fields) MW_TRY(typical.add(field));

  DemoDrift out;
  out.id = tail(report.id);
  if (fresh) out.new_sources_id = tail(fresh->id);
  out.document = monitoring::to_json(report);
  Json fields = Json::array();
  for (const auto& field : report.fields) fields.push_back(beside(field, part));
  out.figures = {{"verdict", statistics::name_of(report.verdict.verdict)},
                 {"rows_of_new_sources", part.rows_current},
                 {"fields", std::move(fields)},
                 {"reading", reading(report, part)}};
  MW_TRY(add_shares(project, report, out.figures));
  MW_ASSIGN(out.most_drifted, typical.most_drifted());
  return out;
}

}  // namespace millwright::planning::detail
