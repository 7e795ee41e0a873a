// A task that asks for stretches of the text: made in the dialog with labels from a field, planned with the baseline of
// its kind, trained, and judged by class.
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QRadioButton>
#include <fstream>

#include "base/json.h"
#include "labels/current.h"
#include "labels/task.h"
#include "models/registry.h"
#include "records/ingest.h"
#include "snapshots/snapshot.h"
#include "ui_labels/labels_page.h"
#include "ui_models/models_page.h"
#include "ui_models/training_page.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/paged_table.h"
#include "workbench.h"

using namespace millwright;            // NOLINT: a test's own file
using namespace millwright::ui;        // NOLINT
using namespace millwright::ui::test;  // NOLINT

namespace {

constexpr int kTexts = 400;

template <class W>
W* named(QWidget& parent, const QString& name) {
  for (W* one : parent.findChildren<W*>())
    if (one->accessibleName() == name) return one;
  return nullptr;
}

/// A town and a person in each text, with where they stand; every fiftieth has a span behind its end.
void write_rows(const std::string& path) {
  const char* const towns[] = {"Ghent", "Porto", "Turku", "Graz"};
  const char* const people[] = {"Ada", "Ben", "Cleo", "Dov"};
  std::ofstream out(path);
  for (int i = 0; i < kTexts; ++i) {
    const std::string person = people[i % 4], town = towns[i / 4 % 4];
    const std::string text = person + " went to " + town + " by train " + std::to_string(i);
    const size_t at = text.find(town);
    Json spans = Json::array({{{"begin", 0}, {"end", person.size()}, {"label", "person"}},
                              {{"begin", at}, {"end", at + town.size()}, {"label", "town"}}});
    if (i % 50 == 49) spans[1]["end"] = 500;
    out << to_text(Json{{"text", text}, {"spans", spans}, {"length", text.size()}}) << '\n';
  }
}

}  // namespace

