#include "labels/labeling.h"

#include <QTest>
#include <algorithm>
#include <map>
#include <set>

#include "labels/current.h"
#include "labels/exchange.h"
#include "labels/queue.h"
#include "labels/verify.h"
#include "small_project.h"
#include "store/lookup.h"

using namespace millwright;
using namespace millwright::labels;
using namespace millwright::fixtures;

namespace {

constexpr int kRows = 40;

struct Prepared {
  int64_t batch = 0;
  int64_t task = 0;
};

Result<Prepared> prepare(SmallProject& small, store::Project& project) {
  Prepared made;
  MW_ASSIGN(made.batch, small.import_rows(project, numbered_rows(0, kRows)));
  MW_ASSIGN(const auto asset, records::find_asset(project, "things"));
  MW_ASSIGN(const auto task, create_task(project, {"kinds", asset.id, {"text"}, {"a", "b", "c"}}));
  made.task = task.id;
  return made;
}

Result<int64_t> queue_of(store::Project& project, const Prepared& p, int count, Order order = Order::given,
                         std::optional<std::string> assign = std::nullopt) {
  std::vector<QueueEntry> entries;
  for (int i = 0; i < count; ++i) entries.push_back({{p.batch, i}, 1.0 / (1 + (i * 7) % count)});
  QueueRequest request;
  request.task = p.task;
  request.order = order;
  request.seed = 5;
  request.assign = std::move(assign);
  MW_ASSIGN(const auto queued, add_to_queue(project, request, entries));
  return queued.queue.id;
}

Act label(const RecordRef& record, const std::string& name) { return {record, ActStatus::label, name, "", 1.5}; }

}  // namespace

