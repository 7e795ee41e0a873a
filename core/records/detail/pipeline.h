// The import's four threads: one reads and parses (the connector), one makes records (row builder), one makes columns,
// and the caller's writes the file. Bounded queues between them, so that memory does not follow the source.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/work.h"
#include "column_builder.h"
#include "records/connectors.h"
#include "records/ingest.h"
#include "row_builder.h"
#include "source_reader.h"
#include "store/batch_file.h"

namespace millwright::records::detail {

struct PipelineSetup {
  const ConnectorInfo* connector = nullptr;
  std::vector<std::pair<std::string, std::string>> options;
  Mapping mapping = Mapping::as_they_are;
  RowOptions rows;
  std::vector<KnownBatch> known;
  /// What the asset's schema and the caller want of a field.
  std::function<FieldWish(const std::string&)> wish;
  int64_t expected_rows = 0;
};

/// What came in; the file is written but for its head.
struct PipelineResult {
  RowCounts counts;
  std::vector<std::string> names;
  std::vector<store::BatchField> fields;
  store::Repeats repeats;
  Digest root{};
  Json about;
  std::vector<store::QuarantinedRow> first_quarantined;
};

[[nodiscard]] Result<PipelineResult> run_pipeline(const store::Project& project, SourceReader& source,
                                                  store::BatchWriter& writer, PipelineSetup setup, const Work& work);

}  // namespace millwright::records::detail
