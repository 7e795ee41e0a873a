// Which key was pressed, whatever the layout: the character where the layout is Latin, else what stands at that place
// on a US keyboard.
#pragma once

#include <QChar>
#include <QKeyEvent>
#include <optional>

namespace millwright::ui::detail {

/// '1' … '9', '0', 'a' … 'z' or '/'; nullopt for any other key, and with Ctrl, Alt or Meta held.
/// `scan_code`: X11's and Wayland's keycodes (evdev + 8).
[[nodiscard]] std::optional<QChar> label_key(int key, Qt::KeyboardModifiers modifiers, quint32 scan_code);
[[nodiscard]] inline std::optional<QChar> label_key(const QKeyEvent& event) {
  return label_key(event.key(), event.modifiers(), event.nativeScanCode());
}

}  // namespace millwright::ui::detail
