// Rows of annotation: written, read, and walked through in pages.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "labels/annotation.h"

namespace millwright::labels::detail {

/// Columns in the order that read_annotation() expects.
inline constexpr std::string_view kAnnotationColumns =
    "id, uuid, task, batch, ordinal, status, label, undoes, note, actor, device, time_ms, seconds, schema_version, "
    "guide_version, queue, received_ms";
[[nodiscard]] Result<Annotation> read_annotation(const store::Statement& row);
/// Inserts and sets its id; the audit entry is the caller's.
[[nodiscard]] Status insert_annotation(store::Transaction& t, Annotation& annotation);
/// The audit entry of one act: its digest, nothing of its content.
[[nodiscard]] Status audit_act(store::Transaction& t, std::string_view task_tail, const Annotation& annotation);

/// Every act of a task up to and with row `through` (nullopt: the last), oldest first, in pages, so that no reader
/// keeps the write-ahead log from being taken over for long. Acts are only appended: the pages belong together.
[[nodiscard]] Status for_each_act(const store::Project& project, int64_t task, std::optional<int64_t> through,
                                  const std::function<bool(const Annotation&)>& each);
/// The last row of annotation, 0 when there is none.
[[nodiscard]] Result<int64_t> last_annotation(const store::Database& db);
/// Was this act taken back by a later undo of the same person? A look-up by record.
[[nodiscard]] Result<bool> was_undone(const store::Database& db, const Annotation& act);
/// This person's newest act on a record that was not undone.
[[nodiscard]] Result<std::optional<Annotation>> newest_own(const store::Database& db, int64_t task,
                                                           const RecordRef& record, std::string_view person);
/// The same, labels only.
[[nodiscard]] Result<std::optional<Annotation>> newest_label(const store::Database& db, int64_t task,
                                                             const RecordRef& record, std::string_view person);
/// Did anybody settle this record through this queue (an act that was not undone)?
[[nodiscard]] Result<bool> settled_in(const store::Database& db, int64_t task, int64_t queue, const RecordRef& record);

}  // namespace millwright::labels::detail
