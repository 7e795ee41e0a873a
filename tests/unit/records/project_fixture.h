// A project in a temporary folder, and files to bring in.
#pragma once

#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <string>

#include "base/files.h"
#include "records/batch.h"
#include "records/columns.h"
#include "records/ingest.h"
#include "records/reading.h"

namespace millwright::records {

/// Fails the test with the error's words.
#define MW_REQUIRE(result)                                                                                     \
  do {                                                                                                         \
    const auto& mw_required = (result);                                                                        \
    QVERIFY2(mw_required.has_value(), mw_required.has_value() ? "" : message_of(mw_required.error()).c_str()); \
  } while (false)

class ProjectFixture {
 public:
  ProjectFixture() {
    if (!qEnvironmentVariableIsSet("MILLWRIGHT_PLUGINS"))
      qputenv("MILLWRIGHT_PLUGINS", MILLWRIGHT_BUILD_DIR "/lib/millwright/plugins");
    auto made = store::Project::create(path("project"), {"tester", "device"}, {"project"});
    if (!made) qFatal("%s", message_of(made.error()).c_str());
    project = std::make_unique<store::Project>(std::move(*made));
  }

  [[nodiscard]] std::string path(const std::string& name) const { return folder.path().toStdString() + "/" + name; }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

  ImportRequest request(const std::string& name, const std::string& content) const {
    ImportRequest request;
    request.source = write(name, content);
    return request;
  }
  Result<ImportReport> import(const ImportRequest& request) const { return import_source(*project, request, {}); }
  Result<ImportReport> import(const std::string& name, const std::string& content) const {
    return import(request(name, content));
  }

  /// `records` as JSON lines: of a batch's arrivals, or of all records of the only asset.
  std::vector<std::string> lines(int64_t batch = 0, const std::string& where = {}) const {
    ReadRequest read;
    if (batch != 0) {
      read.window = *window_of_batches(*project, {batch});
      read.count = Count::arrivals;
    } else {
      read.window = *whole_asset(*project, *find_asset(*project, ""));
    }
    read.where = *Where::parse(where);
    std::vector<std::string> out;
    const Status done = for_each_record(*project, read, [&](RecordReader& reader, const Record& record) {
      out.push_back(*reader.json_line(record));
      return true;
    });
    if (!done) qFatal("%s", message_of(done.error()).c_str());
    return out;
  }

  /// The lines without `_id` and `_batch`.
  std::vector<std::string> payloads(int64_t batch = 0, const std::string& where = {}) const {
    std::vector<std::string> out;
    for (const std::string& line : lines(batch, where)) {
      const size_t at = line.find("\"_batch\":\"");
      const size_t end = line.find('"', at + 10);
      out.push_back("{" + (line[end + 1] == ',' ? line.substr(end + 2) : line.substr(end + 1)));
    }
    return out;
  }

  QTemporaryDir folder;
  std::unique_ptr<store::Project> project;
};

inline const store::BatchField* field_of(const ImportReport& report, const std::string& name) {
  for (const auto& field : report.fields)
    if (field.name == name) return &field;
  return nullptr;
}

inline std::string type_of(const ImportReport& report, const std::string& name) {
  const auto* field = field_of(report, name);
  return field == nullptr ? "none" : name_of(field->type);
}

inline std::string data_folder() {
  if (const char* given = std::getenv("MILLWRIGHT_DATA")) return given;
  return MILLWRIGHT_SOURCE_DIR "/../shared/data";
}

}  // namespace millwright::records
