// An annotation: one act of one person on one record. Never changed; an undo is another one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/project.h"

namespace millwright::labels {

enum class ActStatus { label, skip, unsure, flag, undo, suggestion };
[[nodiscard]] std::string_view to_string(ActStatus status);
[[nodiscard]] std::optional<ActStatus> status_from(std::string_view text);

struct Annotation {
  int64_t id = 0;
  Uuid uuid;
  int64_t task = 0;
  RecordRef record;
  ActStatus status = ActStatus::label;
  std::optional<std::string> label;
  std::optional<Uuid> undoes;
  std::optional<std::string> note;
  std::string by;
  std::string device;
  int64_t time_ms = 0;
  std::optional<double> seconds;
  int schema_version = 0;
  int guide_version = 0;
  std::optional<int64_t> queue;
  std::optional<int64_t> received_ms;  ///< when an import brought it; nullopt: made here
};

/// What the audit trail holds of an annotation: SHA-256 over all its fields but id, queue and received_ms.
[[nodiscard]] Digest digest_of(const Annotation& annotation);

/// A person's acts that were not undone, newest first: "my labels". Pages by key: `before` is the id of the last one
/// seen. An act that a later one on the same record replaces is marked.
struct HistoryEntry {
  Annotation act;
  bool replaced = false;  ///< this person labeled the record again later
};
struct HistoryPage {
  std::vector<HistoryEntry> entries;
  std::optional<int64_t> next_before;  ///< nullopt: nothing older
};
[[nodiscard]] Result<HistoryPage> history_of(const store::Project& project, int64_t task, std::string_view person,
                                             std::optional<int64_t> before = std::nullopt, int limit = 100);
/// Everything that was done to a record in a task, oldest first, undone acts and undos too.
[[nodiscard]] Result<std::vector<Annotation>> acts_on_record(const store::Project& project, int64_t task,
                                                             const RecordRef& record);
/// Names of persons who labeled in this project or are assigned to a queue, sorted: to choose who is at the keyboard.
[[nodiscard]] Result<std::vector<std::string>> people(const store::Project& project);

}  // namespace millwright::labels
