// A person plans a run, watches it, and sees where the model errs, down to the records of one cell.
#include <QApplication>
#include <QDialog>

#include "models/training.h"
#include "ui_models/models_page.h"
#include "ui_models/training_page.h"
#include "ui_records/record_view.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/paged_table.h"
#include "workbench.h"

using namespace millwright;            // NOLINT: a test's own file
using namespace millwright::ui;        // NOLINT
using namespace millwright::ui::test;  // NOLINT

class JourneyTraining : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const QString error = demo_.make(3000);
    QVERIFY2(error.isEmpty(), qPrintable(error));
    workbench_ = std::make_unique<Workbench>(QStringLiteral("Ada"));
    QVERIFY(workbench_->open(demo_.folder()));
    QVERIFY(workbench_->show("training"));
    const auto runs = models::list_runs(demo_.open());
    QVERIFY(runs.has_value());
    runs_before_ = runs->size();
  }

  void n_plans_a_run_and_enter_starts_it() {
    auto& page = workbench_->page<TrainingPage>("training");
    page.runs()->setFocus();
    workbench_->press(Qt::Key_N);
    auto* plan = page.findChild<Dialog*>(QStringLiteral("training.plan"));
    QTRY_VERIFY(plan && plan->isVisible());
    QVERIFY(workbench_->wait());
    QVERIFY(plan->grab().save(QStringLiteral(MILLWRIGHT_BUILD_DIR "/screenshots/journey-training-plan.png")));
    QTest::mouseClick(plan->accept_button(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(page.job() != 0, 60'000);
  }

  void the_run_ends_with_a_result() {
    auto& page = workbench_->page<TrainingPage>("training");
    QTRY_VERIFY_WITH_TIMEOUT(page.job() == 0, 300'000);
    QVERIFY(workbench_->wait());
    const auto runs = models::list_runs(demo_.open());
    QVERIFY(runs.has_value());
    QCOMPARE(runs->size(), runs_before_ + 1);
    QCOMPARE(page.runs()->model()->rowCount(), static_cast<int>(runs_before_ + 1));
    QCOMPARE(page.runs()->current_key().toLongLong(), static_cast<qlonglong>(runs->front().id));
    QTRY_VERIFY(page.shown_evaluation());
    // The matrix holds each row of the test split once.
    const auto& evaluation = *page.shown_evaluation();
    int64_t rows = 0, right = 0;
    const size_t classes = evaluation.labels.size();
    for (size_t i = 0; i < evaluation.confusion.size(); ++i) {
      rows += evaluation.confusion[i];
      if (i / classes == i % classes) right += evaluation.confusion[i];
    }
    QCOMPARE(rows, evaluation.n);
    QVERIFY(std::abs(static_cast<double>(right) / static_cast<double>(rows) - evaluation.accuracy.value) < 1e-12);
    QVERIFY(workbench_->take_pictures(QStringLiteral("training-result")));
  }

  void a_cell_shows_its_records() {
    auto& page = workbench_->page<TrainingPage>("training");
    QWidget* matrix = page.findChild<QWidget*>(QStringLiteral("models.matrix"));
    QVERIFY(matrix && matrix->isVisible());
    // The dialog had the keyboard; without a window manager nobody gives it back.
    workbench_->window().activateWindow();
    matrix->setFocus();
    QTRY_VERIFY(matrix->hasFocus());
    workbench_->press(Qt::Key_Right);
    workbench_->press(Qt::Key_Left);
    workbench_->press(Qt::Key_Return);
    QVERIFY(workbench_->wait());
    QVERIFY(page.records()->isVisible());
    QVERIFY(page.records()->total() > 0);
    QVERIFY(workbench_->take_pictures(QStringLiteral("training-cell")));
  }

  void the_model_is_in_the_registry() {
    QVERIFY(workbench_->show("models"));
    auto& page = workbench_->page<ModelsPage>("models");
    auto* list = page.findChild<PagedTable*>(QStringLiteral("models.list"));
    QCOMPARE(list->model()->rowCount(), static_cast<int>(runs_before_ + 1));
    QVERIFY(workbench_->take_pictures(QStringLiteral("training-registry")));
  }

  void cleanupTestCase() { workbench_.reset(); }

 private:
  DemoProject demo_;
  std::unique_ptr<Workbench> workbench_;
  size_t runs_before_ = 0;
};

QTEST_MAIN(JourneyTraining)
#include "journey_training.moc"
