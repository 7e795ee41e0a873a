#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/clock.h"
#include "detail/annotation_rows.h"
#include "detail/bulk.h"
#include "detail/exchange_rows.h"
#include "detail/known_records.h"
#include "detail/said.h"
#include "labels/current.h"
#include "labels/exchange.h"
#include "labels/schema.h"
#include "labels/task.h"

namespace millwright::labels {
namespace {

using detail::ExchangeRow;
constexpr size_t kSample = 100;

/// A label without an event of its own.
struct BulkRow {
  RecordRef record;
  std::string label;
  bool suggestion = false;
};

class Import {
 public:
  Import(store::Project& project, const ImportRequest& request, Task task)
      : project_(project), request_(request), task_(std::move(task)), known_(project, task_.asset) {}

  Status prepare() {
    MW_ASSIGN(const auto history, schema_history(project_, task_.id));
    for (const LabelSchema& schema : history)
      for (const Label& label : schema.labels) labels_.insert(label.name);
    MW_ASSIGN(const auto files, detail::label_files(project_, task_.id));
    for (const detail::LabelFile& file : files) files_[file.uuid] = file.rows;
    return {};
  }

  Status take(const ExchangeRow& row) {
    ++outcome_.rows_read;
    if (!row.fault.empty()) return reject(row, row.fault);
    if (row.record.empty()) return reject(row, "no_record");
    MW_ASSIGN(const auto record, known_.find(row.record));
    if (!record) return reject(row, "unknown_record");
    const auto status = row.status.empty() ? std::optional(ActStatus::label) : status_from(row.status);
    if (!status) return reject(row, "unknown_status");
    const bool labels = *status == ActStatus::label || *status == ActStatus::suggestion;
    std::string label;
    if (labels) {
      if (row.label.empty()) return reject(row, "no_label");
      MW_ASSIGN(const auto faulty, read(row.label, *record, label));
      if (!faulty.empty()) return reject(row, faulty);
    }
    if (row.event.empty()) {
      if (!labels) return reject(row, "no_event");
      bulk_.push_back({*record, std::move(label), *status == ActStatus::suggestion || !request_.by});
      return {};
    }
    return take_event(row, label, *record, *status);
  }

  Status flush_events() {
    constexpr double kSlice = 0.003;  // seconds that others wait at most
    for (size_t next = 0; next < events_.size();) {
      size_t done = next;
      MW_TRY(project_.write([&](store::Transaction& t) -> Status {
        const double begun = steady_seconds();
        for (done = next; done < events_.size() && (done == next || steady_seconds() - begun < kSlice); ++done)
          MW_TRY(insert(t, events_[done]));
        return {};
      }));
      next = done;
    }
    events_.clear();
    return {};
  }

  Result<BulkLabels> finish(const std::string& source) {
    MW_TRY(flush_events());
    MW_TRY(publish(source, false));
    MW_TRY(publish(source, true));
    MW_ASSIGN(const LabelSchema schema, current_schema(project_, task_.id));
    outcome_.schema_version = schema.version;
    return std::move(outcome_);
  }

 private:
  Status reject(const ExchangeRow& row, const std::string& reason) {
    if (outcome_.rejected++ < static_cast<int64_t>(kSample)) outcome_.sample.push_back({row.record, row.label, reason});
    return {};
  }

  /// The label in the one form; returns the reason why there is none.
  Result<std::string> read(const std::string& typed, const RecordRef& record, std::string& label) {
    const auto value = read_label(task_.kind, typed);
    if (!value) return std::string("bad_label");
    for (const std::string& name : names_in(*value))
      if (!labels_.contains(name)) return std::string("unknown_label");
    if (!value->spans.empty()) {
      MW_ASSIGN(const int64_t length, known_.text_length(record, task_.text_field));
      if (!fits(*value, length)) return std::string("outside_text");
    }
    label = text_of(*value);
    return std::string();
  }

