#include "training_page.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "detail/evaluation_view.h"
#include "detail/plan_dialog.h"
#include "labels/task.h"
#include "models/registry.h"
#include "quality/gate_report.h"
#include "ui_charts/line_chart.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/empty_state.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/page_header.h"
#include "ui_widgets/paged_table.h"
#include "ui_widgets/progress.h"

namespace millwright::ui {
namespace {

QString cause_words(const jobs::Job& job) {
  if (!job.cause) return QObject::tr("It failed.");
  switch (*job.cause) {
    case jobs::Cause::out_of_memory:
      return QObject::tr("There was not enough memory.");
    case jobs::Cause::diverged:
      return QObject::tr("The training diverged: the loss was no number any more.");
    case jobs::Cause::bad_data:
      return QObject::tr("The data could not be trained on.");
    case jobs::Cause::disk_full:
      return QObject::tr("The disk is full.");
    case jobs::Cause::cancelled:
      return QObject::tr("It was cancelled.");
    case jobs::Cause::crashed:
      return QObject::tr("The engine ended without a result.");
  }
  return {};
}

State state_of(models::Stage stage) { return stage == models::Stage::champion ? State::pass : State::neutral; }

}  // namespace

struct TrainingPage::Overview {
  std::vector<models::Run> runs;
  std::vector<models::Model> models;
  std::vector<detail::SnapshotChoice> snapshots;
  std::vector<jobs::Job> jobs;  ///< running and queued training
  [[nodiscard]] models::Stage stage_of(int64_t model) const {
    for (const auto& one : models)
      if (one.id == model) return one.stage;
    return models::Stage::candidate;
  }
};

TrainingPage::TrainingPage(PageContext context, QWidget* parent)
    : Page({QStringLiteral("training"), tr("Training"), RailGroup::models, 0}, context, parent) {
  build();
  add_commands();
  connect(&jobs(), &JobCenter::job_events, this, [this](qint64 job, const std::vector<jobs::Event>& events) {
    if (job == job_) take_events(events);
  });
  connect(&jobs(), &JobCenter::job_changed, this, [this](const jobs::Job& job) {
    if (job.id == job_ && job.progress && !job.ended()) progress_->update_progress(*job.progress);
  });
  connect(&jobs(), &JobCenter::job_ended, this, &TrainingPage::ended);
}

TrainingPage::~TrainingPage() = default;

QWidget* TrainingPage::first_focus() {
  return stack_->currentIndex() == 1 ? static_cast<QWidget*>(runs_) : empty_button_;
}

std::shared_ptr<const models::Evaluation> TrainingPage::shown_evaluation() const { return evaluation_->evaluation(); }

void TrainingPage::build() {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(20), px(16), px(20), px(16));
  all->setSpacing(px(12));
  header_ = new PageHeader(tr("Training"));
  auto* fresh = primary_button(tr("New run…"), QStringLiteral("N"));
  header_->add_action(fresh);
  all->addWidget(header_);
  banner_ = new ErrorBanner;
  banner_->clear();
  all->addWidget(banner_);
  gate_button_ = secondary_button(tr("See the failing checks…"));
  gate_button_->hide();
  all->addWidget(gate_button_, 0, Qt::AlignLeft);
  stack_ = new QStackedWidget;
  empty_ = new EmptyState(QStringLiteral("training"), {}, {});
  empty_button_ = empty_->add_button({});
  stack_->addWidget(empty_);
  auto* split = new QSplitter(Qt::Vertical);
  split->setChildrenCollapsible(false);
  split->setHandleWidth(px(12));
  split->addWidget(build_top());
  split->addWidget(build_bottom());
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 2);
  split->setSizes({px(430), px(230)});
  stack_->addWidget(split);
  all->addWidget(stack_, 1);
  connect(fresh, &QPushButton::clicked, this, &TrainingPage::plan);
  connect(banner_, &ErrorBanner::dismissed, gate_button_, &QWidget::hide);
  connect(gate_button_, &QPushButton::clicked, this, [this] {
    Q_EMIT navigate(QStringLiteral("quality"), {{QStringLiteral("snapshot"), refused_snapshot_}});
  });
}

