// Charts without a display: drawn, brushed, exported, told in words; by VTK and by Qt alike.
#include <QFile>
#include <QMouseEvent>
#include <QSet>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>
#include <algorithm>
#include <cmath>

#include "ui_charts/bar_chart.h"
#include "ui_charts/heatmap_chart.h"
#include "ui_charts/histogram_chart.h"
#include "ui_charts/line_chart.h"
#include "ui_charts/reliability_chart.h"
#include "ui_widgets/theme.h"

using namespace millwright;
using namespace millwright::ui;

namespace {

// 0 … 999 for one sample, 500 … 999 for the other: every count is known beforehand.
HistogramData ramp() {
  std::vector<double> a, b;
  for (int i = 0; i < 1000; ++i) a.push_back(i);
  for (int i = 500; i < 1000; ++i) b.push_back(i);
  HistogramData data = make_histogram(a, b);
  data.reference_name = QStringLiteral("before");
  data.current_name = QStringLiteral("after");
  data.field = QStringLiteral("size");
  return data;
}

int colours(const QImage& image) {
  QSet<QRgb> seen;
  for (int y = 0; y < image.height(); y += 2)
    for (int x = 0; x < image.width(); x += 2) seen.insert(image.pixel(x, y));
  return static_cast<int>(seen.size());
}

bool near(const QColor& a, const QColor& b) {
  return std::abs(a.red() - b.red()) < 12 && std::abs(a.green() - b.green()) < 12 && std::abs(a.blue() - b.blue()) < 12;
}

int pixels_of(const QImage& image, const QColor& color) {
  int n = 0;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) n += near(image.pixelColor(x, y), color) ? 1 : 0;
  return n;
}

}  // namespace

