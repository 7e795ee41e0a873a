// Embeddings of texts: rows and a model folder in, a table of vectors out.
#pragma once

#include <stop_token>

#include "base/json.h"
#include "base/result.h"
#include "jobs/job_folder.h"

namespace millwright::engine {

/// What run_job() calls for the kind "embed". Inputs: inputs/rows.jsonl, one object a line with "record"
/// (BATCH-ORDINAL) and "text", and the model folder inputs/base/. A text's vector is the mean over its tokens' last
/// hidden states, cut to the model's longest text. Leaves embeddings.safetensors with "embeddings" (F32, rows × hidden)
/// and "record" (I64, rows × 2: batch, ordinal), in the order of the rows. Outputs: "file", "rows", "dimension",
/// "device", "seconds". Errors: cancelled; bad_input "embed.bad_row" and those of the model's files; job
/// "train.out_of_memory", "engine.torch".
[[nodiscard]] Result<Json> run_embedding(const jobs::JobFolder& folder, jobs::EventWriter& events,
                                         const std::stop_token& stop);

}  // namespace millwright::engine
