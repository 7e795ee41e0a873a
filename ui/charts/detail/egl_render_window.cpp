// GLEW must be seen before any other OpenGL header.
#include <vtkVersionMacros.h>
#if VTK_VERSION_NUMBER < VTK_VERSION_CHECK(9, 4, 0)
#include <vtk_glew.h>
#define MILLWRIGHT_VTK_HAS_GLEW 1
#endif

#include <vtkObjectFactory.h>
#include <vtkOpenGLState.h>

#include "egl_render_window.h"

namespace millwright::ui {

namespace {

class EglRenderWindow : public vtkGenericOpenGLRenderWindow {
 public:
  static EglRenderWindow* New();
#ifdef MILLWRIGHT_VTK_HAS_GLEW
  void OpenGLInitContext() override {
    if (!Initialized && glewInit() == GLEW_ERROR_NO_GLX_DISPLAY && glGenFramebuffers != nullptr &&
        glBindVertexArray != nullptr) {
      // What the base class does once GLEW has loaded everything, which it has.
      GlewInitValid = true;
      Initialized = true;
      GetState()->Initialize(this);
      return;
    }
    Superclass::OpenGLInitContext();
  }
#endif

 protected:
  EglRenderWindow() = default;
  vtkTypeMacro(EglRenderWindow, vtkGenericOpenGLRenderWindow)
};
EglRenderWindow* EglRenderWindow::New() { VTK_STANDARD_NEW_BODY(EglRenderWindow); }

}  // namespace

vtkSmartPointer<vtkGenericOpenGLRenderWindow> make_egl_render_window() {
  return vtkSmartPointer<vtkGenericOpenGLRenderWindow>::Take(EglRenderWindow::New());
}

}  // namespace millwright::ui
