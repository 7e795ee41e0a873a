// Cross-validation: each row's label judged by a model that has not seen the row.
#pragma once

#include <stop_token>

#include "base/json.h"
#include "base/result.h"
#include "jobs/job_folder.h"

namespace millwright::engine {

/// Job "cross_validate". Reads inputs/rows.jsonl (engine/training_rows.h; every row in the split "train") and
/// inputs/folds.json, the fold of each row in their order: {"folds": [0, 4, …]}. A model is trained for each fold on
/// the others, with the algorithm, options and seed of the spec's body; an encoder begins from the model folder in
/// inputs/base/ where there is one. Its temperature is fitted to the fold itself, which is one number for hundreds of
/// rows and saves a second training. Leaves out_of_sample.jsonl, a line for each row in their order:
/// {"record","label","label_confidence","predicted","confidence","confident" (a label, or null),"fold"}
/// (statistics/confident_learning.h). Folds that are done are kept in folds/ (detail/fold_probabilities.h), and the one
/// in work has its checkpoint there: an engine that was killed goes on from them, with the same result to the bit.
/// An encoder's max_minutes is the time for all folds together. Errors: bad_input "folds.bad" and those of training.
[[nodiscard]] Result<Json> run_cross_validation(const jobs::JobFolder& folder, jobs::EventWriter& events,
                                                const std::stop_token& stop);

}  // namespace millwright::engine
