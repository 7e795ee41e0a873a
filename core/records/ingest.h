// Bringing a source in as a batch.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "records/asset.h"
#include "store/batch_file.h"
#include "store/project.h"

namespace millwright::records {

/// How rows of the source become rows of the batch.
enum class Mapping {
  as_they_are,
  /// A stanza of a Debian package index → package, source, section, description (first line), installed_size,
  /// priority, architecture, dependencies (their number), maintainer_domain, tags.
  debian_package,
};

struct ImportRequest {
  std::string source;       ///< a file's path, or "-" for standard input
  std::string source_name;  ///< shown and kept instead of the path where it is not empty
  std::string asset;        ///< made when there is none of that name; empty: the only one, or one named like the file
  std::string connector;    ///< empty: from the content
  std::vector<std::pair<std::string, std::string>> options;  ///< for the connector
  Roles roles;
  std::vector<std::pair<std::string, FieldType>> types;  ///< declared
  std::string split;                                     ///< "train", "validation", "test" or empty
  int64_t limit = 0;                                     ///< rows at most; 0: all
  Mapping mapping = Mapping::as_they_are;
  bool dry_run = false;  ///< everything but publishing
};

struct ImportReport {
  int64_t batch = 0;  ///< row of the catalogue; 0 after a dry run
  Uuid batch_uuid;
  Asset asset;                 ///< id 0 where a dry run would make it
  bool already_there = false;  ///< this source was imported before: nothing was done, `batch` is that batch
  std::string connector;
  Json about;  ///< what the connector found out
  int64_t rows_read = 0;
  int64_t rows_kept = 0;
  int64_t rows_duplicate = 0;     ///< identical in every field, already there
  int64_t rows_same_content = 0;  ///< kept, but the content fields were there before
  int64_t rows_quarantined = 0;
  int64_t bytes = 0;
  double seconds = 0;
  std::vector<store::BatchField> fields;
  std::string schema_change;                             ///< "", "first", "added", "widened", "breaking", "declared"
  std::vector<store::QuarantinedRow> first_quarantined;  ///< up to 20, for a dry run
};

/// Errors: import.no_rows (bad_input), import.unknown_field, import.unknown_format …, store.*, cancelled. Nothing is
/// published then. Memory does not grow with the source but for 16 bytes and some for each row.
[[nodiscard]] Result<ImportReport> import_source(store::Project& project, const ImportRequest& request,
                                                 const Work& work);
/// The keys of `import --json`.
[[nodiscard]] Json to_json(const ImportReport& report);

}  // namespace millwright::records
