#include "detail/exchange_rows.h"

#include <simdjson.h>

#include <array>
#include <charconv>

#include "base/hash.h"
#include "base/json.h"
#include "text/unicode.h"

namespace millwright::labels::detail {
namespace {

constexpr std::array<std::string_view, 12> kColumns = {"event",         "record", "label",   "by",
                                                       "device",        "time",   "seconds", "schema_version",
                                                       "guide_version", "status", "note",    "undoes"};

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

void put_cell(std::string& out, std::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == cell.npos) {
    out += cell;
    return;
  }
  out += '"';
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string number_text(double value) { return to_text(Json(value)); }

int to_int(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<double> to_double(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

void set_field(ExchangeRow& row, std::string_view name, std::string_view value) {
  if (name == "event") row.event = value;
  if (name == "record" || name == "_id") row.record = value;
  if (name == "label") row.label = value;
  if (name == "by") row.by = value;
  if (name == "device") row.device = value;
  if (name == "time") row.time = value;
  if (name == "seconds" && !value.empty()) row.seconds = to_double(value);
  if (name == "schema_version") row.schema_version = to_int(value);
  if (name == "guide_version") row.guide_version = to_int(value);
  if (name == "status") row.status = value;
  if (name == "note") row.note = value;
  if (name == "undoes") row.undoes = value;
}

std::string scalar(simdjson::dom::element value) {
  if (value.is_string()) return std::string(std::string_view(value.get_string().value()));
  if (value.is_int64()) return std::to_string(value.get_int64().value());
  if (value.is_double()) return number_text(value.get_double().value());
  return {};
}

void set_fields(ExchangeRow& row, simdjson::dom::object object) {
  for (const auto [name, value] : object)
    set_field(row, name, value.is_array() ? simdjson::minify(value) : scalar(value));
}

Status read_jsonl(std::string_view text, const std::function<Status(const ExchangeRow&)>& each) {
  simdjson::dom::parser parser;
  std::string line;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = text.find('\n', begin);
    if (end == text.npos) end = text.size();
    line.assign(text.substr(begin, end - begin));
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    ExchangeRow row;
    simdjson::dom::object object;
    if (parser.parse(line).get_object().get(object) != simdjson::SUCCESS)
      row.fault = "not_json";
    else
      set_fields(row, object);
    MW_TRY(each(row));
  }
  return {};
}

/// RFC 4180: quotes around cells with commas, quotes or line ends. False at the end of the text.
bool read_csv_row(std::string_view text, size_t& at, std::vector<std::string>& cells) {
  cells.clear();
  if (at >= text.size()) return false;
  std::string cell;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c != '"') {
        cell += c;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        cell += '"';
        ++at;
      } else {
        quoted = false;
      }
    } else if (c == '"' && cell.empty()) {
      quoted = true;
    } else if (c == ',') {
      cells.push_back(std::move(cell));
      cell.clear();
    } else if (c == '\n') {
      ++at;
      break;
    } else if (c != '\r') {
      cell += c;
    }
  }
  cells.push_back(std::move(cell));
  return true;
}

Status read_csv(std::string_view text, const std::function<Status(const ExchangeRow&)>& each) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  size_t at = 0;
  std::vector<std::string> header;
  std::vector<std::string> cells;
  if (!read_csv_row(text, at, header))
    return fail(ErrorKind::bad_input, "labels.bad_file", "The file of labels is empty.");
  while (read_csv_row(text, at, cells)) {
    if (cells.size() == 1 && cells.front().empty()) continue;
    ExchangeRow row;
    if (cells.size() != header.size()) row.fault = "wrong_number_of_cells";
    for (size_t i = 0; i < std::min(cells.size(), header.size()); ++i) set_field(row, header[i], cells[i]);
    MW_TRY(each(row));
  }
  return {};
}

std::string text_at(simdjson::dom::element element, std::string_view key) {
  simdjson::dom::element value;
  return element[key].get(value) == simdjson::SUCCESS ? scalar(value) : std::string();
}

