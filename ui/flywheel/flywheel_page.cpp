#include "flywheel_page.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>
#include <QVBoxLayout>
#include <cmath>

#include "detail/ring.h"
#include "detail/verified.h"
#include "detail/words.h"
#include "planning/verify_project.h"
#include "ui_widgets/badge.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/figure_words.h"
#include "ui_widgets/flow_layout.h"
#include "ui_widgets/page_header.h"

namespace millwright::ui {

namespace {

// A dot with its word for those who cannot tell colours.
class StateDot : public QWidget {
 public:
  StateDot(State state, const QString& word, QWidget* parent = nullptr) : QWidget(parent), state_(state) {
    setFixedSize(px(12), px(18));
    setAccessibleName(word);
    setToolTip(word);
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    paint_dot(painter, QPointF(px(5), height() / 2.0), state_, px(8));
  }

 private:
  State state_;
};

}  // namespace

FlywheelPage::FlywheelPage(PageContext context, QWidget* parent)
    : Page({QStringLiteral("flywheel"), tr("Flywheel"), RailGroup::loop, 0}, context, parent) {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(20), px(16), px(20), px(16));
  all->setSpacing(px(12));
  header_ = new PageHeader(tr("Flywheel"), tr("Where the factory stands, and the next useful thing to do"));
  all->addWidget(header_);
  banner_ = new ErrorBanner;
  banner_->set_retry(tr("Try again"));
  connect(banner_, &ErrorBanner::retry, this, &FlywheelPage::refresh);
  all->addWidget(banner_);
  auto* tiles = new QHBoxLayout;
  tiles->setSpacing(px(12));
  for (int i = 0; i < 5; ++i) {
    tiles_.push_back(new KpiTile);
    tiles->addWidget(tiles_.back(), 1);
  }
  all->addLayout(tiles);
  auto* columns = new QHBoxLayout;
  columns->setSpacing(px(12));
  auto* loop = new Card;
  ring_ = new Ring;
  loop->body()->addWidget(ring_);
  columns->addWidget(loop, 7);
  auto* next = new Card(tr("Next"));
  auto* list = new QWidget;
  auto* list_layout = new QVBoxLayout(list);
  list_layout->setContentsMargins(0, 0, 0, 0);
  next_ = new QVBoxLayout;
  next_->setSpacing(0);
  list_layout->addLayout(next_);
  list_layout->addStretch(1);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(list);
  scroll->viewport()->setAutoFillBackground(false);
  list->setAutoFillBackground(false);
  next->body()->addWidget(scroll);
  columns->addWidget(next, 5);
  all->addLayout(columns, 1);
  connect(ring_, &Ring::chosen, this,
          [this](const QString& stage) { Q_EMIT navigate(page_of_stage(stage.toStdString()), {}); });
  add_command(QStringLiteral("flywheel.verify"), tr("Verify the project"), tr("Project"), {}, [this] { verify(); });
}

QWidget* FlywheelPage::first_focus() { return first_button_ != nullptr ? first_button_ : ring_; }

void FlywheelPage::refresh() {
  session().read(
      this, "status", [](store::Project& project, const Work&) { return planning::flywheel_status(project); },
      [this](Result<planning::FlywheelStatus> status) {
        if (!status) return banner_->show_error(status.error());
        banner_->clear();
        show_status(*status);
      });
}

void FlywheelPage::verify() {
  session().work(
      this, tr("Verifying the project"),
      [](store::Project& project, const Work& work) {
        return planning::verify_project(project, {.deep = true, .head = {}}, work);
      },
      [this](Result<store::VerifyReport> report) {
        if (report)
          show_verified(*report, this);
        else
          banner_->show_error(report.error());
      });
}

void FlywheelPage::show_status(const planning::FlywheelStatus& status) {
  show_kpis(status);
  QVector<RingStage> stages;
  int turned = 0, red = 0, warnings = 0, busy = 0;
  for (const auto& stage : status.stages) {
    stages.push_back({QString::fromStdString(stage.name), stage_name(stage.name), stage_figures(stage),
                      state_of(stage.state), word_of(stage.state)});
    turned += stage.state != planning::StageState::empty ? 1 : 0;
    red += stage.state == planning::StageState::fail ? 1 : 0;
    warnings += stage.state == planning::StageState::warn ? 1 : 0;
    busy += stage.state == planning::StageState::busy ? 1 : 0;
  }
  ring_->set_stages(std::move(stages));
  QStringList below;
  if (red > 0) below << tr("%n red", nullptr, red);
  if (warnings > 0) below << tr("%n to look at", nullptr, warnings);
  if (busy > 0) below << tr("%n working", nullptr, busy);
  if (below.isEmpty()) below << (turned == 0 ? tr("bring data in to begin") : tr("all good"));
  ring_->set_middle(tr("stages turned"), tr("%1 of %2").arg(turned).arg(status.stages.size()),
                    below.join(QStringLiteral(" · ")));
  show_next(status);
  tell_rail(status);
}

