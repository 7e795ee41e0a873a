#include "labels/guide.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "detail/guide_events.h"
#include "detail/schema_rows.h"

namespace millwright::labels {
namespace {

constexpr std::array<std::string_view, 4> kStates = {"draft", "accepted", "rejected", "removed"};

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

Result<std::vector<GuideEvent>> read_events(const store::Database& db, int64_t task, int through) {
  MW_ASSIGN(auto query, db.prepare("SELECT uuid, version, rule, kind, title, decision, example_batch, example_ordinal, "
                                   "actor, device, time_ms FROM guide_event WHERE task = ? AND version <= ? "
                                   "ORDER BY version"));
  query.with(task, through);
  std::vector<GuideEvent> events;
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) return events;
    GuideEvent event;
    event.uuid = query.uuid(0);
    event.version = static_cast<int>(query.integer(1));
    event.rule = query.uuid(2);
    event.kind = query.string(3);
    event.title = query.string(4);
    event.decision = query.string(5);
    if (!query.is_null(6) && !query.is_null(7)) event.example = RecordRef{query.integer(6), query.integer(7)};
    event.by = query.string(8);
    event.device = query.string(9);
    event.time_ms = query.integer(10);
    events.push_back(std::move(event));
  }
}

constexpr int kNewest = 1 << 30;

Result<Rule> change(store::Project& project, int64_t task, std::string_view kind, const Uuid& rule,
                    const RuleText& text) {
  return project.write(
      [&](store::Transaction& t) -> Result<Rule> { return detail::append_event(t, task, kind, rule, text); });
}

}  // namespace

std::string_view to_string(RuleState state) { return kStates[static_cast<size_t>(state)]; }

namespace detail {

std::vector<Rule> replay(const std::vector<GuideEvent>& events) {
  std::vector<Rule> rules;
  for (const GuideEvent& event : events) {
    auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == event.rule; });
    if (rule == rules.end()) {
      rules.push_back({});
      rule = rules.end() - 1;
      rule->id = event.rule;
      rule->first_version = event.version;
    }
    if (event.kind == "add" || event.kind == "accept") rule->state = RuleState::accepted;
    if (event.kind == "reject") rule->state = RuleState::rejected;
    if (event.kind == "remove") rule->state = RuleState::removed;
    // An edit that only adds an example leaves the rule's meaning, and the labels under it, as they are.
    const bool words = rule->title != event.title || rule->decision != event.decision;
    if (event.kind != "edit" || words) rule->changed_version = event.version;
    rule->title = event.title;
    rule->decision = event.decision;
    if (event.example &&
        std::find(rule->examples.begin(), rule->examples.end(), *event.example) == rule->examples.end())
      rule->examples.push_back(*event.example);
    rule->by = event.by;
    rule->time_ms = event.time_ms;
  }
  return rules;
}

Result<Rule> append_event(store::Transaction& t, int64_t task, std::string_view kind, const Uuid& rule,
                          const RuleText& text) {
  MW_ASSIGN(auto events, read_events(t.db(), task, kNewest));
  GuideEvent event;
  event.uuid = new_uuid();
  event.version = (events.empty() ? 0 : events.back().version) + 1;
  event.rule = rule;
  event.kind = kind;
  event.title = text.title;
  event.decision = text.decision;
  event.example = text.example;
  event.by = t.actor().name;
  event.device = t.actor().device;
  event.time_ms = t.time_ms();
  if (kind != "add" && kind != "draft") {
    const auto rules = replay(events);
    const auto known = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == rule; });
    if (known == rules.end() || known->state == RuleState::rejected || known->state == RuleState::removed)
      return fail(ErrorKind::bad_input, "guide.unknown_rule", "The guide has no such rule.");
    if ((kind == "accept" || kind == "reject") && known->state != RuleState::draft)
      return fail(ErrorKind::usage, "guide.no_draft", "The rule {rule} is not a draft.", {{"rule", known->title}});
    if (blank(event.title)) event.title = known->title;
    if (blank(event.decision)) event.decision = known->decision;
  }
  if (blank(event.title)) return fail(ErrorKind::usage, "guide.no_title", "A rule needs a title.");
  MW_ASSIGN(auto insert,
            t.db().prepare("INSERT INTO guide_event(uuid, task, version, rule, kind, title, decision, example_batch, "
                           "example_ordinal, actor, device, time_ms) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.with(event.uuid, task, event.version, rule, kind, event.title, event.decision,
              event.example ? std::optional<int64_t>(event.example->batch) : std::nullopt,
              event.example ? std::optional<int64_t>(event.example->ordinal) : std::nullopt, event.by, event.device,
              event.time_ms);
  MW_TRY(insert.run());
  MW_TRY(t.audit("guide." + std::string(kind), tail(rule), Json{{"task", task}, {"version", event.version}}));
  events.push_back(std::move(event));
  auto rules = replay(events);
  return *std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == rule; });
}

