#include "vtk_raster.h"

#include <vtkAutoInit.h>
#include <vtkBrush.h>
#include <vtkCommand.h>
#include <vtkContext2D.h>
#include <vtkContextActor.h>
#include <vtkContextDevice2D.h>
#include <vtkContextItem.h>
#include <vtkContextScene.h>
#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkNew.h>
#include <vtkObjectFactory.h>
#include <vtkPen.h>
#include <vtkRenderer.h>
#include <vtkUnsignedCharArray.h>

#include <cmath>
#include <vector>

#include "base/log.h"
#include "egl_render_window.h"
#include "offscreen_context.h"

VTK_MODULE_INIT(vtkRenderingOpenGL2)
VTK_MODULE_INIT(vtkRenderingContextOpenGL2)
VTK_MODULE_INIT(vtkRenderingFreeType)

namespace millwright::ui {

namespace {

// Design pixels with y down to VTK's device pixels with y up.
class VtkCanvas : public Canvas {
 public:
  VtkCanvas(vtkContext2D* context, int height, double ratio)
      : context_(context), device_(context->GetDevice()), height_(height), ratio_(ratio) {}

  void clip(const QRectF& rect) override {
    int box[4] = {static_cast<int>(std::floor(rect.left() * ratio_)),
                  static_cast<int>(std::floor(height_ - rect.bottom() * ratio_)),
                  static_cast<int>(std::ceil(rect.width() * ratio_)),
                  static_cast<int>(std::ceil(rect.height() * ratio_))};
    device_->SetClipping(box);
    device_->EnableClipping(true);
  }
  void unclip() override { device_->EnableClipping(false); }

  void rect(const QRectF& rect, const QColor& color) override {
    use_brush(color);
    draw_rect(rect);
  }

  // One strip for all of them: between two rectangles it folds down to nothing along their lower edges.
  void rects(const QVector<QRectF>& rects, const QColor& color) override {
    use_brush(color);
    buffer_.clear();
    const auto put = [this](const QPointF& p) { buffer_.insert(buffer_.end(), {x(p), y(p)}); };
    for (const auto& r : rects) {
      if (!buffer_.empty())
        for (int twice = 0; twice < 2; ++twice) put(r.bottomLeft());
      put(r.bottomLeft());
      put(r.topLeft());
      put(r.bottomRight());
      put(r.topRight());
      for (int twice = 0; twice < 2; ++twice) put(r.bottomRight());
    }
    if (!buffer_.empty()) context_->DrawQuadStrip(buffer_.data(), static_cast<int>(buffer_.size() / 2));
  }

  void polyline(const QVector<QPointF>& points, const QColor& color, double width) override {
    if (points.size() < 2) return;
    put(points);
    feathered(color, width, [&] { context_->DrawPoly(buffer_.data(), static_cast<int>(points.size())); });
  }

  void line(const QPointF& from, const QPointF& to, const QColor& color, double width) override {
    feathered(color, width, [&] { context_->DrawLine(x(from), y(from), x(to), y(to)); });
  }

  void area(const QVector<QPointF>& top, double base, const QColor& color) override {
    if (top.size() < 2) return;
    use_brush(color);
    buffer_.clear();
    for (const auto& point : top) {
      buffer_.insert(buffer_.end(), {x(point), static_cast<float>(height_ - base * ratio_), x(point), y(point)});
    }
    context_->DrawQuadStrip(buffer_.data(), static_cast<int>(top.size() * 2));
  }

  void disc(const QPointF& centre, double radius, const QColor& color) override {
    const auto r = static_cast<float>(radius * ratio_);
    QColor rim = color;
    rim.setAlphaF(rim.alphaF() * 0.4F);
    use_brush(rim);
    context_->DrawEllipse(x(centre), y(centre), r + 0.6F, r + 0.6F);
    use_brush(color);
    context_->DrawEllipse(x(centre), y(centre), r - 0.1F, r - 0.1F);
  }

  [[nodiscard]] double pixel_ratio() const override { return ratio_; }

 private:
  [[nodiscard]] float x(const QPointF& p) const { return static_cast<float>(p.x() * ratio_); }
  [[nodiscard]] float y(const QPointF& p) const { return static_cast<float>(height_ - p.y() * ratio_); }

  void draw_rect(const QRectF& r) {
    context_->DrawRect(static_cast<float>(r.left() * ratio_), static_cast<float>(height_ - r.bottom() * ratio_),
                       static_cast<float>(r.width() * ratio_), static_cast<float>(r.height() * ratio_));
  }

  void put(const QVector<QPointF>& points) {
    buffer_.clear();
    buffer_.reserve(static_cast<size_t>(points.size()) * 2);
    for (const auto& point : points) {
      buffer_.push_back(x(point));
      buffer_.push_back(y(point));
    }
  }

  void use_brush(const QColor& c) {
    context_->GetPen()->SetLineType(vtkPen::NO_PEN);
    context_->GetBrush()->SetColor(byte(c.red()), byte(c.green()), byte(c.blue()), byte(c.alpha()));
  }

  void use_pen(const QColor& c, double width) {
    context_->GetPen()->SetLineType(vtkPen::SOLID_LINE);
    context_->GetPen()->SetColor(byte(c.red()), byte(c.green()), byte(c.blue()), byte(c.alpha()));
    context_->GetPen()->SetWidth(static_cast<float>(width * ratio_));
  }

