// The demo: Debian packages filed in their section by name and one-line description. Turns the loop once, on real data.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "store/project.h"

namespace millwright::planning {

enum class DemoSource {
  automatic,  ///< release, else security, else generated
  release,    ///< this release's package index, then the next release's, fetched and checked by apt
  security,   ///< this release's index, then its security suite's, whose lists are there
  generated,  ///< a seeded generator; needs nothing
};

struct DemoStep {
  std::string name;
  double seconds = 0;
  Json result;
};

struct DemoReport {
  std::vector<DemoStep> steps;
  Json ids;      ///< asset, batches, task, snapshot, job, run, model, drift, queue
  Json figures;  ///< the closing screenful, by key
};

struct DemoOptions {
  DemoSource source = DemoSource::automatic;
  int64_t limit = 0;  ///< rows of each batch at most; 0: all
};

/// The project must be open for writing; a project where the demo ran already goes on where it is and makes nothing
/// twice.
[[nodiscard]] Result<DemoReport> run_demo(store::Project& project, const DemoOptions& options, const Work& work);

}  // namespace millwright::planning
