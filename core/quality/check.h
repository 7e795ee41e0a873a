// quality/ says whether data is fit: the form of a check and of a gate's report, the thresholds, checks of a batch that
// need nothing but its rows, profiles. It does not know tasks or snapshots: labels/ and snapshots/ contribute checks of
// their own, and snapshots/gate.h puts a gate together.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"

namespace millwright::quality {

enum class Verdict { pass, warn, fail };
[[nodiscard]] std::string_view to_string(Verdict verdict);
[[nodiscard]] std::optional<Verdict> verdict_from(std::string_view text);

/// At most this many of the rows that a check found are kept with it.
inline constexpr size_t kSampleRows = 100;

/// What one check found. `value` is compared with the limits: above warn_above it warns, at or above fail_from or above
/// fail_above it fails; a limit that is NaN is never reached. `rows` counts every row concerned, `sample` names some.
struct Check {
  std::string name;  ///< stable: "schema", "missing_values", "duplicates", "conflicting_labels", "class_balance",
                     ///< "label_completeness", "leakage_exact", "leakage_group", "batches", "reserved"
  Verdict verdict = Verdict::pass;
  double value = 0;
  std::string unit;  ///< "share" of rows, 0 to 1, or "count"
  double warn_above = std::numeric_limits<double>::quiet_NaN();
  double fail_above = std::numeric_limits<double>::quiet_NaN();
  bool fail_includes_limit = false;  ///< fails at the limit already, not only above it
  int64_t rows = 0;
  std::vector<RecordRef> sample;
  Json detail = Json::object();  ///< figures by field, class or batch: names and counts
};

/// The verdict that value and limits give.
[[nodiscard]] Verdict judge(const Check& check);
/// The limit that decided: what a failing check exceeds, else what would make it warn next; NaN where there is none.
[[nodiscard]] double deciding_limit(const Check& check);
/// The worst; pass when there is none.
[[nodiscard]] Verdict worst(const std::vector<Check>& checks);

/// One line of English for people: "5.3 % of the rows lack section (fails above 5 %)". The workbench may word its own.
[[nodiscard]] std::string describe(const Check& check);

/// The form in gate_report.checks; records as [batch, ordinal] of this project.
[[nodiscard]] Json to_json(const Check& check);
[[nodiscard]] Result<Check> check_from_json(const Json& json);

}  // namespace millwright::quality
