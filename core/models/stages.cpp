// Stages: one champion a task; every change is an event, nothing is overwritten.
#include <algorithm>

#include "base/ids.h"
#include "detail/encoder_facts.h"
#include "models/registry.h"

namespace millwright::models {
namespace {

Status append_event(store::Transaction& transaction, const Model& model, Stage to, std::string_view reason,
                    std::string_view action) {
  MW_ASSIGN(auto insert, transaction.db().prepare("INSERT INTO stage_event(uuid, task, model, stage_from, stage_to, "
                                                  "reason, actor, device, time_ms) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  MW_TRY(insert
             .with(new_uuid(), model.task, model.id, name_of(model.stage), name_of(to), reason,
                   transaction.actor().name, transaction.actor().device, transaction.time_ms())
             .run());
  return transaction.audit(
      action, tail(model.uuid),
      {{"task", model.task_name}, {"from", name_of(model.stage)}, {"to", name_of(to)}, {"reason", reason}});
}

/// Stages are read inside the transaction: two persons who promote at once must not make two champions.
Result<StageChange> change_stage(store::Project& project, int64_t task, int64_t id, Stage to, std::string_view reason,
                                 std::string_view action) {
  return project.write([&](store::Transaction& transaction) -> Result<StageChange> {
    MW_ASSIGN(const Model model, read_model(project, id));
    if (model.task == 0 || (task != 0 && model.task != task))
      return fail(ErrorKind::bad_input, "promote.other_task", "The model {model} is of another task.",
                  {{"model", model.name}});
    if (model.stage == to)
      return fail(ErrorKind::refused, "promote.same_stage", "The model {model} is {stage} already.",
                  {{"model", model.name}, {"stage", std::string(name_of(to))}});
    StageChange change{model, model.stage, to, std::nullopt};
    if (to == Stage::champion) {
      MW_ASSIGN(change.replaced, champion_of(project, model.task));
      if (change.replaced)
        MW_TRY(append_event(transaction, *change.replaced, Stage::retired,
                            "replaced by " + tail(model.uuid).substr(0, kShortTail), action));
    }
    MW_TRY(append_event(transaction, model, to, reason, action));
    change.model.stage = to;
    if (change.replaced) change.replaced->stage = Stage::retired;
    return change;
  });
}

}  // namespace

Result<StageChange> promote(store::Project& project, int64_t task, int64_t model, Stage to, std::string_view reason) {
  if (to == Stage::champion) {
    // A champion answers for its task: what tells no labels cannot.
    MW_ASSIGN(const Model found, read_model(project, model));
    if (is_encoder(found)) {
      MW_ASSIGN(const auto config, detail::config_of(project, found));
      MW_ASSIGN(const labels::TaskKind kind, detail::require_kind(found, config));
      if (found.task != 0) MW_TRY(detail::check_kind(project, found, kind));
    }
  }
  return change_stage(project, task, model, to, reason, "model.promote");
}

Result<StageChange> roll_back(store::Project& project, int64_t task, std::string_view reason) {
  MW_ASSIGN(const std::vector<StageEvent> events, stage_history(project, task));
  MW_ASSIGN(const std::optional<Model> champion, champion_of(project, task));
  // The champion before: the newest that was champion and is another than the one of now.
  for (auto event = events.rbegin(); event != events.rend(); ++event)
    if (event->to == Stage::champion && (!champion || event->model != champion->id))
      return change_stage(project, task, event->model, Stage::champion, reason, "model.rollback");
  return fail(ErrorKind::refused, "rollback.nothing", "There is no earlier champion to go back to.");
}

Result<std::vector<StageEvent>> stage_history(const store::Project& project, int64_t task) {
  MW_ASSIGN(auto select, project.db().prepare("SELECT model, stage_from, stage_to, reason, actor, time_ms FROM "
                                              "stage_event WHERE task = ? ORDER BY id"));
  select.bind(1, task);
  std::vector<StageEvent> events;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) break;
    events.push_back({select.integer(0), stage_named(select.text(1)).value_or(Stage::candidate),
                      stage_named(select.text(2)).value_or(Stage::candidate), select.string(3), select.string(4),
                      select.integer(5)});
  }
  select.reset();
  return events;
}

}  // namespace millwright::models
