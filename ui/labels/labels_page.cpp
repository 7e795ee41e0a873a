#include "labels_page.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QSplitter>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>

#include "detail/desk.h"
#include "detail/enter_line.h"
#include "detail/guide_panel.h"
#include "detail/item_view.h"
#include "detail/key_position.h"
#include "detail/label_pad.h"
#include "detail/labels_overview.h"
#include "detail/queue_dialog.h"
#include "detail/side_panels.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/empty_state.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/page_header.h"
#include "ui_widgets/type_ahead.h"

namespace millwright::ui {

struct LabelsPage::Overview : detail::LabelsOverview {};

LabelsPage::LabelsPage(PageContext context, QWidget* parent)
    : Page({QStringLiteral("labels"), tr("Labels"), RailGroup::labels, 0}, context, parent),
      desk_(std::make_unique<detail::Desk>(context.session)) {
  build();
  connect_desk();
  connect_guide();
  add_commands();
  qApp->installEventFilter(this);
}

LabelsPage::~LabelsPage() { qApp->removeEventFilter(this); }

QWidget* LabelsPage::first_focus() { return item_; }

QString LabelsPage::shown_record() const {
  return desk_->current() && desk_->current()->content ? item_->shown_id() : QString();
}

std::optional<RecordRef> LabelsPage::current_record() const {
  return desk_->current() ? std::optional(desk_->current()->item.record) : std::nullopt;
}

void LabelsPage::build() {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(20), px(16), px(20), px(16));
  all->setSpacing(px(12));
  header_ = new PageHeader(tr("Label"));
  task_picker_ = new Picker(tr("Task"));
  task_picker_->hide();
  queue_picker_ = new Picker(tr("Queue"));
  queue_picker_->set_empty_text(tr("choose"));
  queue_picker_->hide();
  person_picker_ = new Picker(tr("Labeling"));
  person_picker_->setObjectName(QStringLiteral("labels.person"));
  for (auto* picker : {task_picker_, queue_picker_, person_picker_}) header_->add_control(picker);
  for (const auto& [text, key, id] : std::initializer_list<std::tuple<QString, QString, const char*>>{
           {tr("Undo"), QStringLiteral("Z"), "labels.undo"},
           {tr("Skip"), tr("Space"), "labels.skip"},
           {tr("Unsure"), QStringLiteral("U"), "labels.unsure"},
           {tr("Flag"), QStringLiteral("F"), "labels.flag"}}) {
    auto* button = secondary_button(text, key);
    button->setFocusPolicy(Qt::TabFocus);
    const QString command = QString::fromLatin1(id);
    connect(button, &QPushButton::clicked, this, [this, command] { commands().run(command); });
    header_->add_action(button);
  }
  all->addWidget(header_);
  banner_ = new ErrorBanner;
  banner_->clear();
  all->addWidget(banner_);
  stack_ = new QStackedWidget;
  empty_ = new EmptyState(QStringLiteral("labels"), {}, {});
  empty_button_ = empty_->add_button({});
  stack_->addWidget(empty_);
  auto* split = new QSplitter(Qt::Horizontal);
  split->setChildrenCollapsible(false);
  split->setHandleWidth(px(12));
  split->addWidget(build_middle());
  split->addWidget(build_side());
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 1);
  split->setSizes({px(760), px(310)});
  stack_->addWidget(split);
  all->addWidget(stack_, 1);
  seconds_ = new QTimer(this);
  seconds_->setInterval(1000);
  connect(seconds_, &QTimer::timeout, this, &LabelsPage::show_progress);
  connect(queue_picker_, &Picker::picked, this, &LabelsPage::choose_queue);
  connect(person_picker_, &Picker::picked, this, &LabelsPage::choose_annotator);
  connect(task_picker_, &Picker::picked, this, [this](const QString& task) {
    wanted_task_ = task;
    queue_.reset();
    desk_->leave();
    refresh();
  });
  connect(&session(), &ProjectSession::annotator_changed, this, [this] {
    if (isVisible()) {
      open_desk();
      show_pickers();
    }
  });
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
  done_button_ = done_->add_button(tr("New queue…"));
  connect(done_button_, &QPushButton::clicked, this, &LabelsPage::new_queue);
  middle_->addWidget(item_);
  middle_->addWidget(done_);
  item_card->body()->addWidget(middle_, 1);
  note_row_ = new QWidget;
  auto* note_layout = new QHBoxLayout(note_row_);
  note_layout->setContentsMargins(px(28), 0, px(28), px(12));
  note_layout->setSpacing(px(8));
  note_ = new detail::EnterLine;
  note_->setObjectName(QStringLiteral("labels.note"));
  note_->setPlaceholderText(tr("What makes this one hard? Your note becomes a draft rule."));
  note_->setAccessibleName(tr("Note of the flag"));
  auto* submit = primary_button(tr("Flag it"), tr("Enter"));
  note_layout->addWidget(note_, 1);
  note_layout->addWidget(submit);
  note_row_->hide();
  item_card->body()->addWidget(note_row_);
  connect(note_, &QLineEdit::returnPressed, this, &LabelsPage::submit_flag);
  connect(submit, &QPushButton::clicked, this, &LabelsPage::submit_flag);
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
  side_ = new detail::SidePanels(session(), guide_);
  side_->setMinimumWidth(px(260));
  card->body()->addWidget(side_);
  connect(side_, &detail::SidePanels::left, this, &LabelsPage::back_to_item);
  connect(side_, &detail::SidePanels::failed, this, &LabelsPage::report);
  connect(side_, &detail::SidePanels::record_chosen, this, [this](const RecordRef& record) {
    desk_->visit(record);
    back_to_item();
  });
  return card;
}

