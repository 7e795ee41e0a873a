// Where a training stands, whole, on disk: written beside the last one, synced, then renamed over it, so that whatever
// happens one of the two is there.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/encoder_model.h"

namespace millwright::engine {

struct Checkpoint {
  TrainingState state;
  std::vector<float> best;  ///< weights after the best epoch so far; empty when there was none
  Json position;            ///< everything else: epoch, step, curve, …
};

/// Into `folder`, which is made when missing. Errors: those of write_file_atomically(), "file.disk_full" among them.
[[nodiscard]] Status write_checkpoint(const std::filesystem::path& folder, const TrainingStateView& state,
                                      std::span<const float> best, const Json& position);
/// nullopt when there is none. What a killed writer left half done is removed. Error: bad_input "safetensors.invalid",
/// "train.bad_checkpoint".
[[nodiscard]] Result<std::optional<Checkpoint>> read_checkpoint(const std::filesystem::path& folder);

}  // namespace millwright::engine
