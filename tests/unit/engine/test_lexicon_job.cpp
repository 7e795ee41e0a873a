// The lexicon baseline's job: what it leaves. Expected spans and figures: worked out by hand from the rows below.
#include <QTest>
#include <cmath>

#include "objective_rows.h"
#include "text/lexicon.h"

using namespace millwright;
using millwright::testing::predictions_of;
using Folder = millwright::testing::JobInFolder;

namespace {

std::string row(const char* record, const char* split, const char* text, const char* spans) {
  return to_text(Json{{"record", record}, {"text", text}, {"split", split}, {"spans", Json::parse(spans)}}) + '\n';
}

/// Training says: Ada (name, twice of three), Ada Lovelace (name), Paris (place), and "plum" once with a label and
/// twice without, so that it is left out.
std::string rows() {
  return row("1-0", "train", "Ada met Ada Lovelace in Paris",
             R"([{"begin":0,"end":3,"label":"name"},{"begin":8,"end":20,"label":"name"},
                 {"begin":24,"end":29,"label":"place"}])") +
         row("1-1", "train", "Ada is a plum",
             R"([{"begin":0,"end":3,"label":"name"},{"begin":9,"end":13,"label":"name"}])") +
         row("1-2", "train", "a plum, a plum for Ada", "[]") +
         // Right: Ada Lovelace. Found and wrong: Paris, which is a name here. Missed: Rome, of a label that is unknown.
         row("1-3", "test", "Ada Lovelace and Paris in Rome, plum",
             R"([{"begin":0,"end":12,"label":"name"},{"begin":17,"end":22,"label":"name"},
                 {"begin":26,"end":30,"label":"town"}])") +
         row("1-4", "test", "nobody", "[]");
}

Json body(Json more = Json::object()) { return {{"algorithm", "lexicon"}, {"seed", 1}, {"options", std::move(more)}}; }

}  // namespace

class TestLexiconJob : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void leaves_a_model_predictions_and_figures() {
    const Folder folder(rows(), body());
    QCOMPARE(folder.run(), 0);
    const Json outputs = folder.result().outputs;
    QCOMPARE(outputs["family"].get<std::string>(), std::string("lexicon"));
    QCOMPARE(outputs["objective"].get<std::string>(), std::string("token-classification"));
    QCOMPARE(outputs["parameters"].get<int>(), 3);
    QCOMPARE(outputs["labels"].get<int>(), 2);
    QCOMPARE(outputs["training"]["left_out"]["phrases_mostly_unlabeled"].get<int>(), 1);
    QCOMPARE(outputs["training"]["spans"].get<int>(), 5);
    for (const Json& file : outputs["files"])
      QCOMPARE(to_hex(*sha256_of_file(folder.job->file(file["name"].get<std::string>()))),
               file["sha256"].get<std::string>());
    QVERIFY(outputs["weights_sha256"] == outputs["files"][1]["sha256"]);

    const auto lines = predictions_of(folder);
    QCOMPARE(lines.size(), size_t{2});
    QVERIFY2(lines[0] == Json::parse(R"({"record":"1-3","split":"test",
      "spans":[{"begin":0,"end":12,"label":"name"},{"begin":17,"end":22,"label":"name"},
               {"begin":26,"end":30,"label":null}],
      "predicted":[{"begin":0,"end":12,"label":"name","confidence":1.0},
                   {"begin":17,"end":22,"label":"place","confidence":1.0}]})"),
             to_text(lines[0]).c_str());
    QVERIFY(lines[1]["predicted"].empty());
    const Json test = outputs["metrics"]["test"];
    QCOMPARE(test["n"].get<int>(), 2);
    QCOMPARE(test["spans"].get<int>(), 3);
    QCOMPARE(test["precision"].get<double>(), 0.5);
    QVERIFY(std::abs(test["recall"].get<double>() - 1.0 / 3) < 1e-12);
    QVERIFY(std::abs(test["f1"].get<double>() - 0.4) < 1e-12);
    QCOMPARE(test["per_class"].size(), size_t{2});
    QCOMPARE(test["per_class"][0]["f1"].get<double>(), 2.0 / 3);  // one of one found, of two

    const auto model = text::Lexicon::load(folder.job->file("model"));
    QVERIFY(model.has_value());
    const auto found = model->spans("Ada!");
    QVERIFY(found.size() == 1 && std::abs(found[0].confidence - 2.0 / 3) < 1e-12);
    QCOMPARE(model->about()["algorithm"].get<std::string>(), std::string("lexicon"));
  }

  void phrases_can_be_asked_to_occur_more_often() {
    const Folder folder(rows(), body({{"min_count", 2}}));
    QCOMPARE(folder.run(), 0);
    QCOMPARE(folder.result().outputs["parameters"].get<int>(), 1);  // Ada
  }

  void says_why_it_failed_data() {
    QTest::addColumn<QByteArray>("rows");
    QTest::addColumn<QByteArray>("options");
    QTest::newRow("no spans at all") << QByteArray::fromStdString(row("1", "train", "a", "[]")) << QByteArray("{}");
    QTest::newRow("no list") << QByteArray::fromStdString(row("1", "train", "a", "7")) << QByteArray("{}");
    QTest::newRow("an objective of others")
        << QByteArray::fromStdString(rows()) << QByteArray(R"({"objective":"classification"})");
    QTest::newRow("out of range") << QByteArray::fromStdString(rows()) << QByteArray(R"({"min_count":0})");
  }
  void says_why_it_failed() {
    QFETCH(QByteArray, rows);
    QFETCH(QByteArray, options);
    const Folder folder(rows.toStdString(), body(Json::parse(options.toStdString())));
    QCOMPARE(folder.run(), 3);
    QVERIFY(folder.result().cause == jobs::Cause::bad_data);
  }
};

QTEST_GUILESS_MAIN(TestLexiconJob)
#include "test_lexicon_job.moc"
