#include "task_work.h"

#include <QFileDialog>
#include <QFileInfo>
#include <map>
#include <string_view>

#include "cross_validation_dialog.h"
#include "label_files.h"
#include "models/cross_validation.h"
#include "models/cross_validation_plan.h"
#include "queue_dialog.h"
#include "ui_records/words.h"

namespace millwright::ui::detail {

namespace {

/// Why a row of a file of labels was not taken.
QString reason_words(const std::string& code) {
  static const std::map<std::string_view, const char*> kWords = {
      {"not_json", QT_TRANSLATE_NOOP("QObject", "is no JSON object")},
      {"no_record", QT_TRANSLATE_NOOP("QObject", "names no record")},
      {"unknown_record", QT_TRANSLATE_NOOP("QObject", "names a record that is not in this project")},
      {"unknown_status", QT_TRANSLATE_NOOP("QObject", "has a status that is not known")},
      {"no_label", QT_TRANSLATE_NOOP("QObject", "has no label")},
      {"bad_label", QT_TRANSLATE_NOOP("QObject", "has a label that cannot be read")},
      {"outside_text", QT_TRANSLATE_NOOP("QObject", "has a span that ends behind its text")},
      {"unknown_label", QT_TRANSLATE_NOOP("QObject", "has a label that the task does not have")},
      {"no_annotator", QT_TRANSLATE_NOOP("QObject", "does not say whose label it is")},
      {"bad_time", QT_TRANSLATE_NOOP("QObject", "has a time that is none")},
      {"bad_event", QT_TRANSLATE_NOOP("QObject", "has an event's id that is none")},
      {"no_event", QT_TRANSLATE_NOOP("QObject", "has no event's id")},
      {"bad_undo", QT_TRANSLATE_NOOP("QObject", "takes back what is not there")}};
  const auto found = kWords.find(code);
  return found == kWords.end() ? text_of(code) : QObject::tr(found->second);
}

/// Rows that were not taken are not passed over: the error stays on the page until it was read.
Error rejected_rows(const labels::BulkLabels& taken, const char* verb) {
  QStringList reasons;
  for (const auto& row : taken.sample)
    if (const QString words = reason_words(row.reason); !reasons.contains(words)) reasons << words;
  return Error{ErrorKind::bad_input,
               "labels.rejected_rows",
               "{n} of {all} rows were not taken in: a row {reasons}.",
               {{"n", std::to_string(taken.rejected)},
                {"all", std::to_string(taken.rows_read)},
                {"reasons", utf8_of(reasons.mid(0, 3).join(QStringLiteral("; ")))}},
               "What could be used is in. `" + std::string(verb) + " --json` on the command line lists the rows."};
}

}  // namespace

TaskWork::TaskWork(ProjectSession& session, QWidget* parent) : QObject(parent), session_(session), parent_(parent) {}

template <class Job, class Then>
void TaskWork::work(const QString& what, Job job, Then then) {
  session_.work(this, what, std::move(job), [this, then = std::move(then)](auto result) mutable {
    if (!result)
      Q_EMIT failed(result.error());
    else if constexpr (std::is_same_v<decltype(result), Status>)
      then();
    else
      then(*result);
  });
}

namespace {

struct Made {
  labels::Task task;
  labels::BulkLabels taken;  ///< from a field
};

}  // namespace

void TaskWork::create_task(const LabelsOverview& overview) {
  if (overview.assets.empty()) return;
  TaskDialog dialog(overview.assets, session_.annotator(), parent_);
  if (dialog.exec() != QDialog::Accepted) return;
  work(
      tr("Creating the task"),
      [question = dialog.question()](store::Project& project, const Work& work) -> Result<Made> {
        Made made;
        MW_ASSIGN(made.task, labels::create_task(project, question.task));
        if (!question.label_field.empty()) {
          labels::FromField from;
          from.task = made.task.id;
          from.field = question.label_field;
          from.by = question.by;
          MW_ASSIGN(made.taken, labels::label_from_field(project, from, work));
        }
        return made;
      },
      [this](const Made& made) {
        Q_EMIT task_created(text_of(made.task.name));
        if (made.taken.rejected > 0) Q_EMIT failed(rejected_rows(made.taken, "labels from-field"));
      });
}

void TaskWork::fill_queue(const LabelsOverview& overview) {
  const auto* task = overview.chosen_task();
  if (!task) return;
  QueueDialog dialog(*task, overview.people, parent_);
  if (dialog.exec() != QDialog::Accepted) return;
  work(
      tr("Filling the queue"),
      [question = dialog.question()](store::Project& project, const Work& work) {
        return detail::fill_queue(project, question, work);
      },
      [this](const labels::Queued& queued) {
        Q_EMIT said(tr("Queued %1").arg(counted(static_cast<qint64>(queued.added), tr("1 record"), tr("%1 records"))),
                    State::pass);
        Q_EMIT queue_filled(queued.queue.id);
      });
}

void TaskWork::look_for_errors(const LabelsOverview& overview) {
  const auto* task = overview.chosen_task();
  if (!task) return;
  session_.read(
      this, "encoders", [](store::Project& project, const Work&) { return models::list_models(project); },
      [this, task = *task](const Result<std::vector<models::Model>>& models) {
        if (!models) return Q_EMIT failed(models.error());
        ask_how_to_look(task, *models);
      });
}

void TaskWork::ask_how_to_look(const labels::Task& task, const std::vector<models::Model>& models) {
  auto* dialog = new CrossValidationDialog(task, models, parent_);
  dialog->setObjectName(QStringLiteral("labels.errors"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(
      dialog, &CrossValidationDialog::plan_wanted, dialog,
      [this, dialog](const models::CrossValidationRequest& request) {
        session_.read(
            dialog, "plan",
            [request](store::Project& project, const Work&) { return models::plan_cross_validation(project, request); },
            [dialog, request](const Result<models::CrossValidationPlan>& plan) { dialog->show_plan(request, plan); });
      });
  connect(dialog, &QDialog::accepted, this, [this, dialog] {
    work(
        tr("Preparing the cross-validation"),
        [request = dialog->request()](store::Project& project, const Work& work) {
          return models::start_cross_validation(project, request, work);
        },
        [this](const jobs::Job&) {
          Q_EMIT said(tr("Looking for label errors; then fill a queue with what is suspected"), State::neutral);
        });
  });
  dialog->open();
}

void TaskWork::export_labels(const LabelsOverview& overview) {
  const auto* task = overview.chosen_task();
  if (!task) return;
  const QString path =
      QFileDialog::getSaveFileName(parent_, tr("Export the labels"), tr("%1-labels.jsonl").arg(text_of(task->name)),
                                   tr("JSON Lines (*.jsonl);;CSV (*.csv);;Label Studio (*.json)"));
  if (path.isEmpty()) return;
  work(
      tr("Exporting the labels"),
      [id = task->id, path](store::Project& project, const Work& work) {
        return export_labels_to(project, id, path, work);
      },
      [this, path] { Q_EMIT said(tr("Wrote %1").arg(QFileInfo(path).fileName()), State::pass); });
}

void TaskWork::import_labels(const LabelsOverview& overview) {
  const auto* task = overview.chosen_task();
  if (!task) return;
  const QString path = QFileDialog::getOpenFileName(parent_, tr("Import labels"), {},
                                                    tr("Labels (*.jsonl *.csv *.json);;All files (*)"));
  if (path.isEmpty()) return;
  work(
      tr("Importing labels"),
      [id = task->id, path](store::Project& project, const Work& work) {
        return labels::import_labels(project, {id, format_of_file(path), std::nullopt}, fs::path(utf8_of(path)), work);
      },
      [this](const labels::BulkLabels& taken) {
        const QString kept = counted(static_cast<qint64>(taken.kept), tr("1 label"), tr("%1 labels"));
        Q_EMIT said(
            tr("%1 taken in, %2 there before, %3 rejected")
                .arg(kept, figure(static_cast<qint64>(taken.duplicate)), figure(static_cast<qint64>(taken.rejected))),
            taken.rejected > 0 ? State::warning : State::pass);
        if (taken.rejected > 0) Q_EMIT failed(rejected_rows(taken, "labels import"));
        Q_EMIT imported();
      });
}

}  // namespace millwright::ui::detail
