// The small transaction that makes a written batch part of the project.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline.h"
#include "records/ingest.h"

namespace millwright::records::detail {

struct Publication {
  std::string asset_name;
  std::optional<Asset> asset;  ///< as it was when the import began
  std::vector<int64_t> known;  ///< its batches then
  const ImportRequest& request;
  std::string connector;
  Digest source{};
  int64_t source_bytes = 0;
};

struct Published {
  int64_t batch = 0;
  Uuid uuid;
  int64_t asset = 0;
  std::string schema_change;
  bool already_there = false;  ///< somebody imported the same source meanwhile: `batch` is theirs
  bool outdated = false;       ///< the asset is not as it was when the import began; nothing was published
};

[[nodiscard]] Result<std::optional<int64_t>> batch_of_source(const store::Database& db, int64_t asset,
                                                             const Digest& source);
/// The asset as it will be.
[[nodiscard]] Asset asset_after(const Publication& publication, const PipelineResult& result);
/// "" where the schema stays.
[[nodiscard]] std::string schema_change_of(const Publication& publication, const PipelineResult& result);
[[nodiscard]] Result<Published> publish_batch(store::Project& project, store::BatchWriter& writer,
                                              const Publication& publication, const PipelineResult& result);

}  // namespace millwright::records::detail
