#include <algorithm>
#include <unordered_set>

#include "base/clock.h"
#include "detail/annotation_rows.h"
#include "detail/exchange_rows.h"
#include "detail/known_records.h"
#include "detail/said.h"
#include "labels/exchange.h"
#include "labels/task.h"
#include "records/reading.h"

namespace millwright::labels {
namespace {

using Write = std::function<bool(std::string_view)>;
using detail::ExchangeRow;

std::string event_of(const detail::LabelFile& file, int64_t row) {
  return to_string(file.uuid) + ":" + std::to_string(row);
}

ExchangeRow row_of(const Annotation& act, std::string record) {
  ExchangeRow row;
  row.event = to_string(act.uuid);
  row.record = std::move(record);
  row.label = act.label.value_or("");
  row.by = act.by;
  row.device = act.device;
  row.time = iso8601(act.time_ms);
  row.seconds = act.seconds;
  row.schema_version = act.schema_version;
  row.guide_version = act.guide_version;
  row.status = to_string(act.status);
  row.note = act.note.value_or("");
  if (act.undoes) row.undoes = to_string(*act.undoes);
  return row;
}

ExchangeRow row_of(const detail::LabelFile& file, int64_t place, std::string label, std::string record) {
  ExchangeRow row;
  row.event = event_of(file, place);
  row.record = std::move(record);
  row.label = std::move(label);
  row.by = file.by;
  row.device = file.device;
  row.time = iso8601(file.time_ms);
  row.schema_version = file.schema_version;
  row.guide_version = file.guide_version;
  row.status = file.confirmed ? "label" : "suggestion";
  return row;
}

/// Every event, label files first. `each` returns false to stop.
Status every_event(const store::Project& project, const Task& task, detail::KnownRecords& known,
                   const std::function<bool(const ExchangeRow&)>& each) {
  MW_ASSIGN(const auto files, detail::label_files(project, task.id));
  for (const detail::LabelFile& file : files) {
    MW_ASSIGN(const detail::LabelFacts facts, detail::read_label_file(project, file.file));
    for (size_t i = 0; i < facts.batch.size(); ++i) {
      if (facts.label[i] < 0) continue;
      MW_ASSIGN(std::string record, known.text({facts.batch[i], facts.ordinal[i]}));
      if (!each(row_of(file, static_cast<int64_t>(i), facts.names[static_cast<size_t>(facts.label[i])],
                       std::move(record))))
        return {};
    }
  }
  std::optional<Error> trouble;
  MW_TRY(detail::for_each_act(project, task.id, std::nullopt, [&](const Annotation& act) {
    auto record = known.text(act.record);
    if (!record) {
      trouble = record.error();
      return false;
    }
    return each(row_of(act, std::move(*record)));
  }));
  if (trouble) return tl::make_unexpected(std::move(*trouble));
  return {};
}

/// What each person says now, record by record.
Status current_events(const store::Project& project, const Task& task, detail::KnownRecords& known, const Work& work,
                      const std::function<bool(const RecordRef&, const ExchangeRow&)>& each) {
  MW_ASSIGN(const detail::Saids saids, detail::what_people_say(project, {.task = task.id}, work));
  MW_ASSIGN(const auto files, detail::label_files(project, task.id));
  for (const detail::Said& said : saids.rows) {
    MW_ASSIGN(std::string record, known.text(said.record));
    ExchangeRow row;
    if (said.source < 0) {
      const auto file =
          std::find_if(files.begin(), files.end(), [&](const detail::LabelFile& f) { return f.id == -said.source; });
      if (file == files.end()) continue;
      row = row_of(*file, said.row, saids.names[static_cast<size_t>(said.label)], std::move(record));
    } else {
      MW_ASSIGN(auto query, project.db().prepare("SELECT " + std::string(detail::kAnnotationColumns) +
                                                 " FROM annotation WHERE id = ?"));
      query.with(said.source);
      MW_ASSIGN(const bool found, query.step());
      if (!found) continue;
      MW_ASSIGN(const Annotation act, detail::read_annotation(query));
      row = row_of(act, std::move(record));
    }
    if (!each(said.record, row)) return {};
  }
  return {};
}

Result<Json> fields_of(records::RecordReader& reader, const Task& task, const RecordRef& record) {
  MW_ASSIGN(const records::Record found, reader.get(record));
  Json fields = Json::object();
  fields["text"] = std::string(found.text(task.text_field));
  for (const std::string& field : task.fields)
    if (field != "text") fields[field] = std::string(found.text(field));
  return fields;
}

Status export_label_studio(const store::Project& project, const Task& task, detail::KnownRecords& known,
                           const Write& write, const Work& work) {
  MW_ASSIGN(auto reader, records::RecordReader::open(project));
  std::optional<Error> trouble;
  std::vector<ExchangeRow> rows;
  RecordRef record;
  int64_t number = 0;
  const auto flush = [&]() -> bool {
    if (rows.empty()) return true;
    const auto fields = fields_of(reader, task, record);
    if (!fields) {
      trouble = fields.error();
      return false;
    }
    const Json json = detail::label_studio_task(++number, rows.front().record, *fields, task.kind, rows);
    rows.clear();
    return write((number == 1 ? "[\n" : ",\n") + to_text(json));
  };
  MW_TRY(current_events(project, task, known, work, [&](const RecordRef& next, const ExchangeRow& row) {
    if (!rows.empty() && next != record && !flush()) return false;
    record = next;
    rows.push_back(row);
    return !work.stopped();
  }));
  if (!trouble && !work.stopped()) flush();
  if (trouble) return tl::make_unexpected(std::move(*trouble));
  if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
  write(number == 0 ? "[]\n" : "\n]\n");
  return {};
}

}  // namespace

std::optional<Format> format_from(std::string_view text) {
  if (text == "jsonl") return Format::jsonl;
  if (text == "csv") return Format::csv;
  if (text == "label-studio") return Format::label_studio;
  return std::nullopt;
}

Status export_labels(const store::Project& project, const ExportRequest& request, const Write& write,
                     const Work& work) {
  MW_ASSIGN(const Task task, read_task(project, request.task));
  detail::KnownRecords known(project, task.asset);
  if (request.format == Format::label_studio) return export_label_studio(project, task, known, write, work);
  if (request.format == Format::csv && !write(detail::csv_header())) return {};
  const auto put = [&](const ExchangeRow& row) {
    return !work.stopped() && write(request.format == Format::csv ? detail::csv_line(row) : detail::jsonl_line(row));
  };
  if (request.current)
    MW_TRY(
        current_events(project, task, known, work, [&](const RecordRef&, const ExchangeRow& row) { return put(row); }));
  else
    MW_TRY(every_event(project, task, known, put));
  if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
  return {};
}

}  // namespace millwright::labels