void LabelsPage::connect_desk() {
  using detail::Desk;
  connect(desk_.get(), &Desk::opened, this, [this] {
    pad_->set_labels(desk_->schema().labels);
    read_guide();
  });
  connect(desk_.get(), &Desk::item_changed, this, &LabelsPage::show_item);
  connect(desk_.get(), &Desk::progress_changed, this, &LabelsPage::show_progress);
  connect(desk_.get(), &Desk::drafted, this, &LabelsPage::read_guide);
  connect(desk_.get(), &Desk::failed, this, &LabelsPage::report);
  connect(desk_.get(), &Desk::saving, this, [this] { pad_->saved_mark()->setText(tr("Saving…")); });
  connect(desk_.get(), &Desk::saved, this, [this] { pad_->saved_mark()->setText(tr("Saved")); });
  connect(desk_.get(), &Desk::nothing_to_undo, this,
          [this] { Q_EMIT toast(tr("There is nothing of yours to undo"), State::neutral); });
}

void LabelsPage::connect_guide() {
  using detail::GuidePanel;
  connect(guide_, &GuidePanel::left, this, &LabelsPage::back_to_item);
  connect(guide_, &GuidePanel::save_rule, this,
          [this](std::optional<Uuid> rule, const QString& title, const QString& decision, bool accept) {
            labels::RuleText text{utf8_of(title), utf8_of(decision), std::nullopt};
            if (!rule && desk_->current()) text.example = desk_->current()->item.record;
            change_guide([task = *task_, rule, text, accept](store::Project& project) -> Result<labels::Rule> {
              if (!rule) return labels::add_rule(project, task, text);
              return accept ? labels::accept_rule(project, task, *rule, text)
                            : labels::edit_rule(project, task, *rule, text);
            });
          });
  connect(guide_, &GuidePanel::reject_rule, this, [this](const Uuid& rule) {
    change_guide([task = *task_, rule](store::Project& project) { return labels::reject_rule(project, task, rule); });
  });
  connect(guide_, &GuidePanel::remove_rule, this, [this](const Uuid& rule) {
    if (!confirm(this, tr("Remove this rule?"), tr("It stays in the guide's history; labels made under it stay too."),
                 tr("Remove it"), true))
      return;
    change_guide([task = *task_, rule](store::Project& project) { return labels::remove_rule(project, task, rule); });
  });
  connect(guide_, &GuidePanel::queue_touched, this, &LabelsPage::queue_touched);
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
  add("labels.new_queue", tr("New queue…"), {}, [this] { new_queue(); });
  add("labels.new_task", tr("New labeling task…"), {}, [this] { new_task(); });
}

