// `millwright-engine tokenize`. Expected ids: the reference's lists (tests/fixtures/tokenizers, PyPI tokenizers).
#include <QFile>
#include <QJsonArray>
#include <QTest>

#include "engine_process.h"

using millwright::test::engine;
using millwright::test::Said;

namespace {

const QString kFixtures = QStringLiteral(MILLWRIGHT_SOURCE_DIR "/tests/fixtures/tokenizers/");

QString code_of(const QJsonObject& line) { return line["error"].toObject()["code"].toString(); }

}  // namespace

class TestTokenize : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void prints_a_line_for_each_text() {
    const Said said = engine({"tokenize", kFixtures + "bert"}, "[CLS]\n\n\r\nno end");
    QCOMPARE(said.code, 0);
    const auto lines = said.lines();
    QCOMPARE(lines.size(), 4);
    QCOMPARE(lines[0]["ids"].toArray(), QJsonArray({2, 2, 3}));  // the special token itself, between its likes
    QCOMPARE(lines[0]["offsets"].toArray()[1].toArray(), QJsonArray({0, 5}));
    QCOMPARE(lines[1]["ids"].toArray(), QJsonArray({2, 3}));
    QCOMPARE(lines[2]["ids"].toArray(), QJsonArray({2, 3}));  // a carriage return alone: white space
    QVERIFY(lines[3]["ids"].toArray().size() > 3);
  }

  void reads_pairs() {
    const Said said = engine({"tokenize", kFixtures + "bert"}, R"({"text": "[MASK]", "pair": "é[SEP]"})"
                                                               "\n"
                                                               R"({"text": "[MASK]", "pair": null, "other": 1})");
    QCOMPARE(said.code, 0);
    const auto lines = said.lines();
    QCOMPARE(lines.size(), 2);
    const QJsonArray ids = lines[0]["ids"].toArray();
    QCOMPARE(ids[1].toInt(), 4);
    QCOMPARE(ids[ids.size() - 2].toInt(), 3);
    QCOMPARE(lines[0]["type_ids"].toArray(), QJsonArray({0, 0, 0, 1, 1, 1}));
    QCOMPARE(lines[0]["offsets"].toArray()[4].toArray(), QJsonArray({1, 6}));
    QCOMPARE(lines[1]["ids"].toArray(), QJsonArray({2, 4, 3}));
  }

  void takes_a_format_by_name_or_wish() {
    QTemporaryDir folder;
    const auto write = [&](const char* name, const QByteArray& content) {
      QFile file(folder.filePath(name));
      return file.open(QIODevice::WriteOnly) && file.write(content) == content.size() ? file.fileName() : QString();
    };
    const QByteArray content = "{\"text\": \"[MASK]\"}\n";
    QCOMPARE(engine({"tokenize", kFixtures + "bert", write("a.txt", content)}).lines()[0]["ids"].toArray().size(), 3);
    const Said plain = engine({"tokenize", "--format", "text", kFixtures + "bert", write("b.txt", content)});
    QVERIFY(plain.lines()[0]["ids"].toArray().size() > 5);
    const Said wrong = engine({"tokenize", kFixtures + "bert", write("c.jsonl", "plain\n")});
    QCOMPARE(wrong.code, 3);
    QCOMPARE(code_of(wrong.lines().last()), QStringLiteral("engine.line"));
  }

  void ends_with_its_error() {
    const Said half = engine({"tokenize", kFixtures + "bert"}, "{\"text\": \"[MASK]\"}\n{\"text\": 3}\n");
    QCOMPARE(half.code, 3);
    QCOMPARE(half.lines().size(), 2);
    QCOMPARE(half.lines()[0]["ids"].toArray(), QJsonArray({2, 4, 3}));
    QCOMPARE(code_of(half.lines()[1]), QStringLiteral("engine.line"));
    QVERIFY(!half.err.isEmpty());
    const Said nothing = engine({"tokenize", "/nowhere"});
    QCOMPARE(nothing.code, 3);
    QCOMPARE(code_of(nothing.lines().last()), QStringLiteral("tokenizer.missing"));
    QCOMPARE(engine({"tokenize", kFixtures + "bert", "/nowhere"}).code, 3);
    QCOMPARE(engine({"tokenize"}).code, 2);
    QCOMPARE(engine({"tokenize", "a", "b", "c"}).code, 2);
    QCOMPARE(engine({"tokenize", "a", "--colour"}).code, 2);
    QCOMPARE(engine({"tokenize", "--help"}).code, 0);
  }
};

QTEST_GUILESS_MAIN(TestTokenize)
#include "test_tokenize.moc"