std::string title_of_note(std::string_view note) {
  const size_t start = note.find_first_not_of(" \t\r\n");
  if (start == note.npos) return {};
  std::string_view line = note.substr(start, note.find_first_of("\r\n", start) - start);
  constexpr size_t kLongest = 80;
  if (line.size() <= kLongest) return std::string(line);
  size_t cut = line.rfind(' ', kLongest);
  if (cut == line.npos || cut < kLongest / 2) {
    cut = kLongest;
    while (cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xC0) == 0x80) --cut;  // not inside a character
  }
  return std::string(line.substr(0, cut)) + "…";
}

}  // namespace detail

Result<std::vector<GuideEvent>> guide_history(const store::Project& project, int64_t task) {
  return read_events(project.db(), task, kNewest);
}

Result<Guide> read_guide(const store::Project& project, int64_t task, std::optional<int> at_version) {
  MW_ASSIGN(const auto events, read_events(project.db(), task, at_version.value_or(kNewest)));
  Guide guide;
  if (!events.empty()) guide.version = events.back().version;
  for (Rule& rule : detail::replay(events))
    if (rule.state == RuleState::draft || rule.state == RuleState::accepted) guide.rules.push_back(std::move(rule));
  return guide;
}

Result<Rule> add_rule(store::Project& project, int64_t task, const RuleText& text) {
  return change(project, task, "add", new_uuid(), text);
}
Result<Rule> draft_rule(store::Project& project, int64_t task, const RuleText& text) {
  return change(project, task, "draft", new_uuid(), text);
}
Result<Rule> edit_rule(store::Project& project, int64_t task, const Uuid& rule, const RuleText& text) {
  return change(project, task, "edit", rule, text);
}
Result<Rule> accept_rule(store::Project& project, int64_t task, const Uuid& rule, const RuleText& text) {
  return change(project, task, "accept", rule, text);
}
Result<Rule> reject_rule(store::Project& project, int64_t task, const Uuid& rule) {
  return change(project, task, "reject", rule, {});
}
Result<Rule> remove_rule(store::Project& project, int64_t task, const Uuid& rule) {
  return change(project, task, "remove", rule, {});
}

Result<Rule> find_rule(const store::Project& project, int64_t task, std::string_view typed) {
  MW_ASSIGN(auto guide, read_guide(project, task));
  std::vector<const Rule*> found;
  for (const Rule& rule : guide.rules)
    if (rule.title == typed) return rule;
  const auto as_tail = normalise_tail(typed);
  for (const Rule& rule : guide.rules) {
    const bool by_id = as_tail && !as_tail->empty() && tail(rule.id).starts_with(*as_tail);
    if (by_id || (!typed.empty() && rule.title.starts_with(typed))) found.push_back(&rule);
  }
  if (found.empty())
    return fail(ErrorKind::bad_input, "guide.unknown_rule", "The guide has no rule {rule}.",
                {{"rule", std::string(typed)}});
  if (found.size() > 1)
    return fail(ErrorKind::bad_input, "guide.ambiguous_rule", "{rule} fits {count} rules of the guide.",
                {{"rule", std::string(typed)}, {"count", std::to_string(found.size())}});
  return *found.front();
}

Result<Touched> labels_before_rule(const store::Project& project, int64_t task, const Uuid& rule, int64_t limit) {
  MW_ASSIGN(const auto events, read_events(project.db(), task, kNewest));
  const auto rules = detail::replay(events);
  const auto known = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == rule; });
  if (known == rules.end()) return fail(ErrorKind::bad_input, "guide.unknown_rule", "The guide has no such rule.");
  Touched touched;
  const std::string undone = "AND uuid NOT IN (SELECT undoes FROM annotation WHERE task = ?1 AND undoes IS NOT NULL) ";
  MW_ASSIGN(auto query,
            project.db().prepare("SELECT batch, ordinal FROM annotation WHERE task = ?1 AND status = 'label' "
                                 "AND guide_version < ?2 " +
                                 undone + "ORDER BY id DESC"));
  query.with(task, known->changed_version);
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) break;
    if (touched.by_persons++ < limit) touched.records.push_back({query.integer(0), query.integer(1)});
  }
  MW_ASSIGN(auto files, project.db().prepare("SELECT coalesce(sum(rows), 0) FROM label_file WHERE task = ? "
                                             "AND status = 'label' AND guide_version < ?"));
  files.with(task, known->changed_version);
  MW_ASSIGN(const bool any, files.step());
  if (any) touched.in_bulk = files.integer(0);
  return touched;
}

}  // namespace millwright::labels
