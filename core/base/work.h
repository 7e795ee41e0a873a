// Long work: how far it is, and whether somebody wants it to stop.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

namespace millwright {

struct Progress {
  std::string phase;  ///< a code: "read", "publish", "train"
  int64_t done = 0;   ///< in `unit`s
  int64_t total = 0;  ///< 0: not known
  std::string unit;   ///< "bytes", "rows", "epochs"
};

/// What a long use case is handed. Both parts may be empty.
struct Work {
  std::function<void(const Progress&)> progress;
  std::stop_token stop;
  void report(const Progress& p) const {
    if (progress) progress(p);
  }
  [[nodiscard]] bool stopped() const { return stop.stop_requested(); }
};

/// Who does something, and on which machine: on every fact.
struct Actor {
  std::string name;
  std::string device;  ///< stable id of this installation, see this_device()
};

/// A random id of this user's installation, kept under the user's state folder; made at first use.
[[nodiscard]] std::string this_device();
/// The login name of who runs the program.
[[nodiscard]] std::string user_name();

}  // namespace millwright
