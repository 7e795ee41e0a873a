// Is everything there that was saved, and is it what was saved? The store checks what it knows: the database, the audit
// chain, files and blobs. What rows mean is for the rooms below: each offers checks of its own, and whoever calls hands
// them over in one list.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "store/project.h"

namespace millwright::store {

struct VerifyOptions {
  bool deep = false;  ///< also read every file and blob and compare hashes and Merkle roots
  std::string head;   ///< a head of the audit trail, printed earlier, that must be in it; empty: none
};

struct VerifyReport {
  std::map<std::string, int64_t> checked;  ///< what was looked at: "audit_entries", "files", "blobs", …
  int64_t erased = 0;                      ///< leaves whose payload was erased: as it should be
  std::vector<Error> problems;
  [[nodiscard]] bool ok() const { return problems.empty(); }
  /// Notes a problem: code, English text with {names}, arguments.
  void add(std::string code, std::string text, Arguments arguments = {}, std::string hint = {});
};

/// A room's own check. Adds counts and problems to the report; an error is for what kept it from looking at all.
using VerifyCheck = std::function<Status(const Project&, const VerifyOptions&, VerifyReport&, const Work&)>;

/// Runs the store's checks and then `checks`. Stops with kind cancelled when asked to.
[[nodiscard]] Result<VerifyReport> verify(const Project& project, const VerifyOptions& options,
                                          const std::vector<VerifyCheck>& checks = {}, const Work& work = {});

}  // namespace millwright::store
