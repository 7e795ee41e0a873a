// A person opens the demo, labels twenty items by keyboard, flags one of them, makes the flag's note a rule; starts the
// program again and takes the last label back.
#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>

#include "labels/annotation.h"
#include "labels/guide.h"
#include "labels/queue.h"
#include "labels/task.h"
#include "models/label_errors.h"
#include "ui_labels/labels_page.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/dialogs.h"
#include "workbench.h"

using namespace millwright;            // NOLINT: a test's own file
using namespace millwright::ui;        // NOLINT
using namespace millwright::ui::test;  // NOLINT

namespace {
constexpr int kItems = 20;
constexpr int kFlagged = 7;
const QString kPerson = QStringLiteral("Ada");

std::vector<labels::HistoryEntry> history(const store::Project& project, int64_t task) {
  const auto page = labels::history_of(project, task, "Ada", std::nullopt, 100);
  if (!page) qFatal("%s", message_of(page.error()).c_str());
  return page->entries;
}

QComboBox* box_named(const Dialog& dialog, const char* name) {
  for (auto* box : dialog.findChildren<QComboBox*>())
    if (box->accessibleName() == QLatin1String(name)) return box;
  return nullptr;
}
}  // namespace

class JourneyLabeling : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const QString error = demo_.make(3000);
    QVERIFY2(error.isEmpty(), qPrintable(error));
    const auto project = demo_.open();
    const auto tasks = labels::list_tasks(project);
    QVERIFY(tasks && !tasks->empty());
    task_ = tasks->front().id;
    version_before_ = tasks->front().guide_version;
  }

  void labels_twenty_items() {
    workbench_ = std::make_unique<Workbench>(kPerson);
    QVERIFY(workbench_->open(demo_.folder()));
    QVERIFY(workbench_->show("labels"));
    auto& page = workbench_->page<LabelsPage>("labels");
    QTRY_VERIFY(!page.shown_record().isEmpty());
    QVERIFY(workbench_->window().commands().conflicts().isEmpty());
    QVERIFY(workbench_->take_pictures(QStringLiteral("labeling-begin")));
    page.first_focus()->setFocus();
    for (int i = 0; i < kItems; ++i) {
      QTRY_VERIFY(!page.shown_record().isEmpty());
      const QString before = page.shown_record();
      if (i == kFlagged) {
        workbench_->press(Qt::Key_F);
        auto* note = page.findChild<QLineEdit*>(QStringLiteral("labels.note"));
        QTRY_VERIFY(note->hasFocus());
        workbench_->type(QStringLiteral("Fonts for one language"));
        workbench_->press(Qt::Key_Return);
      } else {
        workbench_->press(static_cast<Qt::Key>(Qt::Key_1 + i % 9));
      }
      // The next item is there when the key press returns: nothing waited for the disk.
      QVERIFY(page.shown_record() != before);
    }
    QTRY_COMPARE(workbench_->window().session()->pending_writes(), 0);
    const auto project = demo_.open();
    const auto acts = history(project, task_);
    QCOMPARE(acts.size(), static_cast<size_t>(kItems));
    const auto flags = std::count_if(acts.begin(), acts.end(),
                                     [](const auto& entry) { return entry.act.status == labels::ActStatus::flag; });
    QCOMPARE(flags, 1);
  }

  void a_held_key_labels_once() {
    auto& page = workbench_->page<LabelsPage>("labels");
    const QString before = page.shown_record();
    for (int i = 0; i < 5; ++i) {
      QKeyEvent held(QEvent::KeyPress, Qt::Key_1, Qt::NoModifier, QStringLiteral("1"), true);
      QApplication::sendEvent(page.first_focus(), &held);
    }
    QCOMPARE(page.shown_record(), before);
  }

  void the_note_becomes_a_rule() {
    auto project = demo_.open();
    auto guide = labels::read_guide(project, task_);
    QVERIFY(guide.has_value());
    QCOMPARE(guide->version, version_before_ + 1);
    QCOMPARE(guide->rules.back().state, labels::RuleState::draft);
    QCOMPARE(QString::fromStdString(guide->rules.back().title), QStringLiteral("Fonts for one language"));

    auto& page = workbench_->page<LabelsPage>("labels");
    QVERIFY(workbench_->wait());
    page.first_focus()->setFocus();
    workbench_->press(Qt::Key_G);
    auto* decision = page.findChild<QPlainTextEdit*>(QStringLiteral("guide.decision"));
    QTRY_VERIFY(decision->hasFocus());
    workbench_->type(QStringLiteral("**fonts**, never localization"));
    workbench_->press(Qt::Key_Return, Qt::ControlModifier);
    QTRY_COMPARE(workbench_->window().session()->pending_writes(), 0);
    guide = labels::read_guide(project, task_);
    QVERIFY(guide.has_value());
    QCOMPARE(guide->version, version_before_ + 2);
    QCOMPARE(guide->rules.back().state, labels::RuleState::accepted);
    QVERIFY(workbench_->wait());
    QVERIFY(workbench_->take_pictures(QStringLiteral("labeling-rule")));
  }

  void undo_survives_a_restart() {
    last_ = history(demo_.open(), task_).front().act.record;
    workbench_.reset();
    workbench_ = std::make_unique<Workbench>(kPerson);
    QVERIFY(workbench_->open(demo_.folder()));
    QVERIFY(workbench_->show("labels"));
    auto& page = workbench_->page<LabelsPage>("labels");
    QTRY_VERIFY(!page.shown_record().isEmpty());
    page.first_focus()->setFocus();
    workbench_->press(Qt::Key_Z);
    QTRY_VERIFY(page.current_record() == last_);
    QTRY_COMPARE(workbench_->window().session()->pending_writes(), 0);
    const auto acts = history(demo_.open(), task_);
    QCOMPARE(acts.size(), static_cast<size_t>(kItems - 1));
    QVERIFY(std::none_of(acts.begin(), acts.end(), [this](const auto& entry) { return entry.act.record == last_; }));
    QTRY_VERIFY(!page.shown_record().isEmpty());
    QVERIFY(workbench_->take_pictures(QStringLiteral("labeling-undone")));
  }

  void labels_by_typing() {
    auto& page = workbench_->page<LabelsPage>("labels");
    page.first_focus()->setFocus();
    const QString before = page.shown_record();
    workbench_->press(Qt::Key_Slash);
    QTRY_VERIFY(qobject_cast<QLineEdit*>(QApplication::focusWidget()));
    workbench_->type(QStringLiteral("pyth"));
    workbench_->press(Qt::Key_Return);
    QTRY_VERIFY(page.shown_record() != before);
    QTRY_COMPARE(workbench_->window().session()->pending_writes(), 0);
    const auto acts = history(demo_.open(), task_);
    QCOMPARE(QString::fromStdString(acts.front().act.label.value_or("")), QStringLiteral("python"));
  }

  void labels_that_look_wrong_are_queued() {
    auto& page = workbench_->page<LabelsPage>("labels");
    workbench_->window().commands().run(QStringLiteral("labels.errors"));
    Dialog* ask = nullptr;
    QTRY_VERIFY((ask = page.findChild<Dialog*>(QStringLiteral("labels.errors"))) && ask->isVisible());
    auto* algorithm = box_named(*ask, "Algorithm");
    auto* base = box_named(*ask, "Starts from");
    auto* plan = ask->findChild<QLabel*>(QStringLiteral("labels.errors.plan"));
    QTRY_VERIFY_WITH_TIMEOUT(plan->text().contains(QStringLiteral("All folds: about")), 20'000);
    QVERIFY(!base->isVisible());  // the baseline starts from nothing
    QVERIFY(workbench_->take_pictures_of(*ask, QStringLiteral("labeling-errors")));
    const QString before = plan->text();
    algorithm->setCurrentIndex(algorithm->findData(QStringLiteral("encoder")));
    QVERIFY(base->isVisible() && !ask->findChild<QComboBox*>(QStringLiteral("objective")));
    QTRY_VERIFY_WITH_TIMEOUT(plan->text() != before && ask->accept_button()->isEnabled(), 20'000);
    QVERIFY(workbench_->take_pictures_of(*ask, QStringLiteral("labeling-errors-encoder")));
    // What is mistyped is said at once, and cannot be started.
    ask->findChild<QLineEdit*>(QStringLiteral("learning_rate"))->setText(QStringLiteral("fast"));
    QTRY_VERIFY_WITH_TIMEOUT(!ask->accept_button()->isEnabled(), 20'000);
    algorithm->setCurrentIndex(algorithm->findData(QStringLiteral("linear")));
    QTRY_VERIFY_WITH_TIMEOUT(ask->accept_button()->isEnabled(), 20'000);
    QTest::mouseClick(ask->accept_button(), Qt::LeftButton);
    const auto project = demo_.open();
    QTRY_VERIFY_WITH_TIMEOUT(models::newest_cross_validation(project, task_).has_value(), 120'000);
    const auto suspects = models::suspected_labels(project, *models::newest_cross_validation(project, task_), {});
    QVERIFY(suspects.has_value() && suspects->size() > 3);
    workbench_->when_dialog<Dialog>([](Dialog& dialog) {
      auto* order = box_named(dialog, "Order");
      order->setCurrentIndex(order->count() - 1);
      dialog.accept();
    });
    workbench_->window().commands().run(QStringLiteral("labels.new_queue"));
    const auto newest = [&] { return labels::list_queues(project, task_)->front(); };
    QTRY_VERIFY(newest().origin.contains("suspects"));
    QTRY_COMPARE(newest().items, static_cast<int64_t>(std::min<size_t>(suspects->size(), 500)));
    const auto items = labels::queue_items(project, newest().id, -1, 1);
    QVERIFY(items->front().record == suspects->front().record);
    QTRY_VERIFY(page.current_record() == suspects->front().record);
    QVERIFY(workbench_->take_pictures(QStringLiteral("labeling-suspects")));
  }

  void cleanupTestCase() { workbench_.reset(); }

 private:
  DemoProject demo_;
  std::unique_ptr<Workbench> workbench_;
  int64_t task_ = 0;
  int version_before_ = 0;
  RecordRef last_;
};

QTEST_MAIN(JourneyLabeling)
#include "journey_labeling.moc"
