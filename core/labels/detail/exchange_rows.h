// Rows of labels in the formats of exchange.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "labels/exchange.h"
#include "labels/label_value.h"

namespace millwright::labels::detail {

/// A row as a file has it; empty: not there.
struct ExchangeRow {
  std::string event;
  std::string record;
  std::string label;
  std::string by;
  std::string device;
  std::string time;  ///< ISO 8601
  std::optional<double> seconds;
  int schema_version = 0;
  int guide_version = 0;
  std::string status;
  std::string note;
  std::string undoes;
  std::string fault;  ///< why it cannot be read, where it cannot
};

[[nodiscard]] std::string jsonl_line(const ExchangeRow& row);
[[nodiscard]] std::string csv_header();
[[nodiscard]] std::string csv_line(const ExchangeRow& row);
/// One record with what was said about it, as a task of Label Studio.
[[nodiscard]] Json label_studio_task(int64_t number, const std::string& record, const Json& fields, TaskKind kind,
                                     const std::vector<ExchangeRow>& rows);

/// Reads a file row by row; `each` may stop it with an error. Errors: bad_input "labels.bad_file".
[[nodiscard]] Status read_rows(Format format, const fs::path& file, TaskKind kind,
                               const std::function<Status(const ExchangeRow&)>& each);

/// "UUID" of an act, or "UUID:ROW" of a row of a label file.
struct EventId {
  Uuid uuid;
  std::optional<int64_t> row;
};
[[nodiscard]] std::optional<EventId> event_from(std::string_view text);
/// The id that a row of a label file gets as an act of its own: always the same.
[[nodiscard]] Uuid uuid_of_row(const EventId& event);

}  // namespace millwright::labels::detail
