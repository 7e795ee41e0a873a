#include "detail/said.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "detail/annotation_rows.h"
#include "store/facts_file.h"

namespace millwright::labels::detail {
namespace {

/// Numbers for texts, in the order in which they are first met.
class Codes {
 public:
  int32_t of(const std::string& text) {
    const auto [found, made] = codes_.try_emplace(text, static_cast<int32_t>(texts_.size()));
    if (made) texts_.push_back(text);
    return found->second;
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(texts_); }

 private:
  std::unordered_map<std::string, int32_t> codes_;
  std::vector<std::string> texts_;
};

struct Gathering {
  Codes names;
  Codes people;
  std::vector<Said> rows;
  std::unordered_set<int64_t> batches;  // empty: all
  [[nodiscard]] bool wants(int64_t batch) const { return batches.empty() || batches.contains(batch); }
};

Status gather_files(Gathering& gathering, const store::Project& project, const CurrentRequest& request, Saids& out,
                    const Work& work) {
  MW_ASSIGN(const auto files, label_files(project, request.task, request.file_through));
  for (const LabelFile& file : files) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    out.file_through = std::max(out.file_through, file.id);
    if (!file.confirmed || (request.person && *request.person != file.by)) continue;
    MW_ASSIGN(const LabelFacts facts, read_label_file(project, file.file));
    const int32_t person = gathering.people.of(file.by);
    std::vector<int32_t> labels;
    for (const std::string& name : facts.names) labels.push_back(gathering.names.of(name));
    gathering.rows.reserve(gathering.rows.size() + facts.batch.size());
    for (size_t i = 0; i < facts.batch.size(); ++i) {
      if (facts.label[i] < 0 || !gathering.wants(facts.batch[i])) continue;
      gathering.rows.push_back({{facts.batch[i], facts.ordinal[i]},
                                file.time_ms,
                                -file.id,
                                static_cast<int64_t>(i),
                                person,
                                labels[static_cast<size_t>(facts.label[i])],
                                file.schema_version,
                                file.guide_version});
    }
  }
  return {};
}

Status gather_acts(Gathering& gathering, const store::Project& project, const CurrentRequest& request, Saids& out,
                   const Work& work) {
  MW_ASSIGN(const int64_t last, last_annotation(project.db()));
  out.annotation_through = std::min(request.annotation_through.value_or(last), last);
  const size_t first = gathering.rows.size();
  std::vector<Uuid> ids;
  std::unordered_set<Uuid> undone;
  MW_TRY(for_each_act(project, request.task, out.annotation_through, [&](const Annotation& act) {
    if (act.status == ActStatus::undo && act.undoes) undone.insert(*act.undoes);
    if (act.status != ActStatus::label || !act.label || !gathering.wants(act.record.batch)) return !work.stopped();
    if (request.person && *request.person != act.by) return !work.stopped();
    ids.push_back(act.uuid);
    gathering.rows.push_back({act.record, act.time_ms, act.id, 0, gathering.people.of(act.by),
                              gathering.names.of(*act.label), act.schema_version, act.guide_version});
    return !work.stopped();
  }));
  if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
  if (undone.empty()) return {};
  size_t kept = first;
  for (size_t i = 0; i < ids.size(); ++i)
    if (!undone.contains(ids[i])) gathering.rows[kept++] = gathering.rows[first + i];
  gathering.rows.resize(kept);
  return {};
}

/// Acts come after files of the same time, later files and acts after earlier ones.
std::pair<int, int64_t> order_of(const Said& said) {
  return said.source < 0 ? std::pair(0, -said.source) : std::pair(1, said.source);
}

bool before(const Said& a, const Said& b) {
  if (a.record != b.record) return a.record < b.record;
  if (a.person != b.person) return a.person < b.person;
  if (a.time_ms != b.time_ms) return a.time_ms < b.time_ms;
  if (a.source != b.source) return order_of(a) < order_of(b);
  return a.row < b.row;
}

}  // namespace

Result<std::vector<LabelFile>> label_files(const store::Project& project, int64_t task,
                                           std::optional<int64_t> through) {
  MW_ASSIGN(auto query, project.db().prepare(
                            "SELECT l.id, l.file, d.uuid, l.source, l.actor, l.device, l.status, l.schema_version, "
                            "l.guide_version, l.rows, l.time_ms FROM label_file l JOIN data_file d ON d.id = l.file "
                            "WHERE l.task = ? AND l.id <= ? ORDER BY l.id"));
  query.with(task, through.value_or(INT64_MAX));
  std::vector<LabelFile> files;
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) return files;
    LabelFile file;
    file.id = query.integer(0);
    file.file = query.integer(1);
    file.uuid = query.uuid(2);
    file.source = query.string(3);
    file.by = query.string(4);
    file.device = query.string(5);
    file.confirmed = query.text(6) == "label";
    file.schema_version = static_cast<int32_t>(query.integer(7));
    file.guide_version = static_cast<int32_t>(query.integer(8));
    file.rows = query.integer(9);
    file.time_ms = query.integer(10);
    files.push_back(std::move(file));
  }
}

Result<LabelFacts> read_label_file(const store::Project& project, int64_t data_file) {
  MW_ASSIGN(store::Facts facts, store::read_facts(project, data_file));
  const auto damaged = [] {
    return fail(ErrorKind::store, "store.damaged", "A file of labels of this project cannot be read.");
  };
  const auto* batch = facts.find("batch", store::FactsColumn::Kind::integer);
  const auto* ordinal = facts.find("ordinal", store::FactsColumn::Kind::integer);
  const auto* label = facts.find("label", store::FactsColumn::Kind::text);
  if (batch == nullptr || ordinal == nullptr || label == nullptr) return damaged();
  const auto names = static_cast<int64_t>(label->dictionary.size());
  for (const int64_t code : label->integers)
    if (code < -1 || code >= names) return damaged();
  if (ordinal->integers.size() != batch->integers.size() || label->integers.size() != batch->integers.size())
    return damaged();
  LabelFacts out;
  out.names = label->dictionary;
  out.batch = batch->integers;
  out.ordinal = ordinal->integers;
  out.label = label->integers;
  return out;
}

Result<Saids> what_people_say(const store::Project& project, const CurrentRequest& request, const Work& work) {
  Saids out;
  Gathering gathering;
  gathering.batches.insert(request.batches.begin(), request.batches.end());
  MW_TRY(gather_files(gathering, project, request, out, work));
  MW_TRY(gather_acts(gathering, project, request, out, work));
  auto& rows = gathering.rows;
  if (!std::is_sorted(rows.begin(), rows.end(), before)) std::sort(rows.begin(), rows.end(), before);
  // The last of each person and record is the newest.
  size_t kept = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool replaced =
        i + 1 < rows.size() && rows[i + 1].record == rows[i].record && rows[i + 1].person == rows[i].person;
    if (!replaced) rows[kept++] = rows[i];
  }
  rows.resize(kept);
  out.names = gathering.names.take();
  out.people = gathering.people.take();
  out.rows = std::move(rows);
  return out;
}

}  // namespace millwright::labels::detail
