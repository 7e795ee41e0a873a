// Vectors of an asset's records by one encoder, as embedding jobs left them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "models/registry.h"
#include "records/asset.h"
#include "store/project.h"

namespace millwright::models {

/// The files are mapped where they lie: what is held in memory is 32 bytes a record, to find its row. Immutable, so
/// that threads may share it.
class RecordVectors {
 public:
  /// By the encoder that computed vectors of this asset last; nullopt: none has. Batches that it has not seen have
  /// none, and those that were dropped none any more. Error: store "store.damaged".
  [[nodiscard]] static Result<std::optional<RecordVectors>> newest(const store::Project& project,
                                                                   const records::Asset& asset);
  /// By this model; of the asset's fields that start_embedding() would choose for it. It may have none.
  [[nodiscard]] static Result<RecordVectors> of_model(const store::Project& project, const Model& model,
                                                      const records::Asset& asset);
  RecordVectors(RecordVectors&&) noexcept;
  RecordVectors& operator=(RecordVectors&&) noexcept;
  ~RecordVectors();

  [[nodiscard]] const Model& model() const;
  [[nodiscard]] int64_t size() const;
  [[nodiscard]] int64_t dimension() const;
  /// Whose vectors these are, ascending.
  [[nodiscard]] std::vector<RecordRef> records() const;
  [[nodiscard]] bool has(const RecordRef& record) const;
  /// Copies a record's vector into `out`, dimension() places; false when it has none.
  [[nodiscard]] bool copy(const RecordRef& record, std::span<float> out) const;

 private:
  struct State;
  explicit RecordVectors(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millwright::models
