// From a drifted bin to the labeler: the Drift page, a field, a brush, the records behind it, a queue, the Labels page.
#include <QApplication>
#include <QMenu>
#include <QPushButton>
#include <QTimer>
#include <set>

#include "labels/queue.h"
#include "monitoring/drift.h"
#include "records/columns.h"
#include "ui_charts/bar_chart.h"
#include "ui_charts/histogram_chart.h"
#include "ui_labels/labels_page.h"
#include "ui_monitoring/drift_page.h"
#include "ui_records/distribution_view.h"
#include "ui_records/record_view.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/paged_table.h"
#include "workbench.h"

using namespace millwright;            // NOLINT: a test's own file
using namespace millwright::ui;        // NOLINT
using namespace millwright::ui::test;  // NOLINT

namespace {

/// Counted from the column itself: records of the current window with low ≤ value < high (≤ at the upper end).
/// Of those only rows of sources that `known` does not hold, where there is a `known`.
std::set<RecordRef> records_between(const store::Project& project, const records::Window& window,
                                    const std::string& field, double low, double high, bool closed,
                                    const std::set<std::string>* known = nullptr) {
  const auto scan = records::ColumnScan::open(project, window);
  const auto column = scan->column(field);
  const auto sources = scan->column_as("source", records::FieldType::text);
  const auto records = scan->records();
  std::set<RecordRef> found;
  for (size_t row = 0; row < column->numbers.size(); ++row) {
    const double value = column->numbers[row];
    if (known && known->contains(std::string(sources->text(static_cast<int64_t>(row))))) continue;
    if (value >= low && (value < high || (closed && value == high))) found.insert((*records)[row]);
  }
  return found;
}

std::set<std::string> sources_of(const store::Project& project, const records::Window& window) {
  const auto scan = records::ColumnScan::open(project, window);
  const auto column = scan->column_as("source", records::FieldType::text);
  std::set<std::string> found;
  for (int64_t row = 0; row < column->rows; ++row)
    if (column->has(row)) found.emplace(column->text(row));
  return found;
}

}  // namespace

