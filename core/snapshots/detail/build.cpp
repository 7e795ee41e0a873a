#include "detail/build.h"

#include <algorithm>
#include <future>
#include <map>
#include <numeric>
#include <thread>

#include "detail/strata.h"
#include "labels/current.h"
#include "quality/inputs.h"
#include "records/batch.h"
#include "records/window.h"

namespace millwright::snapshots::detail {
namespace {

struct Candidate {
  RecordRef record;
  int64_t place = 0;  // in the scan
  const labels::CurrentLabel* label = nullptr;
};

Status check_stop(const Work& work, const char* phase) {
  if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
  work.report({phase, 0, 0, "rows"});
  return {};
}

/// Rows that the expression chooses, by record.
Result<std::vector<Candidate>> chosen_rows(const records::ColumnScan& scan, const std::string& where) {
  MW_ASSIGN(const auto refs, scan.records());
  std::vector<Candidate> chosen;
  if (where.empty()) {
    chosen.resize(refs.size());
    for (size_t i = 0; i < refs.size(); ++i) chosen[i] = {refs[i], static_cast<int64_t>(i), nullptr};
  } else {
    MW_ASSIGN(const auto expression, records::Where::parse(where));
    MW_ASSIGN(const auto places, scan.select(expression));
    for (const int64_t place : places) chosen.push_back({refs[static_cast<size_t>(place)], place, nullptr});
  }
  const auto by_record = [](const Candidate& a, const Candidate& b) { return a.record < b.record; };
  if (!std::is_sorted(chosen.begin(), chosen.end(), by_record)) std::sort(chosen.begin(), chosen.end(), by_record);
  return chosen;
}

/// Keeps the rows with one agreed label and counts the others.
void join_labels(std::vector<Candidate>& rows, const labels::CurrentLabels& current, SnapshotCounts& counts) {
  auto label = current.rows.begin();
  size_t kept = 0;
  for (Candidate& row : rows) {
    while (label != current.rows.end() && label->record < row.record) ++label;
    if (label == current.rows.end() || label->record != row.record) {
      ++counts.unlabeled;
    } else if (label->conflict) {
      ++counts.conflicts;
    } else {
      row.label = &*label;
      rows[kept++] = row;
    }
  }
  rows.resize(kept);
}

/// Labels get numbers in the order of their bytes, so that strata do not depend on how labels were met.
std::vector<int32_t> sort_names(const labels::CurrentLabels& current, const std::vector<Candidate>& rows,
                                std::vector<std::string>& names) {
  std::vector<bool> used(current.names.size());
  for (const Candidate& row : rows) used[static_cast<size_t>(row.label->label)] = true;
  for (size_t i = 0; i < used.size(); ++i)
    if (used[i]) names.push_back(current.names[i]);
  std::sort(names.begin(), names.end());
  std::vector<int32_t> codes(current.names.size(), -1);
  for (size_t i = 0; i < used.size(); ++i)
    if (used[i])
      codes[i] = static_cast<int32_t>(std::lower_bound(names.begin(), names.end(), current.names[i]) - names.begin());
  return codes;
}

struct BatchFacts {
  std::optional<Split> given;
  std::shared_ptr<const store::BatchFile> file;
  std::vector<Digest> leaves;
};

Result<std::map<int64_t, BatchFacts>> facts_of_batches(const store::Project& project,
                                                       const std::vector<Candidate>& rows) {
  std::map<int64_t, BatchFacts> facts;
  int64_t last = -1;
  for (const Candidate& row : rows) {
    if (row.record.batch == last) continue;
    last = row.record.batch;
    if (facts.contains(last)) continue;
    MW_ASSIGN(const auto info, records::batch_by_id(project, last));
    BatchFacts entry;
    entry.given = split_from(info.given_split);
    MW_ASSIGN(entry.file, records::open_batch(project, last));
    MW_ASSIGN(entry.leaves, entry.file->leaves());
    facts.emplace(last, std::move(entry));
  }
  return facts;
}

Result<Json> recipe_of(const store::Project& project, const BuildRequest& request) {
  std::vector<std::string> batches;
  for (const int64_t id : request.batches) {
    MW_ASSIGN(const auto info, records::batch_by_id(project, id));
    batches.push_back(to_string(info.uuid));
  }
  std::sort(batches.begin(), batches.end());
  const SplitPlan& plan = request.plan;
  return Json{{"format", 1},
              {"task", to_string(request.task.uuid)},
              {"fields", request.task.fields},
              {"batches", batches},
              {"where", request.where},
              {"split",
               {{"seed", plan.seed},
                {"train", plan.shares.train},
                {"validation", plan.shares.validation},
                {"test", plan.shares.test},
                {"group", plan.group_field ? Json(*plan.group_field) : Json(nullptr)}}},
              {"schema_version", request.schema_version},
              {"guide_version", request.guide_version}};
}

Status fill_rows(const store::Project& project, const BuildRequest& request, const records::ColumnScan& scan,
                 const std::vector<Candidate>& rows, const std::vector<int32_t>& codes, Built& built) {
  std::vector<RecordRef> records;
  std::vector<int64_t> places;
  for (const Candidate& row : rows) {
    records.push_back(row.record);
    places.push_back(row.place);
  }
  MW_ASSIGN(const auto groups, group_keys(scan, request.task.fields, request.plan.group_field,
                                          split_key(request.plan.seed), records, places));
  MW_ASSIGN(const auto batches, facts_of_batches(project, rows));
  SnapshotRows& out = built.rows;
  for (const Candidate& row : rows) out.label.push_back(codes[static_cast<size_t>(row.label->label)]);
  MW_ASSIGN(const auto values, read_values(out, request.task.kind));
  const std::vector<int32_t> strata = strata_of(request.task.kind, values, out.label);
  std::vector<RowToSplit> to_split(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) to_split[i] = {groups[i], strata[i], batches.at(rows[i].record.batch).given};
  if (request.cut) built.plan.groups = cut_groups(to_split, request.plan.shares);
  for (size_t i = 0; i < rows.size(); ++i) {
    const BatchFacts& batch = batches.at(rows[i].record.batch);
    MW_ASSIGN(const auto place, batch.file->place_of(rows[i].record.ordinal));
    if (!place || static_cast<size_t>(*place) >= batch.leaves.size())
      return fail(ErrorKind::store, "store.damaged", "A record of this project cannot be found in its batch.");
    const Split split = built.plan.split_of(to_split[i]);
    out.records.push_back(rows[i].record);
    out.split.push_back(split);
    out.schema_version.push_back(rows[i].label->schema_version);
    out.guide_version.push_back(rows[i].label->guide_version);
    out.leaf.push_back(batch.leaves[static_cast<size_t>(*place)]);
    ++(split == Split::train        ? built.counts.train
       : split == Split::validation ? built.counts.validation
                                    : built.counts.test);
  }
  return {};
}

}  // namespace

std::vector<Digest> leaves_of(const SnapshotRows& rows) {
  std::vector<Digest> leaves(rows.size());
  const auto hash = [&](size_t begin, size_t end) {
    std::string bytes;
    const auto put = [&](uint32_t value) {
      for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
    };
    for (size_t i = begin; i < end; ++i) {
      bytes.assign(rows.leaf[i].begin(), rows.leaf[i].end());
      put(static_cast<uint32_t>(rows.schema_version[i]));
      put(static_cast<uint32_t>(rows.guide_version[i]));
      bytes.push_back(static_cast<char>(rows.split[i]));
      bytes += rows.labels[static_cast<size_t>(rows.label[i])];
      leaves[i] = sha256(bytes);
    }
  };
  constexpr size_t kPart = 1 << 16;
  const size_t threads = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, 8);
  const size_t part = std::max(kPart, (rows.size() + threads - 1) / threads);
  std::vector<std::future<void>> others;
  for (size_t begin = part; begin < rows.size(); begin += part)
    others.push_back(std::async(std::launch::async, hash, begin, std::min(rows.size(), begin + part)));
  hash(0, std::min(rows.size(), part));
  for (auto& other : others) other.get();
  return leaves;
}

