// Are the labels what the audit trail says they were?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "store/project.h"

namespace millwright::labels {

struct VerifiedLabels {
  int64_t annotations = 0;
  int64_t label_files = 0;
  int64_t queues = 0;
  std::vector<std::string> problems;
};
/// Every act's digest is in the audit trail; every label file's rows give its Merkle root; every queue's counters are
/// what its items say.
[[nodiscard]] Result<VerifiedLabels> verify_labels(const store::Project& project, const Work& work = {});

}  // namespace millwright::labels
