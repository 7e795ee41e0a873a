#include <QTest>

#include "base/clock.h"

using namespace millwright;

class TestClock : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // Expected microseconds: Python's datetime (…).timestamp().
  void parses_iso_8601_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("us");
    QTest::newRow("date") << "1970-01-01" << qint64{0};
    QTest::newRow("utc, fraction") << "2026-03-01T12:00:00.123456Z" << qint64{1772366400123456};
    QTest::newRow("finer than µs is cut") << "2026-03-01T12:00:00.123456999Z" << qint64{1772366400123456};
    QTest::newRow("space, no zone") << "2026-03-01 12:00:00.123456" << qint64{1772366400123456};
    QTest::newRow("no seconds") << "2026-03-01T12:00Z" << qint64{1772366400000000};
    QTest::newRow("offset") << "2024-02-29T23:59:59+05:30" << qint64{1709231399000000};
    QTest::newRow("short offset") << "2026-03-01T14:00:00+02" << qint64{1772366400000000};
    QTest::newRow("before 1970") << "1969-12-31T23:59:59.5Z" << qint64{-500000};
  }
  void parses_iso_8601() {
    QFETCH(QString, text);
    QFETCH(qint64, us);
    const auto parsed = parse_timestamp_us(text.toStdString());
    QVERIFY(parsed);
    QCOMPARE(static_cast<qint64>(*parsed), us);
  }
  void refuses_what_is_no_time_data() {
    QTest::addColumn<QString>("text");
    for (const char* text :
         {"", "2026", "2026-13-01", "2026-02-30", "2025-02-29", "2026-3-1", "2026-03-01T", "2026-03-01T24:00",
          "2026-03-01T12:60", "2026-03-01T12:00:61", "2026-03-01T12:00:00.", "2026-03-01T12:00:00x",
          "2026-03-01T12:00:00+25:00", "2026-03-01T12:00:00Z ", " 2026-03-01", "26-03-01", "12:00:00"})
      QTest::newRow(*text != '\0' ? text : "empty") << text;
  }
  void refuses_what_is_no_time() {
    QFETCH(QString, text);
    QVERIFY(!parse_timestamp_us(text.toStdString()));
  }
  void writes_iso_8601() {
    QCOMPARE(iso8601(1772366400123), std::string("2026-03-01T12:00:00.123Z"));
    QCOMPARE(iso8601(-1), std::string("1969-12-31T23:59:59.999Z"));
    const int64_t now = now_ms();
    QCOMPARE(*parse_timestamp_us(iso8601(now)), now * 1000);
  }
};

QTEST_GUILESS_MAIN(TestClock)
#include "test_clock.moc"
