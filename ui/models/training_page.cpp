#include "training_page.h"

#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "detail/evaluation_view.h"
#include "detail/plan_dialog.h"
#include "detail/runs_overview.h"
#include "detail/training_curve.h"
#include "ui_records/record_view.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/page_header.h"
#include "ui_widgets/paged_table.h"
#include "ui_widgets/splitter.h"

namespace millwright::ui {

TrainingPage::TrainingPage(PageContext context, QWidget* parent)
    : StandardPage({QStringLiteral("training"), tr("Training"), RailGroup::models, 0}, QStringLiteral("training"),
                   context, parent) {
  auto* fresh = primary_button(tr("New run…"), QStringLiteral("N"));
  retry_button_ = secondary_button({});
  retry_button_->hide();
  header()->add_action(retry_button_);
  header()->add_action(fresh);
  gate_button_ = secondary_button(tr("See the failing checks…"));
  gate_button_->hide();
  add_below_banner(gate_button_);
  auto* bottom = build_bottom();
  auto* split = make_split(Qt::Vertical, build_top(), bottom, 430, 230);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 2);
  set_content(split, runs_);
  connect(fresh, &QPushButton::clicked, this, &TrainingPage::plan);
  connect(retry_button_, &QPushButton::clicked, this, &TrainingPage::retry);
  connect(banner(), &ErrorBanner::dismissed, gate_button_, &QWidget::hide);
  connect(gate_button_, &QPushButton::clicked, this, [this] {
    Q_EMIT navigate(QStringLiteral("quality"), {{QStringLiteral("snapshot"), refused_snapshot_}});
  });
  connect(&jobs(), &JobCenter::job_events, this, [this](qint64 job, const std::vector<jobs::Event>& events) {
    if (job == job_) curve_->add_events(events);
  });
  connect(&jobs(), &JobCenter::job_changed, this, [this](const jobs::Job& job) {
    if (job.id == job_ && job.progress && !job.ended()) curve_->show_progress(*job.progress);
  });
  connect(&jobs(), &JobCenter::job_ended, this, &TrainingPage::ended);
  add_commands();
}

TrainingPage::~TrainingPage() = default;

std::shared_ptr<const models::Evaluation> TrainingPage::shown_evaluation() const { return evaluation_->evaluation(); }

QWidget* TrainingPage::build_top() {
  curve_ = new detail::TrainingCurve;
  evaluation_card_ = new Card(tr("Where it errs"));
  evaluation_ = new detail::EvaluationView;
  evaluation_->clear(tr("Choose a run to see where it errs."));
  evaluation_card_->add_action(evaluation_->modes());
  evaluation_card_->body()->addWidget(evaluation_, 1);
  connect(curve_, &detail::TrainingCurve::cancel_wanted, this, [this] {
    if (job_ != 0) jobs().cancel(job_);
  });
  connect(evaluation_, &detail::EvaluationView::cell_chosen, this, &TrainingPage::show_cell);
  return make_split(Qt::Horizontal, curve_, evaluation_card_, 480, 590);
}

QWidget* TrainingPage::build_bottom() {
  bottom_card_ = new Card(tr("Runs"));
  bottom_card_->set_flush(true);
  bottom_mode_ = new SegmentedControl({tr("Runs"), tr("Records of a cell")});
  bottom_mode_->setAccessibleName(tr("Table below"));
  bottom_card_->add_action(bottom_mode_);
  bottom_ = new QStackedWidget;
  runs_ = new PagedTable;
  runs_->setObjectName(QStringLiteral("training.runs"));
  runs_->setAccessibleName(tr("Runs"));
  runs_->set_columns(detail::run_columns());
  runs_->set_empty_text(tr("No run yet"));
  records_ = new RecordView(session());
  records_->clear(tr("Press a cell of the matrix to see its records."));
  bottom_->addWidget(runs_);
  bottom_->addWidget(records_);
  bottom_card_->body()->addWidget(bottom_, 1);
  connect(bottom_mode_, &SegmentedControl::changed, this, [this](int mode) {
    bottom_->setCurrentIndex(mode);
    bottom_card_->set_title(mode == 0 ? tr("Runs") : tr("Records"));
    if (mode == 0) bottom_card_->set_note({});
  });
  connect(runs_, &PagedTable::current_changed, this, [this](const QVariant& key) {
    if (const auto* run = run_named(key)) show_run(run->id);
  });
  connect(runs_, &PagedTable::activated_row, this, [this](const QVariant& key) {
    if (const auto* run = run_named(key))
      Q_EMIT navigate(QStringLiteral("models"), {{QStringLiteral("model"), text_of(tail(run->model_uuid))}});
  });
  connect(records_, &RecordView::failed, this, &TrainingPage::report);
  return bottom_card_;
}

