// Embeddings of records: computed by the engine as a job, kept by model and by what was read of a record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/work.h"
#include "jobs/foreman.h"
#include "jobs/queue.h"
#include "store/project.h"

namespace millwright::models {

struct EmbedRequest {
  std::string model = "latest";  ///< an encoder, as typed
  std::string asset;             ///< name; empty: the only one. Not looked at when there is a batch.
  std::string batch;             ///< as typed; empty: every batch of the asset
  std::string device = "auto";   ///< auto | cpu | cuda:N
};
/// Queues a job for the records that have no vector yet: those of the model's task's fields, else of the asset's text
/// field. Errors: usage "embed.no_encoder" (a linear model has no vectors), "embed.no_text"; refused "embed.done" when
/// every record has its vector already.
[[nodiscard]] Result<jobs::Job> start_embedding(store::Project& project, const EmbedRequest& request, const Work& work);

/// What a finished job has left.
struct EmbeddingResult {
  int64_t rows = 0;
  int64_t dimension = 0;
};
[[nodiscard]] Result<EmbeddingResult> embeddings_of_job(const store::Project& project, const jobs::Job& job);

/// Takes over what embedding jobs leave.
[[nodiscard]] Result<jobs::Commit> harvest_embedding(store::Project& project, const jobs::Job& job,
                                                     const jobs::JobFolder& folder, const jobs::JobResult& result);

}  // namespace millwright::models
