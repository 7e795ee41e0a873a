// Drift of the later batch: over all arrivals, and over those of new sources alone, where it tells more.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/work.h"
#include "monitoring/drift.h"
#include "store/project.h"

namespace millwright::planning::detail {

struct DemoDrift {
  std::string id;              ///< of the report on all arrivals
  std::string new_sources_id;  ///< of that on new sources alone; empty where there are none
  Json document;               ///< the report on all arrivals, with the keys of `drift`
  Json figures;                ///< what moved: all arrivals beside new sources
  std::vector<RecordRef> most_drifted;
};

struct DemoWindows {
  records::Window reference, later;
  std::string group;              ///< the field whose values are sources
  std::vector<int64_t> new_rows;  ///< places of the later window's rows of new sources, ascending
};
[[nodiscard]] Result<DemoDrift> demo_drift(store::Project& project, const DemoWindows& windows, const Work& work);

}  // namespace millwright::planning::detail
