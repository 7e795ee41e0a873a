// monitoring/ watches what comes in and what a model makes of it: drift between windows of data, with verdicts that
// know how many rows they rest on, the records behind a shift, and kept predictions, least certain first.
//
// This header: drift of an asset's fields between two windows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "records/window.h"
#include "statistics/field_drift.h"
#include "store/project.h"

namespace millwright::monitoring {

using statistics::DriftRules;
using statistics::DriftVerdict;

/// How a field is compared.
enum class FieldKind {
  numeric,      ///< integers and decimals
  categorical,  ///< categories, yes or no
  time,         ///< scores only (ks, wasserstein in seconds)
  text,         ///< scores only, of the lengths in bytes
  id,           ///< the asset's id field, and whole numbers that count rows: scores only
};
[[nodiscard]] std::string_view name_of(FieldKind kind);
[[nodiscard]] std::optional<DriftRules> rules_from(std::string_view name);

struct DriftRequest {
  records::Window reference;
  records::Window current;  ///< of the same asset
  std::string where;        ///< chooses rows in both; may be empty
  /// Chooses rows of the current window only; may be empty.
  std::string where_current;
  /// A field, or empty: of the current window only rows whose value of it does not occur in the reference window, for
  /// example packages of sources never seen. A row without a value is not new.
  std::string new_values_of;
  DriftRules rules = DriftRules::calibrated;
  double alpha = 0.05;  ///< share of false discoveries that is accepted; only the calibrated rules use it
  bool keep = true;     ///< store the report
};

struct FieldReport {
  std::string name;
  FieldKind kind = FieldKind::numeric;
  int64_t missing_reference = 0;
  int64_t missing_current = 0;
  statistics::FieldDrift drift;  ///< n_reference and n_current count rows with a value
};

struct DriftReport {
  Uuid id;  ///< null: not kept
  int64_t asset = 0;
  std::string asset_name;
  records::Window reference, current;
  std::string where, where_current, new_values_of;  ///< see DriftRequest
  int64_t rows_reference = 0;                       ///< rows that were compared
  int64_t rows_current = 0;
  DriftRules rules = DriftRules::calibrated;
  double alpha = 0.05;
  statistics::ReportVerdict verdict;
  std::vector<FieldReport> fields;  ///< in the order of the schema
  double seconds = 0;
  int64_t time_ms = 0;
  std::string actor;
  [[nodiscard]] const FieldReport* find(std::string_view field) const;
};

/// Compares every field from the values themselves, on all processors, a pair of columns in memory for each.
/// Errors: usage drift.alpha, drift.assets; bad_input drift.no_rows (a window without rows), drift.nothing_new,
/// where.*; cancelled.
[[nodiscard]] Result<DriftReport> measure_drift(store::Project& project, const DriftRequest& request,
                                                const Work& work = {});

/// The keys of `drift`; with `explain` what each score is: base, bins, floor, rule.
[[nodiscard]] Json to_json(const DriftReport& report, bool explain = false);

/// Kept reports, newest first; of one asset where it is given.
[[nodiscard]] Result<std::vector<DriftReport>> list_drift_reports(const store::Project& project,
                                                                  std::optional<int64_t> asset = {});
/// By abbreviated id; empty or "latest" is the newest. Errors (bad_input): store.no_such_id, store.ambiguous_id.
[[nodiscard]] Result<DriftReport> find_drift_report(const store::Project& project, std::string_view typed);

/// Places of the compared rows among the arrivals of the current window, ascending; nullopt: all of them.
[[nodiscard]] Result<std::optional<std::vector<int64_t>>> compared_rows(const store::Project& project,
                                                                        const DriftReport& report);
/// Places of the arrivals of one window whose value of a field does not occur in another window, ascending.
/// Error: bad_input where.unknown_field.
[[nodiscard]] Result<std::vector<int64_t>> rows_with_new_values(const store::Project& project,
                                                                const records::Window& reference,
                                                                const records::Window& current, std::string_view field);

/// Both windows of a field for a picture.
struct FieldDistribution {
  FieldKind kind = FieldKind::numeric;
  std::vector<double> edges;  ///< numbers and times (µs): bins + 1; bin i is [edge i, edge i+1), the last closed
  bool logarithmic = false;   ///< edges are evenly spaced in the logarithm
  std::vector<std::string> categories;      ///< commonest first; the last is empty where it stands for all others
  std::vector<int64_t> reference, current;  ///< rows in each bin or category
  int64_t missing_reference = 0, missing_current = 0;
};
/// At most `bins` bins or categories. Texts: bins over their lengths in bytes. Error: drift.unknown_field.
[[nodiscard]] Result<FieldDistribution> field_distribution(const store::Project& project, const DriftReport& report,
                                                           std::string_view field, int bins = 40);

}  // namespace millwright::monitoring
