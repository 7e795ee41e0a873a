// From source batches to records: what is declared is checked, what was there already is found, what is new gets its
// salt and leaf and a place in a block.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "column_builder.h"
#include "key_table.h"
#include "merkle.h"
#include "row_form.h"
#include "source_batch.h"
#include "store/batch_file.h"

namespace millwright::records::detail {

/// Rows in their block's form, not compressed yet.
struct Block {
  int64_t first = 0;
  int64_t rows = 0;
  std::string bytes;
};

/// Of up to store::kChunkRows records.
struct Identities {
  int64_t chunk = 0;
  Bytes salts;
  std::vector<Digest> leaves;
  std::vector<Hash128> keys;
  std::vector<Hash128> content_keys;  ///< empty where they are the keys
};

/// Where the pieces go; called on the row builder's thread.
struct RowSink {
  std::function<bool(Block)> block;
  std::function<bool(Identities)> identities;
  std::function<bool(std::vector<store::QuarantinedRow>)> quarantined;
  std::function<bool(Arrivals)> arrivals;
};

/// A batch of the asset that is there already.
struct KnownBatch {
  int64_t id = 0;
  Uuid uuid;
  std::vector<Hash128> keys, content_keys;
  std::vector<int64_t> repeat_arrivals;
};

struct RowOptions {
  SipKey key;
  std::vector<std::pair<std::string, store::FieldType>> declared;
  std::vector<std::string> content;      ///< empty: all but `not_content`
  std::vector<std::string> not_content;  ///< id and time
  int64_t limit = 0;                     ///< rows at most; 0: all
};

struct RowCounts {
  int64_t read = 0, arrivals = 0, records = 0, repeated = 0, same_content = 0, quarantined = 0;
};

class RowBuilder {
 public:
  RowBuilder(RowOptions options, std::vector<KnownBatch> known, RowSink sink, int64_t expected_rows);
  /// Makes the tables of keys and fills in what is known. Before the first add(); on the thread that adds, so that the
  /// parser need not wait for it.
  void prepare();
  /// False when the sink is closed or the limit is reached.
  bool add(std::shared_ptr<SourceBatch> batch);
  bool finish();

  [[nodiscard]] const RowCounts& counts() const { return counts_; }
  [[nodiscard]] const FieldList& fields() const { return fields_; }
  /// Source 0 is the batch itself, 1 … are the known ones.
  [[nodiscard]] const store::Repeats& repeats() const { return repeats_; }
  [[nodiscard]] const std::vector<KnownBatch>& known() const { return known_; }
  [[nodiscard]] Digest root() { return merkle_.root(); }
  [[nodiscard]] bool reached_limit() const { return options_.limit > 0 && counts_.read >= options_.limit; }
  [[nodiscard]] const std::vector<store::QuarantinedRow>& first_quarantined() const { return first_quarantined_; }

 private:
  void check_declared(const SourceBatch& batch, const std::vector<const CellColumn*>& columns,
                      std::vector<store::QuarantinedRow>& rejected, std::vector<uint8_t>& refused) const;
  void hash_rows(const SourceBatch& batch, const std::vector<const CellColumn*>& columns,
                 const std::vector<int32_t>& rows);
  void add_repeat(uint32_t found);
  bool add_record(const SourceBatch& batch, const std::vector<const CellColumn*>& columns, int64_t row,
                  std::string_view canonical);
  bool flush_block();
  bool flush_identities();
  bool quarantine(std::vector<store::QuarantinedRow> rows);

  RowOptions options_;
  int64_t expected_rows_;
  std::vector<KnownBatch> known_;
  std::vector<int64_t> known_first_;  // running number of each known batch's first record, and of our first
  RowSink sink_;
  FieldList fields_;
  std::shared_ptr<const std::vector<std::string>> names_ = std::make_shared<std::vector<std::string>>();
  Canonical whole_, content_;
  bool content_is_whole_ = false;
  KeyTable keys_, contents_;
  RowCounts counts_;
  store::Repeats repeats_;
  MerkleBuilder merkle_;
  Sha256 leaf_hash_;
  std::string block_;
  int64_t block_first_ = 0, block_rows_ = 0;
  Identities identities_;
  std::vector<store::QuarantinedRow> first_quarantined_;
  // of the batch under way
  std::string forms_;
  std::vector<size_t> form_ends_;
  std::vector<Hash128> row_keys_, row_contents_;
};

/// Ordinal (arrival number) of the record at a place, where some arrivals repeat others.
[[nodiscard]] int64_t ordinal_of(int64_t place, const std::vector<int64_t>& repeat_arrivals);

}  // namespace millwright::records::detail
