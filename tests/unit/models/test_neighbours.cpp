// Nearest neighbours by embedding. Expected neighbours: cosines by their definition, in double, over vectors that the
// test has made itself (embedded_project.h).
#include "models/neighbours.h"

#include <QTest>
#include <limits>

#include "embedded_project.h"
#include "labels/labeling.h"
#include "labels/task.h"
#include "models/earlier_items.h"
#include "records/batch.h"
#include "store/blobs.h"
#include "store/lookup.h"

using namespace millwright;           // NOLINT: a test's own file
using namespace millwright::models;   // NOLINT
using namespace millwright::testing;  // NOLINT

namespace {

std::shared_ptr<const RecordVectors> vectors_of(const Embedded& bench) {
  auto found = need(RecordVectors::newest(bench.project, bench.asset()));
  return found ? std::make_shared<const RecordVectors>(std::move(*found)) : nullptr;
}

}  // namespace

class TestNeighbours : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void the_nearest_are_those_of_brute_force() {
    Embedded bench;
    bench.import(0, 400);
    Topics topics(24, 12, 0.6, 7);
    bench.embed(bench.add_model("first", 24), [&](const RecordRef&) { return topics.next(); });
    const auto vectors = vectors_of(bench);
    QCOMPARE(vectors->size(), int64_t{400});
    const std::vector<RecordRef> all = vectors->records();
    const Neighbours index = need(Neighbours::build(vectors, all));
    QVERIFY(index.exact());
    QCOMPARE(index.size(), int64_t{400});
    const auto found = need(index.of(all, 10));
    for (size_t i = 0; i < all.size(); ++i) {
      const auto expected = nearest(bench.vectors, all[i], bench.vectors.at(all[i]), 10);
      QCOMPARE(found[i].size(), expected.size());
      for (size_t j = 0; j < expected.size(); ++j) {
        QVERIFY(found[i][j].record == expected[j].first);
        QVERIFY(all[found[i][j].place] == expected[j].first);
        QVERIFY(std::abs(found[i][j].similarity - expected[j].second) < 1e-12);
      }
    }
  }

  void beyond_the_limit_most_of_them_are_found() {
    Embedded bench;
    bench.import(0, 20000);
    Topics topics(32, 150, 0.7, 11);
    bench.embed(bench.add_model("first", 32), [&](const RecordRef&) { return topics.next(); });
    const auto vectors = vectors_of(bench);
    const std::vector<RecordRef> all = vectors->records();
    NeighbourLimits limits;
    limits.exact_up_to = 19'999;
    const Neighbours index = need(Neighbours::build(vectors, all, limits));
    QVERIFY(!index.exact());
    std::vector<RecordRef> asked;
    for (size_t i = 0; i < all.size(); i += 100) asked.push_back(all[i]);
    const auto found = need(index.of(asked, 10));
    int hits = 0, wanted = 0;
    for (size_t i = 0; i < asked.size(); ++i)
      for (const auto& [record, similarity] : nearest(bench.vectors, asked[i], bench.vectors.at(asked[i]), 10)) {
        ++wanted;
        hits += std::any_of(found[i].begin(), found[i].end(), [&](const auto& one) { return one.record == record; });
      }
    qInfo("recall of the ten nearest: %d of %d", hits, wanted);
    QVERIFY(hits >= wanted * 95 / 100);
    // The same vectors make the same cells.
    const auto again = need(need(Neighbours::build(vectors, all, limits)).of(asked, 10));
    for (size_t i = 0; i < asked.size(); ++i)
      for (size_t j = 0; j < found[i].size(); ++j) QVERIFY(again[i][j].record == found[i][j].record);
  }

  void what_has_no_direction_is_nobodys_neighbour() {
    Embedded bench;
    const int64_t batch = bench.import(0, 30);
    Topics topics(8, 3, 0.5, 3);
    bench.embed(bench.add_model("first", 8), [&](const RecordRef& record) {
      Vector vector = topics.next();
      if (record.ordinal == 4) std::fill(vector.begin(), vector.end(), 0.0F);
      if (record.ordinal == 5) vector[2] = std::numeric_limits<float>::quiet_NaN();
      if (record.ordinal == 6) vector[0] = std::numeric_limits<float>::infinity();
      return vector;
    });
    const auto vectors = vectors_of(bench);
    const std::vector<RecordRef> all = vectors->records();
    const Neighbours index = need(Neighbours::build(vectors, all));
    QCOMPARE(index.size(), int64_t{27});
    const auto found = need(index.of(all, 100));
    for (size_t i = 0; i < all.size(); ++i) {
      const bool points = all[i].ordinal < 4 || all[i].ordinal > 6;
      QCOMPARE(found[i].size(), points ? size_t{26} : size_t{0});
      for (const Neighbour& one : found[i]) QVERIFY(one.record.ordinal < 4 || one.record.ordinal > 6);
    }
    const RecordRef strangers[] = {{batch, 1000}, {batch + 1, 0}};
    for (const auto& none : need(index.of(strangers, 5))) QVERIFY(none.empty());
    QVERIFY(need(Neighbours::build(vectors, {})).size() == 0);
  }

  void records_come_and_go_and_the_newest_encoder_is_asked() {
    Embedded bench;
    const int64_t first = bench.import(0, 20);
    QVERIFY(vectors_of(bench) == nullptr);
    Topics topics(8, 3, 0.5, 3), others(12, 3, 0.5, 4);
    const Model old = bench.add_model("old", 8);
    bench.embed(old, [&](const RecordRef&) { return topics.next(); });
    QCOMPARE(vectors_of(bench)->model().name, std::string("old"));
    // A model that was added later has said nothing yet.
    const Model fresh = bench.add_model("fresh", 12);
    QCOMPARE(vectors_of(bench)->model().name, std::string("old"));
    const int64_t second = bench.import(20, 30);
    QVERIFY(!vectors_of(bench)->has({second, 0}));
    bench.embed(fresh, [&](const RecordRef&) { return others.next(); });
    const auto vectors = vectors_of(bench);
    QCOMPARE(vectors->model().name, std::string("fresh"));
    QCOMPARE(vectors->size(), int64_t{30});
    QCOMPARE(vectors->dimension(), int64_t{12});
    QVERIFY(vectors->has({second, 0}));
    Vector copy(12);
    QVERIFY(vectors->copy({first, 7}, copy) && copy == bench.vectors.at({first, 7}));
    FX_OK(records::drop_batch(bench.project, second));
    QVERIFY(!vectors_of(bench)->has({second, 0}));
    QCOMPARE(vectors_of(bench)->size(), int64_t{20});
  }

  void a_file_of_vectors_that_was_changed_is_no_answer() {
    Embedded bench;
    bench.import(0, 20);
    Topics topics(8, 3, 0.5, 3);
    bench.embed(bench.add_model("first", 8), [&](const RecordRef&) { return topics.next(); });
    auto select = need(bench.project.db().prepare("SELECT blob FROM embedding_file"));
    QVERIFY(need(select.step()));
    const fs::path file = store::path_of_blob(bench.project, select.digest(0));
    select.reset();
    const std::string whole = need(read_file(file));
    FX_OK(write_file_atomically(file, std::string_view(whole).substr(0, whole.size() / 2)));
    FX_FAILS(RecordVectors::newest(bench.project, bench.asset()), "store.damaged");
    // Vectors of other records than the catalogue says.
    FX_OK(write_safetensors(file, {tensor_to_write<float>("embeddings", {20, 8}, std::vector<float>(160, 1.0F)),
                                   tensor_to_write<int64_t>("record", {20, 2}, std::vector<int64_t>(40, 77))}));
    FX_FAILS(RecordVectors::newest(bench.project, bench.asset()), "store.damaged");
  }

  void neighbours_are_listed_for_the_records_that_are_asked_about() {
    Embedded bench;
    const int64_t batch = bench.import(0, 50);
    FX_FAILS(find_neighbours(bench.project, {}, [](const auto&) { return true; }, {}), "neighbours.none");
    Topics topics(8, 3, 0.5, 3);
    bench.embed(bench.add_model("first", 8), [&](const RecordRef&) { return topics.next(); });
    int lists = 0;
    const auto count = [&](const FoundNeighbours& found) {
      ++lists;
      return found.neighbours.size() == 10;
    };
    QCOMPARE(need(find_neighbours(bench.project, {}, count, {})).name, std::string("first"));
    QCOMPARE(lists, 50);
    NeighboursRequest request;
    const RecordRef self{batch, 17};
    request.records = {need(store::record_to_text(bench.project, self))};
    request.count = 3;
    std::vector<FoundNeighbours> found;
    FX_OK(find_neighbours(bench.project, request, [&](const auto& one) { return found.push_back(one), true; }, {}));
    QCOMPARE(found.size(), size_t{1});
    const auto expected = nearest(bench.vectors, self, bench.vectors.at(self), 3);
    QCOMPARE(found[0].neighbours.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      QCOMPARE(found[0].neighbours[i].first, need(store::record_to_text(bench.project, expected[i].first)));
    request.count = 0;
    FX_FAILS(find_neighbours(bench.project, request, count, {}), "neighbours.count");
  }

  void earlier_items_are_labeled_and_nearest_by_embedding_where_there_are_any() {
    Embedded bench;
    const int64_t batch = bench.import(0, 60);
    const auto task = need(labels::create_task(bench.project, {"kinds", bench.asset().id, {"text"}, {"even", "odd"}}));
    std::vector<labels::Act> acts;
    for (int i = 0; i < 60; ++i)
      if (i % 3 != 0) acts.push_back({{batch, i}, labels::ActStatus::label, i % 2 == 0 ? "even" : "odd", "", {}});
    QCOMPARE(need(labels::record_many(bench.project, task.id, acts)).kept, int64_t{40});
    const RecordRef self{batch, 30};
    // Before anything was embedded: by words, which these texts share.
    const auto words = need(need(EarlierItems::build(bench.project, task.id)).like("thing number 30", self, 5));
    QVERIFY(!words.by_embedding);
    QCOMPARE(words.items.size(), size_t{5});
    QCOMPARE(words.among, int64_t{40});

    Topics topics(8, 4, 0.8, 5);
    bench.embed(bench.add_model("reader", 8), [&](const RecordRef&) { return topics.next(); });
    const auto earlier = need(EarlierItems::build(bench.project, task.id));
    QCOMPARE(earlier.model(), std::string("reader"));
    std::map<RecordRef, Vector> labeled;
    for (const labels::Act& act : acts) labeled[act.record] = bench.vectors.at(act.record);
    for (const RecordRef& asked : {self, RecordRef{batch, 31}}) {
      const auto answer = need(earlier.like("these words do not matter", asked, 5));
      QVERIFY(answer.by_embedding);
      QCOMPARE(answer.among, int64_t{40});
      const auto expected = nearest(labeled, asked, bench.vectors.at(asked), 5);
      QCOMPARE(answer.items.size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        const auto& item = answer.items[i];
        QVERIFY(item.record == expected[i].first);
        QVERIFY(std::abs(item.similarity - expected[i].second) < 1e-12);
        QCOMPARE(item.text, "thing number " + std::to_string(item.record.ordinal));
        QCOMPARE(item.label, std::string(item.record.ordinal % 2 == 0 ? "even" : "odd"));
      }
    }
    // A record that came in later has no vector: by words, and that is said.
    const int64_t later = bench.import(100, 110);
    const auto after = need(EarlierItems::build(bench.project, task.id));
    QCOMPARE(after.model(), std::string("reader"));
    const auto answer = need(after.like("thing number 44", {later, 0}, 1));
    QVERIFY(!answer.by_embedding);
    QCOMPARE(answer.items.size(), size_t{1});
    QCOMPARE(answer.items[0].text, std::string("thing number 44"));
  }

  void an_index_keeps_to_its_memory_and_can_be_stopped() {
    Embedded bench;
    bench.import(0, 100);
    Topics topics(8, 3, 0.5, 3);
    bench.embed(bench.add_model("first", 8), [&](const RecordRef&) { return topics.next(); });
    const auto vectors = vectors_of(bench);
    const std::vector<RecordRef> all = vectors->records();
    NeighbourLimits limits;
    limits.most_bytes = 100 * 8 * 4;  // the vectors alone, without what belongs to them
    const auto refused = Neighbours::build(vectors, all, limits);
    QVERIFY(!refused && refused.error().code == "neighbours.memory" && refused.error().kind == ErrorKind::refused);
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = Neighbours::build(vectors, all, {}, {{}, stop.get_token()});
    QVERIFY(!stopped && stopped.error().kind == ErrorKind::cancelled);
  }
};

QTEST_GUILESS_MAIN(TestNeighbours)
#include "test_neighbours.moc"