class JourneyDrift : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const QString error = demo_.make(3000);
    QVERIFY2(error.isEmpty(), qPrintable(error));
    workbench_ = std::make_unique<Workbench>(QStringLiteral("Ada"));
    QVERIFY(workbench_->open(demo_.folder()));
    QVERIFY(workbench_->show("drift"));
  }

  void a_click_shows_the_field() {
    auto& page = workbench_->page<DriftPage>("drift");
    auto* fields = page.fields();
    QTRY_VERIFY(fields->model()->rowCount() > 0);
    int row = -1;
    for (int i = 0; i < fields->model()->rowCount(); ++i)
      if (fields->rows()->row(i)->key.toString() == QStringLiteral("installed_size")) row = i;
    QVERIFY(row >= 0);
    const QRect where = fields->visualRect(fields->model()->index(row, 0));
    QTest::mouseClick(fields->viewport(), Qt::LeftButton, Qt::NoModifier, where.center());
    QVERIFY(workbench_->wait());
    QVERIFY(!page.distribution()->shows_bars());
    QVERIFY(!page.distribution()->histogram()->is_empty());
  }

  void a_brush_shows_exactly_its_records() {
    auto& page = workbench_->page<DriftPage>("drift");
    auto* chart = page.distribution()->histogram();
    brush(chart, 6, 8);
    QVERIFY(workbench_->wait());
    const auto brush = chart->brush();
    QVERIFY(brush.has_value());
    QVERIFY(brush->current > 0);

    const auto project = demo_.open();
    const auto report = monitoring::find_drift_report(project, "");
    QVERIFY(report.has_value());
    const bool closed = brush->range.high >= chart->whole().high;
    behind_ = records_between(project, report->current, "installed_size", brush->range.low, brush->range.high, closed);
    QCOMPARE(page.records()->total(), static_cast<qint64>(behind_.size()));
    const auto shown = page.records()->source()->records();
    QVERIFY(shown.has_value());
    QVERIFY(std::set<RecordRef>(shown->begin(), shown->end()) == behind_);
    QVERIFY(page.queue_button()->isEnabled());
    QVERIFY(workbench_->take_pictures(QStringLiteral("drift-brushed")));
  }

  void q_queues_them_for_the_labeler() {
    auto& page = workbench_->page<DriftPage>("drift");
    page.fields()->setFocus();
    workbench_->press(Qt::Key_Q);
    QTRY_COMPARE(workbench_->window().current_page()->info().id, QStringLiteral("labels"));
    auto& labeling = workbench_->page<LabelsPage>("labels");
    QTRY_VERIFY(!labeling.shown_record().isEmpty());
    QVERIFY(workbench_->wait());
    QVERIFY(labeling.current_record().has_value());
    QVERIFY(behind_.contains(*labeling.current_record()));
    const auto project = demo_.open();
    const auto queues = labels::list_queues(project, std::nullopt);
    QVERIFY(queues && !queues->empty());
    QCOMPARE(queues->front().items, static_cast<int64_t>(behind_.size()));
    QVERIFY(workbench_->take_pictures(QStringLiteral("drift-queued")));
  }

  // By keyboard: A opens the list of arrivals; the second line is the asset's group field.
  void only_what_is_new_is_compared() {
    QVERIFY(workbench_->show("drift", {{QStringLiteral("field"), QStringLiteral("installed_size")}}));
    auto& page = workbench_->page<DriftPage>("drift");
    QCOMPARE(page.arrivals()->current(), QStringLiteral("all"));
    QString chosen;
    QTimer::singleShot(300, qApp, [&chosen] {
      auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
      if (!menu) return;
      QTest::keyClick(menu, Qt::Key_Down);
      QTest::keyClick(menu, Qt::Key_Down);
      if (menu->activeAction()) chosen = menu->activeAction()->text();
      QTest::keyClick(menu, Qt::Key_Return);
    });
    page.fields()->setFocus();
    workbench_->press(Qt::Key_A);
    QVERIFY2(chosen.contains(QStringLiteral("source")), qPrintable(chosen));
    QVERIFY(workbench_->wait());
    QCOMPARE(page.arrivals()->current(), QStringLiteral("new:source"));
    QVERIFY(page.arrivals()->accessibleName().contains(QStringLiteral("only new values of source")));

    const auto project = demo_.open();
    const auto report = monitoring::find_drift_report(project, "");
    QVERIFY(report.has_value());
    QCOMPARE(report->new_values_of, std::string("source"));
    const auto known = sources_of(project, report->reference);
    QTRY_VERIFY(!page.distribution()->busy() && !page.distribution()->histogram()->is_empty());
    auto* chart = page.distribution()->histogram();
    brush(chart, 4, 8);
    QVERIFY(workbench_->wait());
    const auto brushed = chart->brush();
    QVERIFY(brushed.has_value());
    const bool closed = brushed->range.high >= chart->whole().high;
    behind_ = records_between(project, report->current, "installed_size", brushed->range.low, brushed->range.high,
                              closed, &known);
    const auto all =
        records_between(project, report->current, "installed_size", brushed->range.low, brushed->range.high, closed);
    QVERIFY(!behind_.empty() && behind_.size() < all.size());
    const auto shown = page.records()->source()->records();
    QVERIFY(shown.has_value());
    QVERIFY(std::set<RecordRef>(shown->begin(), shown->end()) == behind_);
    QVERIFY(workbench_->take_pictures(QStringLiteral("drift-new-sources")));

    page.fields()->setFocus();
    workbench_->press(Qt::Key_Q);
    QTRY_COMPARE(workbench_->window().current_page()->info().id, QStringLiteral("labels"));
    QVERIFY(workbench_->wait());
    const auto queues = labels::list_queues(project, std::nullopt);
    QVERIFY(queues && !queues->empty());
    const auto items = labels::queue_items(project, queues->front().id, -1, 1'000'000);
    QVERIFY(items.has_value());
    std::set<RecordRef> queued;
    for (const auto& item : *items) queued.insert(item.record);
    QVERIFY(queued == behind_);
  }

  void categories_are_brushed_by_name() {
    QVERIFY(workbench_->show("drift", {{QStringLiteral("field"), QStringLiteral("section")}}));
    auto& page = workbench_->page<DriftPage>("drift");
    QTRY_VERIFY(page.distribution()->shows_bars());
    QVERIFY(workbench_->wait());
    page.distribution()->bars()->setFocus();
    workbench_->press(Qt::Key_Down);
    workbench_->press(Qt::Key_Space);
    QVERIFY(workbench_->wait());
    QVERIFY(page.records()->total() > 0);
    QVERIFY(workbench_->take_pictures(QStringLiteral("drift-categories")));
  }

  void cleanupTestCase() { workbench_.reset(); }

 private:
  /// Drags from one tenth of the chart to another.
  static void brush(HistogramChart* chart, int first, int last) {
    const int y = chart->height() / 2;
    const QPoint from(chart->width() * first / 10, y), to(chart->width() * last / 10, y);
    QTest::mousePress(chart, Qt::LeftButton, Qt::NoModifier, from);
    for (int step = 1; step <= 10; ++step) QTest::mouseMove(chart, from + (to - from) * step / 10);
    QTest::mouseRelease(chart, Qt::LeftButton, Qt::NoModifier, to);
  }

  DemoProject demo_;
  std::unique_ptr<Workbench> workbench_;
  std::set<RecordRef> behind_;
};

QTEST_MAIN(JourneyDrift)
#include "journey_drift.moc"
