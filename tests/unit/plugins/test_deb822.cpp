// Package indexes, after deb822(5) of Debian's dpkg-dev.
#include <QTest>

#include "harness.h"
#include "plugin_deb822/deb822_connector.h"

using namespace millwright;
using namespace millwright::test;

namespace {

ReadResult read(std::string_view text, ReadSettings settings = {}) {
  return read_all(*plugin::deb822_connector(), text, std::move(settings));
}

/// The form of an entry in a Packages file of Debian 12.
constexpr const char* kStanzas =
    "Package: 0ad\n"
    "Version: 0.0.26-3\n"
    "Installed-Size: 28591\n"
    "Depends: 0ad-data (>= 0.0.26), libc6 (>= 2.29)\n"
    "Description: Real-time strategy game of ancient warfare\n"
    "Tag: game::strategy, interface::graphical,\n"
    " interface::x11, role::program\n"
    "\n"
    "Package: 0ad-data\n"
    "Description: data files\n"
    "Multi-Arch:foreign\n";

}  // namespace

class TestDeb822 : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void stanzas_become_rows() {
    const ReadResult result = read(kStanzas);
    QCOMPARE(result.status, int32_t{MILLWRIGHT_END});
    QCOMPARE(result.broken_promise, std::string());
    QCOMPARE(result.fields, (std::vector<std::string>{"Package", "Version", "Installed-Size", "Depends", "Description",
                                                      "Tag", "Multi-Arch"}));
    QCOMPARE(result.rows.size(), size_t{2});
    QCOMPARE(*result.rows[0]["Package"], std::string("0ad"));
    QCOMPARE(*result.rows[0]["Depends"], std::string("0ad-data (>= 0.0.26), libc6 (>= 2.29)"));
    QCOMPARE(*result.rows[0]["Tag"],
             std::string("game::strategy, interface::graphical,\n interface::x11, role::program"));
    QVERIFY(!result.rows[1]["Version"].has_value());
    QCOMPARE(*result.rows[1]["Multi-Arch"], std::string("foreign"));
    QCOMPARE(result.rows[1].line, int64_t{9});
    QCOMPARE(result.rows[1].raw, std::string("Package: 0ad-data\nDescription: data files\nMulti-Arch:foreign"));
  }

  void values_and_their_blanks() {
    const ReadResult result = read("A: \t x y \t\nB:\nC:\n one\n .\n\ttwo \n");
    const ReadRow& row = result.rows.at(0);
    QCOMPARE(*row["A"], std::string("x y"));
    QCOMPARE(*row["B"], std::string());
    QCOMPARE(*row["C"], std::string("\n one\n .\n\ttwo "));
  }
  void separators_comments_and_line_ends() {
    const ReadResult result = read("\xEF\xBB\xBF# head\n\n\nA: 1\r\n# within\r\nB: 2\r\n \t\n\n# between\nA: 3");
    QCOMPARE(result.rows.size(), size_t{2});
    QCOMPARE(*result.rows[0]["B"], std::string("2"));
    QCOMPARE(result.rows[0].line, int64_t{4});
    QCOMPARE(result.rows[0].raw, std::string("A: 1\r\n# within\r\nB: 2"));
    QCOMPARE(result.rows[1].line, int64_t{10});
  }
  void names_ignore_case() {
    const ReadResult result = read("Package: a\n\npackage: b\n\nPACKAGE: c\n");
    QCOMPARE(result.fields, (std::vector<std::string>{"Package"}));
    QCOMPARE(*result.rows.at(2)["Package"], std::string("c"));
  }

  void malformed_stanzas_data() {
    QTest::addColumn<QByteArray>("stanza");
    QTest::addColumn<QByteArray>("code");
    QTest::newRow("no colon") << QByteArray("Package: x\nno colon here") << QByteArray("deb822.invalid");
    QTest::newRow("continuation first") << QByteArray(" continued\nPackage: x") << QByteArray("deb822.invalid");
    QTest::newRow("space in name") << QByteArray("Some Name: x") << QByteArray("deb822.invalid");
    QTest::newRow("hyphen first") << QByteArray("-----BEGIN: x") << QByteArray("deb822.invalid");
    QTest::newRow("empty name") << QByteArray(": x") << QByteArray("deb822.invalid");
    QTest::newRow("twice") << QByteArray("A: 1\nB: 2\na: 3") << QByteArray("deb822.duplicate_field");
    QTest::newRow("not UTF-8") << QByteArray("A: \xFF") << QByteArray("deb822.invalid_encoding");
    QTest::newRow("zero byte") << QByteArray("A: x\0y", 6) << QByteArray("deb822.nul_byte");
  }
  void malformed_stanzas() {
    QFETCH(QByteArray, stanza);
    QFETCH(QByteArray, code);
    const ReadResult result = read("A: 1\n\n" + stanza.toStdString() + "\n\nA: 2\n");
    QCOMPARE(result.rows.size(), size_t{2});
    QCOMPARE(result.rejected.size(), size_t{1});
    QCOMPARE(result.rejected[0].code, code.toStdString());
    QCOMPARE(result.rejected[0].line, int64_t{3});
    QCOMPARE(result.rejected[0].raw, stanza.toStdString());
    QCOMPARE(*result.rows[1]["A"], std::string("2"));
  }
  void a_bad_line_is_named() {
    const ReadResult result = read("A: 1\n\nB: 1\nC: 2\nbroken\n");
    QCOMPARE(result.rejected.at(0).reason, std::string("a line without a colon, in line 5"));
  }

  void empty_files() {
    for (const char* text : {"", "\n\n", "# only a comment\n"}) {
      const ReadResult result = read(text);
      QCOMPARE(result.status, int32_t{MILLWRIGHT_END});
      QVERIFY(result.rows.empty() && result.rejected.empty());
    }
  }
  void long_stanzas_are_rejected() {
    const std::string big = "A: " + std::string(500, 'x') + "\nB: " + std::string(500, 'y');
    const ReadResult result = read("A: 1\n\n" + big + "\n\nA: 2\n", {.batch_bytes = 16, .max_row_bytes = 600});
    QCOMPARE(result.rows.size(), size_t{2});
    QCOMPARE(result.rejected.at(0).code, std::string("deb822.row_too_long"));
    QCOMPARE(result.rejected.at(0).raw, big);
  }
  void pieces_make_no_difference() {
    std::string text;
    for (int i = 0; i < 300; ++i) text += std::string(kStanzas) + "\n" + (i % 7 == 0 ? "broken\n\n" : "");
    const ReadResult whole = read(text);
    const ReadResult small = read(text, {.piece = 5, .batch_bytes = 50, .batch_rows = 3});
    QCOMPARE(small.rows.size(), size_t{600});
    QCOMPARE(small.rejected.size(), whole.rejected.size());
    for (size_t i = 0; i < 600; ++i) {
      QCOMPARE(small.rows[i].raw, whole.rows[i].raw);
      QCOMPARE(small.rows[i].line, whole.rows[i].line);
      QCOMPARE(small.rows[i]["Tag"], whole.rows[i]["Tag"]);
    }
  }
};

QTEST_GUILESS_MAIN(TestDeb822)
#include "test_deb822.moc"
