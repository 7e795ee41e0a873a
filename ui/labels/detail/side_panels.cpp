#include "side_panels.h"

#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>
#include <mutex>

#include "enter_line.h"
#include "guide_panel.h"
#include "labels/annotation.h"
#include "records/reading.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/paged_table.h"

namespace millwright::ui::detail {
namespace {

constexpr int kSimilar = 12;
constexpr int kHistoryPages = 50;  // searched at most for one screenful that fits what was typed

QString act_word(const labels::Annotation& act) {
  switch (act.status) {
    case labels::ActStatus::label:
      return text_of(act.label.value_or(""));
    case labels::ActStatus::skip:
      return QObject::tr("skipped");
    case labels::ActStatus::unsure:
      return QObject::tr("unsure");
    case labels::ActStatus::flag:
      return QObject::tr("flagged");
    default:
      return {};
  }
}

QString key_of(const RecordRef& record, int64_t annotation) {
  return QStringLiteral("%1:%2:%3").arg(annotation).arg(record.batch).arg(record.ordinal);
}

RecordRef record_of(const QString& key) {
  const auto parts = key.split(QLatin1Char(':'));
  return parts.size() == 3 ? RecordRef{parts[1].toLongLong(), parts[2].toLongLong()} : RecordRef{};
}

/// Reads one's acts page by page; made once for a list, used by one worker at a time.
class MineSource {
 public:
  MineSource(labels::Task task, std::string person, QString typed)
      : task_(std::move(task)), person_(std::move(person)), typed_(std::move(typed)) {}
  Result<std::vector<Row>> fetch(store::Project& project, const RowsWanted& wanted, const Work& work) {
    const std::scoped_lock lock(mutex_);
    MW_ASSIGN(auto reader, records::RecordReader::open(project));
    std::vector<Row> rows;
    std::optional<int64_t> before;
    if (wanted.after.isValid()) before = wanted.after.toString().section(QLatin1Char(':'), 0, 0).toLongLong();
    for (int page = 0; page < kHistoryPages && static_cast<int>(rows.size()) < wanted.count; ++page) {
      if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
      MW_ASSIGN(const auto history, labels::history_of(project, task_.id, person_, before, wanted.count));
      for (const auto& entry : history.entries) {
        if (static_cast<int>(rows.size()) >= wanted.count) break;
        MW_TRY(add(reader, entry, rows));
      }
      if (!history.next_before) break;
      before = history.next_before;
    }
    return rows;
  }

