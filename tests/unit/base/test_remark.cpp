// Sentences with figures, as people read them.
#include <QTest>

#include "base/remark.h"

using namespace millwright;  // NOLINT: a test's own file

class TestRemark : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void figures_are_grouped_and_names_are_not() {
    QCOMPARE(words_of(Remark{"{n} rows by {who}", {{"n", "63440"}, {"who", "Ada 1815"}}}),
             std::string("63,440 rows by Ada 1815"));
    QCOMPARE(words_of(Remark{"{n}", {{"n", "1234.5"}}}), std::string("1,234.5"));
    for (const char* no : {"", ".", ".5", "5.", "1.2.3", "-4", "1e3", "v2", "9999999999999999999"})
      QVERIFY2(!is_figure(no), no);
    for (const char* yes : {"0", "2310", "1.2"}) QVERIFY2(is_figure(yes), yes);
  }

  void times_are_rounded_as_one_waits_for_them() {
    const auto left = [](double seconds) { return words_of(time_left(seconds)); };
    QCOMPARE(left(-3), std::string("0 s left"));
    QCOMPARE(left(0.2), std::string("1 s left"));
    QCOMPARE(left(89), std::string("89 s left"));
    QCOMPARE(left(91), std::string("2 min left"));
    QCOMPARE(left(241), std::string("5 min left"));
    QCOMPARE(left(5400), std::string("1.5 h left"));
    QCOMPARE(left(3'780'000), std::string("1,050.0 h left"));
    QCOMPARE(words_of(about_time(700)), std::string("about 12 min"));
  }

  void memory_is_told_in_powers_of_two() {
    QCOMPARE(words_of(memory_size(300 << 20)), std::string("300 MiB"));
    QCOMPARE(words_of(memory_size(1'288'490'189)), std::string("1.2 GiB"));  // 1.2 * 1073741824
  }
};

QTEST_APPLESS_MAIN(TestRemark)
#include "test_remark.moc"
