#include "store/project.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/log.h"
#include "detail/project_state.h"
#include "store/publishing.h"

namespace millwright::store {
namespace {

constexpr std::string_view kExtension = ".millwright";

tl::unexpected<Error> not_a_project(const fs::path& folder) {
  std::error_code ignored;
  const bool there = fs::exists(folder, ignored);
  return fail(
      ErrorKind::store, "store.not_a_project", there ? "{path} is not a project." : "There is no project at {path}.",
      {{"path", folder.string()}},
      there ? "A project is a folder NAME.millwright that init made." : "Make one with init, or check the path.");
}

Status refuse_network(const fs::path& folder) {
  if (!on_network_file_system(folder)) return {};
  return fail(ErrorKind::store, "store.network_file_system", "{path} lies on a network file system.",
              {{"path", folder.string()}}, "Keep projects on a local disk: a network cannot hold the locks they need.");
}

bool writable(const fs::path& path) { return ::access(path.c_str(), W_OK) == 0; }

bool has_log(const fs::path& database) {
  std::error_code missing;
  const auto size = fs::file_size(database.string() + "-wal", missing);
  return !missing && size > 0;
}

SipKey key_of(std::span<const uint8_t> bytes) {
  SipKey key;
  if (bytes.size() == 16) {
    for (size_t i = 0; i < 8; ++i) {
      key.k0 |= static_cast<uint64_t>(bytes[i]) << (8 * i);
      key.k1 |= static_cast<uint64_t>(bytes[8 + i]) << (8 * i);
    }
  }
  return key;
}

/// Opens project.db in the way that the folder allows; says whether it can be written.
Result<std::pair<Database, bool>> open_database(const fs::path& folder, const OpenOptions& options) {
  const fs::path path = folder / detail::kDatabaseName;
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return not_a_project(folder);
  if (writable(folder) && writable(path)) {
    MW_ASSIGN(Database db, Database::open(path.string(), Database::Mode::read_write));
    db.set_lock_timeout(options.lock_timeout);
    if (options.read_only) MW_TRY(db.execute("PRAGMA query_only = ON"));
    return std::pair(std::move(db), !options.read_only);
  }
  // A write-ahead log needs its index beside it. Where nobody can make one and no log is left, the file stands alone.
  const auto mode = has_log(path) ? Database::Mode::read_only : Database::Mode::immutable;
  MW_ASSIGN(Database db, Database::open(path.string(), mode));
  db.set_lock_timeout(options.lock_timeout);
  return std::pair(std::move(db), false);
}

constexpr const char* kFolders[] = {"batches", "facts", "blobs", "runs"};

/// A finished project under a temporary name: every file and folder entry in it synced.
Status build(const fs::path& folder, const std::string& name, const Uuid& id,
             const std::function<Status(Database&, int64_t)>& first_entry) {
  MW_TRY(make_folders(folder));
  for (const char* child : kFolders) MW_TRY(make_folders(folder / child));
  const fs::path path = folder / detail::kDatabaseName;
  {
    MW_ASSIGN(Database db, Database::open(path.string(), Database::Mode::create));
    MW_TRY(db.execute("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"));
    MW_TRY(db.execute("BEGIN IMMEDIATE; PRAGMA application_id = " + std::to_string(kApplicationId)));
    MW_TRY(detail::apply_migrations(db, 0));
    const int64_t now = now_ms();
    std::array<uint8_t, 16> duplicate_key{}, split_key{};
    random_bytes(duplicate_key);
    random_bytes(split_key);
    {
      MW_ASSIGN(Statement insert,
                db.prepare("INSERT INTO project(only, uuid, name, created_ms, duplicate_key, split_key) "
                           "VALUES (1, ?, ?, ?, ?, ?)"));
      MW_TRY(insert
                 .with(id, std::string_view(name), now, std::span<const uint8_t>(duplicate_key),
                       std::span<const uint8_t>(split_key))
                 .run());
    }
    MW_TRY(first_entry(db, now));
    MW_TRY(db.execute("COMMIT"));
    MW_TRY(db.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  MW_TRY(sync_file(path));
  return sync_folder(folder);
}

/// What a kill in the middle of an earlier create left beside `folder`; a lock says whether it is still at work.
void sweep_unfinished(const fs::path& parent, const std::string& prefix) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix) || name.ends_with(".lock")) continue;
    const fs::path lock_file = entry.path().string() + ".lock";
    const auto lock = FileLock::try_lock(lock_file);
    if (!lock || !*lock) continue;
    if (detail::is_plain_folder(entry.path())) fs::remove_all(entry.path(), ignored);
    fs::remove(lock_file, ignored);
  }
}

}  // namespace

bool detail::is_plain_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() == fs::file_type::directory;
}

// --- making
// -------------------------------------------------------------------------------------------------------------

fs::path Project::folder_for(const fs::path& typed) {
  fs::path path = typed.lexically_normal();
  if (!path.has_filename() && path.has_parent_path()) path = path.parent_path();  // "name/"
  if (path.extension() == kExtension) return path;
  std::error_code ignored;
  if (fs::is_regular_file(path / detail::kDatabaseName, ignored)) return path;
  path += kExtension;
  return path;
}