void LabelsPage::activate(const QVariantMap& arguments) {
  if (arguments.contains(QStringLiteral("task"))) wanted_task_ = arguments[QStringLiteral("task")].toString();
  if (arguments.contains(QStringLiteral("queue"))) {
    wanted_queue_ = arguments[QStringLiteral("queue")].toString();
    if (!desk_->is_open()) queue_.reset();
  }
}

void LabelsPage::refresh() {
  session().read(
      this, "overview",
      [task = utf8_of(wanted_task_), queue = utf8_of(wanted_queue_), known_task = task_, known_queue = queue_](
          store::Project& project, const Work&) -> Result<std::shared_ptr<Overview>> {
        auto overview = std::make_shared<Overview>();
        MW_TRY(detail::read_overview(project, task, queue, known_task, known_queue, *overview));
        return overview;
      },
      [this](Result<std::shared_ptr<Overview>> overview) {
        if (!overview) {
          report(overview.error());
          return;
        }
        wanted_task_.clear();
        wanted_queue_.clear();
        take(std::move(*overview));
      });
}

void LabelsPage::take(std::shared_ptr<Overview> overview) {
  overview_ = std::move(overview);
  task_ = overview_->task;
  queue_ = overview_->queue;
  int64_t waiting = 0;
  for (const auto& queue : overview_->queues) waiting += queue.items - queue.done;
  Q_EMIT rail_changed(waiting > 0                 ? State::warning
                      : overview_->queues.empty() ? State::neutral
                                                  : State::pass,
                      waiting > 0 ? figure(static_cast<qint64>(waiting)) : QString());
  show_pickers();
  if (!task_ || !queue_) {
    show_empty();
    return;
  }
  stack_->setCurrentIndex(1);
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
  QVector<Picker::Item> tasks, queues, people;
  for (const auto& task : overview_->tasks) tasks.push_back({text_of(task.name), text_of(task.name), {}});
  // How far the chosen one is stands beside the picker.
  for (const auto& queue : overview_->queues) {
    const QString how_far =
        tr("%1 of %2").arg(figure(static_cast<qint64>(queue.done)), figure(static_cast<qint64>(queue.items)));
    queues.push_back({QString::number(queue.id), text_of(queue.name), queue.id == queue_ ? QString() : how_far});
  }
  if (task_) queues.push_back({QStringLiteral("new"), tr("New queue…"), {}});
  const QString me = session().annotator();
  bool listed = false;
  for (const auto& person : overview_->people) {
    people.push_back({text_of(person), text_of(person), {}});
    listed |= text_of(person) == me;
  }
  if (!listed) people.prepend({me, me, {}});
  people.push_back({QStringLiteral("\n"), tr("Somebody else…"), {}});
  task_picker_->set_items(tasks);
  task_picker_->setVisible(tasks.size() > 1);
  if (const auto* task = overview_->chosen_task()) task_picker_->set_current(text_of(task->name));
  queue_picker_->set_items(queues);
  queue_picker_->setVisible(task_.has_value());
  queue_picker_->set_current(queue_ ? QString::number(*queue_) : QString());
  person_picker_->set_items(people);
  person_picker_->set_current(me);
}

