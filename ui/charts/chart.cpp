#include "chart.h"

#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QKeyEvent>
#include <QMenu>
#include <QMessageBox>
#include <QMouseEvent>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QWheelEvent>
#include <cmath>

#include "detail/canvas.h"
#include "detail/ticks.h"
#include "detail/vtk_raster.h"
#include "ui_widgets/theme.h"

namespace millwright::ui {

namespace {

double forward(ScaleKind scale, double value) {
  return scale == ScaleKind::log10 ? std::log10(std::max(value, 1e-300)) : value;
}

double backward(ScaleKind scale, double value) { return scale == ScaleKind::log10 ? std::pow(10.0, value) : value; }

double place(ScaleKind scale, const Span& range, double value) {
  const double low = forward(scale, range.low), high = forward(scale, range.high);
  return high != low ? (forward(scale, value) - low) / (high - low) : 0.5;
}

struct Mark {
  double value;
  QString text;
};

template <class AxisT>
QVector<Mark> marks_of(const AxisT& axis, double length, double each) {
  const int wanted = std::max(3, static_cast<int>(length / each));
  const bool log = axis.scale == ScaleKind::log10;
  const auto ticks = log ? log_ticks(axis.range.low, axis.range.high, wanted)
                         : linear_ticks(axis.range.low, axis.range.high, wanted, axis.integers);
  const double step = !log && ticks.size() > 1 ? ticks[1] - ticks[0] : 0;
  QVector<Mark> marks;
  for (double tick : ticks)
    marks.push_back({tick, axis.shares   ? tick_text(tick * 100, step * 100) + QStringLiteral(" %")
                           : axis.format ? axis.format(tick)
                                         : tick_text(tick, step)});
  return marks;
}

}  // namespace

double Chart::Frame::to_x(double v) const { return plot.left() + place(x.scale, x.range, v) * plot.width(); }
double Chart::Frame::to_y(double v) const { return plot.bottom() - place(y.scale, y.range, v) * plot.height(); }
double Chart::Frame::from_x(double pixel) const {
  const double low = forward(x.scale, x.range.low), high = forward(x.scale, x.range.high);
  return backward(x.scale, low + (pixel - plot.left()) / plot.width() * (high - low));
}
double Chart::Frame::from_y(double pixel) const {
  const double low = forward(y.scale, y.range.low), high = forward(y.scale, y.range.high);
  return backward(y.scale, low + (plot.bottom() - pixel) / plot.height() * (high - low));
}

Chart::Chart(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
  connect(&Theme::instance(), &Theme::changed, this, &Chart::invalidate);
}

Chart::~Chart() = default;

void Chart::set_title(const QString& title) {
  title_ = title;
  setAccessibleName(title);
}

void Chart::set_empty_text(const QString& text) {
  empty_text_ = text;
  update();
}

bool Chart::vtk_available() { return VtkRaster::instance() != nullptr; }
void Chart::set_vtk_allowed(bool allowed) { VtkRaster::set_allowed(allowed); }
QSize Chart::sizeHint() const { return {px(420), px(260)}; }
QSize Chart::minimumSizeHint() const { return {px(180), px(120)}; }

void Chart::draw_words(QPainter&, const Frame&) {}
void Chart::draw_overlay(QPainter&, const Frame&) {}
void Chart::pointer_moved(const QPointF&, const Frame&) {}
void Chart::pointer_left() {}
bool Chart::pointer_pressed(const QPointF&, const Frame&, Qt::KeyboardModifiers) { return false; }
void Chart::pointer_dragged(const QPointF&, const Frame&) {}
void Chart::pointer_released(const QPointF&, const Frame&) {}
bool Chart::key_pressed(QKeyEvent*, const Frame&) { return false; }

void Chart::data_changed(Span whole, bool keep_view) {
  const bool was_whole = view_ == whole_;
  whole_ = whole;
  if (!keep_view || was_whole) view_ = whole;
  setAccessibleDescription(describe());
  invalidate();
}

void Chart::invalidate() {
  dirty_ = true;
  update();
}

void Chart::set_view(Span view) {
  view.low = std::max(view.low, whole_.low);
  view.high = std::min(view.high, whole_.high);
  if (!(view.high > view.low) || view == view_) return;
  view_ = view;
  invalidate();
  Q_EMIT view_changed(view_);
}

// Margins first from the words on the y axis, then from those on the x axis: nothing is cut at an edge.
Chart::Frame Chart::layout(QSizeF size) const {
  Frame frame;
  frame.x = x_axis();
  frame.y = y_axis();
  const QFontMetrics small(role_font(FontRole::small));
  const QMarginsF extra = extra_margins();
  const double top = px(8) + extra.top() + (frame.y.name.isEmpty() ? 0 : px(20));
  double bottom = px(4) + extra.bottom();
  if (frame.x.shown) bottom += small.height() + px(6);
  if (!frame.x.name.isEmpty()) bottom += small.height() + px(4);
  const double height = std::max(8.0, size.height() - top - bottom);
  double left = px(8) + extra.left();
  if (frame.y.shown) {
    int widest = 0;
    for (const auto& mark : marks_of(frame.y, height, px(38)))
      widest = std::max(widest, small.horizontalAdvance(mark.text));
    left += widest + px(6);
  }
  const double right = px(12) + extra.right();
  frame.plot = QRectF(std::round(left), std::round(top), std::max(8.0, std::round(size.width() - left - right)),
                      std::round(height));
  return frame;
}

void Chart::draw_grid(Canvas& canvas, const Frame& frame) {
  if (!frame.y.shown) return;
  const double pixel = 1 / canvas.pixel_ratio();
  for (const auto& mark : marks_of(frame.y, frame.plot.height(), px(38))) {
    const double y = std::round(frame.to_y(mark.value) * canvas.pixel_ratio()) * pixel;
    canvas.rect(QRectF(frame.plot.left(), y - pixel, frame.plot.width(), std::max(pixel, 1.0)), tokens().line);
  }
}

void Chart::paint_axes(QPainter& painter, const Frame& frame) {
  painter.setFont(role_font(FontRole::small));
  const QFontMetrics metrics = painter.fontMetrics();
  painter.setPen(tokens().muted);
  if (frame.y.shown)
    for (const auto& mark : marks_of(frame.y, frame.plot.height(), px(38))) {
      const QRectF box(0, frame.to_y(mark.value) - metrics.height() / 2.0, frame.plot.left() - px(6), metrics.height());
      painter.drawText(box, Qt::AlignRight | Qt::AlignVCenter, mark.text);
    }
  if (!frame.y.name.isEmpty())
    painter.drawText(QRectF(px(8), frame.plot.top() - px(26), frame.plot.width() / 2, px(16)),
                     Qt::AlignLeft | Qt::AlignTop, frame.y.name);
  double below = frame.plot.bottom() + px(4);
  if (frame.x.shown) {
    double free_from = -1e9;
    const double edge = frame.plot.right() + px(12);
    int widest = px(30);
    for (const auto& mark : marks_of(frame.x, frame.plot.width(), px(80)))
      widest = std::max(widest, metrics.horizontalAdvance(mark.text));
    for (const auto& mark : marks_of(frame.x, frame.plot.width(), widest + px(24))) {
      const double width = metrics.horizontalAdvance(mark.text);
      double left = frame.to_x(mark.value) - width / 2;
      left = std::clamp(left, 2.0, std::max(2.0, edge - width - 2));
      if (left < free_from) continue;
      painter.drawText(QRectF(left, below, width + 2, metrics.height()), Qt::AlignLeft | Qt::AlignTop, mark.text);
      free_from = left + width + px(8);
    }
    below += metrics.height() + px(4);
  }
  if (!frame.x.name.isEmpty())
    painter.drawText(QRectF(frame.plot.left(), below, frame.plot.width(), metrics.height()), Qt::AlignCenter,
                     metrics.elidedText(frame.x.name, Qt::ElideMiddle, static_cast<int>(frame.plot.width())));
}

QImage Chart::render_marks(QSizeF size, double ratio) {
  const Frame frame = layout(size);
  const QSize pixels =
      QSize(static_cast<int>(std::ceil(size.width() * ratio)), static_cast<int>(std::ceil(size.height() * ratio)));
  const auto draw = [&](Canvas& canvas) {
    draw_grid(canvas, frame);
    canvas.clip(frame.plot.adjusted(-1, -1, 1, 1));
    draw_marks(canvas, frame);
    canvas.unclip();
  };
  if (auto* vtk = VtkRaster::instance()) return vtk->render(pixels, ratio, tokens().surface, draw);
  QImage image(pixels, QImage::Format_RGB32);
  image.setDevicePixelRatio(ratio);
  image.fill(tokens().surface);
  QPainter painter(&image);
  PainterCanvas canvas(painter, ratio);
  draw(canvas);
  return image;
}

// Marks, axes and words; with `vector` the marks go to the painter as shapes.
void Chart::paint_everything(QPainter& painter, QSizeF size, bool vector) {
  const Frame frame = layout(size);
  if (vector) {
    painter.fillRect(QRectF(QPointF(), size), tokens().surface);
    PainterCanvas canvas(painter, 1);
    draw_grid(canvas, frame);
    canvas.clip(frame.plot.adjusted(-1, -1, 1, 1));
    draw_marks(canvas, frame);
    canvas.unclip();
  }
  painter.setRenderHint(QPainter::Antialiasing);
  paint_axes(painter, frame);
  draw_words(painter, frame);
}

void Chart::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  if (is_empty()) {
    painter.fillRect(rect(), tokens().surface);
    painter.setFont(role_font(FontRole::body));
    painter.setPen(tokens().muted);
    painter.drawText(rect().adjusted(px(16), 0, -px(16), 0), Qt::AlignCenter | Qt::TextWordWrap, empty_text_);
    return;
  }
  if (width() < 16 || height() < 16) return;
  const double ratio = devicePixelRatioF();
  if (dirty_ || picture_.devicePixelRatio() != ratio) {
    dirty_ = false;
    picture_ = render_marks(QSizeF(size()), ratio);
    QPainter words(&picture_);
    paint_everything(words, QSizeF(size()), false);
    ++render_count_;
  }
  painter.drawImage(QPointF(0, 0), picture_);
  painter.setRenderHint(QPainter::Antialiasing);
  draw_overlay(painter, frame());
  if (hasFocus()) {
    painter.setPen(QPen(tokens().accent, 1.2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), px(6), px(6));
  }
}

