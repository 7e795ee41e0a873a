#include "detail/job_inputs.h"

#include <algorithm>
#include <charconv>

#include "detail/input_text.h"
#include "detail/model_rows.h"
#include "store/blobs.h"

namespace millwright::models::detail {
namespace {

constexpr size_t kBuffer = 1 << 20;

}  // namespace

Status put_base(const store::Project& project, const Model& base, const fs::path& folder) {
  MW_TRY(make_folders(folder));
  for (const ModelFile& file : base.files) {
    MW_TRY(check_file_name(file.name));
    const fs::path blob = store::path_of_blob(project, file.sha256);
    std::error_code error;
    fs::create_hard_link(blob, folder / file.name, error);
    if (error) fs::copy_file(blob, folder / file.name, error);
    if (error) return fail_errno("write", (folder / file.name).string(), error.value());
  }
  return sync_folder(folder);
}

Status write_rows(const store::Project& project, const snapshots::Snapshot& snapshot,
                  const std::vector<std::string>& fields, const snapshots::SnapshotRows& rows, const fs::path& path,
                  const Work& work) {
  MW_ASSIGN(const records::Window window, records::window_of_batches(project, snapshot.batches));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
  MW_ASSIGN(const std::vector<int64_t> places, places_of(scan, rows.records));
  if (std::find(places.begin(), places.end(), -1) != places.end())
    return fail(ErrorKind::store, "store.damaged", "The snapshot names records that its batches do not have.");
  MW_ASSIGN(const std::vector<std::string> texts, input_texts(scan, fields, places));
  MW_ASSIGN(AppendFile file, AppendFile::open(path));
  std::string buffer;
  for (size_t i = 0; i < rows.size(); ++i) {
    buffer += R"({"record":")" + std::to_string(rows.records[i].batch) + "-" + std::to_string(rows.records[i].ordinal);
    buffer += R"(","text":)";
    buffer += to_text(Json(texts[i]));
    buffer += R"(,"label":)";
    buffer += to_text(Json(rows.labels.at(static_cast<size_t>(rows.label[i]))));
    buffer += R"(,"split":")";
    buffer += snapshots::to_string(rows.split[i]);
    buffer += "\"}\n";
    if (buffer.size() < kBuffer) continue;
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped; nothing was queued.");
    work.report({"export", static_cast<int64_t>(i), static_cast<int64_t>(rows.size()), "rows"});
    MW_TRY(file.append(buffer));
    buffer.clear();
  }
  MW_TRY(file.append(buffer));
  MW_TRY(file.sync());
  return sync_folder(path.parent_path());
}

std::optional<RecordRef> record_from(std::string_view text) {
  RecordRef record;
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto batch = std::from_chars(text.data(), text.data() + dash, record.batch);
  const auto ordinal = std::from_chars(text.data() + dash + 1, text.data() + text.size(), record.ordinal);
  if (batch.ec != std::errc() || ordinal.ec != std::errc()) return std::nullopt;
  return record;
}

}  // namespace millwright::models::detail
