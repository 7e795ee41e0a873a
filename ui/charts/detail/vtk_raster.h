// VTK as a drawing machine without a window: one context for all charts of the program, a picture in memory out of it.
#pragma once

#include <QColor>
#include <QImage>
#include <functional>
#include <memory>

#include "canvas.h"

namespace millwright::ui {

class VtkRaster {
 public:
  /// nullptr where no OpenGL can be had (said once in the log), or where it is not allowed. UI thread only.
  [[nodiscard]] static VtkRaster* instance();
  static void set_allowed(bool allowed);
  ~VtkRaster();

  /// Draws into a picture of `pixels` device pixels; the canvas speaks design pixels, `ratio` device pixels each.
  [[nodiscard]] QImage render(QSize pixels, double ratio, const QColor& ground,
                              const std::function<void(Canvas&)>& draw);

 private:
  struct State;
  explicit VtkRaster(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millwright::ui
