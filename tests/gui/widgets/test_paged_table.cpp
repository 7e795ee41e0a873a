// Tables that page: from a worker, by key, at a million rows.
#include <QElapsedTimer>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <atomic>
#include <mutex>

#include "ui_widgets/paged_table.h"

using namespace millwright;
using namespace millwright::ui;

namespace {

Row row_of(qint64 i) {
  return {i, {QStringLiteral("name %1").arg(i), QString::number(i * 3), Cell::badge("pass", State::pass)}};
}

std::vector<Column> columns() {
  return {
      {"Name", Column::Kind::text, 0, true, true}, {"Figure", Column::Kind::figure}, {"Verdict", Column::Kind::badge}};
}

}  // namespace

class TestPagedTable : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { Theme::instance().install(); }

  void a_million_rows_and_any_of_them() {
    PagedTable table;
    table.resize(600, 400);
    table.set_columns(columns());
    std::atomic<int> fetched{0};
    auto* ui_thread = QThread::currentThread();
    std::atomic<bool> on_worker{true};
    table.set_source(
        [&](const RowsWanted& wanted, const Work&) -> Result<std::vector<Row>> {
          if (QThread::currentThread() == ui_thread) on_worker = false;
          ++fetched;
          std::vector<Row> rows;
          for (int i = 0; i < wanted.count && wanted.first + i < 1'000'000; ++i)
            rows.push_back(row_of(wanted.first + i));
          return rows;
        },
        1'000'000);
    table.show();
    QTRY_VERIFY(table.rows()->row(0) != nullptr);
    QCOMPARE(table.rows()->rowCount(), 1'000'000);
    // A jump into the middle shows the middle.
    table.verticalScrollBar()->setValue(table.verticalScrollBar()->maximum() / 2);
    const int top = table.rowAt(5);
    QVERIFY(top > 400'000 && top < 600'000);
    QTRY_VERIFY(table.rows()->row(top) != nullptr);
    QCOMPARE(table.rows()->row(top)->key.toLongLong(), qint64{top});
    // The end by keyboard.
    QTest::keyClick(&table, Qt::Key_End);
    QTRY_COMPARE(table.current_key().toLongLong(), qint64{999'999});
    QVERIFY(on_worker);
    // Passing over a thousand screens does not fetch them all.
    const int before = fetched;
    for (int i = 0; i < 1000; ++i) table.verticalScrollBar()->setValue(i * 20'000);
    QTRY_VERIFY(!table.rows()->loading());
    QVERIFY2(fetched - before < 60, qPrintable(QString::number(fetched - before)));
  }

  void scrolling_stays_smooth() {
    PagedTable table;
    table.resize(900, 700);
    table.set_columns(columns());
    table.set_source(
        [](const RowsWanted& wanted, const Work&) -> Result<std::vector<Row>> {
          std::vector<Row> rows;
          for (int i = 0; i < wanted.count; ++i) rows.push_back(row_of(wanted.first + i));
          return rows;
        },
        1'000'000);
    table.show();
    QTRY_VERIFY(table.rows()->row(0) != nullptr);
    QElapsedTimer clock;
    clock.start();
    int frames = 0;
    for (; frames < 120; ++frames) {
      table.verticalScrollBar()->setValue(frames * 9'000);
      table.viewport()->repaint();
    }
    qInfo("%.2f ms a frame over a million rows", static_cast<double>(clock.nsecsElapsed()) / 1e6 / frames);
  }

  // Each page is asked for with the key of the row before it.
  void pages_follow_the_key() {
    PagedTable table;
    table.resize(400, 300);
    table.set_columns(columns());
    std::mutex mutex;
    std::vector<std::pair<qint64, QVariant>> asked;
    table.set_source(
        [&](const RowsWanted& wanted, const Work&) -> Result<std::vector<Row>> {
          std::lock_guard lock(mutex);
          asked.emplace_back(wanted.first, wanted.after);
          const qint64 from = wanted.after.isValid() ? wanted.after.toLongLong() + 1 : 0;
          std::vector<Row> rows;
          for (int i = 0; i < wanted.count && from + i < 600; ++i) rows.push_back(row_of(from + i));
          return rows;
        },
        -1);
    table.show();
    for (int i = 0; i < 50 && table.rows()->rowCount() < 600; ++i) {
      QTest::qWait(10);
      table.scrollToBottom();
    }
    QCOMPARE(table.rows()->rowCount(), 600);
    for (qint64 i = 0; i < 600; ++i) QCOMPARE(table.rows()->row(i)->key.toLongLong(), i);
    std::lock_guard lock(mutex);
    for (const auto& [first, after] : asked)
      if (first > 0) QCOMPARE(after.toLongLong(), first - 1);
  }

  void errors_come_out_and_the_table_stays() {
    PagedTable table;
    table.set_columns(columns());
    qRegisterMetaType<Error>("millwright::Error");
    QSignalSpy failed(&table, &PagedTable::failed);
    table.set_source(
        [](const RowsWanted&, const Work&) -> Result<std::vector<Row>> {
          return fail(ErrorKind::store, "store.locked", "The project is locked.");
        },
        10);
    table.show();
    QTRY_COMPARE(failed.count(), 1);
    QVERIFY(table.rows()->row(3) == nullptr);
  }

  void csv_is_rfc_4180() {
    PagedTable table;
    table.set_columns({{"a,b", Column::Kind::text}, {"c", Column::Kind::text}});
    table.set_rows({{1, {QString("say \"hi\""), QString("line\nbreak")}}, {2, {QString("plain"), QString("x")}}});
    // RFC 4180, section 2, rules 6 and 7.
    QCOMPARE(table.to_csv(false), QStringLiteral("\"a,b\",c\r\n\"say \"\"hi\"\"\",\"line\nbreak\"\r\nplain,x\r\n"));
    table.selectRow(1);
    QCOMPARE(table.to_csv(true), QStringLiteral("\"a,b\",c\r\nplain,x\r\n"));
  }

  void a_destroyed_table_waits_for_its_source() {
    std::atomic<bool> alive{true}, touched_dead{false};
    {
      PagedTable table;
      table.set_columns(columns());
      table.set_source(
          [&](const RowsWanted&, const Work&) -> Result<std::vector<Row>> {
            QThread::msleep(80);
            if (!alive) touched_dead = true;
            return std::vector<Row>{};
          },
          1000);
    }
    alive = false;
    QTest::qWait(150);
    QVERIFY(!touched_dead);
  }

  void letters_are_left_to_the_page() {
    QWidget page;
    PagedTable table(&page);
    table.set_columns(columns());
    table.set_rows({row_of(1), row_of(2)});
    page.show();
    QSignalSpy activated(&table, &PagedTable::activated_row);
    table.selectRow(0);
    QTest::keyClick(&table, Qt::Key_Down);
    QTest::keyClick(&table, Qt::Key_Return);
    QCOMPARE(activated.count(), 1);
    QCOMPARE(activated[0][0].value<QVariant>().toLongLong(), 2);
    QKeyEvent letter(QEvent::KeyPress, Qt::Key_Q, Qt::NoModifier, QStringLiteral("q"));
    QCoreApplication::sendEvent(&table, &letter);
    QCOMPARE(table.current_key().toLongLong(), 2);
  }
};

QTEST_MAIN(TestPagedTable)
#include "test_paged_table.moc"
