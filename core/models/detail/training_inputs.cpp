#include "detail/training_inputs.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/ids.h"
#include "detail/input_text.h"
#include "records/asset.h"
#include "records/columns.h"
#include "records/window.h"

namespace millwright::models::detail {
namespace {

constexpr size_t kBuffer = 1 << 20;
constexpr double kMicrosecondsADay = 86'400e6;
constexpr double kLeastWeight = 1e-6;  // nothing is forgotten altogether

tl::unexpected<Error> stopped() { return fail(ErrorKind::cancelled, "cancelled", "Stopped; nothing was queued."); }

void append_json_string(std::string& out, std::string_view text) { out += to_text(Json(text)); }

/// What a line says of its label, as engine/training_rows reads it.
std::string target_of(const labels::LabelValue& label) {
  const std::string said = to_text(to_json(label));
  switch (label.kind) {
    case labels::TaskKind::single_label:
      return "\"label\":" + said;
    case labels::TaskKind::multi_label:
      return "\"labels\":" + said;
    case labels::TaskKind::spans:
      return "\"spans\":" + said;
    case labels::TaskKind::number:
      return "\"value\":" + said;
  }
  return {};
}

/// By row; empty where all weigh the same.
Result<std::vector<double>> weights_of(const store::Project& project, const labels::Task& task,
                                       const records::ColumnScan& scan, const snapshots::SnapshotRows& rows,
                                       const std::vector<int64_t>& places, double half_life) {
  std::vector<double> weights;
  if (half_life <= 0) return weights;
  MW_ASSIGN(const records::Asset asset, records::asset_by_id(project, task.asset));
  if (asset.roles.time.empty() || scan.find(asset.roles.time) == nullptr)
    return fail(ErrorKind::usage, "train.no_time", "Nobody said which field of {asset} is its time.",
                {{"asset", asset.name}}, "half_life needs one: import with --time FIELD.");
  MW_ASSIGN(const records::Column times, scan.column(asset.roles.time));
  if (times.type != records::FieldType::timestamp)
    return fail(ErrorKind::usage, "train.no_time", "The field {field} of {asset} holds no times.",
                {{"field", asset.roles.time}, {"asset", asset.name}}, "half_life needs a field of type timestamp.");
  double newest = -INFINITY, oldest = INFINITY;
  for (size_t i = 0; i < rows.size(); ++i) {
    const double time = times.numbers[static_cast<size_t>(places[i])];
    if (rows.split[i] != snapshots::Split::train || std::isnan(time)) continue;
    newest = std::max(newest, time);
    oldest = std::min(oldest, time);
  }
  for (const int64_t place : places) {
    const double time = times.numbers[static_cast<size_t>(place)];
    const double age = (newest - (std::isnan(time) ? oldest : time)) / kMicrosecondsADay;
    weights.push_back(std::isfinite(age) ? std::max(kLeastWeight, std::exp2(-std::max(0.0, age) / half_life)) : 1);
  }
  return weights;
}

}  // namespace

Result<int64_t> labels_in_training(const snapshots::SnapshotRows& rows, labels::TaskKind kind) {
  std::vector<bool> used(rows.labels.size());
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows.split[i] == snapshots::Split::train) used[static_cast<size_t>(rows.label[i])] = true;
  MW_ASSIGN(const auto values, snapshots::read_values(rows, kind));
  if (kind == labels::TaskKind::number) return std::count(used.begin(), used.end(), true);
  std::set<std::string> names;
  for (size_t i = 0; i < values.size(); ++i)
    if (used[i])
      for (std::string& name : labels::names_in(values[i])) names.insert(std::move(name));
  return static_cast<int64_t>(names.size());
}

Status write_training_rows(const store::Project& project, const snapshots::Snapshot& snapshot, const labels::Task& task,
                           const snapshots::SnapshotRows& rows, double half_life, const fs::path& path,
                           const Work& work) {
  MW_ASSIGN(const records::Window window, records::window_of_batches(project, snapshot.batches));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
  MW_ASSIGN(const std::vector<int64_t> places, places_of(scan, rows.records));
  if (std::find(places.begin(), places.end(), -1) != places.end())
    return fail(ErrorKind::store, "store.damaged", "The snapshot names records that its batches do not have.");
  MW_ASSIGN(const std::vector<std::string> texts, input_texts(scan, task.fields, places));
  MW_ASSIGN(const std::vector<double> weights, weights_of(project, task, scan, rows, places, half_life));
  MW_ASSIGN(const auto values, snapshots::read_values(rows, task.kind));
  std::vector<std::string> targets;
  for (const labels::LabelValue& value : values) targets.push_back(target_of(value));
  MW_ASSIGN(AppendFile file, AppendFile::open(path));
  std::string buffer;
  for (size_t i = 0; i < rows.size(); ++i) {
    buffer += R"({"record":")" + std::to_string(rows.records[i].batch) + "-" + std::to_string(rows.records[i].ordinal);
    buffer += R"(","text":)";
    append_json_string(buffer, texts[i]);
    buffer += ',' + targets.at(static_cast<size_t>(rows.label[i]));
    if (!weights.empty()) buffer += R"(,"weight":)" + to_text(Json(weights[i]));
    buffer += R"(,"split":")";
    buffer += snapshots::to_string(rows.split[i]);
    buffer += "\"}\n";
    if (buffer.size() < kBuffer) continue;
    if (work.stopped()) return stopped();
    work.report({"export", static_cast<int64_t>(i), static_cast<int64_t>(rows.size()), "rows"});
    MW_TRY(file.append(buffer));
    buffer.clear();
  }
  MW_TRY(file.append(buffer));
  MW_TRY(file.sync());
  return sync_folder(path.parent_path());
}

Status write_unlabeled(const store::Project& project, const labels::Task& task, const snapshots::SnapshotRows& rows,
                       const fs::path& path, const Work& work) {
  MW_ASSIGN(const records::Asset asset, records::asset_by_id(project, task.asset));
  MW_ASSIGN(const records::Window window, records::whole_asset(project, asset));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
  MW_ASSIGN(const std::vector<RecordRef> all, scan.records());
  const std::set<RecordRef> known(rows.records.begin(), rows.records.end());
  std::vector<int64_t> places;
  for (size_t i = 0; i < all.size(); ++i)
    if (!known.contains(all[i])) places.push_back(static_cast<int64_t>(i));
  MW_ASSIGN(const std::vector<std::string> texts, input_texts(scan, task.fields, places));
  MW_ASSIGN(AppendFile file, AppendFile::open(path));
  std::string buffer;
  for (size_t i = 0; i < texts.size(); ++i) {
    buffer += R"({"text":)";
    append_json_string(buffer, texts[i]);
    buffer += "}\n";
    if (buffer.size() < kBuffer) continue;
    if (work.stopped()) return stopped();
    work.report({"export", static_cast<int64_t>(i), static_cast<int64_t>(texts.size()), "texts"});
    MW_TRY(file.append(buffer));
    buffer.clear();
  }
  MW_TRY(file.append(buffer));
  MW_TRY(file.sync());
  return sync_folder(path.parent_path());
}

}  // namespace millwright::models::detail
