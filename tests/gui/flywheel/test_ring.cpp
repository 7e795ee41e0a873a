// The ring of the home page: no word over the ring, none cut, none over another, at every size.
#include <QSignalSpy>
#include <QTest>
#include <cmath>

#include "detail/ring.h"

using namespace millwright::ui;

namespace {
double distance_to(const QRectF& box, const QPointF& p) {
  const double dx = std::max({box.left() - p.x(), 0.0, p.x() - box.right()});
  const double dy = std::max({box.top() - p.y(), 0.0, p.y() - box.bottom()});
  return std::hypot(dx, dy);
}
}  // namespace

class TestRing : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { Theme::instance().install(); }

  void words_keep_off_the_ring_data() {
    QTest::addColumn<QSizeF>("size");
    QTest::newRow("small") << QSizeF(400, 320);
    QTest::newRow("usual") << QSizeF(620, 500);
    QTest::newRow("wide") << QSizeF(1300, 600);
    QTest::newRow("high") << QSizeF(500, 1000);
    QTest::newRow("large") << QSizeF(1400, 1100);
  }

  void words_keep_off_the_ring() {
    QFETCH(QSizeF, size);
    Ring ring;
    ring.set_stages({{"data", "Data", "132,265 records · 2 batches", State::pass, "good"},
                     {"gate", "Gate", "1 with warnings · 3 checked", State::warning, "warning"},
                     {"labels", "Labels", "200 waiting · 63,440 labels", State::warning, "warning"},
                     {"snapshot", "Snapshot", "k3f9x2ab7qwm · 63,440 rows", State::pass, "good"},
                     {"training", "Training", "linear · took 9 s", State::pass, "good"},
                     {"evaluation", "Evaluation", "85.1 % right · macro-F1 0.812", State::pass, "good"},
                     {"drift", "Drift", "6 moved · 8 fields judged", State::fail, "red"}});
    const auto g = ring.geometry_for(size);
    QVERIFY(g.radius > 40);
    QCOMPARE(g.places.size(), 7);
    for (qsizetype i = 0; i < 7; ++i) {
      const QRectF& words = g.places[i].words;
      QVERIFY(distance_to(words, g.centre) > g.radius + px(13));
      QVERIFY(QRectF(QPointF(), size).contains(words));
      for (qsizetype j = 0; j < i; ++j) QVERIFY(!words.intersects(g.places[j].words));
    }
  }

  void stages_by_keyboard() {
    Ring ring;
    ring.set_stages({{"data", "Data", "", State::pass, "good"}, {"gate", "Gate", "", State::neutral, "empty"}});
    ring.show();
    QSignalSpy chosen(&ring, &Ring::chosen);
    QTest::keyClick(&ring, Qt::Key_Right);
    QTest::keyClick(&ring, Qt::Key_Return);
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(chosen[0][0].toString(), QStringLiteral("gate"));
    QVERIFY(ring.accessibleDescription().contains(QStringLiteral("Gate: empty")));
  }
};

QTEST_MAIN(TestRing)
#include "test_ring.moc"