class TestCharts : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    Theme::instance().install();
    Theme::instance().set_choice(ThemeChoice::light);
    qInfo("charts are drawn by %s", Chart::vtk_available() ? "VTK" : "Qt (no OpenGL here)");
  }

  void bins_are_exact() {
    const auto data = ramp();
    // Whole numbers get a bin each: 0 … 999, edges half a unit off.
    QCOMPARE(data.reference.size(), size_t{1000});
    QCOMPARE(data.edges.front(), -0.5);
    QCOMPARE(data.edges.back(), 999.5);
    QCOMPARE(std::count(data.reference.begin(), data.reference.end(), 1.0), 1000);
    QCOMPARE(std::count(data.current.begin(), data.current.end(), 1.0), 500);
    const std::vector<double> odd{std::nan(""), -1, 0, 1, 10, 100, 1e6};
    const auto log = make_histogram(odd, {}, ScaleKind::log10);
    double sum = 0;
    for (double n : log.reference) sum += n;
    QCOMPARE(sum, 4.0);  // NaN, 0 and -1 have no place on a log axis
    QVERIFY(std::abs(log.edges.front() - 1) < 1e-9 && std::abs(log.edges.back() - 1e6) < 1e-3);
  }

  void not_blank_data() {
    QTest::addColumn<bool>("vtk");
    QTest::addColumn<bool>("dark");
    QTest::newRow("vtk light") << true << false;
    QTest::newRow("vtk dark") << true << true;
    QTest::newRow("qt light") << false << false;
    QTest::newRow("qt dark") << false << true;
  }

  void not_blank() {
    QFETCH(bool, vtk);
    QFETCH(bool, dark);
    Chart::set_vtk_allowed(vtk);
    Theme::instance().set_choice(dark ? ThemeChoice::dark : ThemeChoice::light);
    const Tokens& t = tokens();
    HistogramChart histogram;
    histogram.set_data(ramp());
    QImage image = histogram.to_image({640, 360}, 2);
    QCOMPARE(image.size(), QSize(1280, 720));
    QVERIFY(colours(image) > 8);
    QVERIFY(near(image.pixelColor(2, 2), t.surface));
    QVERIFY(pixels_of(image, t.current) > 200);  // the outline of a sample is in its colour
    QVERIFY(pixels_of(image, t.reference) > 200);

    BarChart bars;
    bars.set_data({{"libs", "games", "devel"}, {30, 20, 10}, {10, 20, 30}, "before", "after", "section"});
    QVERIFY(pixels_of(bars.to_image({500, 200}), t.reference) > 500);

    LineChart lines;
    const int loss = lines.add_series(QStringLiteral("loss"), SeriesColor::reference);
    for (int i = 0; i < 100; ++i) lines.append(loss, i, std::exp(-i / 30.0));
    QVERIFY(colours(lines.to_image({500, 300})) > 8);

    HeatmapChart matrix;
    matrix.set_data({{"a", "b"}, {"a", "b"}, {9, 1, 2, 8}, "", ""});
    QVERIFY(colours(matrix.to_image({300, 300})) > 4);

    ReliabilityChart reliability;
    reliability.set_data({{0.2, 0.1, 40}, {0.8, 0.7, 60}}, 0.1);
    QVERIFY(pixels_of(reliability.to_image({300, 300}), t.accent) > 50);
    Chart::set_vtk_allowed(true);
    Theme::instance().set_choice(ThemeChoice::light);
  }

  // Both painters put the same bars in the same place.
  void vtk_and_qt_agree() {
    if (!Chart::vtk_available()) return;  // the other half of the comparison is all there is
    HistogramChart chart;
    chart.set_data(ramp());
    const QImage by_vtk = chart.to_image({600, 300});
    Chart::set_vtk_allowed(false);
    const QImage by_qt = chart.to_image({600, 300});
    Chart::set_vtk_allowed(true);
    int different = 0;
    for (int y = 0; y < 300; ++y)
      for (int x = 0; x < 600; ++x) different += near(by_vtk.pixelColor(x, y), by_qt.pixelColor(x, y)) ? 0 : 1;
    QVERIFY2(different < 600 * 300 * 0.03, qPrintable(QString::number(different)));
  }

  void brush_by_mouse() {
    HistogramChart chart;
    chart.resize(800, 400);
    chart.set_data(ramp());
    chart.show();
    qRegisterMetaType<BrushedRows>("millwright::ui::BrushedRows");
    QSignalSpy moved(&chart, &HistogramChart::brush_moved), brushed(&chart, &HistogramChart::brushed),
        cleared(&chart, &HistogramChart::brush_cleared);
    chart.repaint();
    const int drawn = chart.render_count();
    QTest::mousePress(&chart, Qt::LeftButton, {}, {300, 200});
    for (int x = 310; x <= 600; x += 10) {
      QTest::mouseMove(&chart, {x, 200});
      QMouseEvent move(QEvent::MouseMove, QPointF(x, 200), chart.mapToGlobal(QPointF(x, 200)), Qt::NoButton,
                       Qt::LeftButton, {});
      QCoreApplication::sendEvent(&chart, &move);
      chart.repaint();
    }
    QTest::mouseRelease(&chart, Qt::LeftButton, {}, {600, 200});
    QVERIFY(moved.count() > 5);
    QCOMPARE(brushed.count(), 1);
    QCOMPARE(chart.render_count(), drawn);  // brushing only paints over the finished picture
    const auto rows = brushed[0][0].value<BrushedRows>();
    QCOMPARE(rows.range, chart.brush()->range);
    // One row a unit: as many rows as the range is long; the second sample begins at 500.
    QCOMPARE(rows.reference, qRound64(rows.range.length()));
    QCOMPARE(rows.current, qRound64(rows.range.high - std::max(rows.range.low, 499.5)));
    QVERIFY(rows.range.low > 200 && rows.range.high < 900);
    // A click beside it takes it away.
    QTest::mouseClick(&chart, Qt::LeftButton, {}, {120, 200});
    QCOMPARE(cleared.count(), 1);
    QVERIFY(!chart.brush().has_value());
  }

  void brush_by_keyboard_and_linked() {
    HistogramChart chart, other;
    BrushLink link;
    for (auto* c : {&chart, &other}) {
      c->resize(800, 400);
      c->set_data(ramp());
      c->set_link(&link);
      c->show();
    }
    QSignalSpy brushed(&chart, &HistogramChart::brushed);
    QTest::keyClick(&chart, Qt::Key_Right, Qt::ShiftModifier);
    QVERIFY(chart.brush().has_value());
    const double first = chart.brush()->range.high;
    QTest::keyClick(&chart, Qt::Key_Right, Qt::ShiftModifier);
    QVERIFY(chart.brush()->range.high > first);
    QTest::keyClick(&chart, Qt::Key_Right);
    QVERIFY(chart.brush()->range.low > -0.5);
    QCOMPARE(brushed.count(), 3);
    QVERIFY(other.brush().has_value());
    QCOMPARE(other.brush()->range, chart.brush()->range);
    QTest::keyClick(&other, Qt::Key_Escape);
    QVERIFY(!chart.brush().has_value());
  }

  void zoom_keeps_bars_whole() {
    HistogramChart chart;
    chart.resize(800, 400);
    chart.set_data(ramp());
    chart.show();
    QTest::keyClick(&chart, Qt::Key_Plus);
    QVERIFY(chart.view().length() < chart.whole().length());
    QTest::keyClick(&chart, Qt::Key_0);
    QCOMPARE(chart.view(), chart.whole());
    chart.set_view({-1e9, 1e9});
    QCOMPARE(chart.view(), chart.whole());
  }

  void cells_and_categories_are_chosen() {
    HeatmapChart matrix;
    matrix.resize(400, 400);
    matrix.set_data({{"a", "b", "c"}, {"a", "b", "c"}, {9, 1, 0, 2, 8, 0, 0, 0, 5}, "", ""});
    matrix.show();
    QSignalSpy chosen(&matrix, &HeatmapChart::cell_chosen);
    QTest::keyClick(&matrix, Qt::Key_Down);
    QTest::keyClick(&matrix, Qt::Key_Right);
    QTest::keyClick(&matrix, Qt::Key_Return);
    QCOMPARE(chosen.count(), 1);
    QVERIFY(matrix.describe().contains(QStringLiteral("22 of 25")));
    QVERIFY(matrix.describe().contains(QStringLiteral("b taken for a: 2")));

    BarChart bars;
    bars.resize(500, 300);
    bars.set_data({{"libs", "games"}, {30, 20}, {10, 20}, "before", "after", "section"});
    bars.show();
    QSignalSpy selected(&bars, &BarChart::selection_changed);
    QTest::keyClick(&bars, Qt::Key_Down);
    QTest::keyClick(&bars, Qt::Key_Down);
    QTest::keyClick(&bars, Qt::Key_Space);
    QCOMPARE(bars.selected(), QStringList{"games"});
    QCOMPARE(bars.selected_reference(), 20);
    QCOMPARE(selected.count(), 1);
  }

  void exports() {
    QTemporaryDir folder;
    HistogramChart chart;
    chart.resize(600, 300);
    chart.set_title(QStringLiteral("Size <of> packages"));
    chart.set_data(ramp());
    chart.set_brush(Span{499.5, 999.5});
    const auto path = [&](const char* name) { return folder.filePath(QLatin1String(name)); };
    for (const char* name : {"a.png", "a.svg", "a.csv"}) QVERIFY(chart.export_to(path(name)).has_value());
    QVERIFY(!QImage(path("a.png")).isNull());
    QFile svg(path("a.svg"));
    QVERIFY(svg.open(QIODevice::ReadOnly));
    QXmlStreamReader xml(&svg);
    int shapes = 0;
    bool words = false;
    while (!xml.atEnd()) {
      xml.readNext();
      if (xml.isStartElement())
        shapes += xml.name() == QLatin1String("path") || xml.name() == QLatin1String("rect") ? 1 : 0;
      words = words || (xml.isStartElement() && xml.name() == QLatin1String("text"));
    }
    QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
    QVERIFY(shapes > 30);  // shapes, not a picture of shapes
    QVERIFY(words);
    QFile csv(path("a.csv"));
    QVERIFY(csv.open(QIODevice::ReadOnly));
    const auto lines = csv.readAll().split('\n');
    QCOMPARE(lines[0], QByteArray("low,high,reference,current\r"));
    QCOMPARE(lines[1], QByteArray("-0.5,0.5,1,0\r"));
    QCOMPARE(lines.size(), 1000 + 2);
    QVERIFY(!chart.export_to(path("a.xyz")).has_value());
    QVERIFY(!chart.export_to(QStringLiteral("/nowhere/at/all/a.png")).has_value());
  }

  void described_in_words() {
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    HistogramChart chart;
    chart.set_data(ramp());
    QVERIFY2(chart.describe().contains(QStringLiteral("before: 1,000 rows")), qPrintable(chart.describe()));
    QVERIFY(chart.accessibleDescription() == chart.describe());
    chart.clear();
    QVERIFY(chart.is_empty());
    QVERIFY(!chart.describe().isEmpty());
    chart.resize(300, 200);
    chart.grab();  // an empty chart paints its sentence and does not fall over
  }

  // M4 (Jugel et al. 2014): the extremes of every pixel column survive. A single spike in a million points is seen.
  void a_spike_in_a_million_points_is_seen() {
    std::vector<double> x(1'000'000), y(1'000'000, 0.0);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
    y[654'321] = 1;
    LineChart chart;
    const int series = chart.add_series(QStringLiteral("s"), SeriesColor::fail);
    chart.set_points(series, x, y);
    chart.set_y_range(Span{0, 1.2});
    const QImage image = chart.to_image({700, 300});
    int rows_with_spike = 0;
    for (int row = 60; row < 250; ++row) {
      bool seen = false;
      for (int column = 60; column < 600; ++column)
        seen = seen || (image.pixelColor(column, row).red() > image.pixelColor(column, row).green() + 40);
      rows_with_spike += seen ? 1 : 0;
    }
    QVERIFY2(rows_with_spike > 100, qPrintable(QString::number(rows_with_spike)));
  }

  void a_log_axis_is_suggested_where_it_helps() {
    std::vector<double> flat, steep, negative;
    for (int i = 1; i <= 1000; ++i) {
      flat.push_back(i);
      steep.push_back(std::pow(10, i / 150.0));
      negative.push_back(i - 500);
    }
    QCOMPARE(suggested_scale(flat), ScaleKind::linear);
    QCOMPARE(suggested_scale(steep), ScaleKind::log10);
    QCOMPARE(suggested_scale(negative), ScaleKind::linear);
  }
};

QTEST_MAIN(TestCharts)
#include "test_charts.moc"
