// A person imports a file with bad rows, declares a type, sees what was quarantined, and lets a failing gate pass with
// a name and a reason that show ever after.
#include <QAbstractButton>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTableWidget>

#include "labels/task.h"
#include "quality/gate_report.h"
#include "records/asset.h"
#include "records/batch.h"
#include "records/generator.h"
#include "records/ingest.h"
#include "ui_quality/quality_page.h"
#include "ui_records/data_page.h"
#include "ui_records/quarantine_table.h"
#include "ui_records/record_view.h"
#include "ui_shell/job_tray.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/dialogs.h"
#include "workbench.h"

using namespace millwright;            // NOLINT: a test's own file
using namespace millwright::ui;        // NOLINT
using namespace millwright::ui::test;  // NOLINT

namespace {

// 60 good rows; line 62 has a field too many. Of the good ones every tenth has no text, and row 7's size is no number.
constexpr int kRows = 60;
constexpr int kWithoutText = 6;

bool write_mail(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return false;
  QByteArray csv = "id,text,topic,size\n";
  for (int i = 0; i < kRows; ++i) {
    const QByteArray n = QByteArray::number(i);
    csv += "m" + n + "," + (i % 10 == 9 ? QByteArray() : "Message number " + n + " asks for help") + "," +
           (i % 2 == 0 ? "billing" : "delivery") + "," + (i == 7 ? QByteArray("12k") : n) + "\n";
  }
  csv += "m60,one field,too,9,many\n";
  return file.write(csv) == csv.size();
}

QComboBox* type_box(QWidget& dialog, const QString& field) {
  for (auto* box : dialog.findChildren<QComboBox*>())
    if (box->accessibleName() == QStringLiteral("Type of ") + field) return box;
  return nullptr;
}

Button* button_with(QWidget& widget, const QString& beginning) {
  for (auto* button : widget.findChildren<Button*>())
    if (button->text().startsWith(beginning) && button->isVisible()) return button;
  return nullptr;
}

}  // namespace