void TrainingPage::add_commands() {
  const QString menu = tr("Models");
  add_command(QStringLiteral("training.new"), tr("New training run…"), menu, QKeySequence(QStringLiteral("N")),
              [this] { plan(); });
  add_command(QStringLiteral("training.cancel"), tr("Cancel the training run"), menu, {}, [this] {
    if (job_ != 0) jobs().cancel(job_);
  });
  add_command(QStringLiteral("training.retry"), tr("Go on with the run that ended early"), menu, {},
              [this] { retry(); });
}

void TrainingPage::activate(const QVariantMap& arguments) {
  if (arguments.contains(QStringLiteral("snapshot")))
    wanted_snapshot_ = arguments[QStringLiteral("snapshot")].toString();
  if (arguments.contains(QStringLiteral("run"))) wanted_run_ = arguments[QStringLiteral("run")].toString();
}

void TrainingPage::refresh() {
  read_overview(
      [known = overview_](store::Project& project, const Work&) -> Result<std::shared_ptr<Overview>> {
        auto overview = std::make_shared<Overview>();
        MW_TRY(detail::read_runs(project, known.get(), *overview));
        return overview;
      },
      [this](std::shared_ptr<Overview> overview) { take(std::move(overview)); });
}

void TrainingPage::take(std::shared_ptr<Overview> overview) {
  overview_ = std::move(overview);
  if (job_ == 0 && !overview_->jobs.empty()) watch(overview_->jobs.front());
  const auto& stopped = overview_->stopped;
  retry_button_->setVisible(job_ == 0 && stopped);
  if (stopped)
    retry_button_->setText(stopped->state == jobs::JobState::cancelled ? tr("Go on with the cancelled run")
                                                                       : tr("Go on with the failed run"));
  const bool anything = !overview_->runs.empty() || job_ != 0;
  if (anything)
    show_content();
  else if (overview_->snapshots.empty())
    show_empty(tr("There is nothing to train on yet"),
               tr("Training runs on a snapshot: labeled data, frozen, with its splits."), tr("Go to Snapshots"),
               [this] { Q_EMIT navigate(QStringLiteral("snapshots"), {}); });
  else
    show_empty(tr("No run yet"),
               tr("The linear baseline trains in seconds and is the figure that any other model has to beat."),
               tr("Plan a run…"), [this] { plan(); });
  const auto runs = static_cast<qint64>(overview_->runs.size());
  const auto frozen = static_cast<qint64>(overview_->snapshots.size());
  header()->set_subtitle(anything ? counted(runs, tr("1 run"), tr("%1 runs")) + QStringLiteral(" · ") +
                                        counted(frozen, tr("1 snapshot"), tr("%1 snapshots"))
                                  : QString());
  const int64_t best = overview_->runs.empty() ? 0 : overview_->runs.front().id;
  int64_t chosen = run_ != 0 ? run_ : best;
  for (const auto& run : overview_->runs)
    if (!wanted_run_.isEmpty() && text_of(tail(run.uuid)).startsWith(wanted_run_)) chosen = run.id;
  wanted_run_.clear();
  {
    const QSignalBlocker quiet(runs_);
    runs_->set_rows(detail::run_rows(*overview_));
    runs_->select_key(QVariant(static_cast<qlonglong>(chosen)));
  }
  if (job_ == 0 && chosen != 0 && chosen != run_) show_run(chosen);
  if (!wanted_snapshot_.isEmpty()) plan();
}

const models::Run* TrainingPage::run_named(const QVariant& key) const {
  if (!overview_) return nullptr;
  for (const auto& run : overview_->runs)
    if (run.id == key.toLongLong()) return &run;
  return nullptr;
}

