#include "labels_page.h"

#include <QAbstractButton>
#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>

#include "detail/desk.h"
#include "detail/desk_pickers.h"
#include "detail/flag_line.h"
#include "detail/guide_keeper.h"
#include "detail/guide_panel.h"
#include "detail/item_view.h"
#include "detail/key_position.h"
#include "detail/label_pad.h"
#include "detail/labels_overview.h"
#include "detail/side_panels.h"
#include "detail/task_work.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/empty_state.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/page_header.h"
#include "ui_widgets/splitter.h"

namespace millwright::ui {

struct LabelsPage::Overview : detail::LabelsOverview {};

LabelsPage::LabelsPage(PageContext context, QWidget* parent)
    : StandardPage({QStringLiteral("labels"), tr("Labels"), RailGroup::labels, 0}, QStringLiteral("labels"), context,
                   parent),
      desk_(std::make_unique<detail::Desk>(context.session)) {
  header()->set_title(tr("Label"));
  pickers_ = new detail::DeskPickers(header());
  for (const auto& [text, key, id] : std::initializer_list<std::tuple<QString, QString, const char*>>{
           {tr("Undo"), QStringLiteral("Z"), "labels.undo"},
           {tr("Skip"), tr("Space"), "labels.skip"},
           {tr("Unsure"), QStringLiteral("U"), "labels.unsure"},
           {tr("Flag"), QStringLiteral("F"), "labels.flag"}}) {
    auto* button = secondary_button(text, key);
    button->setFocusPolicy(Qt::TabFocus);
    const QString command = QString::fromLatin1(id);
    connect(button, &QPushButton::clicked, this, [this, command] { commands().run(command); });
    header()->add_action(button);
  }
  auto* middle = build_middle();
  auto* split = make_split(Qt::Horizontal, middle, build_side(), 760, 310);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 1);
  set_content(split, item_);
  seconds_ = new QTimer(this);
  seconds_->setInterval(1000);
  connect(seconds_, &QTimer::timeout, this, &LabelsPage::show_progress);
  connect_pickers();
  connect_works();
  connect_desk();
  add_commands();
  qApp->installEventFilter(this);
}

LabelsPage::~LabelsPage() { qApp->removeEventFilter(this); }

QString LabelsPage::shown_record() const {
  return desk_->current() && desk_->current()->content ? item_->shown_id() : QString();
}

std::optional<RecordRef> LabelsPage::current_record() const {
  return desk_->current() ? std::optional(desk_->current()->item.record) : std::nullopt;
}

QWidget* LabelsPage::build_middle() {
  auto* column_widget = new QWidget;
  auto* column = new QVBoxLayout(column_widget);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(px(12));
  auto* item_card = new Card;
  item_card->set_flush(true);
  middle_ = new QStackedWidget;
  item_ = new detail::ItemView;
  done_ = new EmptyState(QStringLiteral("check"), {}, {});
  auto* fresh = done_->add_button(tr("New queue…"));
  connect(fresh, &QPushButton::clicked, this, [this] { commands().run(QStringLiteral("labels.new_queue")); });
  middle_->addWidget(item_);
  middle_->addWidget(done_);
  item_card->body()->addWidget(middle_, 1);
  flag_line_ = new detail::FlagLine;
  item_card->body()->addWidget(flag_line_);
  connect(flag_line_, &detail::FlagLine::submitted, this, [this](const QString& note) {
    desk_->act(labels::ActStatus::flag, {}, note);
    item_->setFocus();
  });
  column->addWidget(item_card, 1);
  auto* pad_card = new Card;
  pad_card->set_flush(true);
  pad_ = new detail::LabelPad;
  pad_card->body()->addWidget(pad_);
  column->addWidget(pad_card);
  connect(pad_, &detail::LabelPad::chosen, this, &LabelsPage::label);
  connect(pad_, &detail::LabelPad::left, this, &LabelsPage::back_to_item);
  return column_widget;
}

