// Label keys go by what a key says on a Latin layout and by its place elsewhere. Keycodes are those of X11 and Wayland:
// KEY_* of <linux/input-event-codes.h> plus 8 (KEY_1 = 2, KEY_Q = 16, KEY_A = 30, KEY_Z = 44, KEY_SLASH = 53).
#include <QTest>

#include "detail/key_position.h"

using millwright::ui::detail::label_key;

namespace {
constexpr int kEvdev = 8;
}

class TestKeyPosition : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void keys_data() {
    QTest::addColumn<int>("key");
    QTest::addColumn<int>("place");
    QTest::addColumn<QChar>("expected");
    QTest::newRow("latin letter") << int(Qt::Key_Q) << 16 + kEvdev << QChar('q');
    QTest::newRow("azerty: what stands on the key") << int(Qt::Key_A) << 16 + kEvdev << QChar('a');
    QTest::newRow("digit") << int(Qt::Key_1) << 2 + kEvdev << QChar('1');
    QTest::newRow("keypad digit") << int(Qt::Key_1) << 79 + kEvdev << QChar('1');
    QTest::newRow("azerty: digits need Shift") << int(Qt::Key_Ampersand) << 2 + kEvdev << QChar('1');
    QTest::newRow("cyrillic short i on Q") << 0x0419 << 16 + kEvdev << QChar('q');
    QTest::newRow("greek alpha on A") << 0x0391 << 30 + kEvdev << QChar('a');
    QTest::newRow("cyrillic ya on Z") << 0x042F << 44 + kEvdev << QChar('z');
    QTest::newRow("slash") << int(Qt::Key_Slash) << 53 + kEvdev << QChar('/');
    QTest::newRow("german slash is Shift 7") << int(Qt::Key_Slash) << 8 + kEvdev << QChar('/');
    QTest::newRow("comma is no label key") << int(Qt::Key_Comma) << 51 + kEvdev << QChar();
    QTest::newRow("arrow") << int(Qt::Key_Left) << 105 + kEvdev << QChar();
    QTest::newRow("function key") << int(Qt::Key_F1) << 59 + kEvdev << QChar();
  }
  void keys() {
    QFETCH(int, key);
    QFETCH(int, place);
    QFETCH(QChar, expected);
    QCOMPARE(label_key(key, Qt::NoModifier, static_cast<quint32>(place)).value_or(QChar()), expected);
  }
  void shortcuts_are_left_alone() {
    for (const auto modifier : {Qt::ControlModifier, Qt::AltModifier, Qt::MetaModifier})
      QVERIFY(!label_key(Qt::Key_A, modifier, 30 + kEvdev));
    QVERIFY(label_key(Qt::Key_A, Qt::ShiftModifier, 30 + kEvdev));
  }
};

QTEST_GUILESS_MAIN(TestKeyPosition)
#include "test_key_position.moc"