QWidget* TrainingPage::build_top() {
  auto* top = new QSplitter(Qt::Horizontal);
  top->setChildrenCollapsible(false);
  top->setHandleWidth(px(12));
  curve_card_ = new Card(tr("Training curve"));
  progress_ = new ProgressStrip;
  progress_->hide();
  curve_ = new LineChart;
  curve_->set_title(tr("Training curve"));
  curve_->set_axis_names(tr("step"), {});
  curve_->set_whole_x(true);
  curve_->set_empty_text(tr("Choose a run to see its curve."));
  curve_words_ = make_label({}, FontRole::caption, Tone::muted);
  curve_words_->setWordWrap(true);
  curve_card_->body()->addWidget(progress_);
  curve_card_->body()->addWidget(curve_, 1);
  curve_card_->body()->addWidget(curve_words_);
  evaluation_card_ = new Card(tr("Where it errs"));
  evaluation_ = new detail::EvaluationView;
  evaluation_->clear(tr("Choose a run to see where it errs."));
  evaluation_card_->add_action(evaluation_->modes());
  evaluation_card_->body()->addWidget(evaluation_, 1);
  top->addWidget(curve_card_);
  top->addWidget(evaluation_card_);
  top->setSizes({px(480), px(590)});
  connect(progress_, &ProgressStrip::cancelled, this, [this] {
    if (job_ != 0) jobs().cancel(job_);
  });
  connect(evaluation_, &detail::EvaluationView::cell_chosen, this, &TrainingPage::show_cell);
  return top;
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
  runs_->set_columns(
      {{.title = tr("Run"), .kind = Column::Kind::id, .width = 84},
       {.title = tr("Algorithm"), .stretch = true},
       {.title = tr("Accuracy, 95 %"), .kind = Column::Kind::figure, .width = 136},
       {.title = tr("Macro-F1, 95 %"), .kind = Column::Kind::figure, .width = 136},
       {.title = tr("ECE"), .kind = Column::Kind::figure, .width = 66},
       {.title = tr("p95"), .kind = Column::Kind::figure, .width = 92, .tool_tip = tr("latency of one prediction")},
       {.title = tr("Took"), .kind = Column::Kind::figure, .width = 74},
       {.title = tr("Stage"), .kind = Column::Kind::badge, .width = 104}});
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
  connect(records_, &RecordView::failed, this, [this](const Error& error) { banner_->show_error(error); });
  return bottom_card_;
}

void TrainingPage::add_commands() {
  const QString menu = tr("Models");
  add_command(QStringLiteral("training.new"), tr("New training run…"), menu, QKeySequence(QStringLiteral("N")),
              [this] { plan(); });
  add_command(QStringLiteral("training.cancel"), tr("Cancel the training run"), menu, {}, [this] {
    if (job_ != 0) jobs().cancel(job_);
  });
}

void TrainingPage::activate(const QVariantMap& arguments) {
  if (arguments.contains(QStringLiteral("snapshot")))
    wanted_snapshot_ = arguments[QStringLiteral("snapshot")].toString();
  if (arguments.contains(QStringLiteral("run"))) wanted_run_ = arguments[QStringLiteral("run")].toString();
}

void TrainingPage::refresh() {
  session().read(
      this, "overview",
      [](store::Project& project, const Work&) -> Result<std::shared_ptr<Overview>> {
        auto overview = std::make_shared<Overview>();
        MW_ASSIGN(overview->runs, models::list_runs(project));
        MW_ASSIGN(overview->models, models::list_models(project));
        MW_ASSIGN(const auto tasks, labels::list_tasks(project));
        MW_ASSIGN(const auto snapshots, snapshots::list_snapshots(project));
        MW_ASSIGN(const auto verdicts, quality::latest_verdicts(project, quality::SubjectKind::snapshot));
        for (const auto& snapshot : snapshots) {
          detail::SnapshotChoice choice{snapshot, {}, true};
          for (const auto& task : tasks)
            if (task.id == snapshot.task) choice.task = task.name;
          for (const auto& verdict : verdicts)
            if (verdict.subject == snapshot.id) choice.gate_open = verdict.open;
          overview->snapshots.push_back(std::move(choice));
        }
        MW_ASSIGN(const auto all, jobs::list_jobs(project, 50));
        for (const auto& job : all)
          if (job.kind == "train" && !job.ended()) overview->jobs.push_back(job);
        return overview;
      },
      [this](Result<std::shared_ptr<Overview>> overview) {
        if (!overview) {
          banner_->show_error(overview.error());
          return;
        }
        take(std::move(*overview));
      });
}

