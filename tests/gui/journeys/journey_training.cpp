// A person plans a run, watches it, and sees where the model errs, down to the records of one cell; promotes a model
// and takes that back; cancels a run from the tray.
#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QRegularExpression>
#include <QSpinBox>

#include "jobs/pace.h"
#include "jobs/queue.h"
#include "models/registry.h"
#include "models/training.h"
#include "ui_models/models_page.h"
#include "ui_models/training_page.h"
#include "ui_records/record_view.h"
#include "ui_shell/job_tray.h"
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
    // The baseline is first and chosen; of each algorithm it is said how it fits, and what it takes.
    auto* baseline = plan->findChild<QRadioButton*>(QStringLiteral("training.algorithm.linear"));
    auto* encoder = plan->findChild<QRadioButton*>(QStringLiteral("training.algorithm.encoder"));
    QVERIFY(baseline && baseline->isChecked() && encoder);
    QVERIFY(baseline->y() < encoder->y());
    for (const char* name : {"linear", "encoder"}) {
      const auto* figures = plan->findChild<QLabel*>(QStringLiteral("training.figures.") + QLatin1String(name));
      QTRY_VERIFY_WITH_TIMEOUT(figures->text().contains(QStringLiteral("about")), 20'000);
      QVERIFY2(figures->text().contains(QStringLiteral("iB")), qPrintable(figures->text()));
      const auto* why = plan->findChild<QLabel*>(QStringLiteral("training.why.") + QLatin1String(name));
      QVERIFY2(why->text().contains(QStringLiteral("training rows of")), qPrintable(why->text()));
    }
    QVERIFY(workbench_->take_pictures_of(*plan, QStringLiteral("training-plan")));
    QTest::mouseClick(encoder, Qt::LeftButton, {}, QPoint(8, encoder->height() / 2));
    QVERIFY(encoder->isChecked());
    auto* objective = plan->findChild<QComboBox*>(QStringLiteral("objective"));
    QVERIFY(objective);
    const auto usable = [objective](const char* name) {
      const int row = objective->findText(QLatin1String(name));
      return objective->model()->flags(objective->model()->index(row, 0)).testFlag(Qt::ItemIsEnabled);
    };
    QTRY_VERIFY_WITH_TIMEOUT(!usable("regression"), 20'000);
    QVERIFY(usable("classification") && usable("masked-lm"));
    QVERIFY(workbench_->take_pictures_of(*plan, QStringLiteral("training-plan-encoder")));
    // More to do takes longer.
    const auto* figures = plan->findChild<QLabel*>(QStringLiteral("training.figures.encoder"));
    const QString before = figures->text();
    plan->findChild<QSpinBox*>(QStringLiteral("epochs"))->setValue(9000);
    QTRY_VERIFY_WITH_TIMEOUT(figures->text() != before && figures->text().contains(QStringLiteral(" h")), 20'000);
    // What the labels cannot teach says so, and cannot be started.
    const auto* why = plan->findChild<QLabel*>(QStringLiteral("training.why.encoder"));
    objective->setCurrentText(QStringLiteral("regression"));
    QTRY_VERIFY_WITH_TIMEOUT(!plan->accept_button()->isEnabled(), 20'000);
    QVERIFY2(why->text().contains(QStringLiteral("regression")), qPrintable(why->text()));
    QVERIFY(figures->text().isEmpty());
    QVERIFY(workbench_->take_pictures_of(*plan, QStringLiteral("training-plan-unfit")));
    objective->setCurrentText(QStringLiteral("classification"));
    QTRY_VERIFY_WITH_TIMEOUT(plan->accept_button()->isEnabled(), 20'000);
    // What is mistyped is said at once, and cannot be started.
    auto* rate = plan->findChild<QLineEdit*>(QStringLiteral("learning_rate"));
    rate->setText(QStringLiteral("fast"));
    QTRY_VERIFY_WITH_TIMEOUT(!plan->accept_button()->isEnabled(), 20'000);
    QTest::mouseClick(baseline, Qt::LeftButton, {}, QPoint(8, baseline->height() / 2));
    QTRY_VERIFY_WITH_TIMEOUT(plan->accept_button()->isEnabled(), 20'000);
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

  void promotion_and_rollback_say_why() {
    const auto before = models::list_models(demo_.open());
    QVERIFY(before && before->size() >= 2);
    const int64_t newest = (*before)[0].id, older = (*before)[1].id, task = (*before)[0].task;
    auto& page = workbench_->page<ModelsPage>("models");
    auto* list = page.findChild<PagedTable*>(QStringLiteral("models.list"));
    const auto answer = [this](const char* reason) {
      workbench_->when_dialog<Dialog>([reason](Dialog& dialog) {
        QVERIFY(!dialog.accept_button()->isEnabled());  // without a reason it does not go
        QTest::keyClicks(dialog.findChild<QLineEdit*>(), QLatin1String(reason));
        QTest::keyClick(dialog.findChild<QLineEdit*>(), Qt::Key_Return);
      });
    };
    for (const auto& [model, reason] : {std::pair(older, "the first of all"), std::pair(newest, "better on rust")}) {
      list->select_key(QVariant(static_cast<qlonglong>(model)));
      list->setFocus();
      answer(reason);
      workbench_->window().commands().run(QStringLiteral("models.promote"));
      QTRY_COMPARE_WITH_TIMEOUT(champion(task), model, 20'000);
      QVERIFY(workbench_->wait());
    }
    answer("wrong on games");
    workbench_->window().commands().run(QStringLiteral("models.roll_back"));
    QTRY_COMPARE_WITH_TIMEOUT(champion(task), older, 20'000);
    QVERIFY(workbench_->wait());
    const auto history = models::stage_history(demo_.open(), task);
    QVERIFY(history.has_value());
    QVERIFY(std::any_of(history->begin(), history->end(),
                        [](const auto& event) { return event.reason == "wrong on games" && event.actor == "Ada"; }));
    QVERIFY(workbench_->take_pictures(QStringLiteral("training-champion")));
  }

  // An encoder tells its pace: time left, tokens a second, memory, device.
  void a_running_encoder_has_live_figures() {
    QVERIFY(workbench_->show("training"));
    auto& page = workbench_->page<TrainingPage>("training");
    auto project = demo_.open();
    models::TrainRequest request;
    request.algorithm = "encoder";
    request.device = "cpu";
    request.settings = {{"layers", "1"},     {"hidden", "64"}, {"heads", "2"},         {"intermediate", "128"},
                        {"epochs", "10000"}, {"threads", "1"}, {"vocabulary", "1000"}, {"max_length", "32"}};
    const auto job = models::start_training(project, request, {});
    QVERIFY2(job.has_value(), job ? "" : message_of(job.error()).c_str());
    QTRY_COMPARE_WITH_TIMEOUT(page.job(), static_cast<qint64>(job->id), 30'000);
    const QRegularExpression words(
        QStringLiteral("^[\\d.,]+ (s|min|h) left · [\\d.,]+ tokens/s · [\\d.,]+ [MG]iB · cpu$"));
    const auto live = [&] {
      const auto labels = page.findChildren<QLabel*>();
      return std::any_of(labels.begin(), labels.end(), [&](const QLabel* label) {
        return label->isVisible() && words.match(label->text()).hasMatch();
      });
    };
    QTRY_VERIFY_WITH_TIMEOUT(live(), 120'000);
    const auto told = jobs::newest_pace(jobs::folder_of(project, job->uuid));
    QVERIFY(told && told->memory > 1 << 20);
    QVERIFY(workbench_->take_pictures(QStringLiteral("training-live")));
    workbench_->window().commands().run(QStringLiteral("training.cancel"));
    QTRY_VERIFY_WITH_TIMEOUT(page.job() == 0, 60'000);
    QVERIFY(workbench_->wait());
  }

  void a_running_job_is_cancelled_from_the_tray() {
    QVERIFY(workbench_->show("training"));
    auto& page = workbench_->page<TrainingPage>("training");
    const auto runs = models::list_runs(demo_.open())->size();
    // Stricter than it needs to be: it would go on for minutes.
    auto project = demo_.open();
    const auto job =
        models::start_training(project,
                               {.snapshot = "latest",
                                .settings = {{"tolerance", "0.000001"}, {"max_epochs", "100000"}, {"c", "1000000"}},
                                .seed = 5},
                               {});
    QVERIFY2(job.has_value(), job ? "" : message_of(job.error()).c_str());
    QTRY_COMPARE_WITH_TIMEOUT(page.job(), static_cast<qint64>(job->id), 30'000);
    QAbstractButton* cancel = nullptr;
    for (auto* button : workbench_->window().tray()->findChildren<QAbstractButton*>())
      if (button->accessibleName() == QStringLiteral("Cancel the work under way")) cancel = button;
    QVERIFY(cancel);
    QTRY_VERIFY_WITH_TIMEOUT(cancel->isVisible() && cancel->isEnabled(), 30'000);
    QTest::mouseClick(cancel, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(page.job() == 0, 60'000);
    QVERIFY(workbench_->wait());
    const auto ended = jobs::list_jobs(demo_.open(), 1);
    QVERIFY(ended && !ended->empty());
    QCOMPARE(ended->front().id, job->id);
    QVERIFY(ended->front().state == jobs::JobState::cancelled);
    QCOMPARE(models::list_runs(demo_.open())->size(), runs);
    QTRY_VERIFY(!cancel->isVisible());
  }

  void a_cancelled_run_is_gone_on_with() {
    QVERIFY(workbench_->show("training"));
    auto& page = workbench_->page<TrainingPage>("training");
    QPushButton* go_on = nullptr;
    for (auto* button : page.findChildren<QPushButton*>())
      if (button->text() == QStringLiteral("Go on with the cancelled run")) go_on = button;
    QVERIFY(go_on);
    QTRY_VERIFY_WITH_TIMEOUT(go_on->isVisible(), 30'000);
    QVERIFY(workbench_->take_pictures(QStringLiteral("training-cancelled")));
    const auto cancelled = jobs::list_jobs(demo_.open(), 1)->front();
    QTest::mouseClick(go_on, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(page.job(), static_cast<qint64>(cancelled.id), 30'000);
    QVERIFY(!go_on->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(jobs::list_jobs(demo_.open(), 1)->front().progress.has_value(), 30'000);
    workbench_->window().commands().run(QStringLiteral("training.cancel"));
    QTRY_VERIFY_WITH_TIMEOUT(page.job() == 0, 60'000);
    QVERIFY(workbench_->wait());
    QVERIFY(jobs::list_jobs(demo_.open(), 1)->front().state == jobs::JobState::cancelled);
    QTRY_VERIFY(go_on->isVisible());
  }

  void cleanupTestCase() { workbench_.reset(); }

 private:
  int64_t champion(int64_t task) {
    const auto found = models::champion_of(demo_.open(), task);
    return found && *found ? (*found)->id : 0;
  }
  DemoProject demo_;
  std::unique_ptr<Workbench> workbench_;
  size_t runs_before_ = 0;
};

QTEST_MAIN(JourneyTraining)
#include "journey_training.moc"
