#include "quality/inputs.h"

#include <string_view>
#include <unordered_map>

namespace millwright::quality {
namespace {

struct Hasher {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

Result<records::Column> as_text(const records::ColumnScan& scan, const std::string& field,
                                std::span<const int64_t> rows) {
  const records::SchemaField* known = scan.find(field);
  if (rows.empty()) return scan.column_as(field, records::FieldType::text);
  if (known->type == records::FieldType::text || known->type == records::FieldType::category)
    return scan.column(field, rows);
  MW_ASSIGN(const records::Column whole, scan.column_as(field, records::FieldType::text));
  records::Column chosen;
  chosen.name = field;
  chosen.type = records::FieldType::text;
  chosen.rows = static_cast<int64_t>(rows.size());
  chosen.offsets.push_back(0);
  chosen.absent.resize(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    chosen.absent[i] = !whole.has(rows[i]);
    chosen.missing += chosen.absent[i] ? 1 : 0;
    chosen.bytes += whole.text(rows[i]);
    chosen.offsets.push_back(static_cast<int64_t>(chosen.bytes.size()));
  }
  return chosen;
}

void append_value(std::string& out, std::string_view value, bool present) {
  const uint64_t size = present ? value.size() + 1 : 0;  // a missing value is none of the present ones
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(size >> shift));
  out += value;
}

}  // namespace

Result<std::vector<Hash128>> input_hashes(const records::ColumnScan& scan, const std::vector<std::string>& fields,
                                          const SipKey& key, std::span<const int64_t> rows) {
  std::vector<std::optional<records::Column>> columns;
  for (const std::string& field : fields) {
    if (scan.find(field) == nullptr) {
      columns.emplace_back();
      continue;
    }
    MW_ASSIGN(records::Column column, as_text(scan, field, rows));
    columns.emplace_back(std::move(column));
  }
  const auto count = rows.empty() ? scan.rows() : static_cast<int64_t>(rows.size());
  std::vector<Hash128> hashes(static_cast<size_t>(count));
  std::string input;
  for (int64_t row = 0; row < count; ++row) {
    input.clear();
    bool any = false;
    for (const auto& column : columns) {
      const bool present = column && column->has(row);
      any = any || present;
      append_value(input, present ? column->text(row) : std::string_view(), present);
    }
    if (any) hashes[static_cast<size_t>(row)] = siphash128(key, input);
  }
  return hashes;
}

Result<CodedLabels> labels_of_field(const records::ColumnScan& scan, const std::string& field) {
  MW_ASSIGN(const records::Column column, scan.column_as(field, records::FieldType::text));
  CodedLabels labels;
  labels.codes.reserve(static_cast<size_t>(column.rows));
  std::unordered_map<std::string, int32_t, Hasher, std::equal_to<>> known;
  for (int64_t row = 0; row < column.rows; ++row) {
    if (!column.has(row)) {
      labels.codes.push_back(-1);
      continue;
    }
    const std::string_view text = column.text(row);
    auto found = known.find(text);
    if (found == known.end()) {
      found = known.emplace(std::string(text), static_cast<int32_t>(labels.names.size())).first;
      labels.names.emplace_back(text);
    }
    labels.codes.push_back(found->second);
  }
  return labels;
}

}  // namespace millwright::quality