void TrainingPage::take(std::shared_ptr<Overview> overview) {
  overview_ = std::move(overview);
  if (job_ == 0 && !overview_->jobs.empty()) watch(overview_->jobs.front());
  const bool anything = !overview_->runs.empty() || job_ != 0;
  stack_->setCurrentIndex(anything ? 1 : 0);
  empty_button_->disconnect(this);
  if (!anything && overview_->snapshots.empty()) {
    empty_->set(QStringLiteral("training"), tr("There is nothing to train on yet"),
                tr("Training runs on a snapshot: labeled data, frozen, with its splits."));
    empty_button_->setText(tr("Go to Snapshots"));
    connect(empty_button_, &QPushButton::clicked, this, [this] { Q_EMIT navigate(QStringLiteral("snapshots"), {}); });
  } else if (!anything) {
    empty_->set(QStringLiteral("training"), tr("No run yet"),
                tr("The linear baseline trains in seconds and is the figure that any other model has to beat."));
    empty_button_->setText(tr("Plan a run…"));
    connect(empty_button_, &QPushButton::clicked, this, &TrainingPage::plan);
  }
  const auto runs = static_cast<qint64>(overview_->runs.size());
  const auto frozen = static_cast<qint64>(overview_->snapshots.size());
  header_->set_subtitle(anything ? counted(runs, tr("1 run"), tr("%1 runs")) + QStringLiteral(" · ") +
                                       counted(frozen, tr("1 snapshot"), tr("%1 snapshots"))
                                 : QString());
  std::vector<Row> rows;
  for (const auto& run : overview_->runs) {
    const auto accuracy = detail::estimate_from(run.metrics, "accuracy"),
               f1 = detail::estimate_from(run.metrics, "macro_f1");
    const auto latency = run.metrics.is_object() && run.metrics.contains("latency_ms")
                             ? detail::number_from(run.metrics["latency_ms"], "p95")
                             : detail::number_from(run.metrics, "latency_p95_ms");
    const auto stage = overview_->stage_of(run.model);
    QString algorithm = text_of(run.algorithm) + tr(" · seed %1").arg(run.seed);
    Cell about = Cell::two_lines(algorithm, tr("%1 · snapshot %2").arg(ago(run.time_ms), short_id(run.snapshot_uuid)));
    if (!run.gate_override.empty()) about.tool_tip = tr("Gate overridden: %1").arg(text_of(run.gate_override));
    rows.push_back({QVariant(static_cast<qlonglong>(run.id)),
                    {short_id(run.uuid), about,
                     Cell::two_lines(detail::share_text(accuracy.value), detail::interval_text(accuracy)),
                     Cell::two_lines(detail::share_text(f1.value), detail::interval_text(f1)),
                     detail::share_text(detail::number_from(run.metrics, "ece")),
                     std::isfinite(latency) ? tr("%1 ms").arg(figure(latency, 2)) : QStringLiteral("–"),
                     duration(run.seconds), Cell::badge(text_of(models::name_of(stage)), state_of(stage))}});
  }
  const int64_t best = overview_->runs.empty() ? 0 : overview_->runs.front().id;
  int64_t chosen = run_ != 0 ? run_ : best;
  for (const auto& run : overview_->runs)
    if (!wanted_run_.isEmpty() && text_of(tail(run.uuid)).startsWith(wanted_run_)) chosen = run.id;
  wanted_run_.clear();
  {
    const QSignalBlocker quiet(runs_);
    runs_->set_rows(std::move(rows));
    runs_->select_key(QVariant(static_cast<qlonglong>(chosen)));
  }
  if (job_ == 0 && chosen != 0 && chosen != run_) show_run(chosen);
  Q_EMIT rail_changed(job_ != 0                 ? State::running
                      : overview_->runs.empty() ? State::neutral
                                                : State::pass,
                      overview_->runs.empty() ? QString() : figure(static_cast<qint64>(overview_->runs.size())));
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
  auto* dialog = new detail::PlanDialog(overview_->snapshots, wanted, this);
  dialog->setObjectName(QStringLiteral("training.plan"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &QDialog::accepted, this, [this, dialog] { start(dialog->request()); });
  dialog->open();
}

void TrainingPage::start(const models::TrainRequest& request) {
  banner_->clear();
  gate_button_->hide();
  refused_snapshot_ = text_of(request.snapshot);
  session().work(
      this, tr("Preparing the training data"),
      [request](store::Project& project, const Work& work) { return models::start_training(project, request, work); },
      [this](Result<jobs::Job> job) {
        if (!job) {
          refused(job.error());
          return;
        }
        watch(*job);
        refresh();
      });
}

void TrainingPage::refused(const Error& error) {
  banner_->show_error(error);
  gate_button_->setVisible(error.kind == ErrorKind::refused);
}

void TrainingPage::watch(const jobs::Job& job) {
  job_ = job.id;
  run_ = 0;
  series_.clear();
  curve_->clear();
  curve_words_->setText({});
  curve_->set_empty_text(tr("Waiting for the first figures…"));
  curve_card_->set_title(tr("Training"));
  curve_card_->set_note(short_id(job.uuid));
  progress_->start(job.state == jobs::JobState::queued ? tr("Waiting for its turn") : tr("Training"));
  progress_->show();
  if (job.progress) progress_->update_progress(*job.progress);
  evaluation_->clear(tr("Where it errs is known when the run is done."));
  evaluation_card_->set_note({});
  stack_->setCurrentIndex(1);
  Q_EMIT rail_changed(State::running, {});
}

void TrainingPage::take_events(const std::vector<jobs::Event>& events) {
  for (const auto& event : events) {
    if (event.type != "metric" || !event.body.is_object()) continue;
    const auto name = event.body.find("name");
    if (name == event.body.end() || !name->is_string()) continue;
    const double step = detail::number_from(event.body, "step"), value = detail::number_from(event.body, "value");
    if (std::isfinite(step)) add_point(text_of(name->get<std::string>()), static_cast<qint64>(step), value);
  }
}

// Shares are drawn as they are; what has another size (the objective) as a share of where it began, so that both can be
// read on one axis.
void TrainingPage::add_point(const QString& name, qint64 step, double value) {
  auto known = std::find_if(series_.begin(), series_.end(), [&name](const auto& one) { return one.first == name; });
  if (known == series_.end()) {
    constexpr SeriesColor kColors[] = {SeriesColor::reference, SeriesColor::current, SeriesColor::accent,
                                       SeriesColor::muted};
    const bool share = name.contains(QLatin1String("accuracy")) || name.contains(QLatin1String("f1"));
    QString words = name;
    if (name == QLatin1String("objective")) words = tr("rel. objective");
    if (name == QLatin1String("validation_accuracy")) words = tr("accuracy");
    words.replace(QLatin1Char('_'), QLatin1Char(' '));
    const int number = curve_->add_series(words, kColors[series_.size() % std::size(kColors)]);
    series_.push_back({name, {number, share || value == 0 ? 1.0 : std::abs(value)}});
    known = std::prev(series_.end());
  }
  curve_->append(known->second.first, static_cast<double>(step), value / known->second.second);
}

void TrainingPage::show_curve(const std::vector<models::CurvePoint>& curve) {
  series_.clear();
  curve_->clear();
  curve_->set_empty_text(tr("This run kept no curve."));
  for (const auto& point : curve) add_point(text_of(point.name), point.step, point.value);
}

void TrainingPage::ended(const jobs::Job& job) {
  if (job.id != job_) return;
  job_ = 0;
  progress_->finish();
  progress_->hide();
  if (job.state == jobs::JobState::done) {
    Q_EMIT toast(tr("The run is done"), State::pass);
    session().read(
        this, "ended", [id = job.id](store::Project& project, const Work&) { return models::run_of_job(project, id); },
        [this](Result<models::Run> run) {
          if (!run) {
            banner_->show_error(run.error());
            return;
          }
          run_ = 0;
          wanted_run_ = text_of(tail(run->uuid));
          refresh();
        });
    return;
  }
  if (job.state == jobs::JobState::cancelled) {
    Q_EMIT toast(tr("The run was cancelled"), State::neutral);
  } else {
    banner_->show_text(cause_words(job), text_of(job.message));
  }
  curve_card_->set_title(tr("Training curve"));
  refresh();
}

void TrainingPage::show_run(int64_t run) {
  if (job_ != 0) return;
  run_ = run;
  const auto* about = run_named(QVariant(static_cast<qlonglong>(run)));
  if (!about) return;
  curve_card_->set_title(tr("Run %1").arg(short_id(about->uuid)));
  curve_card_->set_note(
      tr("%1 · seed %2 · %3").arg(text_of(about->algorithm)).arg(about->seed).arg(text_of(about->device)));
  show_curve(about->curve);
  const bool overridden = !about->gate_override.empty();
  curve_words_->setText(overridden
                            ? tr("The gate was overridden: %1").arg(text_of(about->gate_override))
                            : tr("Accuracy on the validation split; the objective as a multiple of its first value."));
  set_tone(curve_words_, overridden ? Tone::warning : Tone::muted);
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