void TrainingPage::plan() {
  const QString wanted = std::exchange(wanted_snapshot_, {});
  if (!overview_ || overview_->snapshots.empty()) {
    Q_EMIT toast(tr("Make a snapshot first"), State::neutral);
    return;
  }
  auto* dialog = new detail::PlanDialog(overview_->snapshots, overview_->models, wanted, this);
  dialog->setObjectName(QStringLiteral("training.plan"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &QDialog::accepted, this, [this, dialog] { start(dialog->request()); });
  connect(dialog, &detail::PlanDialog::plan_wanted, dialog, [this, dialog](const models::TrainRequest& request) {
    session().read(
        dialog, "plan",
        [request](store::Project& project, const Work& work) { return models::plan_training(project, request, work); },
        [dialog, request](const Result<models::TrainingPlan>& plan) { dialog->show_plan(request, plan); });
  });
  dialog->open();
}

void TrainingPage::start(const models::TrainRequest& request) {
  banner()->clear();
  gate_button_->hide();
  refused_snapshot_ = text_of(request.snapshot);
  session().work(
      this, tr("Preparing the training data"),
      [request](store::Project& project, const Work& work) { return models::start_training(project, request, work); },
      [this](Result<jobs::Job> job) {
        if (!job) {
          report(job.error());
          gate_button_->setVisible(job.error().kind == ErrorKind::refused);
          return;
        }
        watch(*job);
        refresh();
      });
}

void TrainingPage::retry() {
  if (job_ != 0 || !overview_ || !overview_->stopped) return;
  banner()->clear();
  session().write(
      this,
      [id = overview_->stopped->id](store::Project& project) -> Result<jobs::Job> {
        MW_TRY(jobs::retry_job(project, id));
        return jobs::read_job(project, id);
      },
      [this](Result<jobs::Job> job) {
        if (!job) {
          report(job.error());
          refresh();
          return;
        }
        watch(*job);
        refresh();
      });
}

void TrainingPage::watch(const jobs::Job& job) {
  job_ = job.id;
  retry_button_->hide();
  run_ = 0;
  curve_->watch(job);
  evaluation_->clear(tr("Where it errs is known when the run is done."));
  evaluation_card_->set_note({});
  show_content();
}

void TrainingPage::ended(const jobs::Job& job) {
  if (job.id != job_) return;
  job_ = 0;
  curve_->finish();
  if (job.state == jobs::JobState::done) {
    Q_EMIT toast(tr("The run is done"), State::pass);
    read(
        "ended", [id = job.id](store::Project& project, const Work&) { return models::run_of_job(project, id); },
        [this](const models::Run& run) {
          run_ = 0;
          wanted_run_ = text_of(tail(run.uuid));
          refresh();
        });
    return;
  }
  if (job.state == jobs::JobState::cancelled) {
    Q_EMIT toast(tr("The run was cancelled"), State::neutral);
  } else {
    banner()->show_text(detail::cause_words(job), text_of(job.message));
  }
  refresh();
}

void TrainingPage::show_run(int64_t run) {
  if (job_ != 0) return;
  run_ = run;
  const auto* about = run_named(QVariant(static_cast<qlonglong>(run)));
  if (!about) return;
  curve_->show_run(*about);
  session().read(
      this, "evaluation",
      [model = about->model](store::Project& project,
                             const Work&) -> Result<std::shared_ptr<const models::Evaluation>> {
        MW_ASSIGN(auto all, models::evaluations_of(project, model));
        const auto test = std::find_if(all.begin(), all.end(), [](const auto& one) {
          return one.on_what.size() >= 5 && one.on_what.ends_with(":test");
        });
        if (all.empty())
          return fail(ErrorKind::bad_input, "evaluation.none", "This run kept no evaluation.", {},
                      "Evaluate its model on the Models page.");
        return std::make_shared<const models::Evaluation>(test == all.end() ? all.front() : *test);
      },
      [this](Result<std::shared_ptr<const models::Evaluation>> evaluation) {
        if (!evaluation) {
          evaluation_->clear(message(evaluation.error()));
          return;
        }
        evaluation_card_->set_note(
            tr("%1 · %2 rows")
                .arg(detail::on_what_words((*evaluation)->on_what), figure(static_cast<qint64>((*evaluation)->n))));
        evaluation_->show_evaluation(std::move(*evaluation));
      });
}

void TrainingPage::show_cell(int truth, int predicted) {
  const auto evaluation = evaluation_->evaluation();
  if (!evaluation) return;
  bottom_mode_->set_current(1);
  bottom_->setCurrentIndex(1);
  bottom_card_->set_title(tr("Records"));
  const auto name = [&evaluation](int label) { return text_of(evaluation->labels[static_cast<size_t>(label)]); };
  bottom_card_->set_note(truth == predicted ? tr("%1, and predicted so").arg(name(truth))
                                            : tr("%1, taken for %2").arg(name(truth), name(predicted)));
  records_->show_records([evaluation, truth, predicted](store::Project& project, const Work&) {
    return detail::records_of_cell(project, *evaluation, truth, predicted);
  });
}

}  // namespace millwright::ui