Digest root_of(const Digest& merkle, const Json& recipe) {
  std::string bytes = "millwright.snapshot.1";
  bytes.append(merkle.begin(), merkle.end());
  bytes += canonical(recipe);
  return sha256(bytes);
}

Uuid uuid_of(const Digest& root) {
  Uuid uuid;
  std::copy(root.begin(), root.begin() + 16, uuid.bytes.begin());
  uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0F) | 0x80);  // UUIDv8: made from other data
  uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
  return uuid;
}

Result<std::vector<int64_t>> places_of(const records::ColumnScan& scan, std::span<const RecordRef> records) {
  MW_ASSIGN(const auto refs, scan.records());
  std::vector<int64_t> order(refs.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  if (!std::is_sorted(refs.begin(), refs.end()))
    std::sort(order.begin(), order.end(),
              [&](int64_t a, int64_t b) { return refs[static_cast<size_t>(a)] < refs[static_cast<size_t>(b)]; });
  std::vector<int64_t> places(records.size(), -1);
  size_t at = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    while (at < order.size() && refs[static_cast<size_t>(order[at])] < records[i]) ++at;
    if (at < order.size() && refs[static_cast<size_t>(order[at])] == records[i]) places[i] = order[at];
  }
  return places;
}

Result<std::vector<Hash128>> group_hashes(const records::ColumnScan& scan, const std::string& group_field,
                                          const SipKey& key, std::span<const int64_t> places) {
  if (scan.find(group_field) == nullptr)
    return fail(ErrorKind::bad_input, "split.no_such_field", "There is no field {field} to group by.",
                {{"field", group_field}});
  MW_ASSIGN(const auto column, scan.column_as(group_field, records::FieldType::text));
  std::vector<Hash128> hashes;
  hashes.reserve(places.size());
  for (const int64_t place : places)
    hashes.push_back(column.has(place) ? siphash128(key, column.text(place)) : Hash128{});
  return hashes;
}