 private:
  Status add(records::RecordReader& reader, const labels::HistoryEntry& entry, std::vector<Row>& rows) {
    const auto record = reader.get(entry.act.record);
    const QString text = record ? one_line(record->text(task_.text_field)) : QObject::tr("(erased)");
    const QString word = act_word(entry.act);
    if (!typed_.isEmpty() && !text.contains(typed_, Qt::CaseInsensitive) && !word.contains(typed_, Qt::CaseInsensitive))
      return {};
    QString when = ago(entry.act.time_ms);
    if (entry.replaced) when += QObject::tr(" · changed later");
    Cell cell = Cell::two_lines(text, when);
    cell.tool_tip = text;
    rows.push_back({QVariant(key_of(entry.act.record, entry.act.id)), {cell, word}});
    return {};
  }
  labels::Task task_;
  std::string person_;
  QString typed_;
  std::mutex mutex_;
};

}  // namespace

SidePanels::SidePanels(ProjectSession& session, GuidePanel* guide, QWidget* parent)
    : QStackedWidget(parent), session_(session) {
  addWidget(guide);
  addWidget(build_similar());
  addWidget(build_mine());
}

QWidget* SidePanels::build_similar() {
  auto* panel = new QWidget;
  auto* column = new QVBoxLayout(panel);
  column->setContentsMargins(px(16), px(12), px(12), px(12));
  column->setSpacing(px(8));
  column->addWidget(make_label(tr("Similar earlier items"), FontRole::strong));
  similar_note_ = make_label({}, FontRole::caption, Tone::muted);
  similar_note_->setWordWrap(true);
  similar_note_->setObjectName(QStringLiteral("labels.similar_by"));
  column->addWidget(similar_note_);
  similar_ = new PagedTable;
  similar_->setAccessibleName(tr("Similar earlier items"));
  similar_->set_columns({{.title = tr("Item"), .stretch = true}, {.title = tr("Label"), .width = 80}});
  column->addWidget(similar_, 1);
  return panel;
}

QWidget* SidePanels::build_mine() {
  auto* panel = new QWidget;
  auto* column = new QVBoxLayout(panel);
  column->setContentsMargins(px(16), px(12), px(12), px(12));
  column->setSpacing(px(8));
  column->addWidget(make_label(tr("My labels"), FontRole::strong));
  find_ = new EnterLine;
  find_->setPlaceholderText(tr("Find by words or label"));
  find_->setAccessibleName(tr("Find in my labels"));
  find_->setClearButtonEnabled(true);
  column->addWidget(find_);
  mine_ = new PagedTable;
  mine_->setAccessibleName(tr("My labels, newest first"));
  mine_->set_columns({{.title = tr("Item"), .stretch = true}, {.title = tr("Label"), .width = 80}});
  mine_->set_empty_text(tr("Nothing yet"));
  column->addWidget(mine_, 1);
  auto* hint = make_label(tr("Enter brings an item back, to label it anew."), FontRole::caption, Tone::muted);
  hint->setWordWrap(true);
  column->addWidget(hint);
  connect(find_, &QLineEdit::textChanged, this, &SidePanels::list_mine);
  connect(find_, &QLineEdit::returnPressed, mine_, qOverload<>(&QWidget::setFocus));
  connect(mine_, &PagedTable::activated_row, this,
          [this](const QVariant& key) { Q_EMIT record_chosen(record_of(key.toString())); });
  connect(mine_, &PagedTable::failed, this, &SidePanels::failed);
  return panel;
}

void SidePanels::show_panel(Panel panel) { setCurrentIndex(static_cast<int>(panel)); }

void SidePanels::show_similar(int64_t task, const QString& words, const RecordRef& self) {
  show_panel(Panel::similar);
  similar_->clear();
  similar_->set_empty_text(tr("Looking through the labeled items…"));
  similar_note_->setText({});
  struct Found {
    std::shared_ptr<const models::EarlierItems> index;
    models::EarlierItems::Answer answer;
  };
  const qint64 version = session_.data_version();
  auto known = index_ && index_task_ == task && index_version_ == version ? index_ : nullptr;
  session_.read(
      this, "similar",
      [task, text = utf8_of(words), self, known](store::Project& project, const Work& work) -> Result<Found> {
        Found found{known, {}};
        if (!found.index) {
          MW_ASSIGN(auto items, models::EarlierItems::build(project, task, work));
          found.index = std::make_shared<const models::EarlierItems>(std::move(items));
        }
        MW_ASSIGN(found.answer, found.index->like(text, self, kSimilar));
        return found;
      },
      [this, task, version](Result<Found> found) {
        if (!found) {
          similar_->set_empty_text({});
          Q_EMIT failed(found.error());
          return;
        }
        index_ = found->index;
        index_task_ = task;
        index_version_ = version;
        list_similar(found->answer);
      });
}

void SidePanels::list_similar(const models::EarlierItems::Answer& answer) {
  std::vector<Row> rows;
  for (const auto& one : answer.items) {
    Cell cell = Cell::two_lines(one_line(one.text), tr("%1 alike").arg(percent(one.similarity, 0)));
    cell.tool_tip = text_of(one.text);
    rows.push_back({QVariant(key_of(one.record, 0)), {cell, text_of(one.label)}});
  }
  const QString among = figure(static_cast<qint64>(answer.among)), model = text_of(index_->model());
  if (answer.by_embedding)
    similar_note_->setText(
        tr("Of %1 labeled items, by embedding of model %2. This item is not among them.").arg(among, model));
  else if (model.isEmpty())
    similar_note_->setText(tr("Of %1 labeled items, by words. This item is not among them.").arg(among));
  else
    similar_note_->setText(
        tr("Of %1 labeled items, by words: this item has no embedding of model %2 yet.").arg(among, model));
  similar_->set_empty_text(answer.by_embedding ? tr("No other labeled item has an embedding.")
                                               : tr("No labeled item has a word in common with this one."));
  similar_->set_rows(std::move(rows));
}

void SidePanels::show_mine(const labels::Task& task, const QString& person) {
  task_ = task;
  person_ = person;
  show_panel(Panel::mine);
  list_mine();
  find_->setFocus();
  find_->selectAll();
}

void SidePanels::list_mine() {
  if (!task_) return;
  auto source = std::make_shared<MineSource>(*task_, utf8_of(person_), find_->text().trimmed());
  mine_->set_source(
      [&session = session_, source](const RowsWanted& wanted, const Work& work) {
        return session.with_reader([&](store::Project& project) { return source->fetch(project, wanted, work); });
      },
      -1);
}

}  // namespace millwright::ui::detail
