#include "snapshots/export.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "labels/task.h"
#include "records/asset.h"
#include "records/reading.h"
#include "snapshots/card.h"

namespace millwright::snapshots {
namespace {

/// A file that is written piece by piece under a temporary name, hashed on the way, and renamed when it is whole.
class OutputFile {
 public:
  static Result<OutputFile> begin(const fs::path& path) {
    const fs::path temporary = path.parent_path() / (".tmp-" + path.filename().string());
    MW_TRY(remove_file(temporary));
    MW_ASSIGN(auto file, AppendFile::open(temporary));
    return OutputFile(std::move(file), path, temporary);
  }
  Status put(std::string_view text) {
    buffer_ += text;
    return buffer_.size() < kBuffer ? Status() : flush();
  }
  Result<ExportedFile> finish(int64_t rows) {
    MW_TRY(flush());
    MW_TRY(file_.sync());
    MW_TRY(rename_durably(temporary_, path_));
    return ExportedFile{path_.string(), rows, hash_.finish()};
  }

 private:
  static constexpr size_t kBuffer = 1 << 20;
  OutputFile(AppendFile file, fs::path path, fs::path temporary)
      : file_(std::move(file)), path_(std::move(path)), temporary_(std::move(temporary)) {
    hash_.reset();
  }
  Status flush() {
    hash_.update(buffer_);
    MW_TRY(file_.append(buffer_));
    buffer_.clear();
    return {};
  }
  AppendFile file_;
  fs::path path_;
  fs::path temporary_;
  Sha256 hash_;
  std::string buffer_;
};

void put_csv_cell(std::string& out, std::string_view cell) {
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

struct Columns {
  std::vector<std::string> fields;
  std::string label;  // the name under which the label stands
};

Columns columns_of(const std::vector<records::SchemaField>& fields) {
  Columns columns;
  for (const auto& field : fields) columns.fields.push_back(field.name);
  columns.label = "label";
  while (std::find(columns.fields.begin(), columns.fields.end(), columns.label) != columns.fields.end())
    columns.label = "_" + columns.label;
  return columns;
}

/// A value as JSON: numbers and nested values keep the text that they came with.
std::string json_value(const records::Cell& cell) {
  if (cell.missing) return "null";
  return cell.kind == records::CellKind::string ? to_text(Json(cell.text)) : cell.text;
}

/// `label` as JSON.
std::string jsonl_row(const records::Record& record, const std::string& id, const Columns& columns,
                      const std::string& label) {
  std::string line = "{\"_id\":" + to_text(Json(id));
  for (const std::string& field : columns.fields) {
    const records::Cell* cell = record.find(field);
    line += "," + to_text(Json(field)) + ":" + (cell == nullptr ? "null" : json_value(*cell));
  }
  return line + "," + to_text(Json(columns.label)) + ":" + label + "}\n";
}

std::string csv_row(const records::Record& record, const std::string& id, const Columns& columns,
                    const std::string& label) {
  std::string line = id;
  for (const std::string& field : columns.fields) {
    line += ',';
    const records::Cell* cell = record.find(field);
    if (cell != nullptr && !cell->missing) put_csv_cell(line, cell->text);
  }
  line += ',';
  put_csv_cell(line, label);
  return line + "\r\n";
}

std::string csv_header(const Columns& columns) {
  std::string line = "_id";
  for (const std::string& field : columns.fields) {
    line += ',';
    put_csv_cell(line, field);
  }
  line += ',';
  put_csv_cell(line, columns.label);
  return line + "\r\n";
}

fs::path path_for(const fs::path& folder, ExportFormat format, Split split) {
  const std::string name(to_string(split));
  if (format == ExportFormat::csv) return folder / (name + ".csv");
  return format == ExportFormat::hf ? folder / "data" / (name + ".jsonl") : folder / (name + ".jsonl");
}

/// The head by which Hugging Face datasets find the files of each split.
std::string hf_head(const Snapshot& snapshot) {
  std::string head = "---\nconfigs:\n- config_name: default\n  data_files:\n";
  const int64_t rows[] = {snapshot.counts.train, snapshot.counts.validation, snapshot.counts.test};
  for (const Split split : kSplits)
    if (rows[static_cast<size_t>(split)] > 0)
      head += "  - split: " + std::string(to_string(split)) + "\n    path: data/" + std::string(to_string(split)) +
              ".jsonl\n";
  return head + "---\n\n";
}

/// A cell holds the label as its one text, a line of JSON what it says.
Result<std::vector<std::string>> written_labels(const SnapshotRows& rows, labels::TaskKind kind, ExportFormat format) {
  if (format == ExportFormat::csv) return rows.labels;
  MW_ASSIGN(const auto values, read_values(rows, kind));
  std::vector<std::string> written;
  for (const labels::LabelValue& value : values) written.push_back(to_text(to_json(value)));
  return written;
}

Result<ExportedFile> write_whole(const fs::path& path, const std::string& text) {
  MW_TRY(write_file_atomically(path, text));
  return ExportedFile{path.string(), 0, sha256(text)};
}

struct Writing {
  const store::Project& project;
  const Snapshot& snapshot;
  const SnapshotRows& rows;
  const std::vector<std::string>& labels;  ///< for each of rows.labels what is written
  const Columns& columns;
  ExportFormat format;
  const fs::path& folder;
  const Work& work;
};

Result<ExportedFile> write_split(const Writing& w, Split split, int64_t& done) {
  MW_ASSIGN(auto out, OutputFile::begin(path_for(w.folder, w.format, split)));
  MW_ASSIGN(auto reader, records::RecordReader::open(w.project));
  if (w.format == ExportFormat::csv) MW_TRY(out.put(csv_header(w.columns)));
  int64_t written = 0;
  for (size_t i = 0; i < w.rows.size(); ++i) {
    if (w.rows.split[i] != split) continue;
    if ((written & 1023) == 0) {
      if (w.work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
      w.work.report({"export", done, static_cast<int64_t>(w.rows.size()), "rows"});
    }
    MW_ASSIGN(const records::Record record, reader.get(w.rows.records[i]));
    MW_ASSIGN(const std::string id, reader.id(w.rows.records[i]));
    const std::string& label = w.labels[static_cast<size_t>(w.rows.label[i])];
    MW_TRY(out.put(w.format == ExportFormat::csv ? csv_row(record, id, w.columns, label)
                                                 : jsonl_row(record, id, w.columns, label)));
    ++written;
    ++done;
  }
  return out.finish(written);
}

}  // namespace

std::optional<ExportFormat> export_format_from(std::string_view text) {
  if (text == "jsonl") return ExportFormat::jsonl;
  if (text == "csv") return ExportFormat::csv;
  if (text == "hf") return ExportFormat::hf;
  return std::nullopt;
}

Result<std::vector<ExportedFile>> export_snapshot(const store::Project& project, const Snapshot& snapshot,
                                                  ExportFormat format, const fs::path& folder, const Work& work) {
  MW_ASSIGN(const SnapshotRows rows, read_rows(project, snapshot));
  MW_ASSIGN(const auto task, labels::read_task(project, snapshot.task));
  MW_ASSIGN(const auto asset, records::asset_by_id(project, task.asset));
  const Columns columns = columns_of(asset.schema.fields);
  MW_ASSIGN(const std::vector<std::string> labels, written_labels(rows, task.kind, format));
  MW_TRY(make_folders(format == ExportFormat::hf ? folder / "data" : folder));
  std::vector<ExportedFile> files;
  const int64_t counts[] = {snapshot.counts.train, snapshot.counts.validation, snapshot.counts.test};
  int64_t done = 0;
  for (const Split split : kSplits) {
    if (counts[static_cast<size_t>(split)] == 0) continue;
    MW_ASSIGN(auto file, write_split({project, snapshot, rows, labels, columns, format, folder, work}, split, done));
    files.push_back(std::move(file));
  }
  MW_ASSIGN(const DataCard card, data_card(project, snapshot));
  const bool hf = format == ExportFormat::hf;
  MW_ASSIGN(auto markdown, write_whole(folder / (hf ? "README.md" : "card.md"),
                                       hf ? hf_head(snapshot) + card.markdown : card.markdown));
  files.push_back(std::move(markdown));
  MW_ASSIGN(auto json, write_whole(folder / "card.json", to_text(card.json, 2) + "\n"));
  files.push_back(std::move(json));
  return files;
}

}  // namespace millwright::snapshots
