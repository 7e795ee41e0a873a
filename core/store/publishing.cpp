#include "store/publishing.h"

#include <fcntl.h>

#include <future>
#include <set>

#include "base/clock.h"
#include "detail/project_state.h"

namespace millwright::store {
namespace {

constexpr std::string_view kTemporary = ".tmp-", kLock = ".lock", kFile = ".db";
constexpr size_t kTailLength = 12;

fs::path folder_of(const Project& project, std::string_view kind) {
  return kind == "batch" ? project.batches_folder() : project.facts_folder();
}

fs::path lock_of(const fs::path& folder, const Uuid& uuid) {
  return folder / (std::string(kTemporary) + tail(uuid) + std::string(kLock));
}

void forget_lock(const Project& project, const WrittenFile& file) {
  // One that stays is swept at a later start.
  (void)remove_file(lock_of(folder_of(project, file.kind), file.uuid));
}

/// The tail in ".tmp-TAIL…"; empty when the name is not of that form.
std::string tail_in(std::string_view name) {
  if (!name.starts_with(kTemporary)) return {};
  name.remove_prefix(kTemporary.size());
  const auto known = normalise_tail(name.substr(0, kTailLength));
  return known && known->size() == kTailLength && *known == name.substr(0, kTailLength) ? *known : std::string();
}

Result<bool> is_published(const Project& project, const std::string& wanted) {
  MW_ASSIGN(Statement query, project.db().prepare("SELECT uuid FROM data_file WHERE removed_ms IS NULL"));
  for (;;) {
    MW_ASSIGN(const bool row, query.step());
    if (!row) return false;
    if (tail(query.uuid(0)) == wanted) return true;
  }
}

int64_t remove_if_there(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path, ignored))) return 0;
  return remove_file(path) ? 1 : 0;
}

Result<int64_t> sweep_folder(const Project& project, const fs::path& folder, bool catalogued) {
  if (!detail::is_plain_folder(folder)) return 0;
  std::set<std::string> tails;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (const std::string found = tail_in(entry.path().filename().string()); !found.empty()) tails.insert(found);
  int64_t removed = 0;
  for (const std::string& found : tails) {
    const std::string stem = std::string(kTemporary) + found;
    const fs::path lock_file = folder / (stem + std::string(kLock));
    MW_ASSIGN(const auto lock, FileLock::try_lock(lock_file));
    if (!lock) continue;  // its writer lives
    for (const char* suffix : {"", ".db", ".db-journal", ".db-wal", ".db-shm"})
      removed += remove_if_there(folder / (stem + suffix));
    // Finished but never published: asked only now, since the writer holds its lock until it has published.
    if (catalogued) {
      MW_ASSIGN(const bool published, is_published(project, found));
      if (!published) removed += remove_if_there(folder / (found + std::string(kFile)));
    }
    MW_TRY(remove_file(lock_file));
  }
  return removed;
}

}  // namespace

