#include "detail/input_text.h"

#include <unordered_map>

namespace millwright::models::detail {

std::string join_fields(std::span<const std::string_view> values) {
  std::string text;
  for (const std::string_view value : values) {
    if (value.empty()) continue;
    if (!text.empty()) text += ' ';
    text += value;
  }
  return text;
}

Result<std::vector<std::string>> input_texts(const records::ColumnScan& scan, const std::vector<std::string>& fields,
                                             std::span<const int64_t> rows) {
  std::vector<std::string> texts(rows.size());
  for (const std::string& field : fields) {
    if (scan.find(field) == nullptr) continue;  // a batch without the field has it missing
    MW_ASSIGN(const records::Column column, scan.column_as(field, records::FieldType::text));
    for (size_t i = 0; i < rows.size(); ++i) {
      const std::string_view value = column.text(rows[i]);
      if (value.empty()) continue;
      if (!texts[i].empty()) texts[i] += ' ';
      texts[i] += value;
    }
  }
  return texts;
}

Result<std::vector<int64_t>> places_of(const records::ColumnScan& scan, std::span<const RecordRef> records) {
  MW_ASSIGN(const std::vector<RecordRef> there, scan.records());
  std::unordered_map<RecordRef, int64_t> place;
  place.reserve(there.size());
  for (size_t i = 0; i < there.size(); ++i) place.emplace(there[i], static_cast<int64_t>(i));
  std::vector<int64_t> places;
  places.reserve(records.size());
  for (const RecordRef& record : records) {
    const auto found = place.find(record);
    places.push_back(found == place.end() ? -1 : found->second);
  }
  return places;
}

}  // namespace millwright::models::detail
