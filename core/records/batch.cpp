#include "records/batch.h"

#include <list>
#include <mutex>

#include "detail/asset_rows.h"
#include "store/lookup.h"
#include "store/publishing.h"

namespace millwright::records {
namespace {

constexpr std::string_view kColumns =
    "SELECT b.id, b.uuid, b.asset, a.name, b.file, b.source, b.connector, b.given_split, b.schema_version, "
    "b.rows_read, "
    "b.arrivals, b.rows_kept, b.rows_duplicate, b.rows_same_content, b.rows_quarantined, b.source_bytes, b.time_ms, "
    "b.actor FROM batch b JOIN asset a ON a.id = b.asset WHERE b.dropped_ms IS NULL ";

BatchInfo info_from_row(const store::Statement& row) {
  BatchInfo info;
  info.id = row.integer(0);
  info.uuid = row.uuid(1);
  info.asset = row.integer(2);
  info.asset_name = row.string(3);
  info.file = row.integer(4);
  info.source = row.string(5);
  info.connector = row.string(6);
  info.given_split = row.optional_string(7).value_or("");
  info.schema_version = row.integer(8);
  info.rows_read = row.integer(9);
  info.arrivals = row.integer(10);
  info.rows_kept = row.integer(11);
  info.rows_duplicate = row.integer(12);
  info.rows_same_content = row.integer(13);
  info.rows_quarantined = row.integer(14);
  info.source_bytes = row.integer(15);
  info.time_ms = row.integer(16);
  info.actor = row.string(17);
  return info;
}

/// Open batch files of this process, the last used ones. A key is project and batch: the file behind a batch changes
/// only when an erasure swaps it, and then its row in data_file does.
class OpenFiles {
 public:
  Result<std::shared_ptr<const store::BatchFile>> get(const store::Project& project, int64_t data_file) {
    const std::string key = to_string(project.id()) + "/" + project.folder().string() + "/" + std::to_string(data_file);
    {
      const std::scoped_lock guard(lock_);
      for (auto entry = open_.begin(); entry != open_.end(); ++entry)
        if (entry->first == key) {
          open_.splice(open_.begin(), open_, entry);
          return open_.front().second;
        }
    }
    MW_ASSIGN(auto file, store::BatchFile::open(project, data_file));
    const std::scoped_lock guard(lock_);
    open_.emplace_front(key, file);
    if (open_.size() > kKept) open_.pop_back();
    return file;
  }
  void forget() {
    const std::scoped_lock guard(lock_);
    open_.clear();
  }

 private:
  static constexpr size_t kKept = 32;
  std::mutex lock_;
  std::list<std::pair<std::string, std::shared_ptr<const store::BatchFile>>> open_;
};

OpenFiles& open_files() {
  static OpenFiles files;
  return files;
}

/// A later batch lists arrivals that repeat records of this one: they would point nowhere.
Result<bool> is_repeated_later(const store::Project& project, const BatchInfo& batch) {
  MW_ASSIGN(const auto all, list_batches(project, batch.asset));
  for (const BatchInfo& other : all) {
    if (other.id == batch.id || other.rows_duplicate == 0) continue;
    MW_ASSIGN(const auto file, open_batch(project, other.id));
    MW_ASSIGN(const store::Repeats* repeats, file->repeats());
    for (const Uuid& uuid : repeats->batches)
      if (uuid == batch.uuid) return true;
  }
  return false;
}

tl::unexpected<Error> no_such_batch() {
  return fail(ErrorKind::bad_input, "store.no_such_id", "There is no such batch: it was dropped.");
}

}  // namespace

Result<std::vector<BatchInfo>> list_batches(const store::Project& project, std::optional<int64_t> asset) {
  static const std::string sql = std::string(kColumns) + "AND (?1 IS NULL OR b.asset = ?1) ORDER BY b.id";
  MW_ASSIGN(store::Statement select, project.db().prepare(sql));
  select.bind(1, asset);
  std::vector<BatchInfo> all;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) return all;
    all.push_back(info_from_row(select));
  }
}

Result<BatchInfo> batch_by_id(const store::Project& project, int64_t id) {
  static const std::string sql = std::string(kColumns) + "AND b.id = ?";
  MW_ASSIGN(store::Statement select, project.db().prepare(sql));
  MW_ASSIGN(const bool there, select.with(id).step());
  if (!there) return no_such_batch();
  return info_from_row(select);
}

Result<BatchInfo> find_batch(const store::Project& project, std::string_view typed) {
  if (typed.empty() || typed == "latest") {
    static const std::string sql = std::string(kColumns) + "ORDER BY b.id DESC LIMIT 1";
    MW_ASSIGN(store::Statement select, project.db().prepare(sql));
    MW_ASSIGN(const bool there, select.step());
    if (there) return info_from_row(select);
    return fail(ErrorKind::bad_input, "store.no_such_id", "There is no batch yet.", {},
                "Bring a file in with `import`.");
  }
  MW_ASSIGN(const store::Found found, store::find_by_tail(project, "batch", typed, "batch"));
  return batch_by_id(project, found.id);
}

Result<std::shared_ptr<const store::BatchFile>> open_batch(const store::Project& project, int64_t id) {
  MW_ASSIGN(store::Statement select,
            project.db().prepare("SELECT file FROM batch WHERE id = ? AND dropped_ms IS NULL"));
  MW_ASSIGN(const bool there, select.with(id).step());
  if (!there) return no_such_batch();
  return open_files().get(project, select.integer(0));
}

Status drop_batch(store::Project& project, int64_t id) {
  MW_ASSIGN(const BatchInfo batch, batch_by_id(project, id));
  MW_ASSIGN(const bool repeated, is_repeated_later(project, batch));
  if (repeated)
    return fail(ErrorKind::refused, "batch.repeated",
                "Batch {batch} cannot be dropped: a later batch has arrivals of its records.",
                {{"batch", tail(batch.uuid)}}, "Drop the later batch first.");
  MW_ASSIGN(const fs::path path, store::path_of_file(project, batch.file));
  MW_TRY(project.write([&](store::Transaction& transaction) -> Status {
    MW_ASSIGN(store::Statement held,
              transaction.db().prepare("SELECT count(*) FROM snapshot_batch WHERE batch = ? AND rows > 0"));
    MW_ASSIGN(const bool there, held.with(id).step());
    if (there && held.integer(0) > 0)
      return fail(ErrorKind::refused, "batch.held", "Batch {batch} cannot be dropped: {n} snapshots hold rows of it.",
                  {{"batch", tail(batch.uuid)}, {"n", std::to_string(held.integer(0))}});
    MW_ASSIGN(store::Statement drop,
              transaction.db().prepare("UPDATE batch SET dropped_ms = ? WHERE id = ? AND dropped_ms IS NULL"));
    MW_TRY(drop.with(transaction.time_ms(), id).run());
    if (transaction.db().changes() == 0) return no_such_batch();
    MW_TRY(store::retire(transaction, batch.file));
    return transaction.audit("batch.drop", tail(batch.uuid), Json{{"source", batch.source}, {"rows", batch.arrivals}});
  }));
  open_files().forget();
  return remove_file(path);
}

Result<std::vector<store::QuarantinedRow>> quarantined_rows(const store::Project& project, int64_t batch, int64_t first,
                                                            int64_t limit) {
  MW_ASSIGN(const auto file, open_batch(project, batch));
  return file->quarantine(first, limit);
}

}  // namespace millwright::records