Result<FileLock> detail::lock_anew(const std::function<fs::path()>& next_name) {
  for (;;) {
    const fs::path lock_file = next_name();
    const int fd = file_system().open(lock_file, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (fd < 0) return fail_errno("write", lock_file.string(), -fd);
    (void)file_system().close(fd);
    MW_ASSIGN(auto lock, FileLock::try_lock(lock_file));
    if (!lock) continue;  // a sweep was faster
    MW_ASSIGN(const auto again, FileLock::try_lock(lock_file));
    if (!again) return std::move(*lock);  // else the name means another file by now
  }
}

struct TemporaryFile::State {
  fs::path folder, path;
  std::string kind;
  Uuid uuid;
  std::shared_ptr<FileLock> lock;
  bool finished = false;

  ~State() {
    if (finished || path.empty()) return;
    (void)remove_file(path);
    (void)remove_file(lock_of(folder, uuid));
  }
};

TemporaryFile::TemporaryFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
TemporaryFile::TemporaryFile(TemporaryFile&&) noexcept = default;
TemporaryFile& TemporaryFile::operator=(TemporaryFile&&) noexcept = default;
TemporaryFile::~TemporaryFile() = default;

Result<TemporaryFile> TemporaryFile::begin(const Project& project, std::string_view kind) {
  if (project.read_only())
    return fail(ErrorKind::store, "store.read_only", "The project {path} is read-only.",
                {{"path", project.folder().string()}},
                "Check the permissions of its folder and files; nothing was changed.");
  auto state = std::make_unique<State>();
  state->kind = kind;
  state->folder = folder_of(project, kind);
  std::string stem;
  MW_ASSIGN(FileLock lock, detail::lock_anew([&] {
              state->uuid = new_uuid();
              stem = std::string(kTemporary) + tail(state->uuid);
              return lock_of(state->folder, state->uuid);
            }));
  state->lock = std::make_shared<FileLock>(std::move(lock));
  state->path = state->folder / (stem + std::string(kFile));
  return TemporaryFile(std::move(state));
}

const Uuid& TemporaryFile::uuid() const { return state_->uuid; }
const fs::path& TemporaryFile::path() const { return state_->path; }

Result<Database> TemporaryFile::create_database(int page_size) const {
  MW_ASSIGN(Database db, Database::open(state_->path.string(), Database::Mode::create));
  // Nobody else can see this file, and it is synced as a whole before it gets its name: no journal, no locks.
  MW_TRY(db.execute("PRAGMA page_size = " + std::to_string(page_size) +
                    "; PRAGMA secure_delete = OFF; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -16384;"));
  return db;
}

Result<WrittenFile> TemporaryFile::finish(int64_t rows, const Digest& root) {
  WrittenFile file{.uuid = state_->uuid, .kind = state_->kind, .rows = rows, .root = root, .hold = state_->lock};
  std::error_code error;
  file.bytes = static_cast<int64_t>(fs::file_size(state_->path, error));
  if (error) return fail_errno("read", state_->path.string(), error.value());
  // Hashing reads what is still in memory, while the disk is busy.
  auto hashing = std::async(std::launch::async, [&] { return merkle_root_of_file(state_->path); });
  const Status synced = sync_file(state_->path);
  MW_ASSIGN(file.bytes_root, hashing.get());
  MW_TRY(synced);
  MW_TRY(rename_durably(state_->path, state_->folder / (tail(state_->uuid) + std::string(kFile))));
  state_->finished = true;
  return file;
}

Result<int64_t> sweep_left_overs(const Project& project) {
  if (project.read_only()) return 0;
  int64_t removed = 0;
  MW_ASSIGN(const int64_t batches, sweep_folder(project, project.batches_folder(), true));
  MW_ASSIGN(const int64_t facts, sweep_folder(project, project.facts_folder(), true));
  MW_ASSIGN(const int64_t blobs, sweep_folder(project, project.blobs_folder(), false));
  removed += batches + facts + blobs;
  // Dropped or replaced in the catalogue, but killed before the file went.
  std::vector<fs::path> dropped;
  {
    MW_ASSIGN(Statement query, project.db().prepare("SELECT kind, uuid FROM data_file WHERE removed_ms IS NOT NULL"));
    for (;;) {
      MW_ASSIGN(const bool row, query.step());
      if (!row) break;
      const fs::path path = path_of_file(project, query.text(0), query.uuid(1));
      if (detail::is_plain_folder(path.parent_path())) dropped.push_back(path);
    }
  }
  for (const fs::path& path : dropped) removed += remove_if_there(path);
  return removed;
}

fs::path path_of_file(const Project& project, std::string_view kind, const Uuid& uuid) {
  return folder_of(project, kind) / (tail(uuid) + std::string(kFile));
}

Result<int64_t> publish(Transaction& transaction, const WrittenFile& file) {
  MW_ASSIGN(Statement insert,
            transaction.db().prepare("INSERT INTO data_file(uuid, kind, bytes, rows, root, bytes_root, "
                                     "created_ms) VALUES (?, ?, ?, ?, ?, ?, ?)"));
  MW_TRY(insert
             .with(file.uuid, std::string_view(file.kind), file.bytes, file.rows, file.root, file.bytes_root,
                   transaction.time_ms())
             .run());
  // The lock itself is still held: a sweep that opened its file before finds nothing to take.
  transaction.after_commit([file](const Project& project) { forget_lock(project, file); });
  return transaction.db().last_insert_id();
}

void give_up(const Project& project, const WrittenFile& file) {
  (void)remove_file(path_of_file(project, file.kind, file.uuid));
  forget_lock(project, file);
}

Result<fs::path> path_of_file(const Project& project, int64_t data_file) {
  MW_ASSIGN(Statement query, project.db().prepare("SELECT kind, uuid FROM data_file WHERE id = ?"));
  MW_ASSIGN(const bool row, query.with(data_file).step());
  if (!row)
    return fail(ErrorKind::store, "store.damaged", "The project is damaged: file {id} is not in its catalogue.",
                {{"id", std::to_string(data_file)}}, "Run verify, and restore the project from a backup.");
  return path_of_file(project, query.text(0), query.uuid(1));
}

}  // namespace millwright::store