QWidget* LabelsPage::build_side() {
  auto* card = new Card;
  card->set_flush(true);
  guide_ = new detail::GuidePanel;
  keeper_ = new detail::GuideKeeper(session(), guide_, [this] { return current_record(); });
  side_ = new detail::SidePanels(session(), guide_);
  side_->setMinimumWidth(px(260));
  auto* panels = new SegmentedControl({tr("Guide"), tr("Similar · S"), tr("Mine · M")});
  panels->setObjectName(QStringLiteral("labels.panels"));
  panels->setFocusPolicy(Qt::TabFocus);  // a click leaves the keyboard with the item
  panels->setToolTip(tr("The guide, earlier items like this one (S), or your own labels (M)"));
  auto* head = new QHBoxLayout;
  head->setContentsMargins(px(16), px(12), px(12), 0);
  head->addWidget(panels);
  head->addStretch(1);
  card->body()->addLayout(head);
  card->body()->addWidget(side_, 1);
  connect(side_, &QStackedWidget::currentChanged, panels, &SegmentedControl::set_current);
  connect(panels, &SegmentedControl::changed, this, [this, panels](int chosen) {
    using Panel = detail::SidePanels::Panel;
    const auto panel = static_cast<Panel>(chosen);
    if (panel == Panel::guide) back_to_item();
    if (panel == Panel::similar) toggle_similar();
    if (panel == Panel::mine) toggle_mine();
    panels->set_current(side_->currentIndex());  // where there is nothing to show, the guide stays
  });
  connect(side_, &detail::SidePanels::failed, this, &LabelsPage::report);
  connect(guide_, &detail::GuidePanel::left, this, &LabelsPage::back_to_item);
  connect(keeper_, &detail::GuideKeeper::failed, this, &LabelsPage::report);
  connect(keeper_, &detail::GuideKeeper::queued, this, [this](qint64 labels) {
    Q_EMIT toast(tr("Queued %1 for another look").arg(counted(labels, tr("1 label"), tr("%1 labels"))), State::pass);
    refresh();
  });
  connect(side_, &detail::SidePanels::record_chosen, this, [this](const RecordRef& record) {
    desk_->visit(record);
    back_to_item();
  });
  return card;
}

void LabelsPage::connect_pickers() {
  using detail::DeskPickers;
  connect(pickers_, &DeskPickers::task_picked, this, [this](const QString& task) {
    wanted_task_ = task;
    queue_.reset();
    desk_->leave();
    refresh();
  });
  connect(pickers_, &DeskPickers::queue_picked, this, [this](qint64 queue) {
    queue_ = queue;
    open_desk();
    back_to_item();
  });
  connect(pickers_, &DeskPickers::new_queue_wanted, this, [this] { works_->fill_queue(*overview_); });
  connect(pickers_, &DeskPickers::person_picked, this, [this](const QString& name) {
    session().set_annotator(name);
    back_to_item();
  });
  connect(&session(), &ProjectSession::annotator_changed, this, [this] {
    if (!isVisible()) return;
    open_desk();
    show_pickers();
  });
}

void LabelsPage::connect_works() {
  using detail::TaskWork;
  works_ = new TaskWork(session(), this);
  connect(works_, &TaskWork::task_created, this, [this](const QString& name) {
    banner()->clear();
    wanted_task_ = name;
    refresh();
  });
  connect(works_, &TaskWork::queue_filled, this, [this](qint64 queue) {
    banner()->clear();
    wanted_queue_ = QString::number(queue);
    refresh();
  });
  connect(works_, &TaskWork::imported, this, &LabelsPage::refresh);
  connect(works_, &TaskWork::said, this, &LabelsPage::toast);
  connect(works_, &TaskWork::failed, this, &LabelsPage::report);
}

