// Drift of the later batch: over all arrivals, and over those of new sources alone, where it tells more.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/work.h"
#include "records/asset.h"
#include "store/project.h"

namespace millwright::planning::detail {

struct DemoDrift {
  std::string id;
  Json document;  ///< the report on all arrivals, with the keys of `drift`
  Json figures;   ///< what moved: all arrivals beside new sources
  std::vector<RecordRef> most_drifted;
};

/// `new_source`: by arrival of the later batch.
[[nodiscard]] Result<DemoDrift> demo_drift(store::Project& project, const records::Asset& asset, int64_t reference,
                                           int64_t later, const std::vector<bool>& new_source, const Work& work);

}  // namespace millwright::planning::detail
