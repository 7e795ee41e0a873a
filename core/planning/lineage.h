// Lineage both ways: model → run → snapshot → batch → record → label → guide version, and back; and from a run or a
// cross-validation to the model that it started from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "store/project.h"

namespace millwright::planning {

struct LineageNode {
  std::string id;     ///< as people type it; of a guide version "TASK guide 3"
  std::string kind;   ///< model | run | cross_validation | snapshot | batch | record | label | guide
  std::string title;  ///< a name, source or label
  int64_t time_ms = 0;
  bool asked = false;  ///< what was asked about
};

/// `from` was made of, or with, `to`.
struct LineageEdge {
  std::string from;
  std::string to;
  std::string kind;  ///< made_by | started_from | trained_on | judged | holds | came_in | labeled | made_under
  int64_t rows = 0;  ///< rows that it stands for, where it stands for some
};

struct Lineage {
  std::vector<LineageNode> nodes;
  std::vector<LineageEdge> edges;
};

/// What a model, run, cross-validation, snapshot, batch or record was made of, and what was made of it. Records are
/// named only where one was asked about; elsewhere edges carry their number. Errors: bad_input "store.no_such_id",
/// "store.ambiguous_id".
[[nodiscard]] Result<Lineage> lineage(const store::Project& project, std::string_view id);
/// The keys of `lineage --json`.
[[nodiscard]] Json to_json(const Lineage& lineage);

}  // namespace millwright::planning