Result<Project> Project::create(const fs::path& typed, const Actor& actor, const CreateOptions& options) {
  const fs::path folder = fs::absolute(folder_for(typed));
  MW_TRY(refuse_network(folder));
  std::error_code ignored;
  const auto exists = [&] {
    return fail(ErrorKind::store, "store.exists", "There is already something at {path}.", {{"path", folder.string()}},
                "Choose another name; nothing was changed.");
  };
  if (fs::exists(fs::symlink_status(folder, ignored)) &&
      !(detail::is_plain_folder(folder) && fs::is_empty(folder, ignored)))
    return exists();
  MW_TRY(make_folders(folder.parent_path()));
  const std::string prefix = "." + folder.filename().string() + ".tmp-";
  sweep_unfinished(folder.parent_path(), prefix);

  const Uuid id = new_uuid();
  const std::string name = options.name.empty() ? folder.stem().string() : options.name;
  fs::path temporary, lock_file;
  MW_ASSIGN(const FileLock lock, detail::lock_anew([&] {
              temporary = folder.parent_path() / (prefix + tail(new_uuid()));
              return lock_file = temporary.string() + ".lock";
            }));
  Status built = build(temporary, name, id, [&](Database& db, int64_t now) -> Status {
    Transaction transaction(db, actor, now);
    return transaction.audit("project.create", tail(id), Json{{"name", name}, {"format_version", newest_version()}});
  });
  if (built) {
    const int error = file_system().rename(temporary, folder);
    if (error == -ENOTEMPTY || error == -EEXIST || error == -ENOTDIR)
      built = exists();
    else if (error != 0)
      built = fail_errno("make the project", folder.string(), -error);
    else
      built = sync_folder(folder.parent_path());
  }
  if (!built) fs::remove_all(temporary, ignored);
  fs::remove(lock_file, ignored);
  if (!built) return tl::make_unexpected(std::move(built).error());
  return open(folder, actor);
}

// --- opening
// ------------------------------------------------------------------------------------------------------------

Project::Project(std::unique_ptr<State> state) : state_(std::move(state)) {}
Project::Project(Project&&) noexcept = default;
Project& Project::operator=(Project&&) noexcept = default;
Project::~Project() = default;

Result<Project> Project::connect(const fs::path& folder, const Actor& actor, const OpenOptions& options) {
  MW_ASSIGN(auto opened, open_database(folder, options));
  auto state = std::make_unique<State>(std::move(opened.first));
  state->read_only = !opened.second;
  state->folder = folder;
  state->actor = actor;
  state->options = options;
  if (opened.second) MW_TRY(state->db.execute("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;"));
  return Project(std::move(state));
}

Result<Project> Project::open(const fs::path& typed, const Actor& actor, const OpenOptions& options) {
  const fs::path folder = fs::absolute(folder_for(typed));
  MW_TRY(refuse_network(folder));
  MW_ASSIGN(Project project, connect(folder, actor, options));
  const auto application = project.db().integer("PRAGMA application_id");
  if (!application) {
    if (application.error().code == "store.not_a_project") return not_a_project(folder);
    return tl::make_unexpected(application.error());
  }
  if (*application != kApplicationId) return not_a_project(folder);
  // A copy that was made through the backup API comes without a write-ahead log.
  if (!project.read_only()) MW_TRY(project.db().execute("PRAGMA journal_mode = WAL"));
  MW_TRY(project.settle_version());
  MW_TRY(detail::check_schema(project.db(), project.format_version()));
  MW_TRY(project.read_identity());
  if (!project.read_only()) {
    // Left-overs are only in the way; that they cannot be removed is no reason not to open.
    if (const auto swept = sweep_left_overs(project); !swept) log::warning(message_of(swept.error()));
  }
  return project;
}

Result<Project> Project::clone() const {
  MW_ASSIGN(Project other, connect(state_->folder, state_->actor, state_->options));
  other.state_->format_version = state_->format_version;
  other.state_->name = state_->name;
  other.state_->id = state_->id;
  other.state_->duplicate_key = state_->duplicate_key;
  return other;
}

Status Project::read_identity() {
  MW_ASSIGN(Statement query, db().prepare("SELECT uuid, name, duplicate_key FROM project WHERE only = 1"));
  MW_ASSIGN(const bool row, query.step());
  if (!row || query.uuid(0).is_null() || query.blob(2).size() != 16)
    return fail(ErrorKind::store, "store.damaged", "{path} is damaged: it does not say which project it is.",
                {{"path", folder().string()}}, "Restore the project from a backup.");
  state_->id = query.uuid(0);
  state_->name = query.string(1);
  state_->duplicate_key = key_of(query.blob(2));
  return {};
}

// --- reading
// ------------------------------------------------------------------------------------------------------------

const fs::path& Project::folder() const { return state_->folder; }
const std::string& Project::name() const { return state_->name; }
const Uuid& Project::id() const { return state_->id; }
int Project::format_version() const { return state_->format_version; }
const Actor& Project::actor() const { return state_->actor; }
void Project::set_actor(Actor actor) { state_->actor = std::move(actor); }
bool Project::read_only() const { return state_->read_only; }
fs::path Project::batches_folder() const { return state_->folder / "batches"; }
fs::path Project::facts_folder() const { return state_->folder / "facts"; }
fs::path Project::blobs_folder() const { return state_->folder / "blobs"; }
fs::path Project::runs_folder() const { return state_->folder / "runs"; }
SipKey Project::duplicate_key() const { return state_->duplicate_key; }
Database& Project::db() const { return state_->db; }
int64_t Project::begun_ms() const { return state_->begun_ms; }

int64_t Project::data_version() const { return db().integer("PRAGMA data_version").value_or(0); }

void Project::set_automatic_checkpoint(bool on) { sqlite3_wal_autocheckpoint(db().handle(), on ? 1000 : 0); }

Status Project::checkpoint() {
  const int code = sqlite3_wal_checkpoint_v2(db().handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // Busy: somebody else checkpoints at this moment. Locked: this connection is inside a statement. Both are fine.
  if (code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED) return {};
  return tl::make_unexpected(sqlite_error(db().handle(), code, "save the project"));
}

}  // namespace millwright::store
