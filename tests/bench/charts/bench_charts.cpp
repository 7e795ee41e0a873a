// Frames a second of the charts, in whatever renders here. Targets: brushing a distribution over 10M rows at 30 frames
// a second at least, in software rendering. Prints a table; no display is needed.
#include <QApplication>
#include <QElapsedTimer>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>

#include "ui_charts/bar_chart.h"
#include "ui_charts/heatmap_chart.h"
#include "ui_charts/histogram_chart.h"
#include "ui_charts/line_chart.h"
#include "ui_widgets/theme.h"

using namespace millwright::ui;

namespace {

void measure(const char* what, int frames, const std::function<void(int)>& frame) {
  std::vector<double> ms;
  for (int i = 0; i < frames; ++i) {
    QElapsedTimer clock;
    clock.start();
    frame(i);
    ms.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
  }
  std::sort(ms.begin(), ms.end());
  const double median = ms[ms.size() / 2], p95 = ms[ms.size() * 95 / 100];
  std::printf("%-52s %8.2f ms median %8.2f ms p95 %8.0f frames/s\n", what, median, p95, 1000 / median);
}

}  // namespace

int main(int argc, char** argv) {
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication app(argc, argv);
  Theme::instance().install();
  const size_t rows = argc > 1 ? static_cast<size_t>(std::atoll(argv[1])) : 10'000'000;
  std::printf("charts drawn by %s, 1500 x 900, %zu rows\n", Chart::vtk_available() ? "VTK" : "Qt", rows);

  std::vector<double> reference(rows), current(rows);
  std::mt19937_64 random(7);
  std::normal_distribution<double> a(0, 1), b(0.3, 1.2);
  for (auto& v : reference) v = a(random);
  for (auto& v : current) v = b(random);
  QElapsedTimer clock;
  clock.start();
  HistogramData data = make_histogram(reference, current);
  std::printf("%-52s %8.2f ms\n", "bins of both samples", static_cast<double>(clock.nsecsElapsed()) / 1e6);
  data.reference_name = QStringLiteral("reference");
  data.current_name = QStringLiteral("current");
  HistogramChart histogram;
  histogram.resize(1500, 900);
  histogram.set_data(data);
  histogram.show();
  QApplication::processEvents();
  const Span whole = histogram.whole();
  measure("histogram: move the brush", 300, [&](int i) {
    const double low = whole.low + whole.length() * (0.2 + 0.001 * i);
    histogram.set_brush(Span{low, low + whole.length() * 0.2});
    histogram.repaint();
  });
  measure("histogram: zoom and draw anew", 60, [&](int i) {
    histogram.set_view({whole.low + whole.length() * 0.002 * (i + 1), whole.high});
    histogram.repaint();
  });

  std::vector<double> x(rows), y(rows);
  double level = 0;
  for (size_t i = 0; i < rows; ++i) {
    level = 0.999 * level + 0.05 * a(random);
    x[i] = static_cast<double>(i);
    y[i] = level;
  }
  LineChart lines;
  lines.resize(1500, 900);
  const int series = lines.add_series(QStringLiteral("series"), SeriesColor::accent);
  clock.start();
  lines.set_points(series, std::move(x), std::move(y));
  std::printf("%-52s %8.2f ms\n", "line: blocks of extremes", static_cast<double>(clock.nsecsElapsed()) / 1e6);
  lines.show();
  QApplication::processEvents();
  measure("line: pan and draw anew", 60, [&](int i) {
    const double n = static_cast<double>(rows);
    lines.set_view({n * 0.002 * i, n * (0.8 + 0.002 * i)});
    lines.repaint();
  });

  HeatmapChart matrix;
  MatrixData cells;
  for (int i = 0; i < 58; ++i) cells.rows << QStringLiteral("label %1").arg(i);
  cells.columns = cells.rows;
  for (int r = 0; r < 58; ++r)
    for (int c = 0; c < 58; ++c) cells.counts.push_back(r == c ? 100 : (r * 31 + c * 17) % 7 == 0 ? 3 : 0);
  matrix.resize(900, 900);
  matrix.set_data(cells);
  matrix.show();
  QApplication::processEvents();
  measure("58 x 58 matrix: zoom and draw anew", 40, [&](int i) {
    matrix.set_view({0.2 * i / 10, 58});
    matrix.repaint();
  });
  return 0;
}
