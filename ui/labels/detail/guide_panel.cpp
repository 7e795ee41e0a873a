#include "guide_panel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QShortcut>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>

#include "enter_line.h"
#include "ui_widgets/badge.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/flow_layout.h"

namespace millwright::ui::detail {
namespace {

QString text_of(const std::string& utf8) { return QString::fromStdString(utf8); }

/// Markdown of people who share a project: no pictures, so that reading a rule never opens a file.
QLabel* decision_label(const std::string& markdown) {
  auto* label = make_label({}, FontRole::body);
  QString text = text_of(markdown);
  text.replace(QStringLiteral("!["), QStringLiteral("!\\["));
  label->setTextFormat(Qt::MarkdownText);
  label->setText(text);
  label->setWordWrap(true);
  label->setOpenExternalLinks(false);
  return label;
}

}  // namespace

GuidePanel::GuidePanel(QWidget* parent) : QWidget(parent) {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(px(16), px(12), px(12), px(12));
  all->setSpacing(px(8));
  auto* head = new QHBoxLayout;
  head->setSpacing(px(8));
  head->addWidget(make_label(tr("Edge-case guide"), FontRole::strong));
  badge_ = new Badge;
  head->addWidget(badge_);
  head->addStretch(1);
  auto* edit_button = secondary_button(tr("Edit"), QStringLiteral("G"));
  edit_button->setObjectName(QStringLiteral("guide.edit"));
  head->addWidget(edit_button);
  all->addLayout(head);
  stack_ = new QStackedWidget;
  list_ = new QWidget;
  auto* list_layout = new QVBoxLayout(list_);
  list_layout->setContentsMargins(0, 0, 0, 0);
  list_layout->setSpacing(px(8));
  auto* inner = new QWidget;
  rules_ = new QVBoxLayout(inner);
  rules_->setContentsMargins(0, 0, px(4), 0);
  rules_->setSpacing(px(8));
  scroll_ = new QScrollArea;
  scroll_->setWidget(inner);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll_->setFocusPolicy(Qt::NoFocus);
  scroll_->viewport()->setAutoFillBackground(false);
  inner->setAutoFillBackground(false);
  list_layout->addWidget(scroll_, 1);
  touched_row_ = new QWidget;
  auto* touched_layout = new QVBoxLayout(touched_row_);
  touched_layout->setContentsMargins(0, 0, 0, 0);
  touched_ = make_label({}, FontRole::caption, Tone::muted);
  touched_->setWordWrap(true);
  auto* again = secondary_button(tr("Queue them again"));
  touched_layout->addWidget(touched_);
  touched_layout->addWidget(again, 0, Qt::AlignLeft);
  touched_row_->hide();
  list_layout->addWidget(touched_row_);
  auto* add = quiet_button(tr("New rule"));
  add->setObjectName(QStringLiteral("guide.new"));
  list_layout->addWidget(add, 0, Qt::AlignLeft);
  stack_->addWidget(list_);
  stack_->addWidget(build_editor());
  all->addWidget(stack_, 1);
  connect(edit_button, &QPushButton::clicked, this, &GuidePanel::edit_top);
  connect(add, &QPushButton::clicked, this, [this] { edit_new(); });
  connect(again, &QPushButton::clicked, this, &GuidePanel::queue_touched);
  refit_ = new QTimer(this);
  refit_->setSingleShot(true);
  refit_->setInterval(60);
  connect(refit_, &QTimer::timeout, this, &GuidePanel::build_list);
  build_list();
}

QWidget* GuidePanel::build_editor() {
  auto* editor = new QWidget;
  auto* column = new QVBoxLayout(editor);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(px(8));
  editor_head_ = make_label({}, FontRole::caption, Tone::muted);
  editor_head_->setWordWrap(true);
  title_ = new EnterLine;
  title_->setObjectName(QStringLiteral("guide.title"));
  title_->setPlaceholderText(tr("What the case is: drivers of a library"));
  title_->setAccessibleName(tr("Title of the rule"));
  decision_ = new QPlainTextEdit;
  decision_->setObjectName(QStringLiteral("guide.decision"));
  decision_->setPlaceholderText(tr("What to do, and why. **Bold**, lists and links are Markdown."));
  decision_->setAccessibleName(tr("Decision"));
  decision_->setTabChangesFocus(true);
  column->addWidget(editor_head_);
  column->addWidget(title_);
  column->addWidget(decision_, 1);
  auto* row = new QWidget;
  auto* flow = new FlowLayout(row, px(8));
  save_ = secondary_button(tr("Save"), tr("Ctrl Enter"));
  save_->setObjectName(QStringLiteral("guide.save"));
  accept_ = primary_button(tr("Accept as a rule"), tr("Ctrl Enter"));
  accept_->setObjectName(QStringLiteral("guide.accept"));
  remove_ = quiet_button(tr("Remove"));
  auto* leave = quiet_button(tr("Cancel"), tr("Esc"));
  for (auto* button : {accept_, save_, remove_, leave}) flow->addWidget(button);
  column->addWidget(row);
  connect(save_, &QPushButton::clicked, this, [this] { save(false); });
  connect(accept_, &QPushButton::clicked, this, [this] { save(true); });
  connect(remove_, &QPushButton::clicked, this, [this] {
    if (!editing_) return;
    const Uuid rule = *editing_;
    const bool draft = editing_draft_;
    stop_editing();
    if (draft) {
      Q_EMIT reject_rule(rule);
    } else {
      Q_EMIT remove_rule(rule);
    }
  });
  connect(leave, &QPushButton::clicked, this, &GuidePanel::stop_editing);
  connect(title_, &QLineEdit::textChanged, this, [this](const QString& text) {
    save_->setEnabled(!text.trimmed().isEmpty());
    accept_->setEnabled(!text.trimmed().isEmpty());
  });
  for (const auto& keys : {QKeySequence(Qt::CTRL | Qt::Key_Return), QKeySequence(Qt::CTRL | Qt::Key_Enter)}) {
    auto* enter = new QShortcut(keys, editor, nullptr, nullptr, Qt::WidgetWithChildrenShortcut);
    connect(enter, &QShortcut::activated, this, [this] { save(editing_draft_); });
  }
  return editor;
}

void GuidePanel::set_guide(GuideContent content) {
  content_ = std::move(content);
  badge_->set(content_.guide.version > 0 ? QStringLiteral("v%1").arg(content_.guide.version) : QString(),
              State::neutral);
  badge_->setAccessibleName(tr("Guide version %1").arg(content_.guide.version));
  build_list();
}

int GuidePanel::drafts() const {
  return static_cast<int>(std::count_if(content_.guide.rules.begin(), content_.guide.rules.end(),
                                        [](const auto& rule) { return rule.state == labels::RuleState::draft; }));
}

void GuidePanel::fit(const QString& words) {
  words_ = words;
  // The item is painted first: a long guide must not hold it up.
  if (!editing()) refit_->start();
}

void GuidePanel::build_list() {
  clear_layout(rules_);
  const auto& rules = content_.guide.rules;
  std::vector<labels::Rule> accepted;
  std::vector<std::vector<std::string>> examples;
  for (size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].state != labels::RuleState::accepted) continue;
    accepted.push_back(rules[i]);
    examples.push_back(i < content_.examples.size() ? content_.examples[i] : std::vector<std::string>{});
  }
  bool first = true;
  for (const auto& fit : labels::rules_that_fit(accepted, words_.toStdString(), examples)) {
    rules_->addWidget(rule_block(accepted[fit.rule], first && fit.score > 0));
    first = false;
  }
  const int waiting = drafts();
  if (waiting > 0) {
    auto* head =
        make_label(waiting == 1 ? tr("1 draft waits for a decision") : tr("%1 drafts wait for a decision").arg(waiting),
                   FontRole::caption, Tone::warning);
    rules_->addWidget(head);
    for (const auto& rule : rules)
      if (rule.state == labels::RuleState::draft) rules_->addWidget(draft_block(rule));
  }
  if (accepted.empty() && waiting == 0) {
    auto* none =
        make_label(tr("No rules yet. Flag an item that is hard to decide (F): your note becomes a draft here."),
                   FontRole::body, Tone::muted);
    none->setWordWrap(true);
    rules_->addWidget(none);
  }
  rules_->addStretch(1);
}

