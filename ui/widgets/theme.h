// ui/widgets: the controls that every page is made of, and the theme that they share. It knows nothing of projects:
// what it shows is handed to it. A quiet instrument: white space, one accent, colour only where it means something,
// and always with a word beside it.
#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QObject>
#include <QString>

class QWidget;

namespace millwright::ui {

class PortalWatcher;

/// How something stands. Shown as a colour and always with a word beside it.
enum class State { neutral, pass, warning, fail, running };

/// The colours of one theme. The first block is the design's table; the second is derived from it so that text on a
/// tinted ground keeps a contrast of at least 4.5 : 1 (held by a test).
struct Tokens {
  QColor background, surface, raised, line, text, muted, faint;
  QColor accent, accent_soft, selection;
  QColor reference, current;
  QColor pass, warning, fail;

  QColor on_accent;                                         ///< text on accent
  QColor hover, pressed;                                    ///< grounds of controls under the pointer
  QColor neutral_soft, pass_soft, warning_soft, fail_soft;  ///< tinted grounds of badges and banners
  QColor pass_text, warning_text, fail_text;                ///< text on those grounds and on surface
  QColor reference_text, current_text, accent_text;         ///< text in a series' colour on surface
};

enum class ThemeChoice { system, light, dark };

enum class FontRole {
  body,     ///< 13 px
  strong,   ///< 13 px, semibold
  caption,  ///< 12 px
  small,    ///< 11 px: group names, ticks
  title,    ///< 18 px, semibold
  item,     ///< 24 px: the item being labeled
  kpi,      ///< 22 px, semibold
  figure,   ///< 13 px monospaced: figures, ids
  key,      ///< 11 px monospaced: keys
};

/// The one theme of the program. Follows the system (desktop portal, QStyleHints, else the palette) unless a person
/// chose; scales with the system's font size. Everything repaints on changed().
class Theme : public QObject {
  Q_OBJECT
 public:
  static Theme& instance();
  [[nodiscard]] static const Tokens& tokens_of(bool dark);

  /// Sets style, palette, font and style sheet of the application. Call once after QApplication is made.
  void install();
  void set_choice(ThemeChoice choice);
  [[nodiscard]] ThemeChoice choice() const { return choice_; }
  /// 1 = as the system's font says; a person's own factor on top, 0.8 … 2.
  void set_text_scale(double factor);
  [[nodiscard]] double text_scale() const { return user_scale_; }

  [[nodiscard]] bool dark() const { return dark_; }
  [[nodiscard]] const Tokens& tokens() const { return tokens_of(dark_); }
  [[nodiscard]] QFont font(FontRole role) const;
  /// A length of the design (13 px base) in pixels at the present font size.
  [[nodiscard]] int px(double length) const;

 Q_SIGNALS:
  void changed();

 private:
  Theme();
  void apply();
  void watch_system();
  void set_system_dark(bool dark);
  [[nodiscard]] bool palette_is_dark() const;

  ThemeChoice choice_ = ThemeChoice::system;
  bool dark_ = false;
  bool system_dark_ = false;
  bool installed_ = false;
  double system_scale_ = 1;
  PortalWatcher* portal_ = nullptr;
  double user_scale_ = 1;
};

// Shorthands for painters.
[[nodiscard]] inline const Tokens& tokens() { return Theme::instance().tokens(); }
[[nodiscard]] inline int px(double length) { return Theme::instance().px(length); }
[[nodiscard]] inline QFont role_font(FontRole role) { return Theme::instance().font(role); }
[[nodiscard]] QColor color_of(State state);   ///< the dot
[[nodiscard]] QColor ground_of(State state);  ///< tinted ground
[[nodiscard]] QColor text_of(State state);    ///< text on that ground
/// Contrast ratio of WCAG 2.1, 1 … 21.
[[nodiscard]] double contrast(const QColor& a, const QColor& b);
/// a over b with share t of a, opaque.
[[nodiscard]] QColor mix(const QColor& a, const QColor& b, double t);

/// An icon of resources/icons in a colour of the theme; without a colour it follows the text.
[[nodiscard]] QIcon themed_icon(const QString& name, QColor color = {});
[[nodiscard]] QPixmap icon_pixmap(const QString& name, int size, const QColor& color, double device_pixel_ratio = 1);

// Words and figures, in the user's locale.
[[nodiscard]] QString figure(qint64 value);  ///< 63,440
[[nodiscard]] QString figure(double value, int significant = 3);
[[nodiscard]] QString percent(double share, int decimals = 1);  ///< 0.924 → "92.4 %"
[[nodiscard]] QString bytes(qint64 value);
[[nodiscard]] QString duration(double seconds);  ///< "41 min", "1 min 40 s", "3 h 5 min"
[[nodiscard]] QString ago(qint64 ms_since_1970);

}  // namespace millwright::ui