Result<std::vector<Hash128>> group_keys(const records::ColumnScan& scan, const std::vector<std::string>& fields,
                                        const std::optional<std::string>& group_field, const SipKey& key,
                                        std::span<const RecordRef> records, std::span<const int64_t> places) {
  std::vector<size_t> order(places.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return places[a] < places[b]; });
  std::vector<int64_t> ascending;  // as a scan wants them
  ascending.reserve(order.size());
  for (const size_t i : order) ascending.push_back(places[i]);
  MW_ASSIGN(const auto inputs, quality::input_hashes(scan, fields, key, ascending));
  std::vector<Hash128> groups(ascending.size());
  if (group_field) {
    MW_ASSIGN(groups, group_hashes(scan, *group_field, key, ascending));
  }
  std::vector<Hash128> keys(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    const RecordRef& record = records[order[i]];
    Hash128 hash = groups[i] != Hash128{} ? groups[i] : inputs[i];
    if (hash == Hash128{})
      hash = siphash128(key, "record " + std::to_string(record.batch) + " " + std::to_string(record.ordinal));
    keys[order[i]] = hash;
  }
  return keys;
}

Result<Built> build(const store::Project& project, const BuildRequest& request, const Work& work) {
  Built built;
  built.plan = request.plan;
  MW_TRY(check_stop(work, "labels"));
  MW_ASSIGN(const auto current, labels::current_labels(project,
                                                       {.task = request.task.id,
                                                        .annotation_through = request.annotation_through,
                                                        .file_through = request.file_through},
                                                       work));
  built.annotation_through = current.annotation_through;
  built.file_through = current.file_through;
  MW_TRY(check_stop(work, "rows"));
  MW_ASSIGN(const auto window, records::window_of_batches(project, request.batches));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
  MW_ASSIGN(auto rows, chosen_rows(scan, request.where));
  join_labels(rows, current, built.counts);
  const std::vector<int32_t> codes = sort_names(current, rows, built.rows.labels);
  MW_TRY(check_stop(work, "split"));
  MW_TRY(fill_rows(project, request, scan, rows, codes, built));
  MW_TRY(check_stop(work, "hash"));
  built.row_leaves = leaves_of(built.rows);
  built.merkle = merkle_root(built.row_leaves);
  MW_ASSIGN(built.recipe, recipe_of(project, request));
  built.root = root_of(built.merkle, built.recipe);
  return built;
}

}  // namespace millwright::snapshots::detail