void Chart::resizeEvent(QResizeEvent*) { dirty_ = true; }
void Chart::focusInEvent(QFocusEvent*) { update(); }

QImage Chart::to_image(QSize size, double ratio) {
  if (is_empty()) {
    QImage image(size * ratio, QImage::Format_RGB32);
    image.setDevicePixelRatio(ratio);
    image.fill(tokens().surface);
    return image;
  }
  QImage image = render_marks(QSizeF(size), ratio);
  QPainter painter(&image);
  paint_everything(painter, QSizeF(size), false);
  draw_overlay(painter, layout(QSizeF(size)));
  return image;
}

QByteArray Chart::to_svg(QSize size) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  QSvgGenerator svg;
  svg.setOutputDevice(&buffer);
  svg.setSize(size);
  svg.setViewBox(QRect(QPoint(), size));
  svg.setTitle(title_.toHtmlEscaped());  // QSvgGenerator writes both as they are
  svg.setDescription(describe().toHtmlEscaped());
  QPainter painter(&svg);
  if (!is_empty()) {
    paint_everything(painter, QSizeF(size), true);
    draw_overlay(painter, layout(QSizeF(size)));
  }
  painter.end();
  return bytes;
}

Status Chart::export_to(const QString& path) {
  QByteArray bytes;
  if (path.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive)) {
    bytes = to_svg(size().expandedTo(QSize(480, 320)));
  } else if (path.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)) {
    bytes = to_csv();
  } else if (path.endsWith(QLatin1String(".png"), Qt::CaseInsensitive)) {
    QBuffer buffer(&bytes);
    to_image(size().expandedTo(QSize(480, 320)), 2).save(&buffer, "PNG");
  } else {
    return fail(ErrorKind::usage, "chart.format", "{path} ends neither in .png nor in .svg nor in .csv.",
                {{"path", path.toStdString()}});
  }
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
    return fail(ErrorKind::store, "chart.write", "{path} could not be written: {why}.",
                {{"path", path.toStdString()}, {"why", file.errorString().toStdString()}});
  return {};
}

