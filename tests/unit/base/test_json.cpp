// JSON from strangers: what is read, and what is refused. Expected documents: nlohmann's own parser.
#include <QTest>

#include "base/json.h"

using namespace millwright;

namespace {

std::string members(int count, const char* last) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) text += "\"" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  return text + last + "}";
}

}  // namespace

class TestJson : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void reads_what_is_valid_data() {
    QTest::addColumn<QByteArray>("text");
    for (const char* text :
         {"null", "true", "-7", "18446744073709551615", "1.5e-3", "\"\\u00e9\\ud83d\\ude00\"", "[]", "{}", " [1 , 2] ",
          R"({"b":1,"a":[{"b":[[]],"c":{"b":null}},"x",false],"":2})", R"([[1,[2,[3]]],{"a":{"a":{"a":{}}}}])"})
      QTest::newRow(text) << QByteArray(text);
    QTest::newRow("many members") << QByteArray::fromStdString(members(100, "\"x\":{\"0\":1}"));
    QTest::newRow("1,024 levels") << QByteArray(1024, '[') + QByteArray(1024, ']');
  }
  void reads_what_is_valid() {
    QFETCH(QByteArray, text);
    const auto json = parse_json(text.toStdString(), "it");
    QVERIFY2(json.has_value(), json ? "" : message_of(json.error()).c_str());
    QVERIFY(*json == Json::parse(text.toStdString()));
    QCOMPARE(to_text(*json), to_text(Json::parse(text.toStdString())));  // the order, too
    QCOMPARE(parse_json(to_text(*json), "it")->size(), json->size());
  }

  void refuses_what_is_not_data() {
    QTest::addColumn<QByteArray>("text");
    for (const char* text : {"", "{", "[1,]", "{\"a\":1,}", "{'a':1}", "01", "nan", "[1] 2", "\"\x01\"", "\"\xff\""})
      QTest::newRow(text) << QByteArray(text);
    QTest::newRow("a name twice") << QByteArray(R"({"a":1,"b":2,"a":3})");
    QTest::newRow("a name twice, deep") << QByteArray(R"([{"x":{"a":1,"a":1}}])");
    QTest::newRow("a name twice, the same by an escape") << QByteArray(R"({"a":1,"\u0061":3})");
    QTest::newRow("a name twice among many") << QByteArray::fromStdString(members(1000, "\"500\":0"));
    QTest::newRow("the seventeenth name") << QByteArray::fromStdString(members(16, "\"3\":0"));
    QTest::newRow("1,025 levels") << QByteArray(1025, '[') + QByteArray(1025, ']');
    QTest::newRow("a million levels") << QByteArray(1'000'000, '[');
    QTest::newRow("a million levels of objects") << QByteArray("{\"a\":").repeated(1'000'000);
    QTest::newRow("beyond double") << QByteArray("[1e999]");
  }
  void refuses_what_is_not() {
    QFETCH(QByteArray, text);
    const auto json = parse_json(text.toStdString(), "it");
    QVERIFY(!json);
    QCOMPARE(json.error().code, std::string("json.invalid"));
    QVERIFY(json.error().kind == ErrorKind::bad_input);
    QVERIFY(message_of(json.error()).size() < 300);
  }

  void names_what_is_there_twice() {
    QVERIFY(message_of(parse_json(R"({"hidden_size":1,"hidden_size":2})", "config.json").error()).find("hidden_size") !=
            std::string::npos);
  }

  // Looking for each new name among all before it would take hours.
  void an_object_of_a_million_members() {
    const auto json = parse_json(members(1'000'000, "\"x\":0"), "it");
    QVERIFY(json && json->size() == 1'000'001);
  }
};

QTEST_GUILESS_MAIN(TestJson)
#include "test_json.moc"
