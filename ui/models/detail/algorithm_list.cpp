#include "algorithm_list.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QRadioButton>
#include <QStringList>
#include <algorithm>

#include "models/training.h"
#include "ui_records/words.h"
#include "ui_widgets/badge.h"
#include "ui_widgets/card.h"
#include "ui_widgets/remark_words.h"

namespace millwright::ui::detail {
namespace {

QString sentences(const std::vector<Remark>& remarks) { return message(remarks, QStringLiteral(" ")); }

}  // namespace

AlgorithmList::AlgorithmList(QWidget* parent) : QWidget(parent) {
  setAccessibleName(tr("Algorithm"));
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(px(12));
  grid->setVerticalSpacing(px(2));
  grid->setColumnStretch(1, 1);
  // The baseline first, whatever the catalogue's order.
  std::vector<const jobs::Algorithm*> order;
  for (const auto& algorithm : jobs::algorithms()) order.push_back(&algorithm);
  std::stable_partition(order.begin(), order.end(),
                        [](const auto* algorithm) { return models::is_baseline(algorithm->name); });
  for (const auto* algorithm : order) {
    const QString name = text_of(algorithm->name);
    Entry entry{algorithm, new QRadioButton(tr(std::string(algorithm->title).c_str())), new Badge,
                make_label({}, FontRole::figure, Tone::text), make_label({}, FontRole::caption, Tone::muted)};
    entry.button->setObjectName(QStringLiteral("training.algorithm.") + name);
    entry.button->setToolTip(tr(std::string(algorithm->description).c_str()));
    entry.button->setChecked(entries_.empty());
    entry.badge->hide();
    entry.figures->setObjectName(QStringLiteral("training.figures.") + name);
    entry.why->setObjectName(QStringLiteral("training.why.") + name);
    entry.why->setWordWrap(true);
    entry.why->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    entry.why->setContentsMargins(px(24), 0, 0, px(6));
    const int row = 2 * static_cast<int>(entries_.size());
    grid->addWidget(entry.button, row, 0);
    grid->addWidget(entry.badge, row, 1, Qt::AlignLeft | Qt::AlignVCenter);
    grid->addWidget(entry.figures, row, 2, Qt::AlignRight | Qt::AlignVCenter);
    grid->addWidget(entry.why, row + 1, 0, 1, 3);
    connect(entry.button, &QRadioButton::toggled, this, [this](bool on) {
      if (!on) return;
      chosen_ = true;
      Q_EMIT changed();
    });
    entries_.push_back(entry);
  }
}

const jobs::Algorithm& AlgorithmList::current() const {
  const auto chosen =
      std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.button->isChecked(); });
  return chosen == entries_.end() ? *entries_.front().algorithm : *chosen->algorithm;
}

bool AlgorithmList::fits() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.button->isChecked() && entry.fits; });
}

void AlgorithmList::clear() {
  for (Entry& entry : entries_) entry.figures->setText(tr("…"));
}

void AlgorithmList::show_plan(const models::TrainingPlan& plan) {
  for (Entry& entry : entries_) {
    const auto planned =
        std::find_if(plan.algorithms.begin(), plan.algorithms.end(),
                     [&entry](const models::PlannedAlgorithm& one) { return one.algorithm == entry.algorithm; });
    if (planned == plan.algorithms.end()) continue;
    // Where nobody chose yet, the baseline of this kind of task is it.
    if (!chosen_ && planned->baseline && !entry.button->isChecked()) {
      const QSignalBlocker quiet(entry.button);
      entry.button->setChecked(true);
      Q_EMIT changed();
    }
    entry.fits = planned->fits;
    const bool suits =
        planned->objectives.empty() || std::any_of(planned->objectives.begin(), planned->objectives.end(),
                                                   [](const auto& objective) { return objective.fits; });
    for (QWidget* part : std::initializer_list<QWidget*>{entry.button, entry.figures, entry.why})
      part->setVisible(suits || entry.button->isChecked());
    // What was chosen stays so, that its options can be mended; only starting it is not possible.
    entry.button->setEnabled(planned->fits || entry.button->isChecked());
    if (!planned->fits)
      entry.badge->set(tr("does not fit"), State::fail);
    else if (planned->baseline)
      entry.badge->set(tr("baseline"), State::neutral);
    entry.badge->setVisible(entry.button->isVisibleTo(this) && (!planned->fits || planned->baseline));
    QStringList figures;
    if (planned->seconds) figures << message(about_time(*planned->seconds));
    if (planned->memory) figures << message(memory_size(*planned->memory));
    entry.figures->setText(figures.join(QStringLiteral(" · ")));
    entry.figures->setToolTip(sentences(planned->rests_on));
    entry.why->setText((sentences(planned->why) + QLatin1Char(' ') + sentences(planned->rests_on)).trimmed());
    set_tone(entry.why, planned->fits ? Tone::muted : Tone::fail);
  }
  fit_words();
}

void AlgorithmList::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fit_words();
}

void AlgorithmList::fit_words() {
  for (const Entry& entry : entries_) ui::fit_words(entry.why, width());
}

}  // namespace millwright::ui::detail
