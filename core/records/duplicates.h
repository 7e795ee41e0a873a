// Exact duplicates: records that arrived again, and records that say the same in their content fields.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "records/window.h"
#include "store/project.h"

namespace millwright::records {

/// Records with the same content, in order; two at least.
using ContentGroup = std::vector<RecordRef>;

/// Groups of the records of a window's batches, in the order of their first records. `limit` 0: all.
[[nodiscard]] Result<std::vector<ContentGroup>> same_content_groups(const store::Project& project, const Window& window,
                                                                    int64_t limit = 0);

struct DuplicateCounts {
  int64_t arrivals = 0;
  int64_t records = 0;
  int64_t repeated_arrivals = 0;     ///< arrivals of a record that had arrived before
  int64_t same_content_records = 0;  ///< records whose content an earlier one of the window has
};
[[nodiscard]] Result<DuplicateCounts> count_duplicates(const store::Project& project, const Window& window);

}  // namespace millwright::records
