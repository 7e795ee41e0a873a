// A label looked at again: an old one is found and changed, similar earlier items are asked for, a second person's
// opinion is given without the first one's on the screen, and all labels go out to a file.
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <set>

#include "labels/annotation.h"
#include "labels/queue.h"
#include "labels/task.h"
#include "ui_labels/labels_page.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/paged_table.h"
#include "workbench.h"

using namespace millwright;            // NOLINT: a test's own file
using namespace millwright::ui;        // NOLINT
using namespace millwright::ui::test;  // NOLINT

class JourneySecondLook : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const QString error = demo_.make(2000);
    QVERIFY2(error.isEmpty(), qPrintable(error));
    workbench_ = std::make_unique<Workbench>(QStringLiteral("Ada"));
    QVERIFY(workbench_->open(demo_.folder()));
    task_ = labels::list_tasks(demo_.open())->front().id;
    QVERIFY(workbench_->show("labels"));
    QTRY_VERIFY(!page().shown_record().isEmpty());
    page().first_focus()->setFocus();
    // Three labels by hand: 1, 2, 3.
    for (const auto key : {Qt::Key_1, Qt::Key_2, Qt::Key_3}) {
      done_.push_back(*page().current_record());
      workbench_->press(key);
    }
    QTRY_COMPARE(workbench_->window().session()->pending_writes(), 0);
    first_label_ = label_of(done_.front(), "Ada");
    QVERIFY(!first_label_.empty());
  }

  void s_shows_similar_items_with_their_labels() {
    QVERIFY(workbench_->wait());
    workbench_->press(Qt::Key_S);
    auto* similar = table(QStringLiteral("Similar earlier items"));
    QTRY_VERIFY(similar->isVisible());
    QTRY_VERIFY(similar->model()->rowCount() > 0);
    QVERIFY(!similar->model()->index(0, 1).data().toString().isEmpty());
    QVERIFY(workbench_->wait());
    QVERIFY(workbench_->take_pictures(QStringLiteral("second-look-similar")));
    workbench_->press(Qt::Key_S);
    QTRY_VERIFY(!similar->isVisible());
    QTRY_VERIFY(page().first_focus()->hasFocus());
  }

  void m_finds_an_old_label_and_changes_it() {
    workbench_->press(Qt::Key_M);
    auto* mine = table(QStringLiteral("My labels, newest first"));
    QTRY_VERIFY(mine->isVisible());
    QTRY_COMPARE(mine->model()->rowCount(), 3);
    QVERIFY(workbench_->take_pictures(QStringLiteral("second-look-mine")));
    auto* find = qobject_cast<QLineEdit*>(QApplication::focusWidget());
    QVERIFY(find);
    workbench_->type(QString::fromStdString(first_label_));
    QTRY_VERIFY(mine->model()->rowCount() >= 1);
    QVERIFY(workbench_->wait());
    workbench_->press(Qt::Key_Return);
    QTRY_VERIFY(mine->hasFocus());
    mine->setCurrentIndex(mine->model()->index(mine->model()->rowCount() - 1, 0));
    workbench_->press(Qt::Key_Return);
    QTRY_VERIFY(page().current_record() == done_.front());
    QTRY_VERIFY(!page().shown_record().isEmpty());
    QTRY_VERIFY(page().first_focus()->hasFocus());
    workbench_->press(Qt::Key_5);
    QTRY_COMPARE(workbench_->window().session()->pending_writes(), 0);
    const auto now = label_of(done_.front(), "Ada");
    QVERIFY(!now.empty() && now != first_label_);
  }

  void a_second_opinion_does_not_show_the_first() {
    workbench_->window().set_annotator(QStringLiteral("Ben"));
    QVERIFY(workbench_->wait());
    // The same records again, for Ben alone.
    auto project = demo_.open();
    labels::QueueRequest request;
    request.task = task_;
    request.name = "second opinion";
    request.assign = "Ben";
    std::vector<labels::QueueEntry> entries;
    for (const auto& record : done_) entries.push_back({record, std::nullopt});
    QVERIFY(labels::add_to_queue(project, request, entries, {}).has_value());
    QVERIFY(workbench_->show("flywheel"));
    QVERIFY(workbench_->show("labels", {{QStringLiteral("queue"), QStringLiteral("second opinion")}}));
    QTRY_VERIFY(page().current_record() && std::count(done_.begin(), done_.end(), *page().current_record()) == 1);
    QTRY_VERIFY(!page().shown_record().isEmpty());
    // No label of the pad stands out, and no word on the page says what Ada chose.
    for (auto* label : page().findChildren<QLabel*>())
      if (label->isVisible()) QVERIFY2(!label->text().contains(QStringLiteral("Ada")), qPrintable(label->text()));
    for (auto* button : page().findChildren<Button*>()) QVERIFY2(!button->isChecked(), qPrintable(button->text()));
    QVERIFY(workbench_->take_pictures(QStringLiteral("second-look-blind")));
    const auto record = *page().current_record();
    page().first_focus()->setFocus();
    workbench_->press(Qt::Key_4);
    QTRY_COMPARE(workbench_->window().session()->pending_writes(), 0);
    QVERIFY(!label_of(record, "Ben").empty());
    QVERIFY(!label_of(record, "Ada").empty());  // the first one stays
  }

  void all_labels_go_to_a_file() {
    file_ = place_.filePath(QStringLiteral("labels.jsonl"));
    workbench_->choose_file(file_);
    workbench_->window().commands().run(QStringLiteral("labels.export"));
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(file_), 30'000);
    QVERIFY(workbench_->wait());
    QFile file(file_);
    QVERIFY(file.open(QIODevice::ReadOnly));
    int ada = 0, ben = 0;
    std::set<QString> events;
    while (!file.atEnd()) {
      const auto line = QJsonDocument::fromJson(file.readLine()).object();
      QVERIFY(!line.isEmpty());
      events.insert(line[QStringLiteral("event")].toString());
      ada += line[QStringLiteral("by")].toString() == QStringLiteral("Ada");
      ben += line[QStringLiteral("by")].toString() == QStringLiteral("Ben");
    }
    QCOMPARE(ada, 4);  // three labels and one change
    QCOMPARE(ben, 1);
    QVERIFY(events.size() > 5);
  }

  void a_file_of_labels_comes_in_and_again_changes_nothing() {
    // What another machine sends back: everything that is here already, and one opinion of Cleo's that is not.
    QFile file(file_);
    QVERIFY(file.open(QIODevice::ReadWrite));
    QJsonObject line;
    while (!file.atEnd() && line[QStringLiteral("by")].toString() != QStringLiteral("Ben"))
      line = QJsonDocument::fromJson(file.readLine()).object();
    QCOMPARE(line[QStringLiteral("by")].toString(), QStringLiteral("Ben"));
    line[QStringLiteral("by")] = QStringLiteral("Cleo");
    QString event = line[QStringLiteral("event")].toString();
    event[event.size() - 1] = event.back() == QLatin1Char('0') ? QLatin1Char('1') : QLatin1Char('0');
    line[QStringLiteral("event")] = event;
    QVERIFY(file.seek(file.size()));
    const QByteArray more = QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n';
    QCOMPARE(file.write(more), more.size());
    file.close();
    const auto events = [this] {
      const auto page = labels::history_of(demo_.open(), task_, "Cleo", std::nullopt, 100);
      return page ? page->entries.size() : size_t{999};
    };
    QCOMPARE(events(), size_t{0});
    for (int time = 0; time < 2; ++time) {
      workbench_->choose_file(file_);
      workbench_->window().commands().run(QStringLiteral("labels.import"));
      QVERIFY(workbench_->wait());
      QTRY_COMPARE_WITH_TIMEOUT(events(), size_t{1}, 30'000);
    }
    // What was not chosen from the list of people is not asked for: the file says whose labels these are.
    QCOMPARE(label_of(done_.front(), "Ada").empty(), false);
  }

  void what_is_no_file_of_labels_is_said() {
    const QString path = place_.filePath(QStringLiteral("letter.jsonl"));
    QFile letter(path);
    QVERIFY(letter.open(QIODevice::WriteOnly) && letter.write("Dear Ada,\n") > 0);
    letter.close();
    const auto count = [this] {
      return labels::history_of(demo_.open(), task_, "Ada", std::nullopt, 100)->entries.size();
    };
    const size_t before = count();
    workbench_->choose_file(path);
    workbench_->window().commands().run(QStringLiteral("labels.import"));
    QVERIFY(workbench_->wait());
    auto* banner = page().findChild<ErrorBanner*>();
    QTRY_VERIFY_WITH_TIMEOUT(banner && banner->isVisible(), 30'000);
    QVERIFY2(banner->accessibleName().contains(QStringLiteral("no JSON")), qPrintable(banner->accessibleName()));
    QCOMPARE(count(), before);
    QVERIFY(workbench_->take_pictures(QStringLiteral("second-look-no-labels")));
  }

  void cleanupTestCase() { workbench_.reset(); }

 private:
  LabelsPage& page() { return workbench_->page<LabelsPage>("labels"); }
  PagedTable* table(const QString& name) {
    for (auto* one : page().findChildren<PagedTable*>())
      if (one->accessibleName() == name) return one;
    qFatal("no table %s", qPrintable(name));
  }
  /// The newest label that a person gave a record; empty: none.
  std::string label_of(const RecordRef& record, const char* person) {
    const auto page = labels::history_of(demo_.open(), task_, person, std::nullopt, 100);
    if (page)
      for (const auto& entry : page->entries)
        if (entry.act.record == record) return entry.act.label.value_or("");
    return {};
  }
  DemoProject demo_;
  QTemporaryDir place_;
  QString file_;
  std::unique_ptr<Workbench> workbench_;
  int64_t task_ = 0;
  std::vector<RecordRef> done_;
  std::string first_label_;
};

QTEST_MAIN(JourneySecondLook)
#include "journey_second_look.moc"