void FlywheelPage::show_kpis(const planning::FlywheelStatus& status) {
  const auto& k = status.kpis;
  const QString none = tr("–");
  const bool by_accuracy = k.figure.name == "accuracy";
  const bool judged = std::isfinite(k.test_accuracy);
  if (by_accuracy)
    tiles_[0]->set(tr("Accuracy on the test split"), judged ? percent(k.test_accuracy) : none,
                   judged && std::isfinite(k.test_low)
                       ? tr("%1–%2").arg(figure(k.test_low * 100, 3), percent(k.test_high))
                       : tr("no model yet"));
  else
    tiles_[0]->set(tr("%1 on the test split").arg(figure_title(k.figure.name)), figure(k.figure.number, 3),
                   tr("%1–%2").arg(figure(k.figure_low, 3), figure(k.figure_high, 3)));
  tiles_[1]->set(tr("Macro-F1"), std::isfinite(k.macro_f1) ? figure(k.macro_f1, 3) : none,
                 std::isfinite(k.macro_f1) ? tr("every class counts the same")
                 : by_accuracy             ? tr("no model yet")
                                           : tr("not of this kind of task"));
  tiles_[2]->set(tr("Records"), figure(qint64{k.records}), [&] {
    for (const auto& [name, count] : status.counts)
      if (name == "batches") return count == 1 ? tr("in one batch") : tr("in %1 batches").arg(count);
    return QString();
  }());
  tiles_[3]->set(tr("Labels"), figure(qint64{k.labeled}), tr("%1 this week").arg(figure(qint64{k.labels_this_week})));
  const bool paced = std::isfinite(k.median_seconds_per_label) && k.median_seconds_per_label > 0;
  tiles_[4]->set(tr("Time for a label"), paced ? duration(k.median_seconds_per_label) : none,
                 paced ? tr("median of a person's labels") : tr("none labeled by hand yet"));
}

void FlywheelPage::show_next(const planning::FlywheelStatus& status) {
  const bool had_focus = first_button_ != nullptr && first_button_->hasFocus();
  clear_layout(next_);
  first_button_ = nullptr;
  for (const auto& action : status.next) {
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, px(10), 0, px(10));
    layout->setSpacing(px(10));
    layout->addWidget(new StateDot(state_of(action.urgency), word_of(action.urgency)), 0, Qt::AlignTop);
    auto* words = new QVBoxLayout;
    words->setSpacing(px(2));
    auto* title = make_label(title_of(action), FontRole::strong);
    title->setWordWrap(true);
    auto* why = make_label(reason(action), FontRole::body, Tone::muted);
    why->setWordWrap(true);
    words->addWidget(title);
    words->addWidget(why);
    layout->addLayout(words, 1);
    auto* button = first_button_ == nullptr ? primary_button(verb_of(action)) : secondary_button(verb_of(action));
    button->setAccessibleName(QStringLiteral("%1: %2").arg(verb_of(action), title_of(action)));
    button->setToolTip(QString::fromStdString(action.command));
    connect(button, &QPushButton::clicked, this,
            [this, page = QString::fromStdString(action.page), arguments = arguments_of(action)] {
              Q_EMIT navigate(page, arguments);
            });
    layout->addWidget(button, 0, Qt::AlignVCenter);
    next_->addWidget(row);
    next_->addWidget(make_line());
    if (first_button_ == nullptr) first_button_ = button;
  }
  if (status.next.empty()) {
    auto* calm = make_label(tr("Nothing is waiting. New data, a new label or a drifted field will show up here."),
                            FontRole::body, Tone::muted);
    calm->setWordWrap(true);
    next_->addWidget(calm);
  }
  if (had_focus && first_button_ != nullptr) first_button_->setFocus();
}

void FlywheelPage::tell_rail(const planning::FlywheelStatus& status) {
  State worst = State::neutral;
  for (const auto& stage : status.stages) {
    const State state = state_of(stage.state);
    if (state == State::pass && worst == State::neutral) worst = state;
    if (state == State::warning && worst != State::fail) worst = state;
    if (state == State::fail) worst = state;
    Q_EMIT rail_changed(page_of_stage(stage.name), state, rail_figure(stage));
  }
  Q_EMIT rail_changed(info().id, worst, {});
}

}  // namespace millwright::ui
