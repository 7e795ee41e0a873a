// The two files that the demo imports, whichever source they come from.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "planning/demo.h"
#include "records/ingest.h"

namespace millwright::planning::detail {

struct DemoFile {
  std::filesystem::path path;
  std::string name;  ///< shown as the batch's source: "bookworm (apt)"
};
struct DemoFiles {
  DemoSource used = DemoSource::generated;
  DemoFile reference, later;
  std::string connector;  ///< of both files
  records::Mapping mapping = records::Mapping::as_they_are;
  std::vector<std::string> passed_over;  ///< what would have been better and why it could not be had
};

/// Puts both files into `folder`. With DemoSource::automatic takes the first that works: release, security, generated.
[[nodiscard]] Result<DemoFiles> demo_files(const std::filesystem::path& folder, const DemoOptions& options,
                                           const Work& work);
[[nodiscard]] const char* name_of(DemoSource source);

}  // namespace millwright::planning::detail
