#include "key_position.h"

#include <string_view>

namespace millwright::ui::detail {
namespace {

struct KeyRow {
  quint32 first;  ///< keycode of its first key
  std::string_view keys;
};
constexpr KeyRow kRows[] = {{10, "1234567890"}, {24, "qwertyuiop"}, {38, "asdfghjkl"}, {52, "zxcvbnm"}};

std::optional<QChar> at_place(quint32 scan_code) {
  for (const auto& row : kRows)
    if (scan_code >= row.first && scan_code < row.first + row.keys.size())
      return QLatin1Char(row.keys[scan_code - row.first]);
  if (scan_code == 61) return QLatin1Char('/');
  return std::nullopt;
}

}  // namespace

std::optional<QChar> label_key(int key, Qt::KeyboardModifiers modifiers, quint32 scan_code) {
  if (modifiers & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier)) return std::nullopt;
  if (key >= Qt::Key_A && key <= Qt::Key_Z) return QChar(static_cast<char16_t>('a' + (key - Qt::Key_A)));
  if (key >= Qt::Key_0 && key <= Qt::Key_9) return QChar(static_cast<char16_t>(key));
  if (key == Qt::Key_Slash) return QLatin1Char('/');
  const auto place = at_place(scan_code);
  // A Latin layout whose digits need Shift gives other ASCII characters on the digits' keys; its other keys mean what
  // they say.
  const bool ascii = key > 0 && key < 0x80;
  if (ascii && !(place && place->isDigit())) return std::nullopt;
  if (key >= Qt::Key_Escape) return std::nullopt;  // function and navigation keys
  return place;
}

}  // namespace millwright::ui::detail
