#include "simulated_disk.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>

#include "watched_vfs.h"

namespace millwright::testing {

/// base's FileSystem on the real one, with every change told to the model.
class WatchedFiles final : public FileSystem {
 public:
  explicit WatchedFiles(SimulatedDisk& disk) : disk_(disk) {}

  int open(const fs::path& path, int flags, unsigned mode) override {
    const std::lock_guard lock(disk_.mutex_);
    const bool watched = disk_.inside(path).has_value();
    const bool is_new = watched && (flags & O_CREAT) != 0 && !disk_.find(path);
    if (is_new)
      if (const int error = disk_.enter(true); error != 0) return -error;
    const int fd = posix_file_system().open(path, flags, mode);
    if (fd < 0 || !watched) return fd;
    auto node = disk_.find(path);
    if (!node && is_new) node = disk_.add(path, false);
    if (!node) return fd;
    if ((flags & O_TRUNC) != 0) disk_.truncate(*node, 0);
    const auto size = static_cast<int64_t>(disk_.nodes_.at(*node).bytes.size());
    open_[fd] = {*node, (flags & O_APPEND) != 0 ? size : 0};
    return fd;
  }
  int write(int fd, std::span<const uint8_t> data) override {
    const std::lock_guard lock(disk_.mutex_);
    const auto it = open_.find(fd);
    if (it == open_.end()) return posix_file_system().write(fd, data);
    if (const int error = disk_.enter(true); error != 0) return -error;
    const int result = posix_file_system().write(fd, data);
    if (result == 0) {
      disk_.write(it->second.node, it->second.position, data);
      it->second.position += static_cast<int64_t>(data.size());
    }
    return result;
  }
  int sync(int fd) override {
    const std::lock_guard lock(disk_.mutex_);
    const auto it = open_.find(fd);
    if (it == open_.end()) return 0;
    if (const int error = disk_.enter(true); error != 0) return -error;
    disk_.sync(it->second.node);
    return 0;
  }
  int close(int fd) override {
    const std::lock_guard lock(disk_.mutex_);
    open_.erase(fd);
    return posix_file_system().close(fd);
  }
  int rename(const fs::path& from, const fs::path& to) override {
    const std::lock_guard lock(disk_.mutex_);
    if (const int error = disk_.enter(true); error != 0) return -error;
    const int result = posix_file_system().rename(from, to);
    if (result == 0) disk_.rename(from, to);
    return result;
  }
  int remove(const fs::path& path) override {
    const std::lock_guard lock(disk_.mutex_);
    if (const int error = disk_.enter(true); error != 0) return -error;
    const int result = posix_file_system().remove(path);
    if (result == 0) disk_.remove(path);
    return result;
  }
  int make_folder(const fs::path& path) override {
    const std::lock_guard lock(disk_.mutex_);
    if (const int error = disk_.enter(true); error != 0) return -error;
    const int result = posix_file_system().make_folder(path);
    if (result == 0 && disk_.inside(path)) disk_.add(path, true);
    return result;
  }
  int sync_folder(const fs::path& path) override {
    const std::lock_guard lock(disk_.mutex_);
    if (const int error = disk_.enter(true); error != 0) return -error;
    if (!fs::is_directory(path)) return -ENOENT;
    if (const auto node = disk_.find(path)) disk_.sync_entries(*node);
    return 0;
  }

