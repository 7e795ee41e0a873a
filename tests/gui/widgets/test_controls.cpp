// Finding by typing, time left, errors in words, controls by keyboard.
#include <QLabel>
#include <QSignalSpy>
#include <QTest>

#include "ui_widgets/buttons.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/progress.h"
#include "ui_widgets/type_ahead.h"

using namespace millwright;
using namespace millwright::ui;

class TestControls : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { Theme::instance().install(); }

  void a_prefix_goes_before_a_word_before_letters() {
    const auto score = [](const char* pattern, const char* text) {
      const auto match = fuzzy_match(QString::fromUtf8(pattern), QString::fromUtf8(text));
      return match ? match->score : -1;
    };
    QVERIFY(score("lib", "libdevel") > score("lib", "go to library"));
    QVERIFY(score("lib", "go to library") > score("lib", "collibri"));
    QVERIFY(score("lib", "collibri") > score("lib", "localized bits"));
    QCOMPARE(score("lib", "games"), -1);
    QVERIFY(score("ql", "Queue for labeling") > 0);
    QCOMPARE(score("", "anything"), 0);
    QVERIFY(score("uber", "Über die Daten") > 2500);
    QVERIFY(score("LIB", "libs") > 2500);
  }

  void matches_know_their_letters() {
    const auto match = fuzzy_match(QStringLiteral("nr"), QStringLiteral("New run"));
    QVERIFY(match.has_value());
    QCOMPARE(match->positions, (QVector<int>{0, 4}));
    // A start of a word must not swallow letters that the rest needs.
    QVERIFY(fuzzy_match(QStringLiteral("abc"), QStringLiteral("ab cab c")).has_value());
    QVERIFY(fuzzy_match(QStringLiteral("aab"), QStringLiteral("xa ab")).has_value());
  }

  void type_ahead_by_keyboard() {
    TypeAheadList list(QStringLiteral("Label"));
    list.set_items(
        {{"1", "libdevel", "", true}, {"2", "libs", "", true}, {"3", "games", "", true}, {"4", "libold", "", false}});
    list.show();
    list.start();
    QSignalSpy chosen(&list, &TypeAheadList::chosen);
    list.set_text(QStringLiteral("lib"));
    QCOMPARE(list.shown_ids().size(), 3);
    QCOMPARE(list.shown_ids().last(), QStringLiteral("4"));  // what cannot be chosen stands last
    QCOMPARE(list.current_id(), QStringLiteral("2"));        // the shorter of two prefixes
    auto* field = list.findChild<QWidget*>();
    field = list.focusWidget() != nullptr ? list.focusWidget() : field;
    QTest::keyClick(field, Qt::Key_Down);
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(chosen[0][0].toString(), QStringLiteral("1"));
    QSignalSpy left(&list, &TypeAheadList::left);
    QTest::keyClick(field, Qt::Key_Escape);
    QCOMPARE(left.count(), 1);
  }

  // At an even pace of 1 % a second, after 20 s there are 80 s left; a slow start is forgotten.
  void time_left_follows_the_pace() {
    TimeLeft left;
    QVERIFY(!left.left().has_value());
    for (int s = 0; s <= 20; ++s) left.add(s * 0.01, s);
    QVERIFY(std::abs(*left.left() - 80) < 0.5);
    left.reset();
    for (int s = 0; s <= 60; ++s) left.add(s * 0.001, s);                  // 6 % in a minute
    for (int s = 61; s <= 300; ++s) left.add(0.06 + (s - 60) * 0.003, s);  // then 0.3 % a second
    QVERIFY2(std::abs(*left.left() - (1 - 0.78) / 0.003) < 2, qPrintable(QString::number(*left.left())));
  }

  void errors_speak() {
    const Error error{
        ErrorKind::store, "store.full", "No room on {disk}.", {{"disk", "/home"}}, "Free some of {disk}."};
    QCOMPARE(message(error), QStringLiteral("No room on /home."));
    QCOMPARE(hint(error), QStringLiteral("Free some of /home."));
    ErrorBanner banner;
    banner.show_error(error);
    QVERIFY(!banner.isHidden());
    QVERIFY(banner.accessibleName().contains(QStringLiteral("No room on /home.")));
    banner.show_error(Error{ErrorKind::cancelled, "cancelled", "Stopped.", {}, {}});
    QVERIFY(banner.isHidden());  // an outcome, not a fault
  }

  void buttons_tell_and_are_pressed() {
    auto button =
        std::unique_ptr<Button>(primary_button(QStringLiteral("Queue 412 for labeling"), QStringLiteral("Q")));
    const int with_key = button->sizeHint().width();
    button->set_key({});
    QVERIFY(with_key > button->sizeHint().width());
    QSignalSpy clicked(button.get(), &QPushButton::clicked);
    button->show();
    QTest::keyClick(button.get(), Qt::Key_Space);
    QCOMPARE(clicked.count(), 1);
  }

  void segments_by_arrows() {
    SegmentedControl control({"Histogram", "ECDF", "Q–Q"});
    control.set_enabled(1, false);
    control.show();
    QSignalSpy changed(&control, &SegmentedControl::changed);
    QTest::keyClick(&control, Qt::Key_Right);
    QCOMPARE(control.current(), 2);  // what is off is passed over
    QCOMPARE(changed.count(), 1);
    QTest::keyClick(&control, Qt::Key_Right);
    QCOMPARE(changed.count(), 1);
  }

  void a_picker_keeps_its_choice() {
    Picker picker(QStringLiteral("Batch"));
    QVERIFY(!picker.isEnabled());
    picker.set_items({{"a", "security", "14:01"}, {"b", "base", ""}});
    picker.set_current(QStringLiteral("b"));
    picker.set_items({{"c", "next", ""}, {"b", "base", ""}});
    QCOMPARE(picker.current(), QStringLiteral("b"));
    picker.set_items({{"c", "next", ""}});
    QCOMPARE(picker.current(), QString());
  }

  void progress_in_words() {
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    QCOMPARE(describe(Progress{"read", 41000, 63440, "rows"}), QStringLiteral("read · 41,000 / 63,440 rows"));
    QCOMPARE(describe(Progress{"publish", 0, 0, ""}), QStringLiteral("publish"));
  }
};

QTEST_MAIN(TestControls)
#include "test_controls.moc"