QWidget* GuidePanel::rule_block(const labels::Rule& rule, bool fits) {
  auto* block = new QFrame;
  block->setProperty("surface", fits ? "soft" : "plain");
  auto* column = new QVBoxLayout(block);
  column->setContentsMargins(fits ? px(12) : 0, px(8), fits ? px(12) : 0, px(8));
  column->setSpacing(px(2));
  auto* title = make_label(text_of(rule.title), FontRole::strong);
  title->setTextFormat(Qt::PlainText);
  title->setWordWrap(true);
  column->addWidget(title);
  if (!rule.decision.empty()) column->addWidget(decision_label(rule.decision));
  QStringList facts{tr("since v%1").arg(rule.changed_version), text_of(rule.by)};
  if (!rule.examples.empty())
    facts << (rule.examples.size() == 1 ? tr("1 example") : tr("%1 examples").arg(rule.examples.size()));
  auto* caption = make_label(facts.join(QStringLiteral(" · ")), FontRole::caption, Tone::muted);
  caption->setTextFormat(Qt::PlainText);
  caption->setWordWrap(true);
  auto* foot = new QHBoxLayout;
  foot->addWidget(caption, 1);
  auto* change = quiet_button(tr("Change"));
  change->setFocusPolicy(Qt::TabFocus);
  change->setAccessibleName(tr("Change the rule %1").arg(text_of(rule.title)));
  connect(change, &QPushButton::clicked, this, [this, id = rule.id] {
    if (const auto* found = find(id)) edit(*found);
  });
  foot->addWidget(change);
  column->addLayout(foot);
  if (!fits) column->addWidget(make_line());
  return block;
}