 private:
  struct Open {
    int64_t node;
    int64_t position;
  };
  SimulatedDisk& disk_;
  std::map<int, Open> open_;
};

SimulatedDisk::SimulatedDisk(fs::path root) : root_(fs::canonical(root)) {
  nodes_[next_node_++].folder = true;
  files_ = std::make_unique<WatchedFiles>(*this);
  set_file_system(files_.get());
  install_watched_vfs(this);
}
SimulatedDisk::~SimulatedDisk() {
  install_watched_vfs(nullptr);
  set_file_system(nullptr);
}

int64_t SimulatedDisk::operations() const { return operations_; }
int64_t SimulatedDisk::chances() const { return chances_; }
int64_t SimulatedDisk::failures() const { return failures_; }
bool SimulatedDisk::power_is_cut() const { return cut_; }
void SimulatedDisk::cut_power_at(int64_t operation) { cut_at_ = operation; }
void SimulatedDisk::fail_at(int64_t operation, int error) {
  fail_at_ = operation;
  error_ = error;
}

int SimulatedDisk::enter(bool changes) {
  const std::lock_guard lock(mutex_);
  if (cut_) return EIO;
  if (changes && ++operations_ >= cut_at_) {
    cut_ = true;
    return EIO;
  }
  if (++chances_ == fail_at_) {
    ++failures_;
    return error_;
  }
  return 0;
}

// --- the model
// ----------------------------------------------------------------------------------------------------------

std::optional<std::string> SimulatedDisk::inside(const fs::path& path) const {
  const std::string text = fs::absolute(path).lexically_normal().string(), root = root_.string();
  if (text == root) return std::string();
  if (!text.starts_with(root + "/")) return std::nullopt;
  std::string rest = text.substr(root.size() + 1);
  if (rest.ends_with('/')) rest.pop_back();
  return rest;
}

std::optional<SimulatedDisk::NodeId> SimulatedDisk::find(const fs::path& path) const {
  const auto rest = inside(path);
  if (!rest) return std::nullopt;
  NodeId at = 1;
  for (const fs::path& part : fs::path(*rest)) {
    const auto& entries = nodes_.at(at).entries;
    const auto it = entries.find(part.string());
    if (it == entries.end()) return std::nullopt;
    at = it->second;
  }
  return at;
}

std::optional<SimulatedDisk::NodeId> SimulatedDisk::find_folder_of(const fs::path& path) const {
  return find(fs::absolute(path).lexically_normal().parent_path());
}

void SimulatedDisk::change_entry(NodeId folder, Entry entry) {
  Node& node = nodes_.at(folder);
  if (entry.node)
    node.entries[entry.name] = *entry.node;
  else
    node.entries.erase(entry.name);
  node.unsynced_entries.push_back(std::move(entry));
}

SimulatedDisk::NodeId SimulatedDisk::add(const fs::path& path, bool folder) {
  const NodeId id = next_node_++;
  nodes_[id].folder = folder;
  if (const auto parent = find_folder_of(path)) change_entry(*parent, {path.filename().string(), id, operations_});
  return id;
}

void SimulatedDisk::write(NodeId id, int64_t at, std::span<const uint8_t> data) {
  Node& node = nodes_.at(id);
  const auto end = static_cast<size_t>(at) + data.size();
  if (node.bytes.size() < end) node.bytes.resize(end);
  std::copy(data.begin(), data.end(), node.bytes.begin() + at);
  node.unsynced.push_back({at, Bytes(data.begin(), data.end()), false});
}

void SimulatedDisk::truncate(NodeId id, int64_t size) {
  Node& node = nodes_.at(id);
  node.bytes.resize(static_cast<size_t>(size));
  node.unsynced.push_back({size, {}, true});
}

void SimulatedDisk::sync(NodeId id) {
  Node& node = nodes_.at(id);
  if (node.unsynced.empty()) return;
  node.synced = node.bytes;
  node.unsynced.clear();
}

void SimulatedDisk::sync_entries(NodeId folder) {
  Node& node = nodes_.at(folder);
  std::set<int64_t> done;
  for (const Entry& entry : node.unsynced_entries) done.insert(entry.operation);
  node.synced_entries = node.entries;
  node.unsynced_entries.clear();
  // A rename is one change of the file system, also between two folders: the other half goes with it.
  for (auto& [id, other] : nodes_) {
    if (!other.folder) continue;
    std::erase_if(other.unsynced_entries, [&](const Entry& entry) {
      if (!done.contains(entry.operation)) return false;
      if (entry.node)
        other.synced_entries[entry.name] = *entry.node;
      else
        other.synced_entries.erase(entry.name);
      return true;
    });
  }
}

void SimulatedDisk::remove(const fs::path& path) {
  const auto parent = find_folder_of(path);
  if (parent && find(path)) change_entry(*parent, {path.filename().string(), std::nullopt, operations_});
}

void SimulatedDisk::rename(const fs::path& from, const fs::path& to) {
  const auto node = find(from);
  const auto source = find_folder_of(from), target = find_folder_of(to);
  if (!node || !source || !target) return;
  change_entry(*source, {from.filename().string(), std::nullopt, operations_});
  change_entry(*target, {to.filename().string(), *node, operations_});
}

// --- when the power comes back
// --------------------------------------------------------------------------------------------

void SimulatedDisk::after_power_cut(const fs::path& folder, Keeps keeps, Random& random) const {
  fs::remove_all(folder);
  fs::create_directories(folder);
  restore(1, folder, keeps, random);
}

void SimulatedDisk::restore(NodeId id, const fs::path& to, Keeps keeps, Random& random) const {
  const Node& node = nodes_.at(id);
  if (node.folder) {
    std::map<std::string, NodeId> entries = keeps == Keeps::everything ? node.entries : node.synced_entries;
    if (keeps == Keeps::something && !node.unsynced_entries.empty()) {
      // File systems that keep a journal of folders lose the newest changes, not arbitrary ones; both halves of a
      // rename share a number, and the last one kept is never between them.
      size_t kept = random.below(node.unsynced_entries.size() + 1);
      while (kept > 0 && kept < node.unsynced_entries.size() &&
             node.unsynced_entries[kept - 1].operation == node.unsynced_entries[kept].operation)
        ++kept;
      for (size_t i = 0; i < kept; ++i) {
        const Entry& entry = node.unsynced_entries[i];
        if (entry.node)
          entries[entry.name] = *entry.node;
        else
          entries.erase(entry.name);
      }
    }
    for (const auto& [name, child] : entries) {
      if (nodes_.at(child).folder) fs::create_directory(to / name);
      restore(child, to / name, keeps, random);
    }
    return;
  }
  Bytes bytes = keeps == Keeps::everything ? node.bytes : node.synced;
  if (keeps == Keeps::something) {
    constexpr size_t kSector = 512;
    for (const Write& write : node.unsynced) {
      if (random.below(2) == 0) continue;
      if (write.truncate) {
        bytes.resize(static_cast<size_t>(write.at));
        continue;
      }
      size_t length = write.data.size();
      if (random.below(4) == 0) length = random.below(length / kSector + 1) * kSector;  // torn between two sectors
      const auto end = static_cast<size_t>(write.at) + length;
      if (bytes.size() < end) bytes.resize(end);
      std::copy_n(write.data.begin(), length, bytes.begin() + write.at);
    }
  }
  std::ofstream(to, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace millwright::testing
