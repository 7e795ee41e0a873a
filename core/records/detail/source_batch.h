// Rows as a connector delivered them, checked once: columns by name over memory that lives as long as the batch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "records/reading.h"
#include "sdk/millwright_plugin.h"
#include "store/batch_file.h"

namespace millwright::records::detail {

struct CellColumn {
  std::string name;
  const int32_t* offsets = nullptr;  // rows + 1
  const char* data = nullptr;
  const char* end = nullptr;          // of the data
  const uint8_t* validity = nullptr;  // nullptr: all are there
  const uint8_t* kinds = nullptr;     // nullptr: the format knows only text
  [[nodiscard]] bool null(int64_t row) const {
    return validity != nullptr && (validity[row >> 3] >> (row & 7) & 1) == 0;
  }
  [[nodiscard]] std::string_view text(int64_t row) const {
    return {data + offsets[row], static_cast<size_t>(offsets[row + 1] - offsets[row])};
  }
};

/// What a format can tell about a cell.
enum class RowForm : uint8_t {
  table,   ///< every row has every field; an empty cell is missing and comes back empty
  sparse,  ///< a null cell is a field that the row does not have
  json,    ///< kinds are known; the raw bytes are one JSON object
  kinds,   ///< kinds are known, the raw bytes are something else
};

struct SourceBatch {
  int64_t rows = 0;
  int64_t bytes_consumed = 0;
  RowForm form = RowForm::table;
  std::vector<CellColumn> columns;
  const int64_t* lines = nullptr;
  CellColumn raw;  // offsets nullptr: not delivered
  std::vector<store::QuarantinedRow> rejected;
  std::shared_ptr<void> owner;

  /// Kind of a cell; a table's empty cell is a string.
  [[nodiscard]] CellKind kind(const CellColumn& column, int64_t row) const {
    if (column.kinds != nullptr) return static_cast<CellKind>(column.kinds[row]);
    return form == RowForm::sparse && column.null(row) ? CellKind::absent : CellKind::string;
  }
};

/// Takes a connector's batch over (its arrays are released with the result) and checks what it says: a plugin's fault
/// must not become ours. Error: import.plugin_fault (job).
[[nodiscard]] Result<std::shared_ptr<SourceBatch>> adopt(millwright_batch& batch, RowForm form);

}  // namespace millwright::records::detail
