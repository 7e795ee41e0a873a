#include "store/lookup.h"

#include <charconv>

namespace millwright::store {
namespace {

tl::unexpected<Error> no_such_id(std::string_view typed, std::string_view what) {
  if (typed.empty() || typed == "latest")
    return fail(ErrorKind::bad_input, "store.no_such_id", "There is no {what} yet.", {{"what", std::string(what)}});
  return fail(ErrorKind::bad_input, "store.no_such_id", "There is no {what} \"{typed}\".",
              {{"what", std::string(what)}, {"typed", std::string(typed)}},
              "Ids can be shortened, but not misspelled.");
}

bool is_name(std::string_view table) {
  return !table.empty() && table.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

Result<Found> newest(const Project& project, const std::string& from, std::string_view typed, std::string_view what) {
  MW_ASSIGN(Statement query, project.db().prepare("SELECT id, uuid FROM " + from + " ORDER BY id DESC LIMIT 1"));
  MW_ASSIGN(const bool row, query.step());
  if (!row) return no_such_id(typed, what);
  return Found{query.integer(0), query.uuid(1)};
}

}  // namespace

Result<Found> find_by_tail(const Project& project, std::string_view table, std::string_view typed,
                           std::string_view what) {
  if (!is_name(table))
    return fail(ErrorKind::job, "store.sql", "{table} is no table.", {{"table", std::string(table)}});
  // A batch that was dropped is no longer there for anybody who asks.
  const std::string from = std::string(table) + (table == "batch" ? " WHERE dropped_ms IS NULL" : "");
  if (typed.empty() || typed == "latest") return newest(project, from, typed, what);
  const auto whole = uuid_from_string(typed);
  const auto wanted = whole ? std::optional(tail(*whole)) : normalise_tail(typed);
  if (!wanted || wanted->empty()) return no_such_id(typed, what);

  MW_ASSIGN(Statement query, project.db().prepare("SELECT id, uuid FROM " + from));
  std::optional<Found> found;
  for (;;) {
    MW_ASSIGN(const bool row, query.step());
    if (!row) break;
    const Uuid uuid = query.uuid(1);
    if (whole ? uuid != *whole : !tail(uuid).starts_with(*wanted)) continue;
    if (found)
      return fail(ErrorKind::bad_input, "store.ambiguous_id", "\"{typed}\" means more than one {what}.",
                  {{"what", std::string(what)}, {"typed", std::string(typed)}}, "Type more of the id.");
    found = Found{query.integer(0), uuid};
  }
  if (!found) return no_such_id(typed, what);
  return *found;
}

Result<RecordRef> record_from_text(const Project& project, std::string_view typed) {
  const size_t dash = typed.rfind('-');
  RecordRef record;
  bool valid = dash != std::string_view::npos && dash > 0 && dash + 1 < typed.size();
  if (valid) {
    const char* const end = typed.data() + typed.size();
    const auto [at, error] = std::from_chars(typed.data() + dash + 1, end, record.ordinal);
    valid = error == std::errc() && at == end && record.ordinal >= 0;
  }
  if (!valid)
    return fail(ErrorKind::bad_input, "store.no_such_id", "\"{typed}\" is not the id of a record.",
                {{"typed", std::string(typed)}},
                "A record's id is its batch's id, a dash and a number: k3f9x2ab7qwm-17.");
  MW_ASSIGN(const Found batch, find_by_tail(project, "batch", typed.substr(0, dash), "batch"));
  MW_ASSIGN(Statement query, project.db().prepare("SELECT arrivals FROM batch WHERE id = ?"));
  MW_ASSIGN(const bool row, query.with(batch.id).step());
  if (!row || record.ordinal >= query.integer(0)) return no_such_id(typed, "record");
  record.batch = batch.id;
  return record;
}

Result<std::string> record_to_text(const Project& project, const RecordRef& record) {
  MW_ASSIGN(Statement query, project.db().prepare("SELECT uuid FROM batch WHERE id = ?"));
  MW_ASSIGN(const bool row, query.with(record.batch).step());
  if (!row)
    return fail(ErrorKind::bad_input, "store.no_such_id", "There is no batch number {batch}.",
                {{"batch", std::to_string(record.batch)}});
  return tail(query.uuid(0)) + '-' + std::to_string(record.ordinal);
}

}  // namespace millwright::store
