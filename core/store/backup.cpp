#include "store/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "detail/project_state.h"
#include "detail/tar.h"
#include "store/blobs.h"
#include "store/publishing.h"

namespace millwright::store {
namespace {

constexpr const char* kManifest = "MANIFEST.json";
constexpr int kManifestFormat = 1;
constexpr size_t kPiece = 1 << 20;

tl::unexpected<Error> cancelled(const char* what) {
  return fail(ErrorKind::cancelled, "cancelled", "Stopped: {what}.", {{"what", what}});
}

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

/// Files that must not stay when something goes wrong.
struct Remove {
  fs::path path;
  ~Remove() {
    if (!path.empty()) (void)remove_file(path);
  }
};

struct Item {
  std::string name;  ///< in the archive
  fs::path path;
  int64_t data_file = 0;  ///< its row in the catalogue; 0: none
  bool may_change = false;
};

/// May an archive write to this name? Only what a project consists of, and never outside of it.
bool is_safe(const std::string& name) {
  if (name == detail::kDatabaseName) return true;
  const size_t slash = name.find('/');
  if (slash == std::string::npos || name.size() > 255) return false;
  const std::string top = name.substr(0, slash);
  if (top != "batches" && top != "facts" && top != "blobs" && top != "runs") return false;
  size_t parts = 0;
  for (size_t at = slash + 1; at <= name.size(); ++parts) {
    const size_t end = std::min(name.find('/', at), name.size());
    const std::string part = name.substr(at, end - at);
    if (part.empty() || part[0] == '.' ||
        part.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
            std::string::npos)
      return false;
    at = end + 1;
  }
  return parts <= 8;
}

/// What belongs into a backup, by the catalogue of the copy.
Result<std::vector<Item>> items_of(const Project& project, const Database& copy) {
  std::vector<Item> items;
  MW_ASSIGN(Statement files, copy.prepare("SELECT id, kind, uuid FROM data_file WHERE removed_ms IS NULL ORDER BY id"));
  for (;;) {
    MW_ASSIGN(const bool row, files.step());
    if (!row) break;
    const fs::path path = path_of_file(project, files.text(1), files.uuid(2));
    items.push_back({path.lexically_relative(project.folder()).string(), path, files.integer(0)});
  }
  MW_ASSIGN(Statement blobs, copy.prepare("SELECT sha256 FROM blob ORDER BY sha256"));
  for (;;) {
    MW_ASSIGN(const bool row, blobs.step());
    if (!row) break;
    const fs::path path = path_of_blob(project, blobs.digest(0));
    items.push_back({path.lexically_relative(project.folder()).string(), path});
  }
  std::error_code ignored;
  std::vector<Item> runs;
  if (detail::is_plain_folder(project.runs_folder()))
    for (const auto& entry : fs::recursive_directory_iterator(project.runs_folder(), ignored))
      if (std::string name = entry.path().lexically_relative(project.folder()).string();
          entry.symlink_status().type() == fs::file_type::regular && is_safe(name))
        runs.push_back({std::move(name), entry.path(), 0, true});
  std::sort(runs.begin(), runs.end(), [](const Item& a, const Item& b) { return a.name < b.name; });
  items.insert(items.end(), runs.begin(), runs.end());
  return items;
}

class Archive {
 public:
  Archive(int fd, const fs::path& path, const Work& work) : tar_(fd, path), work_(work) {}
  int64_t total = 0;

