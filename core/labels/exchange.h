// Labels out and in again. Events keep their ids, so that an import of an export changes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "base/work.h"
#include "labels/from_field.h"
#include "store/project.h"

namespace millwright::labels {

enum class Format { jsonl, csv, label_studio };
/// "jsonl", "csv", "label-studio".
[[nodiscard]] std::optional<Format> format_from(std::string_view text);

struct ExportRequest {
  int64_t task = 0;
  Format format = Format::jsonl;
  bool current = false;  ///< only the newest confirmed label of each person for each record
};
/// Streams text to `write`, which may stop it by returning false. Keys and columns: event, record, label, by, device,
/// time, seconds, schema_version, guide_version, status; where there is one also note and undoes.
[[nodiscard]] Status export_labels(const store::Project& project, const ExportRequest& request,
                                   const std::function<bool(std::string_view)>& write, const Work& work = {});

struct ImportRequest {
  int64_t task = 0;
  Format format = Format::jsonl;
  std::optional<std::string> by;  ///< whose labels rows without an event are; without it those are suggestions
};
/// Events already there change nothing; rows without an event id become bulk labels (of `by`) or suggestions. Rows that
/// name an unknown label or record are rejected with a reason.
[[nodiscard]] Result<BulkLabels> import_labels(store::Project& project, const ImportRequest& request,
                                               const fs::path& file, const Work& work = {});

}  // namespace millwright::labels