void Chart::save_as(const QString& ending) {
  const QString name = (title_.isEmpty() ? QStringLiteral("chart") : QString(title_).replace('/', '-')) + ending;
  const QString path = QFileDialog::getSaveFileName(this, tr("Save"), name, QStringLiteral("*%1").arg(ending));
  if (path.isEmpty()) return;
  if (auto done = export_to(path.endsWith(ending) ? path : path + ending); !done)
    QMessageBox::warning(this, tr("Save"), QString::fromStdString(message_of(done.error())));
}

void Chart::contextMenuEvent(QContextMenuEvent* event) {
  if (is_empty()) return;
  QMenu menu(this);
  auto* whole = menu.addAction(tr("Show everything"));
  whole->setEnabled(can_zoom() && view_ != whole_);
  menu.addSeparator();
  auto* copy = menu.addAction(tr("Copy picture"));
  auto* png = menu.addAction(tr("Save picture as PNG…"));
  auto* svg = menu.addAction(tr("Save picture as SVG…"));
  auto* csv = menu.addAction(tr("Save data as CSV…"));
  const QAction* chosen = menu.exec(event->globalPos());
  if (chosen == whole) reset_view();
  if (chosen == copy) QApplication::clipboard()->setImage(to_image(size(), std::max(2.0, devicePixelRatioF())));
  if (chosen == png) save_as(QStringLiteral(".png"));
  if (chosen == svg) save_as(QStringLiteral(".svg"));
  if (chosen == csv) save_as(QStringLiteral(".csv"));
}

