#include "labels/annotation.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/json.h"
#include "detail/annotation_rows.h"

namespace millwright::labels {
namespace {

constexpr std::array<std::string_view, 6> kStatuses = {"label", "skip", "unsure", "flag", "undo", "suggestion"};

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace

std::string_view to_string(ActStatus status) { return kStatuses[static_cast<size_t>(status)]; }

std::optional<ActStatus> status_from(std::string_view text) {
  for (size_t i = 0; i < kStatuses.size(); ++i)
    if (kStatuses[i] == text) return static_cast<ActStatus>(i);
  return std::nullopt;
}

Digest digest_of(const Annotation& a) {
  return sha256(canonical(Json{{"uuid", to_string(a.uuid)},
                               {"task", a.task},
                               {"record", Json::array({a.record.batch, a.record.ordinal})},
                               {"status", to_string(a.status)},
                               {"label", or_null(a.label)},
                               {"undoes", a.undoes ? Json(to_string(*a.undoes)) : Json(nullptr)},
                               {"note", or_null(a.note)},
                               {"actor", a.by},
                               {"device", a.device},
                               {"time_ms", a.time_ms},
                               {"seconds", a.seconds ? number_or_null(*a.seconds) : Json(nullptr)},
                               {"schema", a.schema_version},
                               {"guide", a.guide_version}}));
}

Result<HistoryPage> history_of(const store::Project& project, int64_t task, std::string_view person,
                               std::optional<int64_t> before, int limit) {
  HistoryPage page;
  const int64_t last = before.value_or(INT64_MAX);
  MW_ASSIGN(auto query, project.db().prepare("SELECT " + std::string(detail::kAnnotationColumns) +
                                             " FROM annotation WHERE task = ? AND actor = ? AND id < ? "
                                             "AND status IN ('label', 'skip', 'unsure', 'flag') ORDER BY id DESC"));
  query.with(task, person, last);
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) return page;
    if (static_cast<int>(page.entries.size()) >= limit) {
      page.next_before = page.entries.back().act.id;
      return page;
    }
    HistoryEntry entry;
    MW_ASSIGN(entry.act, detail::read_annotation(query));
    MW_ASSIGN(const bool undone, detail::was_undone(project.db(), entry.act));
    if (undone) continue;
    MW_ASSIGN(const auto newest, detail::newest_label(project.db(), task, entry.act.record, person));
    entry.replaced = newest && newest->id > entry.act.id;
    page.entries.push_back(std::move(entry));
  }
}

Result<std::vector<Annotation>> acts_on_record(const store::Project& project, int64_t task, const RecordRef& record) {
  MW_ASSIGN(auto query, project.db().prepare("SELECT " + std::string(detail::kAnnotationColumns) +
                                             " FROM annotation WHERE task = ? AND batch = ? AND ordinal = ? "
                                             "ORDER BY id"));
  query.with(task, record.batch, record.ordinal);
  std::vector<Annotation> acts;
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) return acts;
    MW_ASSIGN(Annotation act, detail::read_annotation(query));
    acts.push_back(std::move(act));
  }
}