  /// A job's files may grow or go while they are read: they are taken as they are at this moment.
  Status add(const Item& item) {
    const Descriptor file{::open(item.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (file.fd < 0) {
      if (item.may_change && errno == ENOENT) return {};
      return fail_errno("read", item.path.string(), errno);
    }
    struct stat info {};
    if (::fstat(file.fd, &info) != 0) return fail_errno("read", item.path.string(), errno);
    MW_TRY(tar_.begin(item.name, info.st_size));
    Sha256 hash;
    Bytes piece(kPiece);
    for (int64_t left = info.st_size; left > 0;) {
      if (work_.stopped()) return cancelled("backup");
      auto part = std::span(piece).first(static_cast<size_t>(std::min<int64_t>(left, kPiece)));
      const ssize_t n = ::read(file.fd, part.data(), part.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno("read", item.path.string(), errno);
      if (n > 0)
        part = part.first(static_cast<size_t>(n));
      else if (item.may_change)
        std::fill(part.begin(), part.end(), uint8_t{0});  // shrunk under us: the size is promised already
      else
        break;
      hash.update(part);
      MW_TRY(tar_.put(part));
      left -= static_cast<int64_t>(part.size());
      work_.report({"files", tar_.bytes(), total, "bytes"});
    }
    MW_TRY(tar_.end());
    files_.push_back({{"name", item.name}, {"bytes", info.st_size}, {"sha256", to_hex(hash.finish())}});
    return {};
  }

  Result<Digest> finish(const Project& project) {
    const Json manifest = {{"format", kManifestFormat},
                           {"program", MILLWRIGHT_VERSION},
                           {"project", to_string(project.id())},
                           {"name", project.name()},
                           {"format_version", project.format_version()},
                           {"files", files_}};
    const std::string text = to_text(manifest, 1);
    MW_TRY(tar_.begin(kManifest, static_cast<int64_t>(text.size())));
    MW_TRY(tar_.put({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
    MW_TRY(tar_.end());
    return tar_.finish();
  }
  [[nodiscard]] int64_t bytes() const { return tar_.bytes(); }
  [[nodiscard]] int64_t entries() const { return static_cast<int64_t>(files_.size()); }

 private:
  detail::TarWriter tar_;
  const Work& work_;
  Json files_ = Json::array();
};

bool removed_since(const Project& project, int64_t data_file) {
  auto query = project.db().prepare("SELECT removed_ms FROM data_file WHERE id = ?");
  if (!query) return false;
  const auto row = query->with(data_file).step();
  return row && *row && !query->is_null(0);
}

/// One try; sets `again` when a file was dropped between the copy of the database and its turn.
Result<BackupResult> back_up_once(const Project& project, const fs::path& file, const Work& work, bool& again) {
  const std::string temporary = file.string() + ".tmp-" + tail(new_uuid());
  const Remove copy{temporary + ".db"};
  Remove target{temporary};
  MW_TRY(detail::copy_database(project.db(), copy.path));
  std::vector<Item> items;
  {
    MW_ASSIGN(const Database db, Database::open(copy.path.string(), Database::Mode::read_only));
    MW_ASSIGN(items, items_of(project, db));
  }
  items.insert(items.begin(), {detail::kDatabaseName, copy.path});

  const int fd = file_system().open(target.path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (fd < 0) return fail_errno("write", target.path.string(), -fd);
  Archive archive(fd, target.path, work);
  for (const Item& item : items) {
    std::error_code ignored;
    if (const auto size = fs::file_size(item.path, ignored); !ignored) archive.total += static_cast<int64_t>(size);
  }
  const auto fill = [&]() -> Result<Digest> {
    for (const Item& item : items) {
      Status added = archive.add(item);
      if (added) continue;
      if (added.error().code == "file.not_found") {
        again = item.data_file != 0 && removed_since(project, item.data_file);
        return fail(ErrorKind::store, "store.damaged", "The project is damaged: {name} is missing.",
                    {{"name", item.name}}, "Run verify.");
      }
      return tl::make_unexpected(std::move(added).error());
    }
    return archive.finish(project);
  };
  Result<Digest> sha256 = fill();
  const int synced = sha256 ? file_system().sync(fd) : 0;
  const int closed = file_system().close(fd);
  if (!sha256) return tl::make_unexpected(std::move(sha256).error());
  if (synced != 0 || closed != 0) return fail_errno("write", target.path.string(), -(synced != 0 ? synced : closed));
  MW_TRY(rename_durably(target.path, file));
  target.path.clear();
  return BackupResult{file, *sha256, archive.bytes(), archive.entries()};
}

tl::unexpected<Error> already_there(const fs::path& path) {
  return fail(ErrorKind::store, "store.exists", "There is already something at {path}.", {{"path", path.string()}},
              "Choose another name; nothing was changed.");
}

// --- restoring
// ----------------------------------------------------------------------------------------------------------

struct Unpacked {
  int64_t bytes = 0;
  std::string sha256;
};

Status unpack_file(detail::TarReader& tar, const detail::TarReader::Entry& entry, const fs::path& path,
                   Unpacked& unpacked, const Work& work) {
  MW_TRY(make_folders(path.parent_path()));
  const int fd = file_system().open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
  if (fd < 0) return fail_errno("write", path.string(), -fd);
  const auto copy = [&]() -> Status {
    Sha256 hash;
    Bytes piece(kPiece);
    for (;;) {
      if (work.stopped()) return cancelled("restore");
      MW_ASSIGN(const size_t n, tar.read(piece));
      if (n == 0) break;
      const auto part = std::span(piece).first(n);
      hash.update(part);
      if (const int error = file_system().write(fd, part); error != 0)
        return fail_errno("write", path.string(), -error);
    }
    if (const int error = file_system().sync(fd); error != 0) return fail_errno("write", path.string(), -error);
    unpacked = {entry.size, to_hex(hash.finish())};
    return {};
  };
  Status done = copy();
  const int closed = file_system().close(fd);
  if (done && closed != 0) return fail_errno("write", path.string(), -closed);
  return done;
}

/// Every file of the manifest was unpacked with these bytes, and nothing else was.
bool agrees(const Json& manifest, const std::map<std::string, Unpacked>& files) {
  if (!manifest.is_object() || manifest.value("format", 0) != kManifestFormat || !manifest.contains("files") ||
      !manifest["files"].is_array() || manifest["files"].size() != files.size())
    return false;
  return std::all_of(manifest["files"].begin(), manifest["files"].end(), [&](const Json& entry) {
    if (!entry.is_object()) return false;
    const auto it = files.find(entry.value("name", std::string()));
    return it != files.end() && entry.value("bytes", int64_t{-1}) == it->second.bytes &&
           entry.value("sha256", std::string()) == it->second.sha256;
  });
}

Status unpack(detail::TarReader& tar, const fs::path& folder, const std::string& file, int64_t total,
              const Work& work) {
  const auto damaged = [&](const char* reason) {
    return fail(ErrorKind::bad_input, "backup.damaged", "The backup {file} is damaged: {reason}.",
                {{"file", file}, {"reason", reason}}, "Nothing was restored.");
  };
  std::map<std::string, Unpacked> files;
  for (;;) {
    MW_ASSIGN(const auto entry, tar.next());
    if (!entry) return damaged("its list of files is missing");
    work.report({"files", tar.bytes(), total, "bytes"});
    if (entry->name == kManifest) {
      if (entry->size > (256 << 20)) return damaged("its list of files is too long");
      std::string text(static_cast<size_t>(entry->size), '\0');
      MW_ASSIGN(const size_t n, tar.read({reinterpret_cast<uint8_t*>(text.data()), text.size()}));
      const auto manifest = parse_json(std::string_view(text).substr(0, n), file);
      bool right = false;
      try {
        right = manifest && agrees(*manifest, files);
      } catch (const nlohmann::json::exception&) {
        right = false;  // an entry of a wrong type
      }
      if (!right) return damaged("a file is not what its list says");
      return {};
    }
    if (!is_safe(entry->name) || files.contains(entry->name) || files.size() > 10'000'000)
      return fail(ErrorKind::bad_input, "backup.hostile", "The backup {file} holds a file that no project has: {name}.",
                  {{"file", file}, {"name", entry->name}}, "Nothing was restored.");
    MW_TRY(unpack_file(tar, *entry, folder / entry->name, files[entry->name], work));
  }
}

/// The database of an unpacked project: ours, of a version that we know, sound; then made ready for use.
Status settle_database(const fs::path& folder) {
  const fs::path path = folder / detail::kDatabaseName;
  const auto no_backup = [&] {
    return fail(ErrorKind::bad_input, "backup.not_a_backup", "The archive holds no project.", {},
                "Nothing was restored.");
  };
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return no_backup();
  {
    MW_ASSIGN(const Database db, Database::open(path.string(), Database::Mode::read_write));
    const auto application = db.integer("PRAGMA application_id");
    if (!application || *application != kApplicationId) return no_backup();
    MW_ASSIGN(const int64_t version, db.integer("PRAGMA user_version"));
    if (version > newest_version() || version < 1)
      return fail(ErrorKind::store, "store.too_new",
                  "The backup has format version {found}; this program knows versions up to {known}.",
                  {{"found", std::to_string(version)}, {"known", std::to_string(newest_version())}},
                  "Restore it with a newer version of this program.");
    MW_TRY(detail::check_schema(db, static_cast<int>(version)));
    MW_TRY(db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; DELETE FROM maintenance;"));
    MW_TRY(db.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  return sync_file(path);
}

Status sync_folders(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ignored))
    if (entry.is_directory(ignored)) MW_TRY(sync_folder(entry.path()));
  return sync_folder(folder);
}

}  // namespace

Result<BackupResult> back_up(const Project& project, const fs::path& file, const Work& work) {
  const fs::path target = fs::absolute(file);
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(target, ignored))) return already_there(target);
  constexpr int kTries = 3;
  for (int i = 0;; ++i) {
    bool again = false;
    auto done = back_up_once(project, target, work, again);
    if (done || !again || i + 1 == kTries) return done;
  }
}

Result<BackupResult> restore(const fs::path& file, const fs::path& typed, const Actor& actor, const Work& work) {
  const fs::path folder = fs::absolute(Project::folder_for(typed));
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(folder, ignored))) return already_there(folder);
  if (on_network_file_system(folder))
    return fail(ErrorKind::store, "store.network_file_system", "{path} lies on a network file system.",
                {{"path", folder.string()}}, "Keep projects on a local disk.");
  const Descriptor source{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (source.fd < 0) return fail_errno("read", file.string(), errno);
  struct stat info {};
  if (::fstat(source.fd, &info) != 0 || !S_ISREG(info.st_mode)) return fail_errno("read", file.string(), EINVAL);

  MW_TRY(make_folders(folder.parent_path()));
  fs::path temporary, lock_file;
  MW_ASSIGN(const FileLock lock, detail::lock_anew([&] {
              temporary = folder.parent_path() / ("." + folder.filename().string() + ".tmp-" + tail(new_uuid()));
              return lock_file = temporary.string() + ".lock";
            }));
  detail::TarReader tar(source.fd, file.string());
  Digest sha256{};
  const auto build = [&]() -> Status {
    for (const char* child : {"batches", "facts", "blobs", "runs"}) MW_TRY(make_folders(temporary / child));
    MW_TRY(unpack(tar, temporary, file.string(), info.st_size, work));
    MW_ASSIGN(sha256, tar.finish());
    MW_TRY(settle_database(temporary));
    MW_TRY(sync_folders(temporary));
    if (const int error = file_system().rename(temporary, folder); error != 0) {
      if (error == -ENOTEMPTY || error == -EEXIST || error == -ENOTDIR) return already_there(folder);
      return fail_errno("make the project", folder.string(), -error);
    }
    return sync_folder(folder.parent_path());
  };
  const Status built = build();
  if (!built) fs::remove_all(temporary, ignored);
  fs::remove(lock_file, ignored);
  if (!built) return tl::make_unexpected(built.error());
  // Opened once, so that what was restored is known to open, and an older format is upgraded while somebody looks.
  MW_ASSIGN(const Project project, Project::open(folder, actor));
  MW_ASSIGN(const int64_t entries, project.db().integer("SELECT count(*) FROM data_file WHERE removed_ms IS NULL"));
  return BackupResult{folder, sha256, info.st_size, entries};
}

}  // namespace millwright::store
