// From cells to typed columns, chunk by chunk. A field's type is what all its values so far fit; a value that does not
// fit widens it, and chunks written before are brought to the final type at the end, from what is in the batch file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source_batch.h"
#include "statistics/summary.h"
#include "store/batch_file.h"

namespace millwright::records::detail {

/// Arrivals of one source batch: which of its rows, and its columns by place in the field list.
struct Arrivals {
  std::shared_ptr<SourceBatch> batch;
  std::shared_ptr<const std::vector<const CellColumn*>> columns;
  std::shared_ptr<const std::vector<std::string>> names;  ///< the field list by then
  std::shared_ptr<const std::vector<int32_t>> rows;       ///< nullptr: all
  int64_t begin = 0, end = 0;                             ///< part of `rows`
  [[nodiscard]] int64_t row(int64_t i) const { return rows ? (*rows)[static_cast<size_t>(i)] : i; }
};

/// The arrivals of one chunk.
struct ChunkInput {
  std::vector<Arrivals> parts;
  int64_t rows = 0;
};

/// One field's finished chunk.
struct EncodedChunk {
  store::FieldType type = store::FieldType::text;
  Bytes stored;
  Bytes summary;
};

/// What a field may become.
struct FieldWish {
  std::optional<store::FieldType> type;  ///< of the asset's schema
  bool declared = false;                 ///< nothing else may come out
  bool never_category = false;           ///< the asset's text or id field
};

class FieldBuilder {
 public:
  FieldBuilder(size_t place, FieldWish wish) : place_(place), wish_(wish), type_(wish.type) {
    if (type_ == store::FieldType::category) type_ = store::FieldType::text;
    plain_text_ = wish.never_category || wish.type == store::FieldType::text;
  }

  [[nodiscard]] EncodedChunk encode(const ChunkInput& input);

  /// The type of the finished field.
  [[nodiscard]] store::FieldType final_type();
  /// Whether a chunk has to be written anew for that.
  [[nodiscard]] bool must_convert(int64_t chunk) const;
  /// Brings a stored chunk to the final type. `texts` gives the values as they came: only asked for where numbers have
  /// to become text again.
  [[nodiscard]] Result<EncodedChunk> convert(
      int64_t chunk, int64_t rows, const Bytes& stored,
      const std::function<Result<std::vector<std::optional<std::string>>>()>& texts);
  [[nodiscard]] const std::vector<std::string>& dictionary() const { return dictionary_; }
  /// Forgets what was counted over the chunks; then each chunk's summary is counted again.
  void recount() { counted_ = {}; }
  void count(const statistics::FieldSummary& summary) { counted_.merge(summary); }
  /// Over all chunks.
  [[nodiscard]] store::BatchField report(std::string name) const;

 private:
  struct Index;
  using Chunk = store::ColumnChunk;
  bool fill(const ChunkInput& input, store::FieldType type, Chunk& chunk) const;
  void fill_strings(const ChunkInput& input, Chunk& chunk);
  void fill_codes(const ChunkInput& input, Chunk& chunk);
  void fill_texts(const ChunkInput& input, Chunk& chunk) const;
  [[nodiscard]] store::FieldType narrowest(const ChunkInput& input) const;
  uint32_t code_of(std::string_view text, uint64_t hash);
  void grow_index();
  [[nodiscard]] bool category_so_far() const;
  [[nodiscard]] EncodedChunk finish_chunk(const Chunk& chunk, int64_t at);

  size_t place_;
  FieldWish wish_;
  std::optional<store::FieldType> type_;  // text stands for both kinds of text until the end
  bool plain_text_ = false;               // too many distinct values for a category
  std::vector<store::FieldType> chunk_types_;
  std::vector<bool> chunk_empty_;
  statistics::FieldSummary counted_;
  int64_t present_strings_ = 0;
  std::vector<std::string> dictionary_;
  size_t dictionary_bytes_ = 0;
  struct IndexEntry {
    uint32_t code = store::kMissingCode;
    uint32_t hash = 0;  // its upper half
  };
  std::vector<IndexEntry> index_;
  std::vector<uint64_t> hashes_;
  std::optional<store::FieldType> final_;
};

/// The summary of a chunk's values.
[[nodiscard]] statistics::FieldSummary summarise(const store::ColumnChunk& chunk,
                                                 const std::vector<std::string>& dictionary);

}  // namespace millwright::records::detail