  Status take_event(const ExchangeRow& row, const std::string& label, const RecordRef& record, ActStatus status) {
    const auto event = detail::event_from(row.event);
    if (!event) return reject(row, "bad_event");
    if (event->row) {
      const auto file = files_.find(event->uuid);
      if (file != files_.end() && *event->row < file->second) {
        ++outcome_.duplicate;
        return {};
      }
    }
    Annotation act;
    act.uuid = detail::uuid_of_row(*event);
    act.task = task_.id;
    act.record = record;
    act.status = status;
    if (status == ActStatus::label || status == ActStatus::suggestion) act.label = label;
    if (row.by.empty()) return reject(row, "no_annotator");
    act.by = row.by;
    act.device = row.device;
    const auto time = parse_timestamp_us(row.time);
    if (!time) return reject(row, "bad_time");
    act.time_ms = *time / 1000;
    act.seconds = row.seconds;
    act.schema_version = row.schema_version;
    act.guide_version = row.guide_version;
    if (!row.note.empty()) act.note = row.note;
    if (status == ActStatus::undo) {
      act.undoes = uuid_from_string(row.undoes);
      if (!act.undoes) return reject(row, "bad_undo");
    }
    events_.push_back(std::move(act));
    constexpr size_t kTogether = 4096;
    return events_.size() < kTogether ? Status() : flush_events();
  }

  Status insert(store::Transaction& t, Annotation& act) {
    MW_ASSIGN(auto there, t.db().prepare("SELECT 1 FROM annotation WHERE uuid = ?"));
    there.with(act.uuid);
    MW_ASSIGN(const bool known, there.step());
    if (known) {
      ++outcome_.duplicate;
      return {};
    }
    act.received_ms = t.time_ms();
    MW_TRY(detail::insert_annotation(t, act));
    MW_TRY(detail::audit_act(t, tail(task_.uuid), act));
    ++outcome_.kept;
    return {};
  }

  /// What this person said, or what was suggested, for each record before.
  Result<std::map<RecordRef, std::string>> said_before(const std::string& by, bool suggestions) {
    std::map<RecordRef, std::string> before;
    if (!suggestions) {
      MW_ASSIGN(const CurrentLabels current, current_labels(project_, {.task = task_.id, .person = by}));
      for (const CurrentLabel& row : current.rows) before[row.record] = current.names[static_cast<size_t>(row.label)];
      return before;
    }
    MW_ASSIGN(const auto files, detail::label_files(project_, task_.id));
    for (const detail::LabelFile& file : files) {
      if (file.confirmed) continue;
      MW_ASSIGN(const detail::LabelFacts facts, detail::read_label_file(project_, file.file));
      for (size_t i = 0; i < facts.batch.size(); ++i)
        if (facts.label[i] >= 0)
          before[{facts.batch[i], facts.ordinal[i]}] = facts.names[static_cast<size_t>(facts.label[i])];
    }
    return before;
  }

  Status publish(const std::string& source, bool suggestions) {
    std::map<RecordRef, std::string> wanted;  // the last row for a record counts
    int64_t rows = 0;
    for (const BulkRow& row : bulk_) {
      if (row.suggestion != suggestions) continue;
      wanted[row.record] = row.label;
      ++rows;
    }
    if (wanted.empty()) return {};
    const std::string by = request_.by.value_or(project_.actor().name);
    MW_ASSIGN(const auto before, said_before(by, suggestions));
    detail::BulkRows kept;
    std::unordered_map<std::string, int32_t> codes;
    for (const auto& [record, label] : wanted) {
      const auto found = before.find(record);
      if (found != before.end() && found->second == label) continue;
      const auto [code, made] = codes.try_emplace(label, static_cast<int32_t>(kept.names.size()));
      if (made) kept.names.push_back(label);
      kept.records.push_back(record);
      kept.labels.push_back(code->second);
    }
    outcome_.kept += static_cast<int64_t>(kept.records.size());
    outcome_.duplicate += rows - static_cast<int64_t>(kept.records.size());
    if (kept.records.empty()) return {};
    const auto published = detail::publish_bulk(
        project_, task_, {source, std::nullopt, by, !suggestions, std::nullopt, std::nullopt}, kept);
    if (!published) return tl::make_unexpected(published.error());
    return {};
  }

  store::Project& project_;
  const ImportRequest& request_;
  Task task_;
  detail::KnownRecords known_;
  std::set<std::string, std::less<>> labels_;
  std::map<Uuid, int64_t> files_;
  std::vector<Annotation> events_;
  std::vector<BulkRow> bulk_;
  BulkLabels outcome_;
};

}  // namespace

Result<BulkLabels> import_labels(store::Project& project, const ImportRequest& request, const fs::path& file,
                                 const Work& work) {
  MW_ASSIGN(Task task, read_task(project, request.task));
  const TaskKind kind = task.kind;
  Import import(project, request, std::move(task));
  MW_TRY(import.prepare());
  MW_TRY(detail::read_rows(request.format, file, kind, [&](const ExchangeRow& row) -> Status {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    return import.take(row);
  }));
  return import.finish("file:" + file.filename().string());
}

}  // namespace millwright::labels