void Chart::zoom_at(double pixel, double factor) {
  if (!can_zoom() || is_empty()) return;
  const Frame f = frame();
  const double low = forward(f.x.scale, view_.low), high = forward(f.x.scale, view_.high);
  const double share = std::clamp((pixel - f.plot.left()) / f.plot.width(), 0.0, 1.0);
  const double fixed = low + share * (high - low), length = (high - low) * factor;
  const double least = (forward(f.x.scale, whole_.high) - forward(f.x.scale, whole_.low)) * 1e-6;
  if (length < least) return;
  set_view({backward(f.x.scale, fixed - share * length), backward(f.x.scale, fixed + (1 - share) * length)});
}

void Chart::wheelEvent(QWheelEvent* event) {
  // Without the focus the wheel belongs to the page that the chart stands on.
  if (!can_zoom() || (!hasFocus() && !(event->modifiers() & Qt::ControlModifier)) || event->angleDelta().y() == 0) {
    event->ignore();
    return;
  }
  zoom_at(event->position().x(), std::pow(0.8, event->angleDelta().y() / 120.0));
  event->accept();
}

void Chart::mousePressEvent(QMouseEvent* event) {
  if (is_empty()) return;
  const Frame f = frame();
  const bool pan = event->button() == Qt::MiddleButton ||
                   (event->button() == Qt::LeftButton && (event->modifiers() & Qt::ShiftModifier));
  if (pan && can_zoom()) {
    panning_ = true;
    pan_from_ = event->position().x();
    pan_view_ = view_;
    setCursor(Qt::ClosedHandCursor);
    return;
  }
  if (event->button() == Qt::LeftButton) pressed_ = pointer_pressed(event->position(), f, event->modifiers());
}

void Chart::mouseMoveEvent(QMouseEvent* event) {
  if (is_empty()) return;
  const Frame f = frame();
  if (panning_) {
    const ScaleKind scale = f.x.scale;
    const double low = forward(scale, pan_view_.low), high = forward(scale, pan_view_.high);
    double by = (pan_from_ - event->position().x()) / f.plot.width() * (high - low);
    by = std::clamp(by, forward(scale, whole_.low) - low, forward(scale, whole_.high) - high);
    set_view({backward(scale, low + by), backward(scale, high + by)});
  } else if (pressed_) {
    pointer_dragged(event->position(), f);
  } else {
    pointer_moved(event->position(), f);
  }
}

void Chart::mouseReleaseEvent(QMouseEvent* event) {
  if (panning_) {
    panning_ = false;
    unsetCursor();
  } else if (pressed_) {
    pressed_ = false;
    pointer_released(event->position(), frame());
  }
}

void Chart::mouseDoubleClickEvent(QMouseEvent*) {
  if (can_zoom()) reset_view();
}

void Chart::leaveEvent(QEvent*) { pointer_left(); }

void Chart::keyPressEvent(QKeyEvent* event) {
  if (is_empty()) return QWidget::keyPressEvent(event);
  const Frame f = frame();
  if (key_pressed(event, f)) return;
  if (!can_zoom()) return QWidget::keyPressEvent(event);
  const auto pan = [&](double share) {
    const double low = forward(f.x.scale, view_.low), high = forward(f.x.scale, view_.high);
    double by = share * (high - low);
    by = std::clamp(by, forward(f.x.scale, whole_.low) - low, forward(f.x.scale, whole_.high) - high);
    set_view({backward(f.x.scale, low + by), backward(f.x.scale, high + by)});
  };
  switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return zoom_at(f.plot.center().x(), 0.7);
    case Qt::Key_Minus:
      return zoom_at(f.plot.center().x(), 1 / 0.7);
    case Qt::Key_0:
      return reset_view();
    case Qt::Key_Left:
      return pan(-0.15);
    case Qt::Key_Right:
      return pan(0.15);
    default:
      QWidget::keyPressEvent(event);
  }
}

}  // namespace millwright::ui