  // Soft edges without samples: a wider, fainter line under the line itself.
  template <class Draw>
  void feathered(const QColor& color, double width, Draw draw) {
    QColor rim = color;
    rim.setAlphaF(rim.alphaF() * 0.33F);
    use_pen(rim, width + 1.1 / ratio_);
    draw();
    use_pen(color, std::max(0.8 / ratio_, width - 0.2 / ratio_));
    draw();
  }

  static unsigned char byte(int value) { return static_cast<unsigned char>(value); }

  vtkContext2D* context_;
  vtkContextDevice2D* device_;
  int height_;
  double ratio_;
  std::vector<float> buffer_;
};

// The one item of the scene: whatever is to be drawn this time.
class MarksItem : public vtkContextItem {
 public:
  static MarksItem* New();
  bool Paint(vtkContext2D* context) override {
    VtkCanvas canvas(context, height, ratio);
    if (draw != nullptr) (*draw)(canvas);
    return true;
  }
  const std::function<void(Canvas&)>* draw = nullptr;
  int height = 0;
  double ratio = 1;

 protected:
  MarksItem() = default;
  vtkTypeMacro(MarksItem, vtkContextItem)
};
MarksItem* MarksItem::New() { VTK_STANDARD_NEW_BODY(MarksItem); }

bool& allowed() {
  static bool yes = qEnvironmentVariable("MILLWRIGHT_CHARTS") != QLatin1String("qt");
  return yes;
}

}  // namespace

struct VtkRaster::State {
  std::unique_ptr<OffscreenContext> context;
  vtkSmartPointer<vtkGenericOpenGLRenderWindow> window;
  vtkNew<vtkRenderer> renderer;
  vtkNew<vtkContextActor> actor;
  vtkNew<MarksItem> item;
  vtkNew<vtkUnsignedCharArray> pixels;

  void answer(vtkObject* /*caller*/, unsigned long event, void* data) {
    switch (event) {
      case vtkCommand::WindowMakeCurrentEvent:
        if (!context->is_current()) context->make_current();
        break;
      case vtkCommand::WindowIsCurrentEvent:
        *static_cast<bool*>(data) = context->is_current();
        break;
      case vtkCommand::WindowSupportsOpenGLEvent:
      case vtkCommand::WindowIsDirectEvent:
        *static_cast<int*>(data) = 1;
        break;
      default:
        break;
    }
  }
};

VtkRaster* VtkRaster::instance() {
  if (!allowed()) return nullptr;
  static VtkRaster* raster = []() -> VtkRaster* {
    auto state = std::make_unique<State>();
    std::string why;
    state->context = OffscreenContext::create(why);
    if (!state->context) {
      log::warning("charts are drawn by Qt: " + why);
      return nullptr;
    }
    return new VtkRaster(std::move(state));  // as long as the program: drivers dislike late ends
  }();
  return raster;
}

void VtkRaster::set_allowed(bool yes) { allowed() = yes; }

VtkRaster::VtkRaster(std::unique_ptr<State> state) : state_(std::move(state)) {
  auto& s = *state_;
  s.context->make_current();
  s.window = make_egl_render_window();
  s.window->SetFrameBlitModeToNoBlit();
  s.window->SetMultiSamples(0);  // in software it costs seven times the frame: see feathered()
  for (auto event : {vtkCommand::WindowMakeCurrentEvent, vtkCommand::WindowIsCurrentEvent, vtkCommand::WindowFrameEvent,
                     vtkCommand::WindowSupportsOpenGLEvent, vtkCommand::WindowIsDirectEvent})
    s.window->AddObserver(event, state_.get(), &State::answer);
  s.window->SetForceMaximumHardwareLineWidth(1);  // asking the driver would need a window of VTK's own
  s.window->SetOwnContext(0);
  s.window->SetReadyForRendering(true);
  s.window->SetMapped(1);
  s.window->OpenGLInitContext();
  s.actor->GetScene()->AddItem(s.item);
  s.renderer->AddActor(s.actor);
  s.window->AddRenderer(s.renderer);
  s.context->done_current();
}

VtkRaster::~VtkRaster() = default;

QImage VtkRaster::render(QSize pixels, double ratio, const QColor& ground, const std::function<void(Canvas&)>& draw) {
  auto& s = *state_;
  const int w = pixels.width(), h = pixels.height();
  s.context->make_current();
  s.item->draw = &draw;
  s.item->height = h;
  s.item->ratio = ratio;
  s.window->SetSize(w, h);
  s.renderer->SetBackground(ground.redF(), ground.greenF(), ground.blueF());
  s.item->Modified();
  s.actor->GetScene()->SetDirty(true);
  s.window->Render();
  s.window->GetRGBACharPixelData(0, 0, w - 1, h - 1, 1, s.pixels);
  s.item->draw = nullptr;
  QImage image(w, h, QImage::Format_RGB32);
  const unsigned char* from = s.pixels->GetPointer(0);
  for (int y = h - 1; y >= 0; --y) {
    auto* to = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (int x = 0; x < w; ++x, from += 4) to[x] = qRgb(from[0], from[1], from[2]);
  }
  s.context->done_current();  // Qt may want a context of its own next
  image.setDevicePixelRatio(ratio);
  return image;
}

}  // namespace millwright::ui
