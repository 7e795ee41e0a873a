#include "store/verify.h"

#include "detail/facts_layout.h"
#include "detail/project_state.h"
#include "store/audit.h"
#include "store/blobs.h"
#include "store/publishing.h"

namespace millwright::store {
namespace {

tl::unexpected<Error> cancelled() { return fail(ErrorKind::cancelled, "cancelled", "Stopped: verify."); }

std::string number(int64_t value) { return std::to_string(value); }

/// What SQLite itself says of the database. A damaged one is a problem to report, not a reason to stop.
void check_database(const Project& project, const VerifyOptions& options, VerifyReport& report) {
  const auto run = [&](const char* sql, const char* code, const char* text, int column) -> Status {
    MW_ASSIGN(Statement query, project.db().prepare(sql));
    for (;;) {
      MW_ASSIGN(const bool row, query.step());
      if (!row) return {};
      const std::string said = query.string(column);
      if (said != "ok") report.add(code, text, {{"reason", said}});
    }
  };
  const char* const kDamaged = "The database is damaged: {reason}.";
  const Status pages =
      run(options.deep ? "PRAGMA integrity_check(20)" : "PRAGMA quick_check(20)", "verify.database", kDamaged, 0);
  if (!pages) report.add("verify.database", kDamaged, {{"reason", message_of(pages.error())}});
  const Status keys = run("SELECT \"table\" || ' → ' || parent FROM pragma_foreign_key_check LIMIT 20",
                          "verify.reference", "Rows refer to rows that are not there: {reason}.", 0);
  if (!keys) report.add("verify.database", kDamaged, {{"reason", message_of(keys.error())}});
  if (const Status schema = detail::check_schema(project.db(), project.format_version()); !schema)
    report.problems.push_back(schema.error());
  report.checked["databases"] = 1;
}

Status check_chain(const Project& project, const VerifyOptions& options, VerifyReport& report) {
  MW_ASSIGN(const AuditCheck chain, check_audit(project, options.head));
  report.checked["audit_entries"] = chain.entries;
  if (chain.broken_at != 0)
    report.add("verify.audit_chain", "The audit trail was changed: entry {seq} does not follow from the one before.",
               {{"seq", number(chain.broken_at)}});
  if (!options.head.empty() && !chain.head_found)
    report.add("verify.audit_head", "The audit trail does not contain the head {head}.", {{"head", options.head}},
               "It was cut or rewritten after that head was printed, or the head belongs to another project.");
  return {};
}

struct Catalogued {
  int64_t id = 0;
  std::string kind;
  Uuid uuid;
  int64_t bytes = 0, rows = 0;
  Digest root{}, bytes_root{};
};

Result<std::vector<Catalogued>> catalogue(const Project& project) {
  std::vector<Catalogued> files;
  MW_ASSIGN(Statement query, project.db().prepare("SELECT id, kind, uuid, bytes, rows, root, bytes_root FROM data_file "
                                                  "WHERE removed_ms IS NULL ORDER BY id"));
  for (;;) {
    MW_ASSIGN(const bool row, query.step());
    if (!row) return files;
    files.push_back({query.integer(0), query.string(1), query.uuid(2), query.integer(3), query.integer(4),
                     query.digest(5), query.digest(6)});
  }
}

/// Size of a plain file; -1 where there is none.
int64_t size_of(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(path, error))) return -1;
  const auto size = fs::file_size(path, error);
  return error ? -1 : static_cast<int64_t>(size);
}

/// Dropped or replaced by somebody while we looked: then that it is gone is right.
bool is_removed_by_now(const Project& project, int64_t data_file) {
  auto query = project.db().prepare("SELECT removed_ms FROM data_file WHERE id = ?");
  if (!query) return false;
  const auto row = query->with(data_file).step();
  return row && *row && !query->is_null(0);
}

