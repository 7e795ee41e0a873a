// ui/charts: pictures of data, and the only folder that knows VTK. VTK draws the marks off screen in a context of its
// own; Qt draws words and whatever moves with the pointer over the finished picture, so that brushing costs no
// rendering. Where no OpenGL can be had, Qt draws the marks as well: the picture is the same.
#pragma once

#include <QByteArray>
#include <QImage>
#include <QString>
#include <QWidget>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"

class QSvgGenerator;

namespace millwright::ui {

class Canvas;

enum class ScaleKind { linear, log10 };

/// A range on an axis, low inclusive.
struct Span {
  double low = 0;
  double high = 1;
  [[nodiscard]] double length() const { return high - low; }
  bool operator==(const Span&) const = default;
};

/// What all charts can: follow the theme, stay crisp, pan (drag with the middle button or Shift), zoom (wheel, + and
/// -), whole picture (0 or double click), brush (drag; Shift+arrows), export, and tell in words what they show.
class Chart : public QWidget {
  Q_OBJECT
 public:
  explicit Chart(QWidget* parent = nullptr);
  ~Chart() override;

  void set_title(const QString& title);      ///< for exports and the accessible name
  void set_empty_text(const QString& text);  ///< shown while there is nothing to draw
  [[nodiscard]] virtual bool is_empty() const = 0;
  /// What there is to see, in a sentence or two: for screen readers and for tests.
  [[nodiscard]] virtual QString describe() const = 0;
  /// The data behind the picture, RFC 4180.
  [[nodiscard]] virtual QByteArray to_csv() const = 0;

  /// Draws the whole chart, as it stands, at any size.
  [[nodiscard]] QImage to_image(QSize size, double device_pixel_ratio = 1);
  [[nodiscard]] QByteArray to_svg(QSize size);
  /// By the ending: .png, .svg, .csv.
  [[nodiscard]] Status export_to(const QString& path);

  /// x range that is shown; the whole range where nothing was zoomed.
  [[nodiscard]] Span view() const { return view_; }
  [[nodiscard]] Span whole() const { return whole_; }
  void set_view(Span view);
  void reset_view() { set_view(whole_); }

  /// Whether VTK draws (false: no OpenGL, Qt draws).
  [[nodiscard]] static bool vtk_available();
  /// For tests and for machines with a broken driver: never use OpenGL.
  static void set_vtk_allowed(bool allowed);
  [[nodiscard]] int render_count() const { return render_count_; }

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void view_changed(millwright::ui::Span view);

 protected:
  /// A value axis or none.
  struct Axis {
    ScaleKind scale = ScaleKind::linear;
    Span range;
    QString name;  ///< under or beside the axis
    std::function<QString(double)> format;
    bool shown = true;
    bool shares = false;    ///< 0.05 is written "5 %"
    bool integers = false;  ///< no ticks between whole numbers
  };
  /// What a chart draws into: the plot's rectangle in design pixels and the mapping of its axes.
  struct Frame {
    QRectF plot;
    Axis x, y;
    [[nodiscard]] double to_x(double value) const;
    [[nodiscard]] double to_y(double value) const;
    [[nodiscard]] double from_x(double pixel) const;
    [[nodiscard]] double from_y(double pixel) const;
  };
  // For a chart to say.
  [[nodiscard]] virtual Axis x_axis() const = 0;
  [[nodiscard]] virtual Axis y_axis() const = 0;
  /// Marks: into the plot, clipped to it.
  virtual void draw_marks(Canvas& canvas, const Frame& frame) = 0;
  /// Words on the picture (legend, values); axes are drawn by the base.
  virtual void draw_words(QPainter& painter, const Frame& frame);
  /// What moves with the pointer: over the finished picture, at every paint.
  virtual void draw_overlay(QPainter& painter, const Frame& frame);
  /// Room that the chart needs around the plot besides its axes.
  [[nodiscard]] virtual QMarginsF extra_margins() const { return {}; }
  [[nodiscard]] virtual Frame layout(QSizeF size) const;
  [[nodiscard]] virtual bool can_zoom() const { return true; }
  virtual void pointer_moved(const QPointF& where, const Frame& frame);
  virtual void pointer_left();
  /// true: the chart took the press (a brush, a cell); the base then neither pans nor zooms.
  virtual bool pointer_pressed(const QPointF& where, const Frame& frame, Qt::KeyboardModifiers modifiers);
  virtual void pointer_dragged(const QPointF& where, const Frame& frame);
  virtual void pointer_released(const QPointF& where, const Frame& frame);
  virtual bool key_pressed(QKeyEvent* event, const Frame& frame);

  /// The data changed: the whole range, and the picture.
  void data_changed(Span whole, bool keep_view = false);
  /// The picture must be drawn again.
  void invalidate();
  [[nodiscard]] Frame frame() const { return layout(QSizeF(size())); }
  [[nodiscard]] QString title() const { return title_; }

  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;

 private:
  void zoom_at(double pixel, double factor);
  void paint_everything(QPainter& painter, QSizeF size, bool vector);
  void paint_axes(QPainter& painter, const Frame& frame);
  void draw_grid(Canvas& canvas, const Frame& frame);
  [[nodiscard]] QImage render_marks(QSizeF size, double device_pixel_ratio);
  void save_as(const QString& ending);

  QString title_;
  QString empty_text_;
  Span whole_, view_;
  QImage picture_;
  bool dirty_ = true;
  int render_count_ = 0;
  bool panning_ = false, pressed_ = false;
  double pan_from_ = 0;
  Span pan_view_;
};

}  // namespace millwright::ui