void LabelsPage::show_empty() {
  stack_->setCurrentIndex(0);
  header_->set_subtitle({});
  empty_button_->disconnect(this);
  if (overview_->assets.empty()) {
    empty_->set(QStringLiteral("labels"), tr("There is nothing to label yet"),
                tr("Import data first; then a task says what is decided about each record."));
    empty_button_->setText(tr("Go to Data"));
    connect(empty_button_, &QPushButton::clicked, this, [this] { Q_EMIT navigate(QStringLiteral("data"), {}); });
  } else if (!task_) {
    empty_->set(QStringLiteral("labels"), tr("There is no labeling task yet"),
                tr("A task says which field is read, which labels there are, and keeps the guide for hard cases."));
    empty_button_->setText(tr("Create a task…"));
    connect(empty_button_, &QPushButton::clicked, this, &LabelsPage::new_task);
  } else {
    empty_->set(
        QStringLiteral("queue"), tr("No queue is waiting"),
        tr("A queue holds the records to be labeled next: unlabeled ones, or those behind a brush on the Drift page."));
    empty_button_->setText(tr("Fill a queue…"));
    connect(empty_button_, &QPushButton::clicked, this, &LabelsPage::new_queue);
  }
}

void LabelsPage::choose_queue(const QString& id) {
  if (id == QLatin1String("new")) {
    queue_picker_->set_current(queue_ ? QString::number(*queue_) : QString());
    new_queue();
    return;
  }
  queue_ = id.toLongLong();
  open_desk();
  back_to_item();
}

void LabelsPage::choose_annotator(const QString& id) {
  QString name = id;
  if (id == QLatin1String("\n")) {
    person_picker_->set_current(session().annotator());
    const auto typed =
        ask_text(this, tr("Who is labeling?"), tr("The name stands on every label from now on."), tr("That is me"));
    if (!typed) return;
    name = typed->trimmed();
  }
  session().set_annotator(name);
  back_to_item();
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
  if (!queue || stack_->currentIndex() == 0) return;
  QStringList parts{tr("%1 of %2")
                        .arg(figure(static_cast<qint64>(queue->items - desk_->items_left())),
                             figure(static_cast<qint64>(queue->items)))};
  if (const auto pace = desk_->pace()) {
    parts << (*pace < 0.1 ? tr("under 0.1 s each") : tr("%1 s each").arg(QLocale().toString(*pace, 'f', 1)));
    parts << tr("%1 left").arg(duration(*pace * static_cast<double>(desk_->items_left())));
  }
  header_->set_subtitle(parts.join(QStringLiteral(" · ")));
}

void LabelsPage::label(const QString& label) {
  desk_->act(labels::ActStatus::label, label);
  item_->setFocus();
}

void LabelsPage::flag() {
  if (!desk_->current() || !desk_->current()->content) return;
  note_row_->show();
  note_->clear();
  note_->setFocus();
}

void LabelsPage::submit_flag() {
  const QString note = note_->text().trimmed();
  if (note.isEmpty()) return;
  note_row_->hide();
  desk_->act(labels::ActStatus::flag, {}, note);
  item_->setFocus();
}

void LabelsPage::back_to_item() {
  if (guide_->editing()) guide_->stop_editing();
  if (pad_->typing()) pad_->stop_type_ahead();
  note_row_->hide();
  side_->show_panel(detail::SidePanels::Panel::guide);
  if (stack_->currentIndex() == 1) item_->setFocus();
}

void LabelsPage::report(const Error& error) { banner_->show_error(error); }

void LabelsPage::read_guide() {
  if (!task_) return;
  session().read(
      this, "guide",
      [task = *task_](store::Project& project, const Work&) { return detail::read_guide_content(project, task); },
      [this](Result<detail::GuideContent> content) {
        if (!content) {
          report(content.error());
          return;
        }
        guide_->set_guide(std::move(*content));
      });
}

template <class Job>
void LabelsPage::change_guide(Job job) {
  session().write(this, std::move(job), [this](Result<labels::Rule> rule) {
    if (!rule) {
      report(rule.error());
      return;
    }
    read_guide();
    if (rule->state == labels::RuleState::accepted) look_at_touched(rule->id);
  });
}

