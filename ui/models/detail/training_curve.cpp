#include "training_curve.h"

#include <QLabel>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "evaluation_view.h"
#include "ui_charts/line_chart.h"
#include "ui_records/words.h"
#include "ui_widgets/progress.h"
#include "ui_widgets/remark_words.h"

namespace millwright::ui::detail {

TrainingCurve::TrainingCurve(QWidget* parent) : Card(tr("Training curve"), parent) {
  progress_ = new ProgressStrip;
  progress_->hide();
  chart_ = new LineChart;
  chart_->set_title(tr("Training curve"));
  chart_->set_axis_names(tr("step"), {});
  chart_->set_whole_x(true);
  chart_->set_empty_text(tr("Choose a run to see its curve."));
  words_ = make_label({}, FontRole::caption, Tone::muted);
  words_->setWordWrap(true);
  body()->addWidget(progress_);
  body()->addWidget(chart_, 1);
  body()->addWidget(words_);
  connect(progress_, &ProgressStrip::cancelled, this, &TrainingCurve::cancel_wanted);
}

void TrainingCurve::start_over(const QString& empty_text) {
  series_.clear();
  chart_->clear();
  chart_->set_empty_text(empty_text);
}

void TrainingCurve::show_run(const models::Run& run) {
  set_title(tr("Run %1").arg(short_id(run.uuid)));
  set_note(tr("%1 · seed %2 · %3").arg(text_of(run.algorithm)).arg(run.seed).arg(text_of(run.device)));
  start_over(tr("This run kept no curve."));
  for (const auto& point : run.curve) add_point(text_of(point.name), point.step, point.value);
  const bool overridden = !run.gate_override.empty();
  words_->setText(overridden
                      ? tr("The gate was overridden: %1").arg(text_of(run.gate_override))
                      : tr("Accuracy on the validation split; objective and loss as a share of their largest value."));
  set_tone(words_, overridden ? Tone::warning : Tone::muted);
}

void TrainingCurve::watch(const jobs::Job& job) {
  set_title(tr("Training"));
  job_ = short_id(job.uuid);
  pace_.reset();
  begun_ = false;
  show_pace();
  start_over(tr("Waiting for the first figures…"));
  words_->setText({});
  progress_->start(job.state == jobs::JobState::queued ? tr("Waiting for its turn") : tr("Training"));
  progress_->show();
  if (job.progress) show_progress(*job.progress);
}

void TrainingCurve::show_progress(const Progress& progress) {
  // The card's title says what it is; and it waits no longer.
  if (!std::exchange(begun_, true)) progress_->start({});
  progress_->update_progress(progress);
}

void TrainingCurve::add_events(const std::vector<jobs::Event>& events) {
  for (const auto& event : events) {
    jobs::follow_pace(event, pace_);
    if (event.type != "metric" || !event.body.is_object()) continue;
    const auto name = event.body.find("name");
    if (name == event.body.end() || !name->is_string() || *name == "learning_rate") continue;
    const double step = number_from(event.body, "step"), value = number_from(event.body, "value");
    if (std::isfinite(step)) add_point(text_of(name->get<std::string>()), static_cast<qint64>(step), value);
  }
  show_pace();
}

void TrainingCurve::show_pace() {
  progress_->set_tells_time(!pace_);
  set_note(pace_ ? message(jobs::remarks_on(pace_), QStringLiteral(" · ")) : job_);
}

void TrainingCurve::finish() {
  pace_.reset();
  show_pace();
  progress_->finish();
  progress_->hide();
  set_title(tr("Training curve"));
}

// Shares are drawn as they are; what has another size (the objective) as a share of its largest value so far, so that
// both can be read on one axis.
void TrainingCurve::add_point(const QString& name, qint64 step, double value) {
  auto known = std::find_if(series_.begin(), series_.end(), [&name](const auto& one) { return one.name == name; });
  if (known == series_.end()) {
    constexpr SeriesColor kColors[] = {SeriesColor::reference, SeriesColor::current, SeriesColor::accent,
                                       SeriesColor::muted};
    const bool share = name.contains(QLatin1String("accuracy")) || name.contains(QLatin1String("f1")) ||
                       name.contains(QLatin1String("recall"));
    QString words = name;
    if (name == QLatin1String("objective")) words = tr("objective");
    if (name == QLatin1String("validation_accuracy")) words = tr("accuracy");
    words.replace(QLatin1Char('_'), QLatin1Char(' '));
    const int number = chart_->add_series(words, kColors[series_.size() % std::size(kColors)]);
    series_.push_back({.name = name, .number = number, .share = share});
    known = std::prev(series_.end());
  }
  Series& series = *known;
  if (series.share) return chart_->append(series.number, static_cast<double>(step), value);
  series.steps.push_back(static_cast<double>(step));
  series.values.push_back(value);
  if (std::isfinite(value) && std::abs(value) > series.largest) {
    series.largest = std::abs(value);
    std::vector<double> shares = series.values;
    for (double& each : shares) each /= series.largest;
    chart_->set_points(series.number, series.steps, std::move(shares));
  } else {
    chart_->append(series.number, static_cast<double>(step), series.largest > 0 ? value / series.largest : value);
  }
}

QString cause_words(const jobs::Job& job) {
  if (!job.cause) return TrainingCurve::tr("It failed.");
  switch (*job.cause) {
    case jobs::Cause::out_of_memory:
      return TrainingCurve::tr("There was not enough memory.");
    case jobs::Cause::diverged:
      return TrainingCurve::tr("The training diverged: the loss was no number any more.");
    case jobs::Cause::bad_data:
      return TrainingCurve::tr("The data could not be trained on.");
    case jobs::Cause::disk_full:
      return TrainingCurve::tr("The disk is full.");
    case jobs::Cause::device_gone:
      return TrainingCurve::tr("The GPU it was to use is not there, or no longer.");
    case jobs::Cause::cancelled:
      return TrainingCurve::tr("It was cancelled.");
    case jobs::Cause::crashed:
      return TrainingCurve::tr("The engine ended without a result.");
  }
  return {};
}

}  // namespace millwright::ui::detail
