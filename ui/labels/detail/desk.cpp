#include "desk.h"

#include <algorithm>
#include <mutex>

#include "base/clock.h"
#include "records/reading.h"
#include "ui_records/words.h"

namespace millwright::ui::detail {
namespace {

constexpr int kAhead = 24;  // items leased and read before they are needed
constexpr int kRefillAt = 12;
constexpr size_t kPaceOver = 40;
constexpr size_t kLongestHistory = 500;
constexpr size_t kLongestContext = 200;  // bytes of a field that is shown as a chip

QString words_of(labels::ActStatus status, const QString& label) {
  switch (status) {
    case labels::ActStatus::label:
      return label;
    case labels::ActStatus::skip:
      return Desk::tr("skipped");
    case labels::ActStatus::unsure:
      return Desk::tr("unsure");
    case labels::ActStatus::flag:
      return Desk::tr("flagged");
    default:
      return {};
  }
}

Result<ItemContent> read_item(records::RecordReader& reader, const labels::Task& task, const RecordRef& ref) {
  MW_ASSIGN(const auto record, reader.get(ref));
  MW_ASSIGN(const auto batch, reader.batch_tail(ref.batch));
  ItemContent content;
  content.id = text_of(std::string_view(batch).substr(0, kShortTail)) + QLatin1Char('-') + QString::number(ref.ordinal);
  content.text = text_of(record.text(task.text_field));
  QStringList words{content.text};
  for (const auto& cell : record.cells) {
    if (cell.missing || cell.name == task.text_field || cell.name == task.label_field) continue;
    const bool input = std::find(task.fields.begin(), task.fields.end(), cell.name) != task.fields.end();
    if (input) {
      content.inputs.push_back({text_of(cell.name), text_of(cell.text)});
      words << text_of(cell.text);
    } else if (cell.text.size() <= kLongestContext) {
      content.context.push_back({text_of(cell.name), one_line(cell.text)});
    }
  }
  content.words = words.join(QLatin1Char(' '));
  return content;
}

}  // namespace

struct Desk::Seat {
  std::optional<labels::Labeling> labeling;
};

struct Desk::Reader {
  std::mutex mutex;
  std::optional<store::Project> project;
  std::optional<records::RecordReader> reader;
  Result<std::vector<ItemContent>> read(store::Project& beside, const labels::Task& task,
                                        const std::vector<RecordRef>& refs) {
    const std::scoped_lock lock(mutex);
    if (!reader) {
      MW_ASSIGN(auto own, beside.clone());
      project.emplace(std::move(own));
      MW_ASSIGN(auto opened, records::RecordReader::open(*project));
      reader.emplace(std::move(opened));
    }
    std::vector<ItemContent> contents;
    for (const auto& ref : refs) {
      MW_ASSIGN(auto content, read_item(*reader, task, ref));
      contents.push_back(std::move(content));
    }
    return contents;
  }
};

Desk::Desk(ProjectSession& session, QObject* parent)
    : QObject(parent), session_(session), seat_(std::make_shared<Seat>()), reader_(std::make_shared<Reader>()) {}

Desk::~Desk() { leave(); }

void Desk::open(int64_t task, std::optional<int64_t> queue) {
  struct Opened {
    labels::Task task;
    labels::LabelSchema schema;
    std::optional<labels::Queue> queue;
    std::vector<labels::Item> items;
  };
  leave();
  opening_ = true;
  seat_ = std::make_shared<Seat>();
  session_.write(
      this,
      [seat = seat_, task, queue](store::Project& project) -> Result<Opened> {
        MW_ASSIGN(auto labeling, labels::Labeling::open(project, task, queue));
        seat->labeling.emplace(std::move(labeling));
        Opened opened{seat->labeling->task(), seat->labeling->schema(), std::nullopt, {}};
        if (queue) {
          MW_ASSIGN(opened.queue, labels::read_queue(project, *queue));
          MW_ASSIGN(opened.items, seat->labeling->upcoming(kAhead));
        }
        return opened;
      },
      [this, generation = generation_](Result<Opened> opened_now) {
        if (generation != generation_) return;
        opening_ = false;
        if (!opened_now) {
          Q_EMIT failed(opened_now.error());
          Q_EMIT item_changed();
          return;
        }
        opened_ = true;
        task_ = opened_now->task;
        schema_ = opened_now->schema;
        queue_ = opened_now->queue;
        Q_EMIT opened();
        take_ahead(std::move(opened_now->items));
        front_changed();
        Q_EMIT progress_changed();
      });
}

void Desk::leave() {
  ++generation_;
  if (opened_ || opening_)
    session_.write(
        nullptr,
        [seat = seat_](store::Project&) -> Status {
          if (!seat->labeling) return {};
          auto released = seat->labeling->release();
          seat->labeling.reset();
          return released;
        },
        [](Status) {});
  opened_ = opening_ = refilling_ = exhausted_ = false;
  ahead_.clear();
  done_.clear();
  pending_.clear();
  session_.stop_read(this, "items");
}

void Desk::take_ahead(std::vector<labels::Item> items) {
  exhausted_ = static_cast<int>(items.size()) < kAhead;
  for (auto& item : items) {
    const auto same = [&item](const DeskItem& one) { return one.item.record == item.record; };
    if (pending_.contains(item.record) || std::any_of(ahead_.begin(), ahead_.end(), same)) continue;
    ahead_.push_back({std::move(item), std::nullopt, false});
  }
  read_contents();
}

void Desk::read_contents() {
  if (!task_) return;
  std::vector<RecordRef> refs;
  for (const auto& item : ahead_)
    if (!item.content) refs.push_back(item.item.record);
  if (refs.empty()) return;
  session_.read(
      this, "items",
      [reader = reader_, task = *task_, refs](store::Project& project, const Work&) {
        return reader->read(project, task, refs);
      },
      [this, refs](Result<std::vector<ItemContent>> contents) {
        if (!contents) {
          Q_EMIT failed(contents.error());
          return;
        }
        const bool waiting = !ahead_.empty() && !ahead_.front().content;
        for (size_t i = 0; i < refs.size() && i < contents->size(); ++i)
          for (auto& item : ahead_)
            if (item.item.record == refs[i] && !item.content) item.content = (*contents)[i];
        if (waiting) front_changed();
        if (std::any_of(ahead_.begin(), ahead_.end(), [](const auto& item) { return !item.content; })) read_contents();
      });
}

void Desk::front_changed() {
  timer_.start(steady_seconds());
  Q_EMIT item_changed();
}

void Desk::refill() {
  if (!opened_ || refilling_ || !queue_) return;
  refilling_ = true;
  session_.write(
      this,
      [seat = seat_](store::Project&) -> Result<std::vector<labels::Item>> {
        if (!seat->labeling) return std::vector<labels::Item>{};
        return seat->labeling->upcoming(kAhead);
      },
      [this, generation = generation_](Result<std::vector<labels::Item>> items) {
        if (generation != generation_) return;
        refilling_ = false;
        if (!items) {
          Q_EMIT failed(items.error());
          return;
        }
        const bool nothing = ahead_.empty();
        take_ahead(std::move(*items));
        if (nothing) front_changed();
      });
}

void Desk::act(labels::ActStatus status, const QString& label, const QString& note) {
  if (ahead_.empty() || !ahead_.front().content) return;
  const double now = steady_seconds();
  Done done{std::move(ahead_.front()), timer_.seconds(now)};
  ahead_.pop_front();
  labels::Act act{done.item.item.record, status, utf8_of(label), utf8_of(note), done.seconds};
  last_words_ = words_of(status, label) + QStringLiteral(" · ") + done.item.content->text.left(60);
  if (status == labels::ActStatus::label) last_label_ = label;
  seconds_.push_back(done.seconds);
  if (seconds_.size() > kPaceOver) seconds_.erase(seconds_.begin());
  ++acts_;
  const DeskItem kept = done.item;
  done_.push_back(std::move(done));
  if (done_.size() > kLongestHistory) done_.erase(done_.begin());
  pending_.insert(act.record);
  front_changed();

  const bool more = queue_ && !refilling_ && !exhausted_ && static_cast<int>(ahead_.size()) < kRefillAt;
  struct Acted {
    labels::Recorded recorded;
    std::optional<std::vector<labels::Item>> items;
  };
  if (more) refilling_ = true;
  Q_EMIT saving();
  session_.write(
      this,
      [seat = seat_, act, more](store::Project&) -> Result<Acted> {
        if (!seat->labeling)
          return fail(ErrorKind::usage, "labels.left", "The labeling page was left before this could be saved.");
        MW_ASSIGN(auto recorded, seat->labeling->record(act));
        Acted acted{std::move(recorded), std::nullopt};
        if (more) {
          MW_ASSIGN(acted.items, seat->labeling->upcoming(kAhead));
        }
        return acted;
      },
      [this, kept, more, record = act.record, generation = generation_](Result<Acted> acted) {
        if (generation != generation_) {
          if (!acted) Q_EMIT failed(acted.error());
          return;
        }
        if (more) refilling_ = false;
        if (const auto found = pending_.find(record); found != pending_.end()) pending_.erase(found);
        if (!acted) {
          gave_up(kept, acted.error());
          return;
        }
        if (queue_) queue_->done = acted->recorded.queue_done;
        const bool nothing = ahead_.empty();
        if (acted->items) take_ahead(std::move(*acted->items));
        if (nothing && !ahead_.empty()) front_changed();
        if (acted->recorded.draft) Q_EMIT drafted();
        if (pending_.empty()) Q_EMIT saved();
        Q_EMIT progress_changed();
      });
}

// The act is not on the disk: its item comes back to the screen, so that nothing looks done that is not.
void Desk::gave_up(DeskItem item, const Error& error) {
  --acts_;
  std::erase_if(done_, [&item](const Done& done) { return done.item.item.record == item.item.record; });
  ahead_.push_front(std::move(item));
  front_changed();
  Q_EMIT failed(error);
}

void Desk::undo() {
  if (!opened_) return;
  const bool known = !done_.empty();
  if (known) {
    Done last = std::move(done_.back());
    done_.pop_back();
    --acts_;
    if (!seconds_.empty()) seconds_.pop_back();
    last.item.item.own.reset();
    ahead_.push_front(std::move(last.item));
    last_words_ = tr("taken back");
    front_changed();
  }
  Q_EMIT saving();
  session_.write(
      this,
      [seat = seat_](store::Project&) -> Result<std::optional<labels::Recorded>> {
        if (!seat->labeling) return std::optional<labels::Recorded>();
        return seat->labeling->undo();
      },
      [this, known, generation = generation_](Result<std::optional<labels::Recorded>> undone) {
        if (generation != generation_) return;
        if (!undone) {
          Q_EMIT failed(undone.error());
        } else if (*undone) {
          took_back(**undone, known);
        } else {
          Q_EMIT nothing_to_undo();
        }
        if (pending_.empty()) Q_EMIT saved();
        Q_EMIT progress_changed();
      });
}

void Desk::took_back(const labels::Recorded& recorded, bool shown_already) {
  if (queue_ && recorded.annotation.queue == queue_->id) queue_->done = recorded.queue_done;
  if (recorded.draft || (recorded.undone && recorded.undone->status == labels::ActStatus::flag)) Q_EMIT drafted();
  if (!recorded.undone) return;
  const RecordRef record = recorded.undone->record;
  if (shown_already && !ahead_.empty() && ahead_.front().item.record == record) return;
  std::erase_if(ahead_, [&record](const DeskItem& one) { return one.item.record == record; });
  labels::Item item;
  item.record = record;
  ahead_.push_front({item, std::nullopt, true});
  last_words_ =
      tr("taken back: %1").arg(words_of(recorded.undone->status, text_of(recorded.undone->label.value_or(""))));
  front_changed();
  read_contents();
}

void Desk::visit(const RecordRef& record) {
  if (!opened_) return;
  std::erase_if(ahead_, [&record](const DeskItem& one) { return one.item.record == record; });
  labels::Item item;
  item.record = record;
  ahead_.push_front({item, std::nullopt, true});
  front_changed();
  read_contents();
}

void Desk::somebody_is_there() { timer_.activity(steady_seconds()); }
void Desk::nobody_is_there() { timer_.pause(steady_seconds()); }

std::optional<double> Desk::pace() const {
  if (seconds_.size() < 3) return std::nullopt;
  auto sorted = seconds_;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

int64_t Desk::items_left() const {
  return queue_ ? std::max<int64_t>(0, queue_->items - queue_->done - static_cast<int64_t>(pending_.size())) : 0;
}

}  // namespace millwright::ui::detail