class JourneyBringIn : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    folder_ = place_.filePath(QStringLiteral("mail.millwright"));
    file_ = place_.filePath(QStringLiteral("mail.csv"));
    QVERIFY(write_mail(file_));
    QVERIFY(store::Project::create(fs::path(folder_.toStdString()), {"builder", this_device()}, {}).has_value());
    workbench_ = std::make_unique<Workbench>(QStringLiteral("Ada"));
    QVERIFY(workbench_->open(folder_));
  }

  void i_chooses_a_file_and_shows_what_would_happen() {
    QVERIFY(workbench_->show("data"));
    QVERIFY(workbench_->take_pictures(QStringLiteral("bring-in-empty")));
    workbench_->choose_file(file_);
    workbench_->press(Qt::Key_I);
    QTRY_VERIFY(import_dialog());
    QVERIFY(workbench_->wait());
    auto* size = type_box(*import_dialog(), QStringLiteral("size"));
    QVERIFY(size);
    // "12k" widens the inferred type: no row is lost to it, only the ragged one is.
    QVERIFY2(size->currentText().startsWith(QStringLiteral("text")) ||
                 size->currentText().startsWith(QStringLiteral("category")),
             qPrintable(size->currentText()));
    QVERIFY(button_with(*import_dialog(), QStringLiteral("Import 60 ")));
  }

  void a_declared_type_sends_what_does_not_fit_to_quarantine() {
    auto* size = type_box(*import_dialog(), QStringLiteral("size"));
    const int integer = size->findData(QStringLiteral("integer"));
    QVERIFY(integer > 0);
    size->setFocus();
    size->setCurrentIndex(integer);
    Q_EMIT size->activated(integer);
    QVERIFY(workbench_->wait());
    QVERIFY(button_with(*import_dialog(), QStringLiteral("Import 59 ")));
    QVERIFY(
        import_dialog()->grab().save(QStringLiteral(MILLWRIGHT_BUILD_DIR "/screenshots/journey-bring-in-dialog.png")));
    // The keyboard stays where it was although the table was made anew.
    QVERIFY(type_box(*import_dialog(), QStringLiteral("size"))->hasFocus());
    for (auto* box : import_dialog()->findChildren<QComboBox*>())
      if (box->accessibleName() == QStringLiteral("Text field")) box->setCurrentIndex(box->findData("text"));
    QTest::mouseClick(button_with(*import_dialog(), QStringLiteral("Import 59 ")), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!import_dialog(), 30'000);
    QVERIFY(workbench_->wait());
    const auto batches = records::list_batches(open());
    QVERIFY(batches.has_value());
    QCOMPARE(batches->size(), size_t{1});
    QCOMPARE(batches->front().rows_kept, int64_t{59});
    QCOMPARE(batches->front().rows_quarantined, int64_t{2});
  }

  void the_quarantine_shows_line_and_reason() {
    auto& page = workbench_->page<DataPage>("data");
    QCOMPARE(page.record_view()->total(), qint64{59});
    workbench_->window().activateWindow();
    page.first_focus()->setFocus();
    workbench_->press(Qt::Key_U);
    QVERIFY(workbench_->wait());
    auto* rows = page.findChild<QuarantineTable*>();
    QVERIFY(rows && rows->isVisible());
    QTRY_COMPARE(rows->model()->rowCount(), 2);
    QStringList raw;
    for (int i = 0; i < 2; ++i) raw << rows->model()->index(i, 2).data().toString();
    QVERIFY2(raw.join(' ').contains(QStringLiteral("12k")) && raw.join(' ').contains(QStringLiteral("too")),
             qPrintable(raw.join(' ')));
    QVERIFY(workbench_->take_pictures(QStringLiteral("bring-in-quarantine")));
    workbench_->press(Qt::Key_U);
  }

  void the_palette_finds_records() {
    QVERIFY(workbench_->show("data", {{QStringLiteral("search"), QStringLiteral("NUMBER 12 ")}}));
    auto& page = workbench_->page<DataPage>("data");
    QTRY_COMPARE(page.record_view()->total(), qint64{1});
    page.findChild<QLineEdit*>(QStringLiteral("data.filter"))->clear();
    QTRY_COMPARE(page.record_view()->total(), qint64{59});
  }

  void a_failing_gate_needs_a_name_and_a_reason() {
    // The task needs the text, which is missing in 6 of 59 rows: more than the 5 % at which the gate fails.
    auto project = open();
    const auto assets = records::list_assets(project);
    QVERIFY(assets && assets->size() == 1);
    QVERIFY(
        labels::create_task(project, {"topics", assets->front().id, {"text"}, {"billing", "delivery"}}).has_value());
    QVERIFY(workbench_->show("quality"));
    auto& page = workbench_->page<QualityPage>("quality");
    page.first_focus()->setFocus();
    workbench_->press(Qt::Key_C);
    QVERIFY(workbench_->wait());
    QTRY_VERIFY(report() && report()->verdict == quality::Verdict::fail);
    QVERIFY(!report()->open());
    QVERIFY(workbench_->take_pictures(QStringLiteral("bring-in-gate-fails")));
    bool name_alone_is_refused = false;
    workbench_->when_dialog<Dialog>([&](Dialog& dialog) {
      name_alone_is_refused = !dialog.accept_button()->isEnabled();
      QCOMPARE(dialog.findChild<QLineEdit*>()->text(), QStringLiteral("Ada"));
      QTest::keyClicks(dialog.findChild<QPlainTextEdit*>(), QStringLiteral("Old mails had no body"));
      QTest::mouseClick(dialog.accept_button(), Qt::LeftButton);
    });
    workbench_->press(Qt::Key_A);
    QVERIFY(workbench_->wait());
    QVERIFY(name_alone_is_refused);
    QTRY_VERIFY(report()->open());
    QVERIFY(shows(page, QStringLiteral("Old mails had no body")));
  }

  void the_reason_shows_ever_after() {
    workbench_.reset();
    workbench_ = std::make_unique<Workbench>(QStringLiteral("Ben"));
    QVERIFY(workbench_->open(folder_));
    QVERIFY(workbench_->show("quality"));
    auto& page = workbench_->page<QualityPage>("quality");
    QTRY_VERIFY(shows(page, QStringLiteral("Old mails had no body")));
    QVERIFY(shows(page, QStringLiteral("Accepted by Ada")));
    // Also after the gate was asked again.
    page.first_focus()->setFocus();
    workbench_->press(Qt::Key_C);
    QVERIFY(workbench_->wait());
    QTRY_VERIFY(shows(page, QStringLiteral("Accepted by Ada")));
    QVERIFY(workbench_->take_pictures(QStringLiteral("bring-in-overridden")));
  }

  void an_import_under_way_is_cancelled_from_the_tray() {
    const fs::path large = place_.filePath(QStringLiteral("large.csv")).toStdString();
    QVERIFY(records::generate_table(large, {7, 2'000'000, records::TableKind::text_heavy}).has_value());
    QVERIFY(workbench_->show("data"));
    const auto batches = records::list_batches(open())->size();
    auto* session = workbench_->window().session();
    bool ended = false, cancelled = false;
    records::ImportRequest wanted;
    wanted.source = large.string();
    wanted.asset = "large";
    session->work(
        this, QStringLiteral("Importing large.csv"),
        [wanted](store::Project& project, const Work& work) { return records::import_source(project, wanted, work); },
        [&](const Result<records::ImportReport>& report) {
          ended = true;
          cancelled = !report && report.error().kind == ErrorKind::cancelled;
        });
    QAbstractButton* cancel = nullptr;
    for (auto* button : workbench_->window().tray()->findChildren<QAbstractButton*>())
      if (button->accessibleName() == QStringLiteral("Cancel the work under way")) cancel = button;
    QVERIFY(cancel);
    QTRY_VERIFY_WITH_TIMEOUT(cancel->isVisible() && cancel->isEnabled(), 30'000);
    QTest::qWait(300);  // some blocks are on the disk by now
    QVERIFY2(!ended, "the import was over before anybody could cancel it");
    QTest::mouseClick(cancel, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(ended, 30'000);
    QVERIFY(cancelled);
    QVERIFY(workbench_->wait());
    QCOMPARE(records::list_batches(open())->size(), batches);
    // Nothing half done is left beside the published batches.
    QCOMPARE(QDir(folder_ + QStringLiteral("/batches")).entryList(QDir::Files).size(), static_cast<int>(batches));
    QTRY_VERIFY(!cancel->isVisible());
  }

  void cleanupTestCase() { workbench_.reset(); }

 private:
  QDialog* import_dialog() const {
    for (auto* dialog : workbench_->window().findChildren<QDialog*>())
      if (dialog->isVisible() && dialog->windowTitle() == QStringLiteral("Import")) return dialog;
    return nullptr;
  }
  store::Project open() const {
    auto project = store::Project::open(fs::path(folder_.toStdString()), {"looker", this_device()});
    if (!project) qFatal("%s", message_of(project.error()).c_str());
    return std::move(*project);
  }
  std::optional<quality::GateReport> report() const {
    const auto project = open();
    const auto batches = records::list_batches(project);
    const auto found = quality::latest_report(project, {quality::SubjectKind::batch, batches->front().id});
    return found ? *found : std::nullopt;
  }
  static bool shows(QWidget& page, const QString& words) {
    for (auto* label : page.findChildren<QLabel*>())
      if (label->isVisible() && label->text().contains(words)) return true;
    return false;
  }
  QTemporaryDir place_;
  QString folder_, file_;
  std::unique_ptr<Workbench> workbench_;
};

QTEST_MAIN(JourneyBringIn)
#include "journey_bring_in.moc"
