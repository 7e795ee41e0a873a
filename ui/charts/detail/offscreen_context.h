// An OpenGL 3.2 core context without any window: EGL on a device, else Mesa's surfaceless platform.
#pragma once

#include <memory>
#include <string>

namespace millwright::ui {

class OffscreenContext {
 public:
  /// nullptr with the reason in `why` where this machine has none.
  [[nodiscard]] static std::unique_ptr<OffscreenContext> create(std::string& why);
  OffscreenContext(const OffscreenContext&) = delete;
  OffscreenContext& operator=(const OffscreenContext&) = delete;
  ~OffscreenContext();
  bool make_current();
  void done_current();
  [[nodiscard]] bool is_current() const;

 private:
  OffscreenContext(void* display, void* context, void* surface)
      : display_(display), context_(context), surface_(surface) {}
  void* display_;
  void* context_;
  void* surface_;
};

}  // namespace millwright::ui