QWidget* GuidePanel::draft_block(const labels::Rule& rule) {
  auto* block = new QFrame;
  block->setProperty("surface", "plain");
  auto* column = new QVBoxLayout(block);
  column->setContentsMargins(0, px(4), 0, px(4));
  column->setSpacing(px(4));
  auto* title = make_label(text_of(rule.title), FontRole::strong);
  title->setTextFormat(Qt::PlainText);
  title->setWordWrap(true);
  column->addWidget(title);
  if (!rule.decision.empty()) column->addWidget(decision_label(rule.decision));
  auto* row = new QHBoxLayout;
  row->setSpacing(px(8));
  auto* decide = secondary_button(tr("Decide"));
  decide->setObjectName(QStringLiteral("guide.decide"));
  decide->setAccessibleName(tr("Decide on the draft %1").arg(text_of(rule.title)));
  auto* reject = quiet_button(tr("Reject"));
  for (auto* button : {decide, reject}) button->setFocusPolicy(Qt::TabFocus);
  row->addWidget(decide);
  row->addWidget(reject);
  row->addStretch(1);
  column->addLayout(row);
  connect(decide, &QPushButton::clicked, this, [this, id = rule.id] {
    if (const auto* found = find(id)) edit(*found);
  });
  connect(reject, &QPushButton::clicked, this, [this, id = rule.id] { Q_EMIT reject_rule(id); });
  return block;
}

const labels::Rule* GuidePanel::find(const Uuid& rule) const {
  for (const auto& one : content_.guide.rules)
    if (one.id == rule) return &one;
  return nullptr;
}

void GuidePanel::edit_top() {
  if (editing()) return;
  for (const auto& rule : content_.guide.rules)
    if (rule.state == labels::RuleState::draft) return edit(rule);
  std::vector<labels::Rule> accepted = content_.guide.rules;
  const auto fits = labels::rules_that_fit(accepted, words_.toStdString());
  if (fits.empty()) return edit_new();
  edit(accepted[fits.front().rule]);
}

void GuidePanel::edit_new(const QString& title) {
  editing_.reset();
  editing_draft_ = false;
  editor_head_->setText(tr("A new rule. The item in front of you becomes its example."));
  title_->setText(title);
  decision_->clear();
  save_->setEnabled(!title.trimmed().isEmpty());
  save_->show();
  accept_->hide();
  remove_->hide();
  stack_->setCurrentIndex(1);
  title_->setFocus();
}

void GuidePanel::edit(const labels::Rule& rule) {
  editing_ = rule.id;
  editing_draft_ = rule.state == labels::RuleState::draft;
  editor_head_->setText(editing_draft_
                            ? tr("A draft: say what is to be done, then accept it.")
                            : tr("Changing a rule makes the guide's next version and shows which labels it touches."));
  title_->setText(text_of(rule.title));
  decision_->setPlainText(text_of(rule.decision));
  accept_->setVisible(editing_draft_);
  save_->setVisible(!editing_draft_);
  remove_->setText(editing_draft_ ? tr("Reject") : tr("Remove"));
  remove_->show();
  stack_->setCurrentIndex(1);
  decision_->setFocus();
  if (editing_draft_)
    decision_->selectAll();  // the note that became the draft: typing puts the decision in its place
  else
    decision_->moveCursor(QTextCursor::End);
}

bool GuidePanel::editing() const { return stack_->currentIndex() == 1; }

void GuidePanel::stop_editing() {
  stack_->setCurrentIndex(0);
  refit_->start();
  Q_EMIT left();
}

void GuidePanel::save(bool accept) {
  const QString title = title_->text().trimmed();
  if (title.isEmpty()) return;
  const auto rule = editing_;
  const QString decision = decision_->toPlainText().trimmed();
  stop_editing();
  Q_EMIT save_rule(rule, title, decision, accept);
}

void GuidePanel::set_touched(const QString& text) {
  touched_->setText(text);
  touched_row_->setVisible(!text.isEmpty());
}

}  // namespace millwright::ui::detail
