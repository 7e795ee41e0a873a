// Proof: a snapshot's rows give its id, and the facts it was made of give its rows again, byte for byte.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "snapshots/snapshot.h"
#include "store/project.h"

namespace millwright::snapshots {

struct VerifiedSnapshots {
  int64_t snapshots = 0;
  int64_t rows = 0;
  std::vector<std::string> problems;
};
/// Each snapshot: rows → Merkle root → id, counts and batches. `deep`: rebuilt from batches and labels too.
[[nodiscard]] Result<VerifiedSnapshots> verify_snapshots(const store::Project& project, bool deep,
                                                         const Work& work = {});

struct Rebuilt {
  bool identical = false;
  int64_t rows = 0;
  Digest root{};        ///< what the rebuild came to
  std::string differs;  ///< what does not match, where something does not
};
/// Builds a snapshot again from records, labels as they were then, and the split plan; compares every column and the
/// id.
[[nodiscard]] Result<Rebuilt> rebuild(const store::Project& project, const Snapshot& snapshot, const Work& work = {});

}  // namespace millwright::snapshots
