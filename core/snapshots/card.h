// The data card of a snapshot: what is in it, where it comes from, what the gate said and who overrode it.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "snapshots/snapshot.h"
#include "store/project.h"

namespace millwright::snapshots {

struct DataCard {
  Json json;  ///< snapshot, root, task, time, by, rows, conflicts, unlabeled, classes, split, batches, fields, schema,
              ///< guide_version, gate {verdict, checks, overrides}, program, audit_head
  std::string markdown;
};
[[nodiscard]] Result<DataCard> data_card(const store::Project& project, const Snapshot& snapshot);

}  // namespace millwright::snapshots