void LabelsPage::connect_desk() {
  using detail::Desk;
  connect(desk_.get(), &Desk::opened, this, [this] {
    pad_->set_labels(desk_->schema().labels);
    keeper_->read(*task_);
  });
  connect(desk_.get(), &Desk::item_changed, this, &LabelsPage::show_item);
  connect(desk_.get(), &Desk::progress_changed, this, &LabelsPage::show_progress);
  connect(desk_.get(), &Desk::drafted, this, [this] { keeper_->read(*task_); });
  connect(desk_.get(), &Desk::failed, this, &LabelsPage::report);
  connect(desk_.get(), &Desk::saving, this, [this] { pad_->saved_mark()->setText(tr("Saving…")); });
  connect(desk_.get(), &Desk::saved, this, [this] { pad_->saved_mark()->setText(tr("Saved")); });
  connect(desk_.get(), &Desk::nothing_to_undo, this,
          [this] { Q_EMIT toast(tr("There is nothing of yours to undo"), State::neutral); });
}

void LabelsPage::add_commands() {
  const QString menu = tr("Labels");
  const auto add = [this, &menu](const char* id, const QString& text, const QString& key, std::function<void()> run) {
    auto* action = add_command(QString::fromLatin1(id), text, menu, QKeySequence(key), std::move(run));
    action->setAutoRepeat(false);
  };
  add("labels.undo", tr("Undo my last label"), QStringLiteral("Z"), [this] { desk_->undo(); });
  add("labels.skip", tr("Skip this item"), QStringLiteral("Space"), [this] { desk_->act(labels::ActStatus::skip); });
  add("labels.unsure", tr("I am unsure about this item"), QStringLiteral("U"),
      [this] { desk_->act(labels::ActStatus::unsure); });
  add("labels.flag", tr("Flag this item as an edge case…"), QStringLiteral("F"), [this] { flag(); });
  add("labels.guide", tr("Edit the guide"), QStringLiteral("G"), [this] {
    side_->show_panel(detail::SidePanels::Panel::guide);
    guide_->edit_top();
  });
  add("labels.similar", tr("Similar earlier items"), QStringLiteral("S"), [this] { toggle_similar(); });
  add("labels.mine", tr("My labels"), QStringLiteral("M"), [this] { toggle_mine(); });
  add("labels.find", tr("Find a label by typing"), QStringLiteral("/"), [this] {
    if (desk_->current()) pad_->start_type_ahead();
  });
  add("labels.back", tr("Back to the item"), QStringLiteral("Esc"), [this] { back_to_item(); });
  add("labels.new_queue", tr("New queue…"), {}, [this] {
    if (overview_) works_->fill_queue(*overview_);
  });
  add("labels.errors", tr("Look for label errors…"), {}, [this] {
    if (overview_) works_->look_for_errors(*overview_);
  });
  add("labels.export", tr("Export the labels…"), {}, [this] {
    if (overview_) works_->export_labels(*overview_);
  });
  add("labels.import", tr("Import labels…"), {}, [this] {
    if (overview_) works_->import_labels(*overview_);
  });
  add("labels.new_task", tr("New labeling task…"), {}, [this] {
    if (overview_) works_->create_task(*overview_);
  });
}

void LabelsPage::activate(const QVariantMap& arguments) {
  if (arguments.contains(QStringLiteral("task"))) wanted_task_ = arguments[QStringLiteral("task")].toString();
  if (arguments.contains(QStringLiteral("queue"))) {
    wanted_queue_ = arguments[QStringLiteral("queue")].toString();
    if (!desk_->is_open()) queue_.reset();
  }
}

void LabelsPage::refresh() {
  read_overview(
      [task = utf8_of(wanted_task_), queue = utf8_of(wanted_queue_), known_task = task_, known_queue = queue_](
          store::Project& project, const Work&) -> Result<std::shared_ptr<Overview>> {
        auto overview = std::make_shared<Overview>();
        MW_TRY(detail::read_overview(project, task, queue, known_task, known_queue, *overview));
        return overview;
      },
      [this](std::shared_ptr<Overview> overview) {
        wanted_task_.clear();
        wanted_queue_.clear();
        take(std::move(overview));
      });
}

