#include "labels/labeling.h"

#include <algorithm>
#include <deque>

#include "base/clock.h"
#include "detail/annotation_rows.h"
#include "detail/guide_events.h"
#include "detail/known_records.h"
#include "detail/queue_cursor.h"
#include "detail/schema_rows.h"
#include "labels/queue.h"

namespace millwright::labels {
namespace {

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

Status check_act(const Act& act) {
  switch (act.status) {
    case ActStatus::label:
      if (act.label.empty()) return fail(ErrorKind::usage, "labels.no_label", "Say which label.");
      return {};
    case ActStatus::flag:
      if (blank(act.note))
        return fail(ErrorKind::usage, "labels.note_needed", "A flag needs a note: what makes this a hard case?", {},
                    "Say it with --note TEXT.");
      return {};
    case ActStatus::skip:
    case ActStatus::unsure:
      return {};
    default:
      return fail(ErrorKind::usage, "labels.unknown_status", "A person labels, skips, flags or is unsure.");
  }
}

/// What is the same for every act of one person at one task.
struct Desk {
  Task task;
  LabelSchema schema;
  std::string task_tail;
  detail::KnownRecords known;

  Desk(const store::Project& project, Task the_task, LabelSchema the_schema)
      : task(std::move(the_task)),
        schema(std::move(the_schema)),
        task_tail(tail(task.uuid)),
        known(project, task.asset) {}

  /// Before the transaction: everything that the disk need not be locked for. Returns what the label says.
  Result<LabelValue> check(const Act& act) {
    MW_TRY(check_act(act));
    MW_ASSIGN(const bool there, known.contains(act.record));
    if (!there) {
      const auto text = known.text(act.record);
      return detail::unknown_record(text ? *text : "number " + std::to_string(act.record.ordinal));
    }
    if (act.status != ActStatus::label) return LabelValue{};
    MW_ASSIGN(LabelValue label, read_label(task.kind, act.label));
    if (!label.spans.empty()) MW_TRY(check_spans(act.record, label));
    return label;
  }

  Status check_spans(const RecordRef& record, const LabelValue& label) {
    MW_ASSIGN(const int64_t length, known.text_length(record, task.text_field));
    if (fits(label, length)) return {};
    return fail(ErrorKind::usage, "labels.outside_text", "A span ends at {end}, behind the text of {n} characters.",
                {{"end", std::to_string(label.spans.back().end)}, {"n", std::to_string(length)}});
  }

  Result<Annotation> append(store::Transaction& t, const Act& act, const LabelValue& label,
                            std::optional<int64_t> queue) {
    MW_ASSIGN(const int version, detail::schema_version(t.db(), task.id));
    if (version != schema.version) {
      MW_ASSIGN(schema, detail::newest_schema(t.db(), task.id));
    }
    if (act.status == ActStatus::label && !schema.knows(label))
      return fail(ErrorKind::usage, "labels.unknown_label", "The label schema of {task} has no label {label}.",
                  {{"task", task.name}, {"label", act.label}});
    Annotation made;
    made.uuid = new_uuid();
    made.task = task.id;
    made.record = act.record;
    made.status = act.status;
    if (act.status == ActStatus::label) made.label = text_of(label);
    if (!blank(act.note)) made.note = act.note;
    made.by = t.actor().name;
    made.device = t.actor().device;
    made.time_ms = t.time_ms();
    made.seconds = act.seconds;
    made.schema_version = schema.version;
    MW_ASSIGN(made.guide_version, detail::guide_version(t.db(), task.id));
    made.queue = queue;
    MW_TRY(detail::insert_annotation(t, made));
    MW_TRY(detail::audit_act(t, task_tail, made));
    return made;
  }

