// What a text can mean, rows and their canonical form, Merkle trees that grow.
#include "detail/json_cells.h"
#include "detail/key_table.h"
#include "detail/merkle.h"
#include "detail/row_builder.h"
#include "detail/value_parsing.h"
#include "project_fixture.h"

using namespace millwright;
using namespace millwright::records::detail;

class TestValues : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void integers_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("fits");
    QTest::addColumn<qint64>("value");
    QTest::newRow("zero") << "0" << true << qint64(0);
    QTest::newRow("negative") << "-17" << true << qint64(-17);
    QTest::newRow("plus") << "+5" << true << qint64(5);
    QTest::newRow("largest") << "9223372036854775807" << true << qint64(INT64_MAX);
    QTest::newRow("least") << "-9223372036854775808" << true << qint64(INT64_MIN);
    QTest::newRow("too large") << "9223372036854775808" << false << qint64(0);
    QTest::newRow("leading zero") << "007" << false << qint64(0);
    QTest::newRow("decimal") << "1.0" << false << qint64(0);
    QTest::newRow("space") << " 1" << false << qint64(0);
    QTest::newRow("sign alone") << "-" << false << qint64(0);
    QTest::newRow("empty") << "" << false << qint64(0);
    QTest::newRow("letters") << "12a" << false << qint64(0);
  }
  void integers() {
    QFETCH(QString, text);
    QFETCH(bool, fits);
    QFETCH(qint64, value);
    int64_t parsed = 0;
    QCOMPARE(parse_integer(text.toStdString(), parsed), fits);
    if (fits) QCOMPARE(qint64(parsed), value);
  }

  void reals_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("fits");
    QTest::addColumn<double>("value");
    // Values as the compiler reads them: correctly rounded decimal to double.
    QTest::newRow("fraction") << "0.1" << true << 0.1;
    QTest::newRow("many digits") << "3.141592653589793238462643" << true << 3.141592653589793238462643;
    QTest::newRow("seventeen") << "9007199254740993.5" << true << 9007199254740993.5;
    QTest::newRow("exponent") << "-1.5e-7" << true << -1.5e-7;
    QTest::newRow("large exponent") << "6.02214076E23" << true << 6.02214076E23;
    QTest::newRow("no whole part") << ".5" << true << 0.5;
    QTest::newRow("no fraction") << "5." << true << 5.0;
    QTest::newRow("smallest") << "5e-324" << true << 5e-324;
    QTest::newRow("overflow") << "1e999" << false << 0.0;
    QTest::newRow("twenty digits") << "12345678901234567890" << false << 0.0;
    QTest::newRow("code") << "00.5" << false << 0.0;
    QTest::newRow("two points") << "1.2.3" << false << 0.0;
    QTest::newRow("point alone") << "." << false << 0.0;
    QTest::newRow("exponent alone") << "1e" << false << 0.0;
    QTest::newRow("nan") << "nan" << false << 0.0;
    QTest::newRow("inf") << "inf" << false << 0.0;
    QTest::newRow("hex") << "0x10" << false << 0.0;
    QTest::newRow("comma") << "1,5" << false << 0.0;
  }
  void reals() {
    QFETCH(QString, text);
    QFETCH(bool, fits);
    QFETCH(double, value);
    double parsed = 0;
    QCOMPARE(parse_real(text.toStdString(), parsed), fits);
    if (fits) QVERIFY2(parsed == value, qPrintable(QString::number(parsed, 'g', 17)));
  }

  void times_and_booleans() {
    int64_t value = 0;
    QVERIFY(parse_time("2011-01-01", value));
    QCOMPARE(value, int64_t(1293840000) * 1000000);  // date -u -d 2011-01-01 +%s
    QVERIFY(!parse_time("2011", value));
    QVERIFY(!parse_time("2011-02-30", value));
    QVERIFY(!parse_time("12:30:00", value));
    QVERIFY(parse_boolean("True", value) && value == 1);
    QVERIFY(parse_boolean("false", value) && value == 0);
    QVERIFY(!parse_boolean("yes", value));
  }

  // The incremental tree is the tree of base/hash.h, whatever the number of leaves.
  void merkle_trees_agree() {
    std::vector<Digest> leaves;
    MerkleBuilder builder;
    QVERIFY(builder.root() == merkle_root({}));
    for (int i = 0; i < 70; ++i) {
      leaves.push_back(sha256(std::to_string(i)));
      builder.add(leaves.back());
      QVERIFY2(builder.root() == merkle_root(leaves), std::to_string(i + 1).c_str());
    }
  }

  // With arrivals 1, 2 and 5 repeating others, the records are arrivals 0, 3, 4, 6, 7 …
  void places_and_ordinals() {
    const std::vector<int64_t> repeats = {1, 2, 5};
    const std::vector<int64_t> expected = {0, 3, 4, 6, 7};
    for (size_t place = 0; place < expected.size(); ++place)
      QCOMPARE(ordinal_of(static_cast<int64_t>(place), repeats), expected[place]);
    QCOMPARE(ordinal_of(3, {}), int64_t(3));
    QCOMPARE(ordinal_of(0, {0, 1}), int64_t(2));
  }

  void key_table_finds_what_was_put() {
    KeyTable table;
    Random random(5);
    std::vector<Hash128> keys;
    for (uint32_t i = 0; i < 20000; ++i) {
      keys.push_back({random.next(), random.next()});
      QCOMPARE(table.find_or_put(keys.back(), i), KeyTable::kNone);
    }
    for (uint32_t i = 0; i < keys.size(); ++i) QCOMPARE(table.find_or_put(keys[i], 0), i);
  }

  void json_objects_are_taken_apart() {
    const auto cells = json_cells(
        " {\"a\": 1.50, \"b\" :\"x\\u00e9\\n\\ud83d\\ude00\\\"\", \"c\":{\"d\":[\"}\",2]},\"e\":null,\"f\":true} ");
    MW_REQUIRE(cells);
    QCOMPARE(cells->size(), size_t(5));
    QCOMPARE((*cells)[0].text, std::string("1.50"));
    QCOMPARE((*cells)[1].text, std::string("x\xC3\xA9\n\xF0\x9F\x98\x80\""));
    QCOMPARE((*cells)[2].text, std::string("{\"d\":[\"}\",2]}"));
    QVERIFY((*cells)[3].missing);
    QVERIFY((*cells)[4].kind == records::CellKind::boolean);
    for (const char* broken : {"", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":[1}", "{\"a\":\"x", "{\"a\":1}x",
                               "[1]", "{\"a\":\"\\u12\"}", "{\"a\":\"\\ud800\"}"})
      QVERIFY2(!json_cells(broken), broken);
  }

  // The canonical form does not depend on the order of the fields; it does on names, kinds and values.
  void canonical_form_is_of_the_fields() {
    using records::Cell;
    using records::CellKind;
    const Cell a{"a", CellKind::string, "1", false}, b{"b", CellKind::string, "2", false};
    const auto form = canonical_form({a, b});
    QVERIFY(form == canonical_form({b, a}));
    QVERIFY(form != canonical_form({a}));
    QVERIFY(form != canonical_form({{"a", CellKind::number, "1", false}, b}));
    QVERIFY(form != canonical_form({{"a", CellKind::string, "12", false}, {"b", CellKind::string, "", false}}));
    QVERIFY(form != canonical_form({{"a", CellKind::string, "2", false}, {"b", CellKind::string, "1", false}}));
    // As row_form.h words it: SHA-256 of the layout, then lengths and values.
    const Digest digest = sha256(
        "\x01"
        "a\x01"
        "\x01"
        "b\x01");
    const std::string expected = std::string(digest.begin(), digest.end()) +
                                 "\x01"
                                 "1"
                                 "\x01"
                                 "2";
    QVERIFY(form == expected);
  }
};

QTEST_GUILESS_MAIN(TestValues)
#include "test_values.moc"
