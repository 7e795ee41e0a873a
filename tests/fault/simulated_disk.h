// A disk that forgets. Everything under one folder happens for real, so that locks, shared memory and readers work;
// beside it a model keeps what would survive a power cut: bytes of a file up to its last sync, entries of a folder up
// to its last sync. Both ways to the disk are watched: SQLite through a VFS, everything else through base's FileSystem.
// The power can be cut at any operation, and any operation can be made to fail.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/hash.h"

namespace millwright::testing {

class SimulatedDisk {
 public:
  /// What a power cut keeps of what was not synced.
  enum class Keeps {
    nothing,    ///< the worst that the standards allow
    something,  ///< of each file some of its writes, some of them torn; of each folder the first few of its changes
    everything  ///< as after kill -9
  };

  /// Watches `root`, which must exist and be empty, and installs itself as FileSystem and as SQLite's default VFS until
  /// it is destroyed. One at a time.
  explicit SimulatedDisk(fs::path root);
  ~SimulatedDisk();
  SimulatedDisk(const SimulatedDisk&) = delete;
  SimulatedDisk& operator=(const SimulatedDisk&) = delete;

  /// Operations that change the disk so far: writes, truncations, syncs, renames, removals, new files and folders.
  [[nodiscard]] int64_t operations() const;
  /// The operation with this number (from 1) and all after it fail and leave no trace.
  void cut_power_at(int64_t operation);
  /// The operation with this number fails once with EIO or ENOSPC; reading counts too then.
  void fail_at(int64_t operation, int error);
  /// Operations that fail_at() counts: operations() and reads.
  [[nodiscard]] int64_t chances() const;
  [[nodiscard]] bool power_is_cut() const;
  /// How many times an operation was made to fail by fail_at().
  [[nodiscard]] int64_t failures() const;

  /// Writes into `folder` (made anew) what the disk holds when the power comes back.
  void after_power_cut(const fs::path& folder, Keeps keeps, Random& random) const;

 private:
  friend class WatchedFiles;
  friend struct WatchedVfs;
  using NodeId = int64_t;

  struct Write {
    int64_t at = 0;
    Bytes data;
    bool truncate = false;  ///< to the length `at`
  };
  struct Entry {
    std::string name;
    std::optional<NodeId> node;  ///< nullopt: the name goes
    int64_t operation = 0;       ///< a rename between two folders has the same in both
  };
  struct Node {
    bool folder = false;
    Bytes bytes, synced;
    std::vector<Write> unsynced;
    std::map<std::string, NodeId> entries, synced_entries;
    std::vector<Entry> unsynced_entries;
  };

  /// 0: go on; else the error with which the operation must fail.
  int enter(bool changes);
  [[nodiscard]] std::optional<std::string> inside(const fs::path& path) const;
  std::optional<NodeId> find(const fs::path& path) const;
  std::optional<NodeId> find_folder_of(const fs::path& path) const;
  void change_entry(NodeId folder, Entry entry);
  NodeId add(const fs::path& path, bool folder);
  void write(NodeId node, int64_t at, std::span<const uint8_t> data);
  void truncate(NodeId node, int64_t size);
  void sync(NodeId node);
  void sync_entries(NodeId folder);
  void remove(const fs::path& path);
  void rename(const fs::path& from, const fs::path& to);
  void restore(NodeId folder, const fs::path& to, Keeps keeps, Random& random) const;

  fs::path root_;
  mutable std::recursive_mutex mutex_;
  std::map<NodeId, Node> nodes_;
  NodeId next_node_ = 1;
  int64_t operations_ = 0, chances_ = 0, failures_ = 0;
  int64_t cut_at_ = INT64_MAX, fail_at_ = INT64_MAX;
  int error_ = 0;
  bool cut_ = false;
  std::unique_ptr<FileSystem> files_;
};

}  // namespace millwright::testing
