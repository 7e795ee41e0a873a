// A where expression over the typed columns of one batch.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "store/batch_file.h"
#include "where_tree.h"

namespace millwright::records::detail {

/// Truth of one row: false, true, or unknown where a missing value was compared.
enum class Truth : uint8_t { no = 0, yes = 1, unknown = 2 };

/// An expression bound to the fields of one batch: literals read as the fields' types, dictionaries looked through
/// once. Used by many threads at once.
class BoundWhere {
 public:
  /// Errors (usage): where.type. A field that the batch lacks is missing everywhere.
  [[nodiscard]] static Result<BoundWhere> bind(const Where& where, const store::BatchFile& file);
  /// Truth of each row of a chunk.
  [[nodiscard]] Result<std::vector<Truth>> evaluate(int64_t chunk) const;

  struct Leaf;

 private:
  struct Loaded;
  Result<size_t> bind_node(const WhereNode& node, const store::BatchFile& file);
  Result<std::vector<Truth>> evaluate_node(size_t node, int64_t chunk, Loaded& loaded) const;
  struct Node {
    WhereNode::Kind kind = WhereNode::Kind::both;
    size_t left = 0, right = 0;
    std::shared_ptr<const Leaf> leaf;
  };
  const store::BatchFile* file_ = nullptr;
  std::vector<Node> nodes_;
  size_t root_ = 0;
};

}  // namespace millwright::records::detail