  /// A flag's note becomes a draft rule with the record as its first example.
  Result<std::optional<Rule>> draft(store::Transaction& t, const Annotation& act) const {
    if (act.status != ActStatus::flag) return std::nullopt;
    MW_ASSIGN(Rule rule, detail::append_event(t, task.id, "draft", new_uuid(),
                                              {detail::title_of_note(*act.note), *act.note, act.record}));
    return rule;
  }
};

/// The newest act of a person at this device that was not undone: each undo takes one back, so acts and undos pair up
/// from the end. What an import brought was not done here; an undo among it counts all the same.
Result<std::optional<Annotation>> last_standing(const store::Database& db, int64_t task, const Actor& actor) {
  MW_ASSIGN(auto query, db.prepare("SELECT " + std::string(detail::kAnnotationColumns) +
                                   " FROM annotation WHERE task = ? AND actor = ? AND (status = 'undo' OR "
                                   "(received_ms IS NULL AND device = ?)) ORDER BY id DESC"));
  query.with(task, actor.name, actor.device);
  std::vector<Uuid> undone;
  while (true) {
    MW_ASSIGN(const bool more, query.step());
    if (!more) return std::nullopt;
    MW_ASSIGN(Annotation act, detail::read_annotation(query));
    if (act.status == ActStatus::undo) {
      if (act.undoes) undone.push_back(*act.undoes);
      continue;
    }
    if (act.status == ActStatus::suggestion) continue;
    const auto taken_back = std::find(undone.rbegin(), undone.rend(), act.uuid);
    if (taken_back == undone.rend()) return act;
    undone.erase(std::next(taken_back).base());
  }
}

/// The draft that a flag made, as long as nobody has done anything with it.
Result<std::optional<Rule>> draft_of(store::Transaction& t, const Annotation& flag) {
  MW_ASSIGN(auto query, t.db().prepare("SELECT rule FROM guide_event WHERE task = ? AND kind = 'draft' AND actor = ? "
                                       "AND example_batch = ? AND example_ordinal = ? AND time_ms = ? "
                                       "AND NOT EXISTS (SELECT 1 FROM guide_event later WHERE later.task = "
                                       "guide_event.task AND later.rule = guide_event.rule AND later.id > "
                                       "guide_event.id) ORDER BY id DESC LIMIT 1"));
  query.with(flag.task, flag.by, flag.record.batch, flag.record.ordinal, flag.time_ms);
  MW_ASSIGN(const bool found, query.step());
  if (!found) return std::nullopt;
  Rule rule;
  rule.id = query.uuid(0);
  return rule;
}

}  // namespace

struct Labeling::State {
  State(store::Project& the_project, Task task, LabelSchema schema)
      : project(&the_project), desk(the_project, std::move(task), std::move(schema)) {}
  store::Project* project;
  Desk desk;
  std::optional<detail::QueueCursor> cursor;
};

Labeling::Labeling(std::unique_ptr<State> state) : state_(std::move(state)) {}
Labeling::Labeling(Labeling&&) noexcept = default;
Labeling& Labeling::operator=(Labeling&&) noexcept = default;
Labeling::~Labeling() = default;

Result<Labeling> Labeling::open(store::Project& project, int64_t task, std::optional<int64_t> queue) {
  MW_ASSIGN(Task found, read_task(project, task));
  MW_ASSIGN(LabelSchema schema, current_schema(project, task));
  auto state = std::make_unique<State>(project, std::move(found), std::move(schema));
  if (queue) {
    MW_ASSIGN(const Queue chosen, read_queue(project, *queue));
    if (chosen.task != task)
      return fail(ErrorKind::bad_input, "queue.unknown", "The queue {queue} belongs to another task.",
                  {{"queue", chosen.name}});
    if (chosen.assigned && *chosen.assigned != project.actor().name)
      return fail(ErrorKind::refused, "queue.assigned", "The queue {queue} is assigned to {person}.",
                  {{"queue", chosen.name}, {"person", *chosen.assigned}});
    MW_ASSIGN(state->cursor, detail::QueueCursor::open(project, task, *queue));
  }
  return Labeling(std::move(state));
}

const Task& Labeling::task() const { return state_->desk.task; }
const LabelSchema& Labeling::schema() const { return state_->desk.schema; }
std::optional<int64_t> Labeling::queue() const {
  return state_->cursor ? std::optional(state_->cursor->queue()) : std::nullopt;
}

Result<std::vector<Item>> Labeling::upcoming(int count) {
  std::vector<Item> items;
  if (!state_->cursor || count <= 0) return items;
  detail::QueueCursor& cursor = *state_->cursor;
  const auto wanted = static_cast<size_t>(count);
  if (cursor.held().size() < wanted) {
    MW_TRY(cursor.look_ahead(*state_->project, wanted));
    if (cursor.has_candidates())
      MW_TRY(state_->project->write([&](store::Transaction& t) { return cursor.lease(t, wanted); }));
  }
  for (const Item& item : cursor.held()) {
    if (items.size() == wanted) break;
    items.push_back(item);
  }
  return items;
}

Result<Recorded> Labeling::record(const Act& act) {
  State& s = *state_;
  MW_ASSIGN(const LabelValue label, s.desk.check(act));
  constexpr size_t kAhead = 4;  // leased in the same transaction, so that one key press is one sync
  std::optional<int64_t> position;
  if (s.cursor) {
    MW_ASSIGN(position, s.cursor->position_of(*s.project, act.record));
    if (position && s.cursor->held().size() <= kAhead) MW_TRY(s.cursor->look_ahead(*s.project, kAhead + 1));
  }
  return s.project->write([&](store::Transaction& t) -> Result<Recorded> {
    const std::optional<int64_t> queue = position ? std::optional(s.cursor->queue()) : std::nullopt;
    bool settled = true;
    if (queue) {
      MW_ASSIGN(settled, detail::settled_in(t.db(), s.desk.task.id, *queue, act.record));
    }
    Recorded done;
    MW_ASSIGN(done.annotation, s.desk.append(t, act, label, queue));
    MW_ASSIGN(done.draft, s.desk.draft(t, done.annotation));
    if (queue) {
      if (!settled) MW_TRY(detail::count_done(t, *queue, +1));
      MW_TRY(s.cursor->settle(t, *position));
      MW_TRY(s.cursor->lease(t, kAhead));
      MW_ASSIGN(done.queue_done, detail::done_of(t.db(), *queue));
    }
    return done;
  });
}

Result<std::optional<Recorded>> Labeling::undo() {
  State& s = *state_;
  return s.project->write([&](store::Transaction& t) -> Result<std::optional<Recorded>> {
    MW_ASSIGN(auto last, last_standing(t.db(), s.desk.task.id, t.actor()));
    if (!last) return std::nullopt;
    Annotation undo = *last;
    undo.uuid = new_uuid();
    undo.status = ActStatus::undo;
    undo.label.reset();
    undo.note.reset();
    undo.seconds.reset();
    undo.undoes = last->uuid;
    undo.received_ms.reset();
    undo.device = t.actor().device;
    undo.time_ms = t.time_ms();
    MW_TRY(detail::insert_annotation(t, undo));
    MW_TRY(detail::audit_act(t, s.desk.task_tail, undo));
    Recorded done;
    if (last->status == ActStatus::flag) {
      MW_ASSIGN(const auto draft, draft_of(t, *last));
      if (draft) {
        MW_ASSIGN(done.draft, detail::append_event(t, s.desk.task.id, "reject", draft->id, {}));
      }
    }
    if (last->queue) {
      MW_ASSIGN(const bool settled, detail::settled_in(t.db(), s.desk.task.id, *last->queue, last->record));
      if (!settled) {
        MW_TRY(detail::count_done(t, *last->queue, -1));
        if (s.cursor && s.cursor->queue() == *last->queue) MW_TRY(s.cursor->take_back(t, last->record));
      }
      MW_ASSIGN(done.queue_done, detail::done_of(t.db(), *last->queue));
    }
    done.annotation = std::move(undo);
    done.undone = std::move(last);
    return done;
  });
}

Status Labeling::release() {
  if (!state_->cursor || state_->cursor->held().empty()) return {};
  return state_->project->write([&](store::Transaction& t) { return state_->cursor->release(t); });
}

Result<ManyRecorded> record_many(store::Project& project, int64_t task, std::span<const Act> acts,
                                 const std::function<void(size_t, const Result<Annotation>&)>& each) {
  MW_ASSIGN(Task found, read_task(project, task));
  MW_ASSIGN(LabelSchema schema, current_schema(project, task));
  Desk desk(project, std::move(found), std::move(schema));
  ManyRecorded outcome;
  constexpr double kSlice = 0.003;  // seconds that others wait at most
  for (size_t next = 0; next < acts.size();) {
    std::vector<Result<Annotation>> slice;
    MW_TRY(project.write([&](store::Transaction& t) -> Status {
      const double begun = steady_seconds();
      for (size_t i = next; i < acts.size() && (i == next || steady_seconds() - begun < kSlice); ++i) {
        auto made = [&]() -> Result<Annotation> {
          MW_ASSIGN(const LabelValue label, desk.check(acts[i]));
          MW_ASSIGN(Annotation act, desk.append(t, acts[i], label, std::nullopt));
          MW_ASSIGN(const auto draft, desk.draft(t, act));
          return act;
        }();
        if (!made && made.error().kind == ErrorKind::store) return tl::make_unexpected(made.error());
        slice.push_back(std::move(made));
      }
      return {};
    }));
    for (const auto& made : slice) {
      ++(made ? outcome.kept : outcome.rejected);
      if (each) each(next, made);
      ++next;
    }
  }
  return outcome;
}

void AttentionTimer::start(double now) {
  spent_ = 0;
  last_ = now;
  running_ = true;
}

void AttentionTimer::activity(double now) {
  if (running_) spent_ += std::clamp(now - last_, 0.0, cap_);
  last_ = now;
  running_ = true;
}

void AttentionTimer::pause(double now) {
  if (running_) spent_ += std::clamp(now - last_, 0.0, cap_);
  running_ = false;
}

double AttentionTimer::seconds(double now) const {
  return running_ ? spent_ + std::clamp(now - last_, 0.0, cap_) : spent_;
}

}  // namespace millwright::labels