/// Strings of a list.
std::vector<std::string> strings_in(simdjson::dom::element value, std::string_view key) {
  std::vector<std::string> out;
  simdjson::dom::array list;
  if (value[key].get_array().get(list) != simdjson::SUCCESS) return out;
  for (const simdjson::dom::element entry : list) out.push_back(scalar(entry));
  return out;
}

/// What an annotation's results say, as a label is written; empty where they say nothing of this kind.
std::string label_of(simdjson::dom::element annotation, TaskKind kind) {
  simdjson::dom::array results;
  if (annotation["result"].get_array().get(results) != simdjson::SUCCESS) return {};
  Json said = Json::array();
  for (const simdjson::dom::element result : results) {
    simdjson::dom::element value;
    if (result["value"].get(value) != simdjson::SUCCESS) continue;
    const std::vector<std::string> choices = strings_in(value, "choices");
    const std::vector<std::string> labels = strings_in(value, "labels");
    int64_t begin = 0, end = 0;
    if (kind == TaskKind::single_label && !choices.empty()) return choices.front();
    if (kind == TaskKind::number && !text_at(value, "number").empty()) return text_at(value, "number");
    if (kind == TaskKind::multi_label)
      for (const std::string& choice : choices) said.push_back(choice);
    if (kind == TaskKind::spans && !labels.empty() && value["start"].get(begin) == simdjson::SUCCESS &&
        value["end"].get(end) == simdjson::SUCCESS)
      said.push_back({{"begin", begin}, {"end", end}, {"label", labels.front()}});
  }
  return kind == TaskKind::multi_label || kind == TaskKind::spans ? to_text(said) : std::string();
}

ExchangeRow row_of_annotation(const std::string& record, simdjson::dom::element annotation, TaskKind kind,
                              bool prediction) {
  ExchangeRow row;
  simdjson::dom::object own;
  if (annotation["millwright"].get_object().get(own) == simdjson::SUCCESS) set_fields(row, own);
  row.record = record;
  row.label = label_of(annotation, kind);
  if (prediction) row.status = "suggestion";
  if (row.status.empty()) row.status = "label";
  if (row.time.empty()) row.time = text_at(annotation, "created_at");
  if (const std::string lead = text_at(annotation, "lead_time"); !row.seconds && !lead.empty())
    row.seconds = to_double(lead);
  if (row.label.empty() && row.status == "label") row.fault = "no_label";
  return row;
}

Status read_label_studio(const std::string& text, TaskKind kind,
                         const std::function<Status(const ExchangeRow&)>& each) {
  simdjson::dom::parser parser;
  simdjson::dom::array tasks;
  if (parser.parse(text).get_array().get(tasks) != simdjson::SUCCESS)
    return fail(ErrorKind::bad_input, "labels.bad_file", "The file is not a JSON array of Label Studio tasks.");
  for (const simdjson::dom::element task : tasks) {
    std::string record;
    simdjson::dom::element data;
    if (task["data"].get(data) == simdjson::SUCCESS) {
      record = text_at(data, "record");
      if (record.empty()) record = text_at(data, "_id");
    }
    for (const std::string_view key : {std::string_view("annotations"), std::string_view("predictions")}) {
      simdjson::dom::array annotations;
      if (task[key].get_array().get(annotations) != simdjson::SUCCESS) continue;
      for (const simdjson::dom::element annotation : annotations)
        MW_TRY(each(row_of_annotation(record, annotation, kind, key == "predictions")));
    }
  }
  return {};
}

Json label_studio_result(std::string_view type, Json value) {
  return {{"from_name", "label"}, {"to_name", "text"}, {"type", type}, {"value", std::move(value)}};
}

