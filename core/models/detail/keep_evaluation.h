// Keeping an evaluation: a facts file with each row's prediction, and a row of table evaluation.
#pragma once

#include <vector>

#include "models/evaluation.h"
#include "store/facts_file.h"
#include "store/project.h"

namespace millwright::models::detail {

/// Writes the rows, whose labels index `labels`, as a facts file, not yet published.
[[nodiscard]] Result<store::WrittenFile> write_judged(store::Project& project, const Evaluation& evaluation,
                                                      const std::vector<std::string>& labels,
                                                      const std::vector<Judged>& rows);
/// Figures of rows whose labels, of this kind, index `labels`.
[[nodiscard]] Result<Evaluation> judge_kind(labels::TaskKind kind, const std::vector<std::string>& labels,
                                            const std::vector<Judged>& rows);
/// Publishes file and figures; `model` is the row of table model. Returns the evaluation's row.
[[nodiscard]] Result<int64_t> enter_evaluation(store::Transaction& transaction, int64_t model,
                                               const Evaluation& evaluation, const store::WrittenFile& file);

}  // namespace millwright::models::detail