void LabelsPage::take(std::shared_ptr<Overview> overview) {
  overview_ = std::move(overview);
  task_ = overview_->task;
  queue_ = overview_->queue;
  show_pickers();
  const auto* task = overview_->chosen_task();
  if (!task_ || !queue_ || (task && task->kind != labels::TaskKind::single_label)) {
    show_why_empty();
    return;
  }
  show_content();
  if (!isVisible()) return;
  const bool other = asked_queue_ != queue_ || person_ != session().annotator();
  if (other || (!desk_->is_open() && !desk_->opening())) {
    open_desk();
  } else if (desk_->is_open() && !desk_->current() && desk_->items_left() == 0) {
    const auto* now = overview_->chosen_queue();
    if (now && now->items > now->done) desk_->refill();
  }
}

void LabelsPage::show_pickers() {
  if (!overview_) return;
  overview_->queue = queue_;
  pickers_->show(*overview_, session().annotator());
}

void LabelsPage::show_why_empty() {
  header()->set_subtitle({});
  if (overview_->assets.empty())
    show_empty(tr("There is nothing to label yet"),
               tr("Import data first; then a task says what is decided about each record."), tr("Go to Data"),
               [this] { Q_EMIT navigate(QStringLiteral("data"), {}); });
  else if (!task_)
    show_empty(tr("There is no labeling task yet"),
               tr("A task says which field is read, which labels there are, and keeps the guide for hard cases."),
               tr("Create a task…"), [this] {
                 if (overview_) works_->create_task(*overview_);
               });
  else if (const auto* task = overview_->chosen_task(); task && task->kind != labels::TaskKind::single_label)
    show_empty(
        tr("The labels of this task come from elsewhere"),
        tr("It asks for several labels, for stretches of the text or for a number. They come from a field of the "
           "data when the task is made, or from a file: JSON Lines, CSV or Label Studio's."),
        tr("Import labels…"), [this] {
          if (overview_) works_->import_labels(*overview_);
        });
  else
    show_empty(
        tr("No queue is waiting"),
        tr("A queue holds the records to be labeled next: unlabeled ones, or those behind a brush on the Drift page."),
        tr("Fill a queue…"), [this] {
          if (overview_) works_->fill_queue(*overview_);
        });
}

void LabelsPage::open_desk() {
  if (!task_ || !queue_) return;
  person_ = session().annotator();
  asked_queue_ = queue_;
  desk_->open(*task_, queue_);
  show_item();
}

void LabelsPage::show_item() {
  const auto* now = desk_->current();
  if (!now && !desk_->reading() && desk_->is_open()) {
    done_->set(QStringLiteral("check"),
               desk_->items_left() > 0 ? tr("The rest of this queue is with somebody else") : tr("This queue is done"),
               tr("Choose another queue above, or fill a new one."));
    middle_->setCurrentIndex(1);
    return;
  }
  middle_->setCurrentIndex(0);
  if (!now || !now->content) {
    item_->show_waiting();
    pad_->mark({});
    return;
  }
  item_->show_item(*now->content);
  const auto& own = now->item.own;
  pad_->mark(own && own->label ? text_of(*own->label) : QString());
  const QString last = desk_->last_words();
  item_->set_remark(now->visiting    ? tr("Brought back. A new label replaces your earlier one.")
                    : last.isEmpty() ? QString()
                                     : tr("Last: %1").arg(last));
  guide_->fit(now->content->words);
  if (side_->panel() == detail::SidePanels::Panel::similar) side_->show_panel(detail::SidePanels::Panel::guide);
}

