// A million records: the pages open, scroll, jump, brush and label while the window keeps answering. The longest time
// for which it did not is printed; only a generous bound is asserted, because a busy machine is slow, too.
#include <QElapsedTimer>
#include <QScrollBar>

#include "labels/queue.h"
#include "labels/task.h"
#include "records/generator.h"
#include "records/ingest.h"
#include "records/reading.h"
#include "ui_charts/histogram_chart.h"
#include "ui_labels/labels_page.h"
#include "ui_records/data_page.h"
#include "ui_records/distribution_view.h"
#include "ui_records/record_view.h"
#include "workbench.h"

using namespace millwright;            // NOLINT: a test's own file
using namespace millwright::ui;        // NOLINT
using namespace millwright::ui::test;  // NOLINT

namespace {

constexpr int64_t kRecords = 1'000'000;
constexpr int64_t kQueued = 100'000;
constexpr double kBoundMs = 1000;

/// How long the event loop left a timer of 1 ms waiting, at most.
class Stalls : public QObject {
 public:
  Stalls() {
    timer_.setTimerType(Qt::PreciseTimer);
    connect(&timer_, &QTimer::timeout, this, [this] { look(); });
    timer_.start(1);
    clock_.start();
  }
  double longest_ms() {
    look();
    return longest_;
  }

 private:
  void look() { longest_ = std::max(longest_, static_cast<double>(clock_.nsecsElapsed()) / 1e6), clock_.restart(); }
  QTimer timer_;
  QElapsedTimer clock_;
  double longest_ = 0;
};

void judge(Stalls& stalls, const char* what) {
  const double longest = stalls.longest_ms();
  qInfo("%s: longest stall of the window %.0f ms", what, longest);
  QVERIFY2(longest < kBoundMs, what);
}

}  // namespace

class JourneyMillion : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    folder_ = place_.filePath(QStringLiteral("million.millwright"));
    const fs::path csv = place_.filePath(QStringLiteral("million.csv")).toStdString();
    QVERIFY(records::generate_table(csv, {7, kRecords, records::TableKind::numeric}).has_value());
    auto project = store::Project::create(fs::path(folder_.toStdString()), {"builder", this_device()}, {});
    QVERIFY(project.has_value());
    records::ImportRequest wanted;
    wanted.source = csv.string();
    wanted.asset = "table";
    const auto imported = records::import_source(*project, wanted, {});
    QVERIFY2(imported.has_value(), imported ? "" : message_of(imported.error()).c_str());
    QCOMPARE(imported->rows_kept, kRecords);
    fs::remove(csv);
    for (const auto& field : imported->asset.schema.fields)
      if (field.type == records::FieldType::real && number_.isEmpty()) number_ = QString::fromStdString(field.name);
    QVERIFY(!number_.isEmpty());
    const auto task = labels::create_task(
        *project, {"kinds", imported->asset.id, {imported->asset.schema.fields.back().name}, {"yes", "no"}});
    QVERIFY(task.has_value());
    labels::QueueRequest request;
    request.task = task->id;
    request.name = "many";
    std::vector<labels::QueueEntry> entries;
    for (int64_t i = 0; i < kQueued; ++i) entries.push_back({{imported->batch, i}, std::nullopt});
    QVERIFY(labels::add_to_queue(*project, request, entries, {}).has_value());
  }

  void the_data_page_opens_scrolls_and_jumps() {
    workbench_ = std::make_unique<Workbench>(QStringLiteral("Ada"));
    Stalls stalls;
    QVERIFY(workbench_->open(folder_));
    QVERIFY(workbench_->show("data", {{QStringLiteral("field"), number_}}));
    auto& page = workbench_->page<DataPage>("data");
    QTRY_COMPARE_WITH_TIMEOUT(page.record_view()->total(), qint64{kRecords}, 60'000);
    QVERIFY(workbench_->wait(60'000));
    judge(stalls, "opening the Data page");

    Stalls scrolling;
    auto* table = page.record_view()->table();
    auto* bar = table->verticalScrollBar();
    for (int step = 0; step <= 40; ++step) {
      bar->setValue(static_cast<int>(static_cast<double>(bar->maximum()) * step / 40));
      QTest::qWait(25);
    }
    table->setFocus();
    table->setCurrentIndex(table->model()->index(0, 0));
    workbench_->press(Qt::Key_End, Qt::ControlModifier);
    QTRY_COMPARE_WITH_TIMEOUT(table->currentIndex().row(), static_cast<int>(kRecords - 1), 10'000);
    QTRY_VERIFY_WITH_TIMEOUT(table->rows()->row(kRecords - 1) != nullptr, 30'000);
    table->setCurrentIndex(table->model()->index(static_cast<int>(kRecords / 2), 0));
    QTRY_VERIFY_WITH_TIMEOUT(table->rows()->row(kRecords / 2) != nullptr, 30'000);
    judge(scrolling, "scrolling to the end and jumping to the middle");
  }

  void brushing_answers() {
    auto& page = workbench_->page<DataPage>("data");
    auto* chart = page.distribution()->histogram();
    QTRY_VERIFY_WITH_TIMEOUT(!chart->is_empty() && chart->isVisible(), 60'000);
    Stalls stalls;
    const int y = chart->height() / 2;
    QTest::mousePress(chart, Qt::LeftButton, Qt::NoModifier, QPoint(chart->width() * 4 / 10, y));
    for (int step = 0; step <= 30; ++step) {
      QTest::mouseMove(chart, QPoint(chart->width() * (40 + step) / 100, y));
      QTest::qWait(10);
    }
    QTest::mouseRelease(chart, Qt::LeftButton, Qt::NoModifier, QPoint(chart->width() * 7 / 10, y));
    QTRY_VERIFY_WITH_TIMEOUT(chart->brush().has_value(), 5'000);
    // One window: its rows are the chart's first sample.
    QTRY_COMPARE_WITH_TIMEOUT(page.record_view()->total(), chart->brush()->reference, 60'000);
    QVERIFY(page.record_view()->total() > 0 && page.record_view()->total() < kRecords);
    QVERIFY(workbench_->wait(60'000));
    judge(stalls, "brushing a million values");
    QVERIFY(workbench_->take_pictures(QStringLiteral("million-data")));
  }

  void labeling_answers() {
    Stalls stalls;
    QVERIFY(workbench_->show("labels"));
    auto& page = workbench_->page<LabelsPage>("labels");
    QTRY_VERIFY_WITH_TIMEOUT(!page.shown_record().isEmpty(), 60'000);
    page.first_focus()->setFocus();
    for (int i = 0; i < 30; ++i) {
      QTRY_VERIFY(!page.shown_record().isEmpty());
      workbench_->press(i % 2 == 0 ? Qt::Key_1 : Qt::Key_2);
    }
    QTRY_COMPARE_WITH_TIMEOUT(workbench_->window().session()->pending_writes(), 0, 30'000);
    judge(stalls, "opening the Labels page and labeling 30 items");
  }

  void cleanupTestCase() { workbench_.reset(); }

 private:
  QTemporaryDir place_;
  QString folder_, number_;
  std::unique_ptr<Workbench> workbench_;
};

QTEST_MAIN(JourneyMillion)
#include "journey_million.moc"
