// A queue of the records about which a model is least certain, from kept files of predictions.
#include <QTemporaryDir>
#include <QTest>
#include <fstream>

#include "checked.h"
#include "labels/task.h"
#include "monitoring/fill_queue.h"
#include "records/ingest.h"
#include "store/facts_file.h"
#include "store/project.h"

using namespace millwright;
using namespace millwright::monitoring;

namespace {

/// Kept predictions of a batch, one record for each confidence.
Status keep_predictions(store::Project& project, int64_t model, int64_t batch, const std::vector<double>& confidence) {
  using Kind = store::FactsColumn::Kind;
  store::Facts facts;
  facts.what = "predictions";
  facts.about = Json::object();
  facts.rows = static_cast<int64_t>(confidence.size());
  facts.columns = {{.name = "batch", .kind = Kind::integer},
                   {.name = "ordinal", .kind = Kind::integer},
                   {.name = "predicted", .kind = Kind::text, .dictionary = {"yes"}},
                   {.name = "confidence", .kind = Kind::real}};
  for (int64_t i = 0; i < facts.rows; ++i) {
    facts.columns[0].integers.push_back(batch);
    facts.columns[1].integers.push_back(i);
    facts.columns[2].integers.push_back(0);
  }
  facts.columns[3].reals = confidence;
  MW_ASSIGN(const auto file, store::write_facts(project, facts));
  return project.write([&](store::Transaction& transaction) -> Status {
    MW_ASSIGN(const int64_t data_file, store::publish(transaction, file));
    MW_ASSIGN(auto insert,
              transaction.db().prepare("INSERT INTO prediction_file(uuid, model, batch, file, rows, time_ms, "
                                       "actor) VALUES(?, ?, ?, ?, ?, 0, 'ann')"));
    return insert.with(new_uuid(), model, batch, data_file, facts.rows).run();
  });
}

}  // namespace

class TestPredictions : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void least_certain_first() {
    QTemporaryDir folder;
    const fs::path root(folder.path().toStdString());
    auto created = store::Project::create(root / "p.millwright", {"ann", "device-one"}, {});
    MW_OK(created);
    auto& project = *created;
    std::ofstream(root / "a.csv") << "text\none\ntwo\nthree\nfour\nfive\n";
    records::ImportRequest request;
    request.source = (root / "a.csv").string();
    const auto batch = records::import_source(project, request, {});
    MW_OK(batch);
    const auto task =
        labels::create_task(project, {.name = "t", .asset = batch->asset.id, .fields = {"text"}, .labels = {}});
    MW_OK(task);
    QueueQuestion question;
    question.task = task->id;
    question.order = labels::Order::uncertain;
    QCOMPARE(fill_queue(project, question).error().code, std::string("queue.no_predictions"));
    MW_OK(project.write([&](store::Transaction& t) {
      return t.db().execute(
          "INSERT INTO model(id, uuid, name, family, weights_sha256, files, parameters, time_ms) VALUES"
          "(1, x'01', 'first', 'linear', x'00', '[]', 1, 0), (2, x'02', 'second', 'linear', x'00', '[]', 1, 0)");
    }));
    MW_OK(keep_predictions(project, 1, batch->batch, {0.9, 0.4, 0.7, 0.4, 1.0}));
    MW_OK(keep_predictions(project, 2, batch->batch, {0.1, 0.2, 0.3, 0.4, 0.5}));

    const auto items = [&](int64_t model, int64_t limit) -> Result<std::vector<labels::QueueItem>> {
      question.model = model;
      question.limit = limit;
      MW_ASSIGN(const auto queued, fill_queue(project, question));
      return labels::queue_items(project, queued.queue.id, -1, 100);
    };
    const auto first = items(1, 3);
    MW_OK(first);
    QCOMPARE(first->size(), size_t{3});
    QCOMPARE(first->at(0).record.ordinal, 1);  // 0.4 twice: in the order of the records
    QCOMPARE(first->at(1).record.ordinal, 3);
    QCOMPARE(*first->at(2).score, 0.7);
    const auto newest = items(0, 0);
    MW_OK(newest);
    QCOMPARE(newest->size(), size_t{5});
    QCOMPARE(*newest->front().score, 0.1);
    QCOMPARE(newest->front().record.batch, batch->batch);
  }
};

QTEST_GUILESS_MAIN(TestPredictions)
#include "test_predictions.moc"