class JourneyKinds : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    folder_ = place_.filePath(QStringLiteral("spans.millwright"));
    const std::string rows = place_.filePath(QStringLiteral("rows.jsonl")).toStdString();
    write_rows(rows);
    auto project = store::Project::create(folder_.toStdString(), {"Ada", "test"}, {});
    QVERIFY(project.has_value());
    records::ImportRequest request;
    request.source = rows;
    request.asset = "notes";
    request.roles.text = "text";
    QVERIFY(records::import_source(*project, request, {}).has_value());
    workbench_ = std::make_unique<Workbench>(QStringLiteral("Ada"));
    QVERIFY(workbench_->open(folder_));
    QVERIFY(workbench_->show("labels"));
  }

  void a_task_is_made_with_labels_from_a_field() {
    workbench_->when_dialog<Dialog>([this](Dialog& dialog) {
      named<QLineEdit>(dialog, QStringLiteral("Name"))->setText(QStringLiteral("places"));
      auto* kind = named<QComboBox>(dialog, QStringLiteral("Asks for"));
      auto* labels = named<QPlainTextEdit>(dialog, QStringLiteral("Labels"));
      auto* field = named<QComboBox>(dialog, QStringLiteral("Labels from a field"));
      QVERIFY(kind && labels && field);
      kind->setCurrentText(QStringLiteral("a number"));
      QVERIFY(!labels->isEnabled());
      QVERIFY(field->findText(QStringLiteral("length")) > 0);
      QVERIFY(field->findText(QStringLiteral("spans")) < 0);
      kind->setCurrentText(QStringLiteral("labeled stretches of the text"));
      QVERIFY(labels->isEnabled());
      field->setCurrentText(QStringLiteral("spans"));
      pictures_ = workbench_->take_pictures_of(dialog, QStringLiteral("kinds-task"));
      QTest::mouseClick(dialog.accept_button(), Qt::LeftButton);
    });
    workbench_->window().commands().run(QStringLiteral("labels.new_task"));
    QVERIFY(pictures_);
    QTRY_VERIFY_WITH_TIMEOUT(labels::list_tasks(open()).value_or(std::vector<labels::Task>()).size() == 1, 30'000);
    QVERIFY(workbench_->wait());
    const auto task = labels::list_tasks(open())->front();
    QVERIFY(task.kind == labels::TaskKind::spans);
    const auto current = labels::current_labels(open(), {.task = task.id});
    QVERIFY(current.has_value());
    QCOMPARE(current->rows.size(), size_t{kTexts - kTexts / 50});
    // Nothing is labeled by hand here, and the page says so; the rows that were not taken are told.
    const auto says = [this](const QString& words) {
      for (auto* label : workbench_->page<LabelsPage>("labels").findChildren<QLabel*>())
        if (label->isVisible() && label->text().contains(words)) return true;
      return false;
    };
    QTRY_VERIFY(says(QStringLiteral("come from elsewhere")));
    QTRY_VERIFY(says(QStringLiteral("ends behind its text")));
    QVERIFY(workbench_->take_pictures(QStringLiteral("kinds-labels")));
    auto project = open();
    snapshots::SnapshotRequest freeze;
    freeze.task = task.id;
    QVERIFY(snapshots::make_snapshot(project, freeze).has_value());
  }

  void the_plan_has_the_baseline_of_spans_and_it_runs() {
    QVERIFY(workbench_->show("training"));
    auto& page = workbench_->page<TrainingPage>("training");
    page.runs()->setFocus();
    workbench_->press(Qt::Key_N);
    auto* plan = page.findChild<Dialog*>(QStringLiteral("training.plan"));
    QTRY_VERIFY(plan && plan->isVisible());
    const auto button = [plan](const char* name) {
      return plan->findChild<QRadioButton*>(QStringLiteral("training.algorithm.") + QLatin1String(name));
    };
    QTRY_VERIFY_WITH_TIMEOUT(button("lexicon")->isChecked(), 20'000);
    QTRY_VERIFY(!button("linear")->isVisible() && button("encoder")->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(plan->accept_button()->isEnabled(), 20'000);
    QVERIFY(workbench_->take_pictures_of(*plan, QStringLiteral("kinds-plan")));
    QTest::mouseClick(button("encoder"), Qt::LeftButton, {}, QPoint(8, button("encoder")->height() / 2));
    auto* objective = plan->findChild<QComboBox*>(QStringLiteral("objective"));
    QVERIFY(objective);
    QTRY_COMPARE_WITH_TIMEOUT(objective->currentText(), QStringLiteral("token-classification"), 20'000);
    QTRY_VERIFY_WITH_TIMEOUT(plan->accept_button()->isEnabled(), 20'000);
    QTest::mouseClick(button("lexicon"), Qt::LeftButton, {}, QPoint(8, button("lexicon")->height() / 2));
    QTRY_VERIFY_WITH_TIMEOUT(plan->accept_button()->isEnabled(), 20'000);
    QTest::mouseClick(plan->accept_button(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(models::list_models(open()).value_or(std::vector<models::Model>()).size() == 1, 120'000);
    QTRY_VERIFY_WITH_TIMEOUT(page.job() == 0, 60'000);
    QVERIFY(workbench_->wait());
    QTRY_VERIFY(page.shown_evaluation());
    QVERIFY(page.shown_evaluation()->kind == labels::TaskKind::spans);
    QCOMPARE(page.shown_evaluation()->per_class.size(), size_t{2});
    QVERIFY(workbench_->take_pictures(QStringLiteral("kinds-training")));
  }

  void the_model_has_figures_by_class() {
    QVERIFY(workbench_->show("models"));
    auto& page = workbench_->page<ModelsPage>("models");
    auto* classes = named<PagedTable>(page, QStringLiteral("Figures by class"));
    QTRY_VERIFY(classes && classes->isVisible());
    QCOMPARE(classes->model()->rowCount(), 2);
    QVERIFY(workbench_->take_pictures(QStringLiteral("kinds-models")));
    QVERIFY(workbench_->show("flywheel"));
    QVERIFY(workbench_->take_pictures(QStringLiteral("kinds-flywheel")));
  }

  void cleanupTestCase() { workbench_.reset(); }

 private:
  [[nodiscard]] store::Project open() const {
    auto project = store::Project::open(folder_.toStdString(), {"Ada", "test"});
    if (!project) qFatal("%s", message_of(project.error()).c_str());
    return std::move(*project);
  }
  QTemporaryDir place_;
  QString folder_;
  std::unique_ptr<Workbench> workbench_;
  bool pictures_ = false;
};

QTEST_MAIN(JourneyKinds)
#include "journey_kinds.moc"
