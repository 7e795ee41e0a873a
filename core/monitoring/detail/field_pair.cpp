#include "detail/field_pair.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

namespace millwright::monitoring::detail {
namespace {

using records::Column;
using records::FieldType;

bool is_count(FieldType type) { return type == FieldType::integer || type == FieldType::real; }
bool is_word(FieldType type) { return type == FieldType::category || type == FieldType::text; }

Result<Column> read(const Side& side, std::string_view field) {
  return side.chosen ? side.scan.column(field, *side.chosen) : side.scan.column(field);
}

/// Rows of a column that was read as another type: that way of reading knows no choice of rows.
Result<Column> read_as(const Side& side, std::string_view field, FieldType type) {
  MW_ASSIGN(Column whole, side.scan.column_as(field, type));
  if (!side.chosen) return whole;
  Column part;
  part.name = whole.name;
  part.type = whole.type;
  part.rows = side.rows();
  if (type == FieldType::category) {
    part.dictionary = std::move(whole.dictionary);
    for (const int64_t row : *side.chosen) part.codes.push_back(whole.codes[static_cast<size_t>(row)]);
    part.missing = std::count(part.codes.begin(), part.codes.end(), -1);
    return part;
  }
  part.offsets.push_back(0);
  for (const int64_t row : *side.chosen) {
    part.bytes += whole.text(row);
    part.offsets.push_back(static_cast<int64_t>(part.bytes.size()));
    part.absent.push_back(!whole.has(row));
    part.missing += whole.has(row) ? 0 : 1;
  }
  return part;
}

Values numbers_of(Column column) {
  Values values;
  values.numbers = std::move(column.numbers);
  std::erase_if(values.numbers, [](double v) { return !std::isfinite(v); });
  values.missing = column.rows - static_cast<int64_t>(values.numbers.size());
  return values;
}

Values lengths_of(const Column& column) {
  Values values;
  for (int64_t row = 0; row < column.rows; ++row)
    if (column.has(row)) values.numbers.push_back(static_cast<double>(column.text(row).size()));
  values.missing = column.rows - static_cast<int64_t>(values.numbers.size());
  return values;
}

/// Yes and no as the categories 0 and 1.
Values flags_of(const Column& column) {
  Values values;
  for (const double v : column.numbers)
    if (std::isfinite(v)) values.codes.push_back(v != 0 ? 1 : 0);
  values.missing = column.rows - static_cast<int64_t>(values.codes.size());
  return values;
}

using Places = std::unordered_map<std::string, int32_t>;

Values codes_of(Column column, std::vector<std::string>& categories, Places& places) {
  std::vector<int32_t> place(column.dictionary.size());
  for (size_t i = 0; i < place.size(); ++i) {
    const auto [at, added] = places.try_emplace(column.dictionary[i], static_cast<int32_t>(categories.size()));
    if (added) categories.push_back(column.dictionary[i]);
    place[i] = at->second;
  }
  Values values;
  values.codes = std::move(column.codes);
  std::erase_if(values.codes, [](int32_t code) { return code < 0; });
  for (int32_t& code : values.codes) code = place[static_cast<size_t>(code)];
  values.missing = column.rows - static_cast<int64_t>(values.codes.size());
  return values;
}

Values nothing(const Side& side) {
  Values values;
  values.missing = side.rows();
  return values;
}

}  // namespace

FieldKind kind_of(const records::Roles& roles, std::string_view field, const records::SchemaField* reference,
                  const records::SchemaField* current) {
  const FieldType a = reference != nullptr ? reference->type : current->type;
  const FieldType b = current != nullptr ? current->type : reference->type;
  if (field == roles.id) return FieldKind::id;
  if (a == FieldType::timestamp && b == FieldType::timestamp) return FieldKind::time;
  if (a == FieldType::boolean && b == FieldType::boolean) return FieldKind::categorical;
  const auto number = [](FieldType t) { return is_count(t) || t == FieldType::boolean; };
  if (number(a) && number(b)) return FieldKind::numeric;
  if (!is_word(a) || !is_word(b) || field == roles.text) return FieldKind::text;
  return a == FieldType::text && b == FieldType::text ? FieldKind::text : FieldKind::categorical;
}

Result<FieldPair> load_pair(const Side& reference, const Side& current, const records::Roles& roles,
                            std::string_view field) {
  const auto* in_reference = reference.scan.find(field);
  const auto* in_current = current.scan.find(field);
  if (in_reference == nullptr && in_current == nullptr)
    return fail(ErrorKind::bad_input, "drift.unknown_field", "Neither window has a field \"{field}\".",
                {{"field", std::string(field)}});
  FieldPair pair;
  pair.kind = kind_of(roles, field, in_reference, in_current);
  const auto all = [&](auto&& holds) {
    return (in_reference == nullptr || holds(in_reference->type)) && (in_current == nullptr || holds(in_current->type));
  };
  pair.whole_numbers = all([](FieldType t) { return t == FieldType::integer; });
  const bool flags = pair.kind == FieldKind::categorical && all([](FieldType t) { return t == FieldType::boolean; });
  const bool numbers =
      pair.kind == FieldKind::numeric || pair.kind == FieldKind::time || (pair.kind == FieldKind::id && all(is_count));
  if (flags) pair.categories = {"false", "true"};
  Places places;
  const auto load = [&](const Side& side, const records::SchemaField* known) -> Result<Values> {
    if (known == nullptr) return nothing(side);
    if (numbers || flags) {
      MW_ASSIGN(auto column, read(side, field));
      return flags ? flags_of(column) : numbers_of(std::move(column));
    }
    if (pair.kind == FieldKind::categorical) {
      MW_ASSIGN(auto column,
                known->type == FieldType::category ? read(side, field) : read_as(side, field, FieldType::category));
      return codes_of(std::move(column), pair.categories, places);
    }
    MW_ASSIGN(const auto column,
              known->type == FieldType::text ? read(side, field) : read_as(side, field, FieldType::text));
    return lengths_of(column);
  };
  MW_ASSIGN(pair.reference, load(reference, in_reference));
  MW_ASSIGN(pair.current, load(current, in_current));
  return pair;
}

}  // namespace millwright::monitoring::detail
