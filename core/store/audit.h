// The audit trail: a hash chain over everything of weight that was done. An entry's hash is SHA-256 over the previous
// entry's hash (32 zero bytes before the first) and the canonical JSON of its other columns: actor, action, detail,
// device, seq, subject, time_ms; detail is in it as the text that is stored. Its head, printed on a card or kept
// elsewhere, later proves that nothing before it was changed or taken away.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/result.h"
#include "store/project.h"

namespace millwright::store {

struct AuditEntry {
  int64_t seq = 0;  ///< 1, 2, 3 … without gaps
  int64_t time_ms = 0;
  std::string actor, device, action, subject;
  std::string detail;  ///< canonical JSON
  Digest hash{};
};

/// What the hash of an entry must be, given the one before it.
[[nodiscard]] Digest audit_hash(const Digest& previous, const AuditEntry& entry);
/// Newest entry; seq 0 and a hash of zeros where there is none.
[[nodiscard]] Result<AuditEntry> audit_head(const Project& project);
/// Calls `each` for every entry with seq > after, in order, without holding a read snapshot between pages; `each`
/// returns false to stop.
[[nodiscard]] Status read_audit(const Project& project, int64_t after,
                                const std::function<bool(const AuditEntry&)>& each);

struct AuditCheck {
  int64_t entries = 0;
  int64_t broken_at = 0;    ///< first entry whose hash or number is not what it must be; 0: the chain holds
  bool head_found = false;  ///< an entry's hash begins with the head that was asked for
};
/// Walks the chain. `head` is a hash in hex, at least its first 8 digits; empty: none asked for.
[[nodiscard]] Result<AuditCheck> check_audit(const Project& project, std::string_view head = {});

}  // namespace millwright::store
