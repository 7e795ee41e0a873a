// A snapshot as files that others read: JSON Lines, CSV, or a folder that Hugging Face datasets load.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/work.h"
#include "snapshots/snapshot.h"
#include "store/project.h"

namespace millwright::snapshots {

enum class ExportFormat { jsonl, csv, hf };
[[nodiscard]] std::optional<ExportFormat> export_format_from(std::string_view text);

struct ExportedFile {
  std::string path;
  int64_t rows = 0;  ///< 0 for cards
  Digest sha256{};
};
/// One file for each split that has rows, and the data card. Each row: `_id`, the record's fields as they came, `label`
/// (`_label` where a field has that name already). The same snapshot gives the same bytes. A file of the same
/// name is replaced whole. Errors: file.*
[[nodiscard]] Result<std::vector<ExportedFile>> export_snapshot(const store::Project& project, const Snapshot& snapshot,
                                                                ExportFormat format, const fs::path& folder,
                                                                const Work& work = {});

}  // namespace millwright::snapshots