void LabelsPage::show_progress() {
  const auto& queue = desk_->queue();
  if (!queue || !shows_content()) return;
  QStringList parts{tr("%1 of %2")
                        .arg(figure(static_cast<qint64>(queue->items - desk_->items_left())),
                             figure(static_cast<qint64>(queue->items)))};
  if (const auto pace = desk_->pace()) {
    parts << (*pace < 0.1 ? tr("under 0.1 s each") : tr("%1 s each").arg(QLocale().toString(*pace, 'f', 1)));
    parts << tr("%1 left").arg(duration(*pace * static_cast<double>(desk_->items_left())));
  }
  header()->set_subtitle(parts.join(QStringLiteral(" · ")));
}

void LabelsPage::label(const QString& label) {
  desk_->act(labels::ActStatus::label, label);
  item_->setFocus();
}

void LabelsPage::flag() {
  if (!desk_->current() || !desk_->current()->content) return;
  flag_line_->start();
}

void LabelsPage::back_to_item() {
  if (guide_->editing()) guide_->stop_editing();
  if (pad_->typing()) pad_->stop_type_ahead();
  flag_line_->hide();
  side_->show_panel(detail::SidePanels::Panel::guide);
  if (shows_content()) item_->setFocus();
}

void LabelsPage::toggle_similar() {
  using Panel = detail::SidePanels::Panel;
  const auto* now = desk_->current();
  if (side_->panel() == Panel::similar || !now || !now->content || !task_) {
    back_to_item();
    return;
  }
  side_->show_similar(*task_, now->content->words, now->item.record);
}

void LabelsPage::toggle_mine() {
  using Panel = detail::SidePanels::Panel;
  if (side_->panel() == Panel::mine || !desk_->task()) {
    back_to_item();
    return;
  }
  side_->show_mine(*desk_->task(), session().annotator());
}

void LabelsPage::keyPressEvent(QKeyEvent* event) {
  if (event->isAutoRepeat()) {
    event->accept();  // a held key labels once
    return;
  }
  const auto now = desk_->current();
  if (now && now->content && !pad_->typing() && !flag_line_->isVisible() && shows_content()) {
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && event->modifiers() == Qt::NoModifier &&
        !desk_->last_label().isEmpty() && !qobject_cast<QAbstractButton*>(focusWidget())) {
      label(desk_->last_label());
      return;
    }
    if (const auto key = detail::label_key(*event)) {
      if (const auto chosen = pad_->label_of(*key)) {
        label(*chosen);
        return;
      }
    }
  }
  StandardPage::keyPressEvent(event);
}

bool LabelsPage::event(QEvent* event) {
  // Space presses a button that was reached by Tab; elsewhere on the page it skips.
  if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space &&
      qobject_cast<QAbstractButton*>(focusWidget())) {
    event->accept();
    return true;
  }
  return StandardPage::event(event);
}

bool LabelsPage::eventFilter(QObject* watched, QEvent* event) {
  if (isVisible()) {
    switch (event->type()) {
      case QEvent::KeyPress:
      case QEvent::MouseMove:
      case QEvent::MouseButtonPress:
      case QEvent::Wheel:
        desk_->somebody_is_there();
        break;
      case QEvent::ApplicationDeactivate:
        desk_->nobody_is_there();
        break;
      default:
        break;
    }
  }
  return StandardPage::eventFilter(watched, event);
}

void LabelsPage::showEvent(QShowEvent* event) {
  StandardPage::showEvent(event);
  seconds_->start();
  // Where another queue was asked for, refresh() finds it first.
  if (wanted_queue_.isEmpty() && overview_ && task_ && queue_ && !desk_->is_open() && !desk_->opening()) open_desk();
}

void LabelsPage::hideEvent(QHideEvent* event) {
  StandardPage::hideEvent(event);
  seconds_->stop();
  desk_->nobody_is_there();
  if (!event->spontaneous()) desk_->leave();
}

}  // namespace millwright::ui