void LabelsPage::look_at_touched(const Uuid& rule) {
  session().read(
      this, "touched",
      [task = *task_, rule](store::Project& project, const Work&) {
        return labels::labels_before_rule(project, task, rule, 1);
      },
      [this, rule](Result<labels::Touched> touched) {
        if (!touched) {
          report(touched.error());
          return;
        }
        touched_rule_ = rule;
        const auto count = static_cast<qint64>(touched->by_persons);
        guide_->set_touched(count == 0
                                ? QString()
                                : tr("%1 labels were made before this rule stood as it does now.").arg(figure(count)));
      });
}

void LabelsPage::queue_touched() {
  if (!touched_rule_ || !task_) return;
  session().work(
      this, tr("Queueing labels for another look"),
      [task = *task_, rule = *touched_rule_](store::Project& project, const Work& work) {
        return detail::queue_touched_labels(project, task, rule, work);
      },
      [this](Result<labels::Queued> queued) {
        if (!queued) {
          report(queued.error());
          return;
        }
        guide_->set_touched({});
        Q_EMIT toast(tr("Queued %1 labels for another look").arg(figure(static_cast<qint64>(queued->added))),
                     State::pass);
        refresh();
      });
}

void LabelsPage::new_task() {
  if (!overview_ || overview_->assets.empty()) return;
  detail::TaskDialog dialog(overview_->assets, session().annotator(), this);
  if (dialog.exec() != QDialog::Accepted) return;
  session().work(
      this, tr("Creating the task"),
      [question = dialog.question()](store::Project& project, const Work& work) -> Result<labels::Task> {
        MW_ASSIGN(auto task, labels::create_task(project, question.task));
        if (!question.label_field.empty()) {
          labels::FromField from;
          from.task = task.id;
          from.field = question.label_field;
          from.by = question.by;
          MW_ASSIGN([[maybe_unused]] const auto taken, labels::label_from_field(project, from, work));
        }
        return task;
      },
      [this](Result<labels::Task> task) {
        if (!task) {
          report(task.error());
          return;
        }
        banner_->clear();
        wanted_task_ = text_of(task->name);
        refresh();
      });
}

void LabelsPage::new_queue() {
  const auto* task = overview_ ? overview_->chosen_task() : nullptr;
  if (!task) return;
  detail::QueueDialog dialog(*task, overview_->people, this);
  if (dialog.exec() != QDialog::Accepted) return;
  session().work(
      this, tr("Filling the queue"),
      [question = dialog.question()](store::Project& project, const Work& work) {
        return detail::fill_queue(project, question, work);
      },
      [this](Result<labels::Queued> queued) {
        if (!queued) {
          report(queued.error());
          return;
        }
        banner_->clear();
        wanted_queue_ = QString::number(queued->queue.id);
        Q_EMIT toast(tr("Queued %1 records").arg(figure(static_cast<qint64>(queued->added))), State::pass);
        refresh();
      });
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
  if (now && now->content && !pad_->typing() && !note_row_->isVisible() && stack_->currentIndex() == 1) {
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
  Page::keyPressEvent(event);
}

bool LabelsPage::event(QEvent* event) {
  // Space presses a button that was reached by Tab; elsewhere on the page it skips.
  if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space &&
      qobject_cast<QAbstractButton*>(focusWidget())) {
    event->accept();
    return true;
  }
  return Page::event(event);
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
  return Page::eventFilter(watched, event);
}

void LabelsPage::showEvent(QShowEvent* event) {
  Page::showEvent(event);
  seconds_->start();
  // Where another queue was asked for, refresh() finds it first.
  if (wanted_queue_.isEmpty() && overview_ && task_ && queue_ && !desk_->is_open() && !desk_->opening()) open_desk();
}

void LabelsPage::hideEvent(QHideEvent* event) {
  Page::hideEvent(event);
  seconds_->stop();
  desk_->nobody_is_there();
  if (!event->spontaneous()) desk_->leave();
}

}  // namespace millwright::ui
