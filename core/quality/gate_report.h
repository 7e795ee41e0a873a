// What a gate said about a batch or a snapshot, kept for ever, and who let it pass nevertheless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "quality/check.h"
#include "store/project.h"

namespace millwright::quality {

enum class SubjectKind { batch, snapshot };
[[nodiscard]] std::string_view to_string(SubjectKind kind);

/// What was judged: a batch or a snapshot, by its row in project.db.
struct Subject {
  SubjectKind kind = SubjectKind::batch;
  int64_t id = 0;
  auto operator<=>(const Subject&) const = default;
};

/// Somebody took the responsibility. It covers the checks that failed in the report it was given for; when another one
/// fails later, the gate is shut again.
struct Override {
  Uuid uuid;
  int64_t report = 0;
  std::string reason;
  std::string by;
  std::string device;
  int64_t time_ms = 0;
  std::vector<std::string> covers;  ///< names of the checks that failed then
};

struct GateReport {
  int64_t id = 0;
  Uuid uuid;
  Subject subject;
  Verdict verdict = Verdict::pass;
  std::vector<Check> checks;
  std::string basis;  ///< what the verdict rests on, see keep_report(); empty: it is not known
  int64_t time_ms = 0;
  std::optional<Override> override_;  ///< the newest on this subject, also when it is not needed any more

  /// The gate is open: nothing fails, or an override covers everything that does.
  [[nodiscard]] bool open() const;
  /// Names of the checks that fail and that no override covers.
  [[nodiscard]] std::vector<std::string> blocking() const;
};

/// Keeps what the checks say, with an entry in the audit trail; when nothing changed since the newest report of this
/// subject, that one is returned and nothing is written. `basis` names everything that the verdict rests on: asked
/// again on the same basis, the checks must say the same.
[[nodiscard]] Result<GateReport> keep_report(store::Project& project, Subject subject, std::vector<Check> checks,
                                             std::string basis = {});
/// The newest, nullopt when the gate was never asked.
[[nodiscard]] Result<std::optional<GateReport>> latest_report(const store::Project& project, Subject subject);
/// Newest verdict of every subject of a kind, by id: for lists.
struct SubjectVerdict {
  int64_t subject = 0;
  Verdict verdict = Verdict::pass;
  bool open = true;         ///< see GateReport::open()
  bool overridden = false;  ///< an override was given at some time
};
[[nodiscard]] Result<std::vector<SubjectVerdict>> latest_verdicts(const store::Project& project, SubjectKind kind);
/// Overrides of a subject, oldest first: shown ever after.
[[nodiscard]] Result<std::vector<Override>> overrides_of(const store::Project& project, Subject subject);

/// Lets the newest report of a subject pass. `by` and `reason` must both be given (usage error
/// "gate.override_needs_…"); a gate that never ran or does not fail cannot be overridden (usage error
/// "gate.nothing_to_override").
[[nodiscard]] Result<GateReport> override_gate(store::Project& project, Subject subject, std::string_view by,
                                               std::string_view reason);

}  // namespace millwright::quality