/// A label as Label Studio writes it.
Json label_studio_results(const std::string& label, TaskKind kind, std::string_view text) {
  const auto value = read_label(kind, label);
  if (!value) return Json::array();
  if (kind == TaskKind::number) return Json::array({label_studio_result("number", {{"number", value->number}})});
  if (kind != TaskKind::spans) return Json::array({label_studio_result("choices", {{"choices", value->names}})});
  Json results = Json::array();
  for (const LabeledSpan& span : value->spans) {
    const size_t from = text::byte_offset(text, static_cast<size_t>(span.begin));
    const size_t to = text::byte_offset(text, static_cast<size_t>(span.end));
    results.push_back(label_studio_result("labels", {{"start", span.begin},
                                                     {"end", span.end},
                                                     {"text", text.substr(from, to - from)},
                                                     {"labels", Json::array({span.label})}}));
  }
  return results;
}

}  // namespace

std::string jsonl_line(const ExchangeRow& row) {
  Json json{{"event", row.event},
            {"record", row.record},
            {"label", text_or_null(row.label)},
            {"by", row.by},
            {"device", row.device},
            {"time", row.time},
            {"seconds", row.seconds ? number_or_null(*row.seconds) : Json(nullptr)},
            {"schema_version", row.schema_version},
            {"guide_version", row.guide_version},
            {"status", row.status}};
  if (!row.note.empty()) json["note"] = row.note;
  if (!row.undoes.empty()) json["undoes"] = row.undoes;
  return to_text(json) + "\n";
}

std::string csv_header() {
  std::string line;
  for (const std::string_view column : kColumns) line += (line.empty() ? "" : ",") + std::string(column);
  return line + "\r\n";
}

std::string csv_line(const ExchangeRow& row) {
  const std::string cells[] = {row.event,
                               row.record,
                               row.label,
                               row.by,
                               row.device,
                               row.time,
                               row.seconds ? number_text(*row.seconds) : std::string(),
                               std::to_string(row.schema_version),
                               std::to_string(row.guide_version),
                               row.status,
                               row.note,
                               row.undoes};
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != cells) line += ',';
    put_cell(line, cell);
  }
  return line + "\r\n";
}

Json label_studio_task(int64_t number, const std::string& record, const Json& fields, TaskKind kind,
                       const std::vector<ExchangeRow>& rows) {
  Json data = fields;
  data["record"] = record;
  Json annotations = Json::array();
  for (const ExchangeRow& row : rows) {
    Json result = label_studio_results(row.label, kind, fields.value("text", std::string()));
    annotations.push_back({{"unique_id", row.event},
                           {"completed_by", {{"email", row.by}}},
                           {"created_at", row.time},
                           {"lead_time", row.seconds ? number_or_null(*row.seconds) : Json(nullptr)},
                           {"result", result},
                           {"millwright",
                            {{"event", row.event},
                             {"by", row.by},
                             {"device", row.device},
                             {"time", row.time},
                             {"schema_version", row.schema_version},
                             {"guide_version", row.guide_version},
                             {"status", row.status}}}});
  }
  return {{"id", number}, {"data", data}, {"annotations", annotations}};
}

Status read_rows(Format format, const fs::path& file, TaskKind kind,
                 const std::function<Status(const ExchangeRow&)>& each) {
  MW_ASSIGN(const std::string text, read_file_or_pipe(file));
  if (format == Format::jsonl) return read_jsonl(text, each);
  return format == Format::csv ? read_csv(text, each) : read_label_studio(text, kind, each);
}

std::optional<EventId> event_from(std::string_view text) {
  const size_t colon = text.find(':');
  const auto uuid = uuid_from_string(text.substr(0, colon));
  if (!uuid) return std::nullopt;
  EventId event{*uuid, std::nullopt};
  if (colon == text.npos) return event;
  int64_t row = 0;
  const auto [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), row);
  if (error != std::errc() || end != text.data() + text.size() || row < 0) return std::nullopt;
  event.row = row;
  return event;
}

Uuid uuid_of_row(const EventId& event) {
  if (!event.row) return event.uuid;
  const Digest digest = sha256(to_string(event.uuid) + ":" + std::to_string(*event.row));
  Uuid uuid;
  std::copy(digest.begin(), digest.begin() + 16, uuid.bytes.begin());
  uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0F) | 0x80);  // UUIDv8: made from other data
  uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
  return uuid;
}

}  // namespace millwright::labels::detail