Result<std::vector<std::string>> people(const store::Project& project) {
  std::vector<std::string> names;
  // One look-up in the index for each person and task, however many acts there are.
  MW_ASSIGN(auto tasks, project.db().prepare("SELECT id FROM task"));
  while (true) {
    MW_ASSIGN(const bool more, tasks.step());
    if (!more) break;
    std::string last;
    while (true) {
      MW_ASSIGN(auto next, project.db().prepare("SELECT actor FROM annotation WHERE task = ? AND actor > ? "
                                                "ORDER BY actor LIMIT 1"));
      next.with(tasks.integer(0), last);
      MW_ASSIGN(const bool found, next.step());
      if (!found) break;
      last = next.string(0);
      names.push_back(last);
    }
  }
  MW_ASSIGN(auto assigned, project.db().prepare("SELECT DISTINCT assigned FROM queue WHERE assigned IS NOT NULL"));
  while (true) {
    MW_ASSIGN(const bool more, assigned.step());
    if (!more) break;
    names.push_back(assigned.string(0));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

namespace detail {

Result<Annotation> read_annotation(const store::Statement& row) {
  Annotation a;
  a.id = row.integer(0);
  a.uuid = row.uuid(1);
  a.task = row.integer(2);
  a.record = {row.integer(3), row.integer(4)};
  const auto status = status_from(row.text(5));
  if (!status) return fail(ErrorKind::store, "store.damaged", "An annotation of this project cannot be read.");
  a.status = *status;
  a.label = row.optional_string(6);
  if (!row.is_null(7)) a.undoes = row.uuid(7);
  a.note = row.optional_string(8);
  a.by = row.string(9);
  a.device = row.string(10);
  a.time_ms = row.integer(11);
  if (!row.is_null(12)) a.seconds = row.real(12);
  a.schema_version = static_cast<int>(row.integer(13));
  a.guide_version = static_cast<int>(row.integer(14));
  a.queue = row.optional_integer(15);
  a.received_ms = row.optional_integer(16);
  return a;
}

Status insert_annotation(store::Transaction& t, Annotation& a) {
  MW_ASSIGN(auto insert,
            t.db().prepare("INSERT INTO annotation(uuid, task, batch, ordinal, status, label, undoes, note, "
                           "actor, device, time_ms, seconds, schema_version, guide_version, queue, received_ms) "
                           "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.with(a.uuid, a.task, a.record.batch, a.record.ordinal, to_string(a.status), a.label, a.undoes, a.note, a.by,
              a.device, a.time_ms, a.seconds, a.schema_version, a.guide_version, a.queue, a.received_ms);
  MW_TRY(insert.run());
  a.id = t.db().last_insert_id();
  return {};
}

Status audit_act(store::Transaction& t, std::string_view task_tail, const Annotation& annotation) {
  return t.audit("label.act", task_tail,
                 Json{{"status", to_string(annotation.status)}, {"digest", to_hex(digest_of(annotation))}});
}

Result<int64_t> last_annotation(const store::Database& db) {
  MW_ASSIGN(auto query, db.prepare("SELECT coalesce(max(id), 0) FROM annotation"));
  MW_ASSIGN(const bool found, query.step());
  return found ? query.integer(0) : 0;
}

Status for_each_act(const store::Project& project, int64_t task, std::optional<int64_t> through,
                    const std::function<bool(const Annotation&)>& each) {
  constexpr int64_t kPage = 16384;
  MW_ASSIGN(const int64_t last, last_annotation(project.db()));
  const int64_t end = std::min(through.value_or(last), last);
  for (int64_t from = 0; from < end; from += kPage) {
    MW_ASSIGN(auto query, project.db().prepare("SELECT " + std::string(kAnnotationColumns) +
                                               " FROM annotation WHERE id > ? AND id <= ? AND +task = ? ORDER BY id"));
    query.with(from, std::min(from + kPage, end), task);
    while (true) {
      MW_ASSIGN(const bool more, query.step());
      if (!more) break;
      MW_ASSIGN(const Annotation act, read_annotation(query));
      if (!each(act)) return {};
    }
  }
  return {};
}

Result<bool> was_undone(const store::Database& db, const Annotation& act) {
  MW_ASSIGN(auto query, db.prepare("SELECT 1 FROM annotation WHERE task = ? AND batch = ? AND ordinal = ? "
                                   "AND status = 'undo' AND undoes = ? LIMIT 1"));
  query.with(act.task, act.record.batch, act.record.ordinal, act.uuid);
  return query.step();
}

namespace {

/// Acts on a record, newest first, without those that were undone, as long as `wanted` says no.
Result<std::optional<Annotation>> newest_standing(const store::Database& db, int64_t task, const RecordRef& record,
                                                  const std::function<bool(const Annotation&)>& wanted) {
  MW_ASSIGN(auto query, db.prepare("SELECT " + std::string(kAnnotationColumns) +
                                   " FROM annotation WHERE task = ? AND batch = ? AND ordinal = ? ORDER BY id DESC"));
  query.with(task, record.batch, record.ordinal);
  std::vector<Uuid> undone;
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) return std::nullopt;
    MW_ASSIGN(Annotation act, read_annotation(query));
    if (act.status == ActStatus::undo && act.undoes) undone.push_back(*act.undoes);
    if (act.status == ActStatus::undo || act.status == ActStatus::suggestion) continue;
    if (std::find(undone.begin(), undone.end(), act.uuid) != undone.end()) continue;
    if (wanted(act)) return act;
  }
}

}  // namespace

Result<std::optional<Annotation>> newest_own(const store::Database& db, int64_t task, const RecordRef& record,
                                             std::string_view person) {
  return newest_standing(db, task, record, [&](const Annotation& act) { return act.by == person; });
}

Result<std::optional<Annotation>> newest_label(const store::Database& db, int64_t task, const RecordRef& record,
                                               std::string_view person) {
  return newest_standing(db, task, record,
                         [&](const Annotation& act) { return act.by == person && act.status == ActStatus::label; });
}

Result<bool> settled_in(const store::Database& db, int64_t task, int64_t queue, const RecordRef& record) {
  MW_ASSIGN(const auto found,
            newest_standing(db, task, record, [&](const Annotation& act) { return act.queue == queue; }));
  return found.has_value();
}

}  // namespace detail
}  // namespace millwright::labels
