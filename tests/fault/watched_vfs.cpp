#include "watched_vfs.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "simulated_disk.h"

namespace millwright::testing {

/// Functions of the VFS; a friend of the model.
struct WatchedVfs {
  struct File {
    sqlite3_file base;
    sqlite3_file* real;
    int64_t node;  ///< 0: not watched
    bool syncs_folder;
    char path[1024];
  };

  static SimulatedDisk* disk;
  static sqlite3_vfs* below;
  static File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) { return of(file)->real; }

  static int failed(int error, int otherwise) { return error == ENOSPC ? SQLITE_FULL : otherwise; }

  // --- files
  static int close(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }
  static int read(sqlite3_file* file, void* out, int n, sqlite3_int64 at) {
    if (of(file)->node != 0 && disk != nullptr && disk->enter(false) != 0) return SQLITE_IOERR_READ;
    return real(file)->pMethods->xRead(real(file), out, n, at);
  }
  static int write(sqlite3_file* file, const void* data, int n, sqlite3_int64 at) {
    if (of(file)->node == 0 || disk == nullptr) return real(file)->pMethods->xWrite(real(file), data, n, at);
    const std::lock_guard lock(disk->mutex_);
    if (const int error = disk->enter(true); error != 0) return failed(error, SQLITE_IOERR_WRITE);
    const int result = real(file)->pMethods->xWrite(real(file), data, n, at);
    if (result == SQLITE_OK)
      disk->write(of(file)->node, at, {static_cast<const uint8_t*>(data), static_cast<size_t>(n)});
    return result;
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (of(file)->node == 0 || disk == nullptr) return real(file)->pMethods->xTruncate(real(file), size);
    const std::lock_guard lock(disk->mutex_);
    if (const int error = disk->enter(true); error != 0) return SQLITE_IOERR_TRUNCATE;
    const int result = real(file)->pMethods->xTruncate(real(file), size);
    if (result == SQLITE_OK) disk->truncate(of(file)->node, size);
    return result;
  }
  static int sync(sqlite3_file* file, int flags) {
    if (of(file)->node == 0 || disk == nullptr) return real(file)->pMethods->xSync(real(file), flags);
    const std::lock_guard lock(disk->mutex_);
    if (const int error = disk->enter(true); error != 0) return failed(error, SQLITE_IOERR_FSYNC);
    disk->sync(of(file)->node);
    if (of(file)->syncs_folder) {
      // As unixSync does after the first sync of a new journal or write-ahead log.
      if (const auto folder = disk->find_folder_of(of(file)->path)) disk->sync_entries(*folder);
      of(file)->syncs_folder = false;
    }
    return SQLITE_OK;
  }
  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    return real(file)->pMethods->xFileSize(real(file), size);
  }
  static int lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
  static int unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
  static int check_lock(sqlite3_file* file, int* out) {
    return real(file)->pMethods->xCheckReservedLock(real(file), out);
  }
  static int control(sqlite3_file* file, int operation, void* argument) {
    // Growing the file ahead of its writes would go past the model.
    if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
  }
  static int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
  static int characteristics(sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }
  static int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
  }
  static int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
  }
  static void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
  static int shm_unmap(sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods kMethods = {
        2,         close,      read,    write,       truncate,        sync,    file_size, lock,
        unlock,    check_lock, control, sector_size, characteristics, shm_map, shm_lock,  shm_barrier,
        shm_unmap, nullptr,    nullptr};
    return &kMethods;
  }

  // --- the VFS
  static int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
    File* self = of(file);
    std::memset(static_cast<void*>(self), 0, sizeof *self);
    self->real = reinterpret_cast<sqlite3_file*>(self + 1);
    constexpr int kKinds = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;
    const bool watched = disk != nullptr && name != nullptr && (flags & kKinds) != 0 &&
                         (flags & SQLITE_OPEN_READWRITE) != 0 && disk->inside(name) &&
                         std::strlen(name) < sizeof self->path;
    if (watched) {
      const std::lock_guard lock(disk->mutex_);
      const bool is_new = (flags & SQLITE_OPEN_CREATE) != 0 && !disk->find(name);
      if (is_new && disk->enter(true) != 0) return SQLITE_CANTOPEN;
    }
    const int result = below->xOpen(below, name, self->real, flags, out_flags);
    if (self->real->pMethods == nullptr) return result;
    self->base.pMethods = methods();
    if (!watched || result != SQLITE_OK) return result;
    const std::lock_guard lock(disk->mutex_);
    auto node = disk->find(name);
    if (!node) node = disk->add(name, false);
    self->node = *node;
    self->syncs_folder =
        (flags & SQLITE_OPEN_CREATE) != 0 && (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
    std::strcpy(self->path, name);
    return result;
  }
  static int remove(sqlite3_vfs*, const char* name, int sync_folder) {
    if (disk == nullptr || !disk->inside(name)) return below->xDelete(below, name, sync_folder);
    const std::lock_guard lock(disk->mutex_);
    if (disk->enter(true) != 0) return SQLITE_IOERR_DELETE;
    const int result = below->xDelete(below, name, 0);
    if (result == SQLITE_OK) disk->remove(name);
    if (result == SQLITE_OK && sync_folder != 0)
      if (const auto folder = disk->find_folder_of(name)) disk->sync_entries(*folder);
    return result;
  }
  static int access(sqlite3_vfs*, const char* name, int flags, int* out) {
    return below->xAccess(below, name, flags, out);
  }
  static int full_path(sqlite3_vfs*, const char* name, int n, char* out) {
    return below->xFullPathname(below, name, n, out);
  }
  static void* dl_open(sqlite3_vfs*, const char* name) { return below->xDlOpen(below, name); }
  static void dl_error(sqlite3_vfs*, int n, char* out) { below->xDlError(below, n, out); }
  static void (*dl_sym(sqlite3_vfs*, void* handle, const char* name))(void) {
    return below->xDlSym(below, handle, name);
  }
  static void dl_close(sqlite3_vfs*, void* handle) { below->xDlClose(below, handle); }
  static int randomness(sqlite3_vfs*, int n, char* out) { return below->xRandomness(below, n, out); }
  static int sleep(sqlite3_vfs*, int us) { return below->xSleep(below, us); }
  static int time(sqlite3_vfs*, double* out) { return below->xCurrentTime(below, out); }
  static int last_error(sqlite3_vfs*, int n, char* out) { return below->xGetLastError(below, n, out); }
  static int time_ms(sqlite3_vfs*, sqlite3_int64* out) { return below->xCurrentTimeInt64(below, out); }
};

SimulatedDisk* WatchedVfs::disk = nullptr;
sqlite3_vfs* WatchedVfs::below = nullptr;

void install_watched_vfs(SimulatedDisk* disk) {
  static sqlite3_vfs vfs{};
  if (WatchedVfs::below == nullptr) {
    WatchedVfs::below = sqlite3_vfs_find(nullptr);
    vfs = {2,
           static_cast<int>(sizeof(WatchedVfs::File)) + WatchedVfs::below->szOsFile,
           WatchedVfs::below->mxPathname,
           nullptr,
           "watched",
           nullptr,
           WatchedVfs::open,
           WatchedVfs::remove,
           WatchedVfs::access,
           WatchedVfs::full_path,
           WatchedVfs::dl_open,
           WatchedVfs::dl_error,
           WatchedVfs::dl_sym,
           WatchedVfs::dl_close,
           WatchedVfs::randomness,
           WatchedVfs::sleep,
           WatchedVfs::time,
           WatchedVfs::last_error,
           WatchedVfs::time_ms,
           nullptr,
           nullptr,
           nullptr};
  }
  WatchedVfs::disk = disk;
  sqlite3_vfs_register(disk != nullptr ? &vfs : WatchedVfs::below, 1);
}

}  // namespace millwright::testing
