// Maintenance: one program has the project for itself for a while (an upgrade of the format, an erasure). Others finish
// what they are at and are then refused with store.in_maintenance. Who dies with the flag set does no harm: its lock is
// free then, or its lease runs out, and the next one takes over; whatever is done under the flag is one transaction.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/project.h"

namespace millwright::store {

class Maintenance {
 public:
  /// Sets the flag; `project` is the one connection that may write until it is gone. `what` is shown to others.
  /// Errors: store.in_maintenance (somebody else has it), store.locked, store.read_only.
  [[nodiscard]] static Result<Maintenance> begin(Project& project, std::string_view what,
                                                 std::chrono::milliseconds lease = std::chrono::minutes(10));
  /// Lets the lease run anew from now. Error store.in_maintenance: it ran out, and somebody took over.
  [[nodiscard]] Status renew();
  /// Takes the flag away. Done by the destructor otherwise.
  [[nodiscard]] Status end();
  /// Takes the flag away as a part of a transaction: nothing of it is left when that commits.
  [[nodiscard]] Status end_with(Transaction& transaction);

  Maintenance(Maintenance&& other) noexcept;
  Maintenance& operator=(Maintenance&& other) noexcept;
  ~Maintenance();

 private:
  Maintenance(Project& project, std::optional<FileLock> lock, std::chrono::milliseconds lease);
  Project* project_;
  std::optional<FileLock> lock_;
  std::chrono::milliseconds lease_;
};

}  // namespace millwright::store
