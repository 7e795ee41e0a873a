#include "guide_keeper.h"

#include "guide_panel.h"
#include "labels_overview.h"
#include "ui_records/words.h"
#include "ui_widgets/dialogs.h"

namespace millwright::ui::detail {

GuideKeeper::GuideKeeper(ProjectSession& session, GuidePanel* panel, std::function<std::optional<RecordRef>()> record)
    : QObject(panel), session_(session), panel_(panel), record_(std::move(record)) {
  connect(panel, &GuidePanel::save_rule, this, &GuideKeeper::save_rule);
  connect(panel, &GuidePanel::remove_rule, this, &GuideKeeper::remove_rule);
  connect(panel, &GuidePanel::reject_rule, this, [this](const Uuid& rule) {
    change([task = *task_, rule](store::Project& project) { return labels::reject_rule(project, task, rule); });
  });
  connect(panel, &GuidePanel::queue_touched, this, &GuideKeeper::queue_touched);
}

void GuideKeeper::read(int64_t task) {
  task_ = task;
  session_.read(
      this, "guide", [task](store::Project& project, const Work&) { return read_guide_content(project, task); },
      [this](Result<GuideContent> content) {
        if (content)
          panel_->set_guide(std::move(*content));
        else
          Q_EMIT failed(content.error());
      });
}

void GuideKeeper::save_rule(const std::optional<Uuid>& rule, const QString& title, const QString& decision,
                            bool accept) {
  labels::RuleText text{utf8_of(title), utf8_of(decision), std::nullopt};
  if (!rule) text.example = record_();
  change([task = *task_, rule, text, accept](store::Project& project) -> Result<labels::Rule> {
    if (!rule) return labels::add_rule(project, task, text);
    return accept ? labels::accept_rule(project, task, *rule, text) : labels::edit_rule(project, task, *rule, text);
  });
}

void GuideKeeper::remove_rule(const Uuid& rule) {
  if (confirm(panel_, tr("Remove this rule?"), tr("It stays in the guide's history; labels made under it stay too."),
              tr("Remove it"), true))
    change([task = *task_, rule](store::Project& project) { return labels::remove_rule(project, task, rule); });
}

// A write that fails is shown by the window.
template <class Job>
void GuideKeeper::change(Job job) {
  session_.write(this, std::move(job), [this](Result<labels::Rule> rule) {
    if (!rule) return;
    read(*task_);
    if (rule->state == labels::RuleState::accepted) look_at_touched(rule->id);
  });
}

void GuideKeeper::look_at_touched(const Uuid& rule) {
  session_.read(
      this, "touched",
      [task = *task_, rule](store::Project& project, const Work&) {
        return labels::labels_before_rule(project, task, rule, 1);
      },
      [this, rule](Result<labels::Touched> touched) {
        if (!touched) {
          Q_EMIT failed(touched.error());
          return;
        }
        touched_rule_ = rule;
        panel_->set_touched(touched->by_persons == 0
                                ? QString()
                                : counted(static_cast<qint64>(touched->by_persons),
                                          tr("1 label was made before this rule stood as it does now."),
                                          tr("%1 labels were made before this rule stood as it does now.")));
      });
}

void GuideKeeper::queue_touched() {
  if (!touched_rule_ || !task_) return;
  session_.work(
      this, tr("Queueing labels for another look"),
      [task = *task_, rule = *touched_rule_](store::Project& project, const Work& work) {
        return queue_touched_labels(project, task, rule, work);
      },
      [this](Result<labels::Queued> done) {
        if (!done) {
          Q_EMIT failed(done.error());
          return;
        }
        panel_->set_touched({});
        Q_EMIT queued(static_cast<qint64>(done->added));
      });
}

}  // namespace millwright::ui::detail
