// A VTK render window for a context that EGL made. Debian builds GLEW for GLX: with an EGL context glewInit() loads
// every entry point and then says that there is no GLX display, which VTK takes for a failure at every frame.
#pragma once

#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkSmartPointer.h>

namespace millwright::ui {

[[nodiscard]] vtkSmartPointer<vtkGenericOpenGLRenderWindow> make_egl_render_window();

}  // namespace millwright::ui
