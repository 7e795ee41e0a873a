// A training job of an encoder: rows and, perhaps, a model folder in; model folder, predictions and figures out.
#pragma once

#include <stop_token>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "engine/ranks.h"
#include "jobs/job_folder.h"

namespace millwright::engine {

/// What run_job() calls for the algorithm "encoder". Inputs: inputs/rows.jsonl and, to begin from trained weights, a
/// model folder in inputs/base/. The spec's body: "options", "seed", "device" (auto, cpu, cuda:N), "micro_schedule" of
/// a run that is to be repeated. Leaves model/, predictions.jsonl, checkpoint/. The outputs are those of the linear job
/// and, in "training", how it went.
/// With several ranks all train; the first one alone evaluates and writes.
[[nodiscard]] Result<Json> run_encoder_training(const jobs::JobFolder& folder, const Ranks& ranks,
                                                jobs::EventWriter& events, const std::stop_token& stop);

/// The device that a job's spec asks for, "auto" resolved: "cpu" or "cuda:N", of several ranks each its own. Errors:
/// job "engine.no_torch"; usage "engine.no_device", "engine.bad_device".
[[nodiscard]] Result<std::string> device_of(const jobs::JobSpec& spec, const Ranks& ranks = {});

}  // namespace millwright::engine
