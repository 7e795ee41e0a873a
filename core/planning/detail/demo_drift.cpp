#include "detail/demo_drift.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <deque>
#include <numeric>
#include <unordered_map>

#include "monitoring/drift.h"
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

// The rows of the later batch that come from new sources.
std::vector<int64_t> rows_where(const std::vector<bool>& chosen) {
  std::vector<int64_t> rows;
  for (size_t row = 0; row < chosen.size(); ++row)
    if (chosen[row]) rows.push_back(static_cast<int64_t>(row));
  return rows;
}

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

class NewSources {
 public:
  NewSources(const records::ColumnScan& before, const records::ColumnScan& after, std::vector<int64_t> rows)
      : before_(before), after_(after), rows_(std::move(rows)), score_(rows_.size(), 0) {}

  Status add(const monitoring::FieldReport& field) {
    names_.push_back(field.name);
    drifts_.emplace_back();
    if (field.drift.decided_by.empty() && field.drift.verdict == statistics::DriftVerdict::unjudged) return {};
    const bool numeric = field.kind == monitoring::FieldKind::numeric;
    const auto type = numeric ? std::nullopt : std::optional(records::FieldType::text);
    if (field.kind != monitoring::FieldKind::numeric && field.kind != monitoring::FieldKind::categorical) return {};
    MW_ASSIGN(auto reference, type ? before_.column_as(field.name, *type) : before_.column(field.name));
    MW_ASSIGN(auto fresh, numeric ? after_.column(field.name, rows_) : text_of_rows(field.name));
    const Cells cells = numeric ? cut_numbers(reference, fresh) : cut_categories(reference, fresh);
    score(cells);
    drifts_.back() = compare(numeric, reference, fresh, cells);
    return {};
  }

  void judge(double alpha) {
    std::vector<statistics::FieldDrift*> fields;
    for (auto& drift : drifts_) fields.push_back(&drift);
    statistics::judge_together(fields, {.alpha = alpha});
  }
  [[nodiscard]] const statistics::FieldDrift& drift(size_t field) const { return drifts_[field]; }
  [[nodiscard]] int64_t rows() const { return static_cast<int64_t>(rows_.size()); }

  /// Rows that are most typical of what moved: log of share among new sources over share in the reference, summed.
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
    out.rows = rows();
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
  static statistics::FieldDrift compare(bool numeric, records::Column& reference, records::Column& fresh,
                                        const Cells& cells) {
    if (numeric) {
      const auto absent = [](double x) { return !std::isfinite(x); };
      std::erase_if(reference.numbers, absent);
      std::erase_if(fresh.numbers, absent);
      std::vector<double> scratch;
      return statistics::compare_numbers(reference.numbers, fresh.numbers, {}, scratch);
    }
    std::vector<int32_t> a = cells.reference, b = cells.fresh;
    std::erase(a, -1);
    std::erase(b, -1);
    return statistics::compare_categories(a, b, cells.count, {});
  }

  const records::ColumnScan& before_;
  const records::ColumnScan& after_;
  std::vector<int64_t> rows_;
  std::vector<double> score_;
  std::vector<std::string> names_;
  std::deque<statistics::FieldDrift> drifts_;
};

// Sentences that tell which of the shifts matters: those of an effect worth a look, largest first; the rest in one.
Json reading(const monitoring::DriftReport& report, const NewSources& fresh) {
  struct Line {
    double effect;
    std::string text;
  };
  std::vector<Line> lines;
  std::string small;
  for (size_t i = 0; i < report.fields.size(); ++i) {
    const auto& field = report.fields[i];
    const auto& all = field.drift;
    const auto& part = fresh.drift(i);
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

Result<DemoDrift> demo_drift(store::Project& project, const records::Asset&, int64_t reference, int64_t later,
                             const std::vector<bool>& new_source, const Work& work) {
  monitoring::DriftRequest request;
  MW_ASSIGN(request.reference, records::window_of_batches(project, {reference}));
  MW_ASSIGN(request.current, records::window_of_batches(project, {later}));
  MW_ASSIGN(const auto report, monitoring::measure_drift(project, request, work));
  MW_ASSIGN(const auto before, records::ColumnScan::open(project, request.reference));
  MW_ASSIGN(const auto after, records::ColumnScan::open(project, request.current));
  NewSources fresh(before, after, rows_where(new_source));
  for (const auto& field : report.fields) MW_TRY(fresh.add(field));
  fresh.judge(request.alpha);

  DemoDrift out;
  out.id = tail(report.id);
  out.document = monitoring::to_json(report);
  Json fields = Json::array();
  for (size_t i = 0; i < report.fields.size(); ++i) {
    const auto& drift = report.fields[i].drift;
    const auto& part = fresh.drift(i);
    fields.push_back({{"name", report.fields[i].name},
                      {"verdict", statistics::name_of(drift.verdict)},
                      {"effect", number_or_null(drift.effect)},
                      {"p", number_or_null(drift.p)},
                      {"p_adjusted", number_or_null(drift.p_adjusted)},
                      {"new_sources_verdict", statistics::name_of(part.verdict)},
                      {"new_sources_effect", number_or_null(part.effect)},
                      {"new_sources_p", number_or_null(part.p)}});
  }
  out.figures = {{"verdict", statistics::name_of(report.verdict.verdict)},
                 {"rows_of_new_sources", fresh.rows()},
                 {"fields", std::move(fields)},
                 {"reading", reading(report, fresh)}};
  MW_TRY(add_shares(project, report, out.figures));
  MW_ASSIGN(out.most_drifted, fresh.most_drifted());
  return out;
}

}  // namespace millwright::planning::detail
