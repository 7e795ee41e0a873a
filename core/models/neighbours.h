// Nearest neighbours of records: those whose embeddings point the same way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/work.h"
#include "models/record_vectors.h"
#include "store/project.h"

namespace millwright::models {

struct NeighbourLimits {
  /// Up to so many records each query looks at all of them: at 384 numbers some 50 ms for one record on one core. Among
  /// more it looks at the sixteenth of them whose cells lie nearest (inverted lists over k-means cells, Jégou et al.
  /// 2011): on clustered vectors it finds at least 95 of 100 of the ten nearest; vectors without any structure find
  /// fewer.
  int64_t exact_up_to = 100'000;
  /// Memory that the index may take while it is made.
  int64_t most_bytes = int64_t{4} << 30;
};

struct Neighbour {
  RecordRef record;
  size_t place = 0;       ///< in what was searched among
  double similarity = 0;  ///< cosine, −1 to 1
};

/// An index in memory (FAISS) over the vectors of some records. Immutable, so that threads may share it. It is never
/// written to a disk: a file of an index would have to be trusted, and making it anew takes seconds.
class Neighbours {
 public:
  /// Over those of `among` that have a vector which points anywhere: one of zeros or of numbers that are none has no
  /// neighbours. Errors: cancelled; refused "neighbours.memory".
  [[nodiscard]] static Result<Neighbours> build(std::shared_ptr<const RecordVectors> vectors,
                                                std::span<const RecordRef> among, const NeighbourLimits& limits = {},
                                                const Work& work = {});
  Neighbours(Neighbours&&) noexcept;
  Neighbours& operator=(Neighbours&&) noexcept;
  ~Neighbours();

  [[nodiscard]] const RecordVectors& vectors() const;
  [[nodiscard]] int64_t size() const;
  /// Whether a query looks at every record.
  [[nodiscard]] bool exact() const;
  /// The k nearest of each of `records`, nearest first, itself left out; equal ones in the order of records. Empty for
  /// a record without a vector.
  [[nodiscard]] Result<std::vector<std::vector<Neighbour>>> of(std::span<const RecordRef> records, int k) const;

 private:
  struct State;
  explicit Neighbours(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct NeighboursRequest {
  std::string asset;                 ///< name; empty: the only one
  std::string model;                 ///< an encoder, as typed; empty: the one that computed vectors of the asset last
  std::vector<std::string> records;  ///< as typed; empty: every record that has a vector
  int count = 10;                    ///< of each
  bool exact = false;                ///< look at all records, however many there are
};
struct FoundNeighbours {
  std::string record;  ///< TAIL-ORDINAL
  std::vector<std::pair<std::string, double>> neighbours;
};
/// Among all records of the asset that have a vector. `each` returns false to stop; a record without a vector has an
/// empty list. What is answered: the model whose vectors these are. Errors: bad_input "neighbours.none" (no record of
/// the asset has a vector), usage "neighbours.count", and those of Neighbours::build().
[[nodiscard]] Result<Model> find_neighbours(const store::Project& project, const NeighboursRequest& request,
                                            const std::function<bool(const FoundNeighbours&)>& each, const Work& work);

}  // namespace millwright::models
