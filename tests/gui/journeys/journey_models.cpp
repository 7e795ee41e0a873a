// A person adds a model folder that was downloaded, sees what it is before it is taken in, embeds the project's records
// with it, and finds similar earlier items by embedding beside the item that is being labeled.
#include <QDropEvent>
#include <QFormLayout>
#include <QLabel>
#include <QMimeData>
#include <QUrl>

#include "jobs/queue.h"
#include "models/record_vectors.h"
#include "models/registry.h"
#include "records/asset.h"
#include "tiny_encoder.h"
#include "ui_labels/labels_page.h"
#include "ui_models/models_page.h"
#include "ui_shell/job_tray.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/paged_table.h"
#include "workbench.h"

using namespace millwright;            // NOLINT: a test's own file
using namespace millwright::ui;        // NOLINT
using namespace millwright::ui::test;  // NOLINT

class JourneyModels : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const QString error = demo_.make(2000);
    QVERIFY2(error.isEmpty(), qPrintable(error));
    const auto made = fixtures::make_tiny_encoder(fs::path(folder().toStdString()), {.hidden = 32, .layers = 2});
    QVERIFY2(made.has_value(), made ? "" : message_of(made.error()).c_str());
    workbench_ = std::make_unique<Workbench>(QStringLiteral("Ada"));
    QVERIFY(workbench_->open(demo_.folder()));
    QVERIFY(workbench_->show("models"));
    models_before_ = models::list_models(demo_.open())->size();
  }

  void a_folder_that_is_no_model_is_refused_with_a_hint() {
    const QString pickle = place_.filePath(QStringLiteral("pickle"));
    const fs::path path(pickle.toStdString());
    QVERIFY(make_folders(path) && write_file_atomically(path / "pytorch_model.bin", "no"));
    for (const char* name : {"config.json", "vocab.txt"})
      QVERIFY(write_file_atomically(path / name, *read_file(fs::path(folder().toStdString()) / name)).has_value());
    workbench_->choose_file(pickle);
    workbench_->window().commands().run(QStringLiteral("models.add"));
    auto* banner = page().findChild<ErrorBanner*>();
    QTRY_VERIFY(banner && banner->isVisible());
    QVERIFY(workbench_->wait());
    QVERIFY2(banner->accessibleName().contains(QStringLiteral("pickle")), qPrintable(banner->accessibleName()));
    QVERIFY(banner->accessibleName().contains(QStringLiteral("Get the model with model.safetensors")));
    QVERIFY(workbench_->take_pictures(QStringLiteral("models-refused")));
    QCOMPARE(models::list_models(demo_.open())->size(), models_before_);
  }

  void a_folder_shows_what_it_is_and_is_taken_in() {
    workbench_->choose_file(folder());
    workbench_->window().commands().run(QStringLiteral("models.add"));
    Dialog* dialog = nullptr;
    QTRY_VERIFY((dialog = page().findChild<Dialog*>(QStringLiteral("models.folder"))) && dialog->isVisible());
    // 5 special tokens and twice 36 letters and digits; all numbers of a BERT with 77 words, 64 positions, 2 types, 32
    // wide, 2 layers, 64 between: (77 + 64 + 2) · 32 + 64, 2 · (4 · (32² + 32) + 64 + 2 · 32 · 64 + 64 + 32 + 64).
    const int parameters = 143 * 32 + 64 + 2 * (4 * (32 * 32 + 32) + 64 + 2 * 32 * 64 + 64 + 32 + 64);
    for (const QString& words :
         {QStringLiteral("Family: bert"), QStringLiteral("Layers: 2, 32 wide"), QStringLiteral("Tokenizer: WordPiece"),
          QStringLiteral("Parameters: ") + figure(qint64{parameters})})
      QVERIFY2(shows(*dialog, words), qPrintable(words));
    QVERIFY(workbench_->take_pictures_of(*dialog, QStringLiteral("models-folder")));
    QTest::mouseClick(dialog->accept_button(), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(models::list_models(demo_.open())->size(), models_before_ + 1, 30'000);
    const auto added = models::list_models(demo_.open())->front();
    QCOMPARE(added.name, std::string("tiny-reader"));
    QCOMPARE(added.family, std::string("bert"));
    auto* list = page().findChild<PagedTable*>(QStringLiteral("models.list"));
    QTRY_COMPARE(list->current_key().toLongLong(), static_cast<qlonglong>(added.id));
    QVERIFY(workbench_->wait());
    QVERIFY(!page().findChild<ErrorBanner*>()->isVisible());
    QVERIFY(workbench_->take_pictures(QStringLiteral("models-added")));
  }

  void a_folder_can_be_dropped() {
    QMimeData dragged;
    dragged.setUrls({QUrl::fromLocalFile(folder())});
    QDragEnterEvent enter(QPoint(40, 40), Qt::CopyAction, &dragged, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&page(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(40, 40), Qt::CopyAction, &dragged, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&page(), &drop);
    Dialog* dialog = nullptr;
    QTRY_VERIFY((dialog = page().findChild<Dialog*>(QStringLiteral("models.folder"))) && dialog->isVisible());
    dialog->reject();
    QVERIFY(workbench_->wait());
    QCOMPARE(models::list_models(demo_.open())->size(), models_before_ + 1);
    dragged.setUrls({QUrl::fromLocalFile(folder() + QStringLiteral("/vocab.txt"))});
    QDragEnterEvent other(QPoint(40, 40), Qt::CopyAction, &dragged, Qt::LeftButton, Qt::NoModifier);
    other.ignore();
    QApplication::sendEvent(&page(), &other);
    QVERIFY(!other.isAccepted());
  }

  void before_anything_is_embedded_similar_items_go_by_words() {
    QVERIFY(workbench_->show("labels"));
    const QString by = similar_by();
    QVERIFY2(by.contains(QStringLiteral("by words")), qPrintable(by));
  }

  void records_are_embedded_by_a_job() {
    QVERIFY(workbench_->show("models"));
    auto* list = page().findChild<PagedTable*>(QStringLiteral("models.list"));
    const auto all = models::list_models(demo_.open());
    list->select_key(QVariant(static_cast<qlonglong>(all->back().id)));  // the baseline, a linear one
    QVERIFY(workbench_->wait());
    QVERIFY(!workbench_->window().commands().can_run(QStringLiteral("models.embed")));
    list->select_key(QVariant(static_cast<qlonglong>(all->front().id)));
    QVERIFY(workbench_->wait());
    workbench_->window().commands().run(QStringLiteral("models.embed"));
    auto* dialog = page().findChild<Dialog*>(QStringLiteral("models.embed"));
    QTRY_VERIFY(dialog && dialog->isVisible());
    QVERIFY(workbench_->take_pictures_of(*dialog, QStringLiteral("models-embed")));
    QTest::mouseClick(dialog->accept_button(), Qt::LeftButton);
    const auto newest = [this] { return jobs::list_jobs(demo_.open(), 1)->front(); };
    QTRY_VERIFY_WITH_TIMEOUT(newest().kind == "embed", 30'000);
    QTRY_VERIFY_WITH_TIMEOUT(newest().ended(), 120'000);
    QVERIFY(newest().state == jobs::JobState::done);
    const auto project = demo_.open();
    const auto asset = records::find_asset(project, "");
    QVERIFY(asset.has_value());
    const auto vectors = models::RecordVectors::newest(project, *asset);
    QVERIFY(vectors.has_value() && vectors->has_value());
    QVERIFY((*vectors)->size() > 1000);
    QCOMPARE((*vectors)->model().name, std::string("tiny-reader"));
  }

  void then_they_go_by_embedding() {
    QVERIFY(workbench_->show("flywheel"));
    QVERIFY(workbench_->show("labels"));
    const QString by = similar_by();
    QVERIFY2(by.contains(QStringLiteral("by embedding of model tiny-reader")), qPrintable(by));
    QVERIFY(workbench_->take_pictures(QStringLiteral("models-similar")));
  }

  void cleanupTestCase() { workbench_.reset(); }

 private:
  ModelsPage& page() { return workbench_->page<ModelsPage>("models"); }
  [[nodiscard]] QString folder() const { return place_.filePath(QStringLiteral("tiny-reader")); }
  static bool shows(const QWidget& dialog, const QString& words) {
    const auto labels = dialog.findChildren<QLabel*>();
    return std::any_of(labels.begin(), labels.end(),
                       [&](const QLabel* label) { return label->accessibleName() == words; });
  }
  /// Asks for similar items of what is in front of the person, and says by what they were found.
  QString similar_by() {
    auto& labels = workbench_->page<LabelsPage>("labels");
    if (!QTest::qWaitFor([&] { return !labels.shown_record().isEmpty(); }, 30'000)) return QStringLiteral("no item");
    workbench_->window().activateWindow();
    labels.first_focus()->setFocus();
    auto* note = labels.findChild<QLabel*>(QStringLiteral("labels.similar_by"));
    if (!note->isVisible()) workbench_->window().commands().run(QStringLiteral("labels.similar"));
    if (!QTest::qWaitFor([&] { return !note->text().isEmpty(); }, 30'000)) return QStringLiteral("no answer");
    QTest::qWait(0);
    for (auto* table : labels.findChildren<PagedTable*>())
      if (table->accessibleName() == QStringLiteral("Similar earlier items") && table->model()->rowCount() == 0)
        return QStringLiteral("nothing found");
    return note->text();
  }
  DemoProject demo_;
  QTemporaryDir place_;
  std::unique_ptr<Workbench> workbench_;
  size_t models_before_ = 0;
};

QTEST_MAIN(JourneyModels)
#include "journey_models.moc"
