// What embedding jobs leave in blobs/: a table of vectors, and whose they are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "base/safetensors.h"
#include "models/registry.h"
#include "records/asset.h"
#include "store/project.h"

namespace millwright::models::detail {

/// Raised when a text is made of its fields in another way: vectors of the old way are then not found any more.
inline constexpr int64_t kPreprocessing = 1;

/// What is read of a record: the task's fields where the model has one for this asset, else the asset's text field.
/// Error: usage "embed.no_text".
[[nodiscard]] Result<std::vector<std::string>> fields_to_read(const store::Project& project, const Model& model,
                                                              const records::Asset& asset);

/// The tensors of a file, checked against each other.
struct VectorFile {
  SafetensorsFile file;
  const TensorView* values;      ///< rows × dimension, F32; need not be aligned
  std::vector<int64_t> records;  ///< batch, ordinal, batch, ordinal, …
  [[nodiscard]] int64_t rows() const { return static_cast<int64_t>(records.size() / 2); }
  [[nodiscard]] int64_t dimension() const { return static_cast<int64_t>(values->shape[1]); }
};
/// Error: bad_input "embed.damaged_result", "safetensors.invalid".
[[nodiscard]] Result<VectorFile> open_vectors(const fs::path& path);
[[nodiscard]] tl::unexpected<Error> damaged_vectors(std::string reason);

}  // namespace millwright::models::detail
