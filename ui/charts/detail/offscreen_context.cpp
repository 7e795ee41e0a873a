// Without X11's headers, whose macros (None, Bool, Status) would reach everything after them.
#define EGL_NO_X11 1
#define MESA_EGL_NO_X11_HEADERS 1
#include "offscreen_context.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>

#include <array>
#include <string_view>

namespace millwright::ui {

namespace {

bool has(const char* extensions, std::string_view name) {
  return extensions != nullptr && std::string_view(extensions).find(name) != std::string_view::npos;
}

EGLDisplay started(EGLDisplay display) {
  return display != EGL_NO_DISPLAY && eglInitialize(display, nullptr, nullptr) == EGL_TRUE ? display : EGL_NO_DISPLAY;
}

// A device first (a GPU where there is one, Mesa's software device otherwise), then no platform at all.
EGLDisplay open_display() {
  const char* client = eglQueryString(EGL_NO_DISPLAY, EGL_EXTENSIONS);
  const auto platform_display =
      reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(eglGetProcAddress("eglGetPlatformDisplayEXT"));
  if (platform_display == nullptr) return EGL_NO_DISPLAY;
  if (has(client, "EGL_EXT_platform_device") && has(client, "EGL_EXT_device_enumeration")) {
    const auto list = reinterpret_cast<PFNEGLQUERYDEVICESEXTPROC>(eglGetProcAddress("eglQueryDevicesEXT"));
    std::array<EGLDeviceEXT, 8> devices{};
    EGLint count = 0;
    if (list != nullptr && list(static_cast<EGLint>(devices.size()), devices.data(), &count) == EGL_TRUE)
      for (EGLint i = 0; i < count; ++i)
        if (auto* display =
                started(platform_display(EGL_PLATFORM_DEVICE_EXT, devices[static_cast<size_t>(i)], nullptr));
            display != EGL_NO_DISPLAY)
          return display;
  }
  if (has(client, "EGL_MESA_platform_surfaceless"))
    return started(platform_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr));
  return EGL_NO_DISPLAY;
}

}  // namespace

std::unique_ptr<OffscreenContext> OffscreenContext::create(std::string& why) {
  const EGLDisplay display = open_display();
  if (display == EGL_NO_DISPLAY) {
    why = "no EGL display";
    return nullptr;
  }
  if (eglBindAPI(EGL_OPENGL_API) != EGL_TRUE) {
    why = "EGL without desktop OpenGL";
    return nullptr;
  }
  const EGLint wanted[] = {EGL_SURFACE_TYPE,
                           EGL_PBUFFER_BIT,
                           EGL_RENDERABLE_TYPE,
                           EGL_OPENGL_BIT,
                           EGL_RED_SIZE,
                           8,
                           EGL_GREEN_SIZE,
                           8,
                           EGL_BLUE_SIZE,
                           8,
                           EGL_ALPHA_SIZE,
                           8,
                           EGL_NONE};
  EGLConfig config = nullptr;
  EGLint count = 0;
  if (eglChooseConfig(display, wanted, &config, 1, &count) != EGL_TRUE || count == 0) {
    why = "no EGL configuration with 8-bit colour";
    return nullptr;
  }
  const EGLint version[] = {
      EGL_CONTEXT_MAJOR_VERSION,           3,       EGL_CONTEXT_MINOR_VERSION, 2, EGL_CONTEXT_OPENGL_PROFILE_MASK,
      EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT, EGL_NONE};
  const EGLContext context = eglCreateContext(display, config, EGL_NO_CONTEXT, version);
  if (context == EGL_NO_CONTEXT) {
    why = "no OpenGL 3.2 core context";
    return nullptr;
  }
  const EGLint size[] = {EGL_WIDTH, 16, EGL_HEIGHT, 16, EGL_NONE};
  const EGLSurface surface = eglCreatePbufferSurface(display, config, size);  // none is fine too
  auto made = std::unique_ptr<OffscreenContext>(new OffscreenContext(display, context, surface));
  if (!made->make_current()) {
    why = "the OpenGL context cannot be made current";
    return nullptr;
  }
  return made;
}

// The display is the process's, shared with whoever else uses EGL: it stays.
OffscreenContext::~OffscreenContext() {
  if (is_current()) done_current();
  if (surface_ != nullptr) eglDestroySurface(display_, surface_);
  eglDestroyContext(display_, context_);
}

bool OffscreenContext::make_current() {
  eglBindAPI(EGL_OPENGL_API);
  return eglMakeCurrent(display_, surface_, surface_, context_) == EGL_TRUE;
}

void OffscreenContext::done_current() { eglMakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT); }
bool OffscreenContext::is_current() const { return eglGetCurrentContext() == context_; }

}  // namespace millwright::ui
