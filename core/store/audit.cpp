#include "store/audit.h"

#include <algorithm>

#include "base/json.h"

namespace millwright::store {
namespace {

AuditEntry entry_of(const Statement& row) {
  return {row.integer(0), row.integer(1), row.string(2), row.string(3),
          row.string(4),  row.string(5),  row.string(6), row.digest(7)};
}

}  // namespace

Digest audit_hash(const Digest& previous, const AuditEntry& entry) {
  Sha256 hash;
  hash.update(previous);
  hash.update(canonical(Json{{"seq", entry.seq},
                             {"time_ms", entry.time_ms},
                             {"actor", entry.actor},
                             {"device", entry.device},
                             {"action", entry.action},
                             {"subject", entry.subject},
                             {"detail", entry.detail}}));
  return hash.finish();
}

Status Transaction::audit(std::string_view action, std::string_view subject, const Json& detail) {
  AuditEntry entry{.time_ms = time_ms_,
                   .actor = actor_.name,
                   .device = actor_.device,
                   .action = std::string(action),
                   .subject = std::string(subject),
                   .detail = canonical(detail)};
  Digest previous{};
  {
    MW_ASSIGN(Statement head, db_.prepare("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"));
    MW_ASSIGN(const bool any, head.step());
    entry.seq = any ? head.integer(0) + 1 : 1;
    if (any) previous = head.digest(1);
  }
  MW_ASSIGN(Statement insert,
            db_.prepare("INSERT INTO audit(seq, time_ms, actor, device, action, subject, detail, hash) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  return insert
      .with(entry.seq, entry.time_ms, std::string_view(entry.actor), std::string_view(entry.device),
            std::string_view(entry.action), std::string_view(entry.subject), std::string_view(entry.detail),
            audit_hash(previous, entry))
      .run();
}

Result<AuditEntry> audit_head(const Project& project) {
  MW_ASSIGN(Statement query, project.db().prepare("SELECT seq, time_ms, actor, device, action, subject, detail, hash "
                                                  "FROM audit ORDER BY seq DESC LIMIT 1"));
  MW_ASSIGN(const bool any, query.step());
  return any ? entry_of(query) : AuditEntry{};
}

Status read_audit(const Project& project, int64_t after, const std::function<bool(const AuditEntry&)>& each) {
  constexpr int64_t kPage = 1000;
  std::vector<AuditEntry> page;
  do {
    page.clear();
    {
      MW_ASSIGN(Statement query,
                project.db().prepare("SELECT seq, time_ms, actor, device, action, subject, detail, hash FROM audit "
                                     "WHERE seq > ? ORDER BY seq LIMIT ?"));
      query.with(after, kPage);
      for (;;) {
        MW_ASSIGN(const bool row, query.step());
        if (!row) break;
        page.push_back(entry_of(query));
      }
    }
    for (const AuditEntry& entry : page)
      if (!each(entry)) return {};
    if (!page.empty()) after = page.back().seq;
  } while (page.size() == static_cast<size_t>(kPage));
  return {};
}

Result<AuditCheck> check_audit(const Project& project, std::string_view head) {
  std::string wanted(head);
  std::transform(wanted.begin(), wanted.end(), wanted.begin(), [](unsigned char c) { return std::tolower(c); });
  if (!wanted.empty() &&
      (wanted.size() < 8 || wanted.size() > 64 || wanted.find_first_not_of("0123456789abcdef") != std::string::npos))
    return fail(ErrorKind::usage, "audit.head", "\"{head}\" is no head of an audit trail.",
                {{"head", std::string(head)}},
                "Give 8 to 64 hexadecimal digits, as audit --head and cards print them.");
  AuditCheck check;
  Digest previous{};
  MW_TRY(read_audit(project, INT64_MIN, [&](const AuditEntry& entry) {
    ++check.entries;
    const bool holds = entry.seq == check.entries && entry.hash == audit_hash(previous, entry);
    if (!holds && check.broken_at == 0) check.broken_at = entry.seq;
    if (!wanted.empty() && to_hex(entry.hash).starts_with(wanted)) check.head_found = true;
    previous = entry.hash;
    return true;
  }));
  return check;
}

}  // namespace millwright::store