class TestLabeling : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void a_label_knows_its_rules() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    FX_OK(add_rule(project, p.task, {"First", "Do this.", std::nullopt}));
    FX_GET(auto labeling, Labeling::open(project, p.task));
    FX_GET(const auto done, labeling.record(label({p.batch, 3}, "b")));
    QCOMPARE(done.annotation.schema_version, 1);
    QCOMPARE(done.annotation.guide_version, 1);
    QCOMPARE(done.annotation.by, std::string("ana"));
    QCOMPARE(done.annotation.device, std::string("device-a"));
    QCOMPARE(*done.annotation.seconds, 1.5);
    QVERIFY(!done.annotation.uuid.is_null());
    QVERIFY(done.annotation.time_ms > 0);
    FX_FAILS(labeling.record(label({p.batch, 3}, "nonsense")), "labels.unknown_label");
    FX_FAILS(labeling.record(label({p.batch, 3}, "")), "labels.no_label");
    FX_FAILS(labeling.record(label({p.batch, kRows}, "a")), "labels.unknown_record");
    FX_FAILS(labeling.record(label({99, 0}, "a")), "labels.unknown_record");
    FX_FAILS(labeling.record({{p.batch, 3}, ActStatus::flag, "", " ", {}}), "labels.note_needed");
    FX_GET(const auto acts, acts_on_record(project, p.task, {p.batch, 3}));
    QCOMPARE(acts.size(), size_t{1});
  }

  void undo_survives_a_restart() {
    SmallProject small;
    Prepared p;
    {
      FX_GET(auto project, small.create());
      FX_GET(p, prepare(small, project));
      FX_GET(auto labeling, Labeling::open(project, p.task));
      FX_OK(labeling.record(label({p.batch, 0}, "a")));
      FX_OK(labeling.record(label({p.batch, 0}, "b")));
      FX_OK(labeling.record(label({p.batch, 1}, "c")));
    }
    FX_GET(auto project, small.open());
    FX_GET(auto labeling, Labeling::open(project, p.task));
    FX_GET(const auto first, labeling.undo());
    QVERIFY(first.has_value());
    QCOMPARE(first->undone->record, (RecordRef{p.batch, 1}));
    FX_GET(const auto second, labeling.undo());
    QCOMPARE(*second->undone->label, std::string("b"));
    FX_GET(const auto current, current_labels(project, {.task = p.task}));
    QCOMPARE(current.rows.size(), size_t{1});
    QCOMPARE(current.names[static_cast<size_t>(current.rows[0].label)], std::string("a"));
    FX_GET(const auto third, labeling.undo());
    QVERIFY(third.has_value());
    FX_GET(const auto fourth, labeling.undo());
    QVERIFY(!fourth.has_value());
    // An undo is of the person: what ben did stays.
    FX_GET(auto bens, small.open(kBen));
    FX_GET(auto ben, Labeling::open(bens, p.task));
    FX_OK(ben.record(label({p.batch, 5}, "a")));
    FX_GET(const auto none, labeling.undo());
    QVERIFY(!none.has_value());
  }

  // ana labels; her events come in from a file, made by her at this device and at another; undo is of what she did
  // here.
  void undo_leaves_what_an_import_brought() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    FX_GET(auto labeling, Labeling::open(project, p.task));
    FX_OK(labeling.record(label({p.batch, 0}, "a")));
    FX_GET(const std::string third, store::record_to_text(project, {p.batch, 3}));
    FX_GET(const std::string fourth, store::record_to_text(project, {p.batch, 4}));
    std::string events;
    for (const auto& [record, device] : {std::pair(third, "device-a"), std::pair(fourth, "device-b")})
      events += to_text(Json{{"event", to_string(new_uuid())},
                             {"record", record},
                             {"label", "b"},
                             {"by", "ana"},
                             {"device", device},
                             {"time", "2026-01-02T03:04:05Z"},
                             {"schema_version", 1},
                             {"guide_version", 0},
                             {"status", "label"}}) +
                "\n";
    FX_OK(write_file_atomically(small.beside("events.jsonl"), events));
    FX_GET(const auto taken, import_labels(project, {.task = p.task}, small.beside("events.jsonl")));
    QCOMPARE(taken.kept, 2);
    FX_GET(const auto undone, labeling.undo());
    QVERIFY(undone.has_value());
    QCOMPARE(undone->undone->record, (RecordRef{p.batch, 0}));
    FX_GET(const auto nothing, labeling.undo());
    QVERIFY(!nothing.has_value());
    FX_GET(const auto current, current_labels(project, {.task = p.task}));
    QCOMPARE(current.rows.size(), size_t{2});  // the two that came in
    // Nor is it of the same person at another device.
    FX_GET(auto elsewhere, small.open({"ana", "device-b"}));
    FX_GET(auto there, Labeling::open(elsewhere, p.task));
    FX_OK(there.record(label({p.batch, 7}, "c")));
    FX_GET(const auto still, labeling.undo());
    QVERIFY(!still.has_value());
  }

  void a_flag_becomes_a_draft_and_undo_takes_it_back() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    FX_GET(auto labeling, Labeling::open(project, p.task));
    FX_GET(const auto flagged, labeling.record({{p.batch, 2}, ActStatus::flag, "", "Two things in one?\nHm.", {}}));
    QVERIFY(flagged.draft.has_value());
    QCOMPARE(flagged.draft->title, std::string("Two things in one?"));
    QCOMPARE(flagged.draft->state, RuleState::draft);
    FX_GET(const auto guide, read_guide(project, p.task));
    QCOMPARE(guide.version, 1);
    QCOMPARE(guide.rules[0].examples, std::vector<RecordRef>({{p.batch, 2}}));
    FX_OK(labeling.undo());
    FX_GET(const auto after, read_guide(project, p.task));
    QCOMPARE(after.version, 2);
    QVERIFY(after.rules.empty());
    // A draft that somebody has accepted stays a rule.
    FX_GET(const auto again, labeling.record({{p.batch, 2}, ActStatus::flag, "", "Once more", {}}));
    FX_OK(accept_rule(project, p.task, again.draft->id));
    FX_OK(labeling.undo());
    FX_GET(const auto kept, read_guide(project, p.task));
    QCOMPARE(kept.rules.size(), size_t{1});
    QCOMPARE(kept.rules[0].state, RuleState::accepted);
  }

  void queues_have_an_order() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    FX_GET(const int64_t given, queue_of(project, p, 10));
    FX_GET(const int64_t random, queue_of(project, p, 10, Order::random));
    FX_GET(const int64_t uncertain, queue_of(project, p, 10, Order::uncertain));
    FX_GET(const auto in_order, queue_items(project, given, -1, 100));
    for (size_t i = 0; i < in_order.size(); ++i) QCOMPARE(in_order[i].record.ordinal, static_cast<int64_t>(i));
    FX_GET(const auto shuffled, queue_items(project, random, -1, 100));
    std::set<int64_t> seen;
    bool moved = false;
    for (size_t i = 0; i < shuffled.size(); ++i) {
      seen.insert(shuffled[i].record.ordinal);
      moved = moved || shuffled[i].record.ordinal != static_cast<int64_t>(i);
    }
    QCOMPARE(seen.size(), size_t{10});
    QVERIFY(moved);
    FX_GET(const auto least, queue_items(project, uncertain, -1, 100));
    for (size_t i = 1; i < least.size(); ++i) QVERIFY(*least[i - 1].score <= *least[i].score);
    FX_GET(const auto pages, queue_items(project, given, 3, 2));
    QCOMPARE(pages.front().position, 4);
    // Adding the same records again adds nothing.
    std::vector<QueueEntry> again = {{{p.batch, 0}, {}}, {{p.batch, 20}, {}}};
    QueueRequest request;
    request.task = p.task;
    request.name = in_order.empty() ? "" : read_queue(project, given)->name;
    FX_GET(const auto queued, add_to_queue(project, request, again));
    QCOMPARE(queued.added, 1);
    QCOMPARE(queued.already, 1);
    QCOMPARE(queued.queue.items, 11);
    FX_FAILS(add_to_queue(project, request, {}), "queue.nothing");
  }

  void two_people_never_get_the_same_item() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    FX_GET(const int64_t queue, queue_of(project, p, 8));
    FX_GET(auto other, small.open(kBen));
    FX_GET(auto ana, Labeling::open(project, p.task, queue));
    FX_GET(auto ben, Labeling::open(other, p.task, queue));
    std::set<RecordRef> given;
    while (given.size() < 8) {
      FX_GET(const auto one, ana.upcoming(1));
      FX_GET(const auto two, ben.upcoming(1));
      QVERIFY(!one.empty() || !two.empty());
      if (!one.empty()) {
        QVERIFY(given.insert(one.at(0).record).second);
        FX_OK(ana.record(label(one[0].record, "a")));
      }
      if (!two.empty()) {
        QVERIFY(given.insert(two.at(0).record).second);
        FX_OK(ben.record(label(two[0].record, "b")));
      }
    }
    FX_GET(const auto left, ana.upcoming(3));
    QVERIFY(left.empty());
    FX_GET(const auto counted, read_queue(project, queue));
    QCOMPARE(counted.done, 8);
    // What was undone comes back to the one who undid it.
    FX_OK(ben.undo());
    FX_GET(const auto back, ben.upcoming(1));
    QCOMPARE(back.size(), size_t{1});
    FX_GET(const auto less, read_queue(project, queue));
    QCOMPARE(less.done, 7);
  }

  void a_second_opinion_does_not_see_the_first() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    FX_GET(const int64_t first, queue_of(project, p, 3));
    FX_GET(const int64_t second, queue_of(project, p, 3, Order::given, "ben"));
    FX_GET(auto ana, Labeling::open(project, p.task, first));
    for (int i = 0; i < 3; ++i) FX_OK(ana.record(label({p.batch, i}, "a")));
    FX_FAILS(Labeling::open(project, p.task, second), "queue.assigned");
    FX_GET(auto other, small.open(kBen));
    FX_GET(auto ben, Labeling::open(other, p.task, second));
    FX_GET(const auto items, ben.upcoming(3));
    QCOMPARE(items.size(), size_t{3});
    for (const Item& item : items) QVERIFY(!item.own.has_value());
    FX_OK(ben.record(label(items[0].record, "b")));
    FX_GET(const auto current, current_labels(project, {.task = p.task}));
    QCOMPARE(current.conflicts, 1);
    QCOMPARE(current.find(items[0].record)->people, 2);
    // His own earlier label is shown to him.
    FX_GET(const int64_t third, queue_of(project, p, 3));
    FX_GET(auto once_more, Labeling::open(other, p.task, third));
    FX_GET(const auto own, once_more.upcoming(1));
    QCOMPARE(*own[0].own->label, std::string("b"));
  }

  // Whatever two people do in whatever order: the queue's counter is what its items say, and nobody's acts are lost.
  void counters_hold_under_random_work() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    FX_GET(const int64_t queue, queue_of(project, p, 25));
    FX_GET(auto other, small.open(kBen));
    FX_GET(auto ana, Labeling::open(project, p.task, queue));
    FX_GET(auto ben, Labeling::open(other, p.task, queue));
    Random random(3);
    int64_t acts = 0;
    for (int step = 0; step < 80; ++step) {
      Labeling& who = random.below(2) == 0 ? ana : ben;
      const uint64_t what = random.below(10);
      if (what < 2) {
        FX_GET(const auto undone, who.undo());
        acts += undone ? 1 : 0;
        continue;
      }
      RecordRef record{p.batch, static_cast<int64_t>(random.below(kRows))};
      if (what < 8) {
        FX_GET(const auto items, who.upcoming(2));
        if (!items.empty()) record = items[0].record;
      }
      const ActStatus status = what == 3 ? ActStatus::skip : what == 4 ? ActStatus::unsure : ActStatus::label;
      FX_OK(who.record({record, status, status == ActStatus::label ? "a" : "", "", {}}));
      ++acts;
    }
    FX_GET(const auto items, queue_items(project, queue, -1, 100));
    const auto settled = std::count_if(items.begin(), items.end(), [](const QueueItem& i) { return i.settled; });
    FX_GET(const auto counted, read_queue(project, queue));
    QCOMPARE(counted.done, static_cast<int64_t>(settled));
    FX_GET(const auto verified, verify_labels(project));
    QCOMPARE(verified.annotations, acts);
    QVERIFY2(verified.problems.empty(), verified.problems.empty() ? "" : verified.problems[0].c_str());
  }

  void verification_sees_a_changed_label() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    FX_GET(auto labeling, Labeling::open(project, p.task));
    FX_OK(labeling.record(label({p.batch, 0}, "a")));
    FX_OK(project.write([](store::Transaction& t) { return t.db().execute("UPDATE annotation SET label = 'b'"); }));
    FX_GET(const auto verified, verify_labels(project));
    QCOMPARE(verified.problems.size(), size_t{1});
  }

  void my_labels_page_by_key() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    FX_GET(auto labeling, Labeling::open(project, p.task));
    for (int i = 0; i < 7; ++i) FX_OK(labeling.record(label({p.batch, i}, "a")));
    FX_OK(labeling.record(label({p.batch, 2}, "c")));
    FX_OK(labeling.undo());
    FX_OK(labeling.record(label({p.batch, 0}, "b")));
    std::vector<int64_t> ordinals;
    std::vector<bool> replaced;
    std::optional<int64_t> before;
    do {
      FX_GET(const auto page, history_of(project, p.task, "ana", before, 3));
      QVERIFY(page.entries.size() <= 3);
      for (const auto& entry : page.entries) {
        ordinals.push_back(entry.act.record.ordinal);
        replaced.push_back(entry.replaced);
      }
      before = page.next_before;
    } while (before);
    QCOMPARE(ordinals, (std::vector<int64_t>{0, 6, 5, 4, 3, 2, 1, 0}));
    QCOMPARE(replaced, (std::vector<bool>{false, false, false, false, false, false, false, true}));
    // A flag afterwards leaves the label current.
    FX_OK(labeling.record({{p.batch, 6}, ActStatus::flag, "", "hm", {}}));
    FX_GET(const auto newest, history_of(project, p.task, "ana", std::nullopt, 3));
    for (const auto& entry : newest.entries) QVERIFY(!entry.replaced);
    FX_GET(const auto names, people(project));
    QCOMPARE(names, std::vector<std::string>{"ana"});
  }

  void many_acts_and_a_changed_schema() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const auto p, prepare(small, project));
    std::vector<Act> acts;
    for (int i = 0; i < kRows; ++i) acts.push_back(label({p.batch, i}, i % 10 == 9 ? "zzz" : "a"));
    std::set<size_t> refused;
    FX_GET(const auto outcome, record_many(project, p.task, acts, [&](size_t index, const Result<Annotation>& made) {
             if (!made) refused.insert(index);
           }));
    QCOMPARE(outcome.kept, 36);
    QCOMPARE(outcome.rejected, 4);
    QCOMPARE(refused, (std::set<size_t>{9, 19, 29, 39}));
    FX_GET(auto labeling, Labeling::open(project, p.task));
    FX_GET(auto other, small.open(kBen));
    FX_GET(auto schema, current_schema(other, p.task));
    schema.labels.push_back({"zzz", std::nullopt, "new"});
    FX_OK(set_schema(other, p.task, schema.labels));
    FX_GET(const auto done, labeling.record(label({p.batch, 9}, "zzz")));
    QCOMPARE(done.annotation.schema_version, 2);
  }

  void keys_of_labels() {
    std::vector<Label> labels;
    for (int i = 0; i < 40; ++i) labels.push_back({"l" + std::to_string(i), std::nullopt, ""});
    labels[1].key = "1";
    assign_keys(labels);
    QCOMPARE(*labels[0].key, std::string("2"));
    std::set<std::string> keys;
    for (const Label& entry : labels)
      if (entry.key) {
        QVERIFY(keys.insert(*entry.key).second);
        QVERIFY(kCommandKeys.find(*entry.key) == kCommandKeys.npos);
      }
    QCOMPARE(keys.size(), size_t{9 + 26 - 8});
    QVERIFY(!labels.back().key.has_value());
  }

  void time_stops_when_nobody_is_there() {
    AttentionTimer timer(30);
    timer.start(100);
    QCOMPARE(timer.seconds(104), 4.0);
    timer.activity(104);
    timer.activity(1000);  // away for a quarter of an hour: 30 seconds count
    QCOMPARE(timer.seconds(1002), 36.0);
    timer.pause(1002);
    QCOMPARE(timer.seconds(5000), 36.0);
    timer.activity(5000);
    QCOMPARE(timer.seconds(5001), 37.0);
    timer.start(6000);
    QCOMPARE(timer.seconds(6001), 1.0);
  }
};

QTEST_GUILESS_MAIN(TestLabeling)
#include "test_labeling.moc"
