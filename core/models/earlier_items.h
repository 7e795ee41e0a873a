// Labeled records like the one in front of a person: by the embeddings that an encoder gave them, where there are any,
// else by their words.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/work.h"
#include "labels/similar.h"
#include "models/neighbours.h"
#include "store/project.h"

namespace millwright::models {

/// The labeled records of a task, with their words and the vectors of the encoder that computed some last. Immutable,
/// so that threads may share it; build another when labels or vectors have come.
class EarlierItems {
 public:
  /// Every query looks at all vectors: labels come one by one, and making cells anew after each would cost more. Where
  /// they take too much memory words are used. Errors: cancelled, store.
  [[nodiscard]] static Result<EarlierItems> build(const store::Project& project, int64_t task, const Work& work = {});

  struct Answer {
    std::vector<labels::Similar> items;  ///< most alike first; the record itself is left out
    bool by_embedding = false;           ///< else by words
    int64_t among = 0;                   ///< labeled records that were compared
  };
  /// By words, too, where this record has no vector (it came in later).
  [[nodiscard]] Result<Answer> like(std::string_view text, const RecordRef& self, int limit) const;
  /// What the encoder is called; empty: no labeled record has a vector.
  [[nodiscard]] std::string model() const;

 private:
  EarlierItems(labels::SimilarItems words, std::optional<Neighbours> vectors)
      : words_(std::move(words)), vectors_(std::move(vectors)) {}
  labels::SimilarItems words_;
  std::optional<Neighbours> vectors_;
};

}  // namespace millwright::models