void check_size_and_hash(const fs::path& path, const std::string& name, int64_t bytes, const Digest& hash,
                         Result<Digest> (*hash_of)(const fs::path&), const VerifyOptions& options,
                         VerifyReport& report) {
  const int64_t found = size_of(path);
  if (found < 0) return report.add("verify.missing", "{name} is missing.", {{"name", name}});
  if (found != bytes)
    return report.add("verify.size", "{name} has {found} bytes instead of {bytes}.",
                      {{"name", name}, {"found", number(found)}, {"bytes", number(bytes)}});
  if (!options.deep) return;
  const auto digest = hash_of(path);
  if (!digest)
    report.add("verify.unreadable", "{name} cannot be read: {reason}",
               {{"name", name}, {"reason", message_of(digest.error())}});
  else if (*digest != hash)
    report.add("verify.hash", "{name} is not what was saved: its SHA-256 differs.", {{"name", name}});
}

void check_facts(const fs::path& path, const std::string& name, const Catalogued& file, VerifyReport& report) {
  auto read = detail::read_facts_at(path, true);
  if (!read) {
    report.problems.push_back(read.error());
    return;
  }
  if (read->facts.rows != file.rows || merkle_root(std::move(read->leaves)) != file.root)
    report.add("verify.root", "{name} does not hold the rows that were published.", {{"name", name}});
}

Status check_files(const Project& project, const VerifyOptions& options, VerifyReport& report, const Work& work) {
  MW_ASSIGN(const auto files, catalogue(project));
  int64_t total = 0, done = 0;
  for (const Catalogued& file : files) total += file.bytes;
  for (const Catalogued& file : files) {
    if (work.stopped()) return cancelled();
    const fs::path path = path_of_file(project, file.kind, file.uuid);
    const std::string name = path.lexically_relative(project.folder()).string();
    if (size_of(path) < 0 && is_removed_by_now(project, file.id)) continue;
    const size_t before = report.problems.size();
    check_size_and_hash(path, name, file.bytes, file.bytes_root, merkle_root_of_file, options, report);
    if (options.deep && file.kind == "facts" && report.problems.size() == before) check_facts(path, name, file, report);
    done += file.bytes;
    work.report({"files", done, total, "bytes"});
  }
  report.checked["files"] = static_cast<int64_t>(files.size());
  report.checked["file_bytes"] = total;
  return {};
}

Status check_blobs(const Project& project, const VerifyOptions& options, VerifyReport& report, const Work& work) {
  std::vector<BlobRef> blobs;
  {
    MW_ASSIGN(Statement query, project.db().prepare("SELECT sha256, bytes FROM blob"));
    for (;;) {
      MW_ASSIGN(const bool row, query.step());
      if (!row) break;
      blobs.push_back({query.digest(0), query.integer(1)});
    }
  }
  int64_t done = 0;
  for (const BlobRef& blob : blobs) {
    if (work.stopped()) return cancelled();
    check_size_and_hash(path_of_blob(project, blob.sha256), "blob " + to_hex(blob.sha256).substr(0, 12), blob.bytes,
                        blob.sha256, sha256_of_file, options, report);
    work.report({"blobs", ++done, static_cast<int64_t>(blobs.size()), "blobs"});
  }
  report.checked["blobs"] = static_cast<int64_t>(blobs.size());
  return {};
}

}  // namespace

void VerifyReport::add(std::string code, std::string text, Arguments arguments, std::string hint) {
  problems.push_back({ErrorKind::store, std::move(code), std::move(text), std::move(arguments), std::move(hint)});
}

Result<VerifyReport> verify(const Project& project, const VerifyOptions& options,
                            const std::vector<VerifyCheck>& checks, const Work& work) {
  VerifyReport report;
  check_database(project, options, report);
  MW_TRY(check_chain(project, options, report));
  MW_TRY(check_files(project, options, report, work));
  MW_TRY(check_blobs(project, options, report, work));
  for (const VerifyCheck& check : checks) {
    if (work.stopped()) return cancelled();
    MW_TRY(check(project, options, report, work));
  }
  return report;
}

}  // namespace millwright::store
