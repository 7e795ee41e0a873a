#include "theme.h"

#include <QApplication>
#include <QFontDatabase>
#include <QPalette>
#include <QStyle>
#include <QStyleFactory>
#include <QStyleHints>
#include <cmath>

#include "detail/portal_watcher.h"
#include "detail/style_sheet.h"

namespace millwright::ui {

namespace {

// Steps a colour towards black or white until it can be read as text on every one of the grounds.
QColor readable(QColor color, std::initializer_list<QColor> grounds, bool dark) {
  const QColor end = dark ? Qt::white : Qt::black;
  const auto lowest = [&](const QColor& c) {
    double least = 21;
    for (const auto& ground : grounds) least = std::min(least, contrast(c, ground));
    return least;
  };
  const QColor start = color;
  for (int step = 1; step <= 40 && lowest(color) < 4.6; ++step) color = mix(end, start, step * 0.025);
  return color;
}

void derive(Tokens& t, bool dark) {
  t.on_accent = dark ? t.background : QColor(Qt::white);
  t.hover = mix(t.text, t.surface, dark ? 0.06 : 0.04);
  t.pressed = mix(t.text, t.surface, dark ? 0.11 : 0.08);
  t.neutral_soft = mix(t.muted, t.surface, dark ? 0.22 : 0.13);
  const double share = dark ? 0.17 : 0.14;
  t.pass_soft = mix(t.pass, t.surface, share);
  t.warning_soft = mix(t.warning, t.surface, share);
  t.fail_soft = mix(t.fail, t.surface, share);
  t.pass_text = readable(t.pass, {t.pass_soft, t.surface, t.background}, dark);
  t.warning_text = readable(t.warning, {t.warning_soft, t.surface, t.background}, dark);
  t.fail_text = readable(t.fail, {t.fail_soft, t.surface, t.background}, dark);
  t.reference_text = readable(t.reference, {t.surface, t.background}, dark);
  t.current_text = readable(t.current, {t.surface, t.background}, dark);
  t.accent_text = readable(t.accent, {t.surface, t.background, t.accent_soft, t.selection}, dark);
}

Tokens make_tokens(bool dark) {
  Tokens t;
  const auto c = [](unsigned rgb) { return QColor::fromRgb(rgb); };
  if (!dark) {
    t.background = c(0xF4F6F8), t.surface = c(0xFFFFFF), t.raised = c(0xFFFFFF), t.line = c(0xE1E5EA);
    t.text = c(0x18212C), t.muted = c(0x5F6B7A), t.faint = c(0x98A2B0);
    t.accent = c(0x0F6E7C), t.accent_soft = c(0xDDF0F2), t.selection = c(0xE6F3F5);
    t.reference = c(0x4C6FBF), t.current = c(0xD97B1F);
    t.pass = c(0x2B7A4B), t.warning = c(0xA66A00), t.fail = c(0xB93227);
  } else {
    t.background = c(0x12161C), t.surface = c(0x1A2028), t.raised = c(0x202732), t.line = c(0x2C3541);
    t.text = c(0xE5EAF1), t.muted = c(0x9AA7B8), t.faint = c(0x69778A);
    t.accent = c(0x4CC3CF), t.accent_soft = c(0x173C42), t.selection = c(0x183238);
    t.reference = c(0x86A6F2), t.current = c(0xF2A65A);
    t.pass = c(0x5FC88C), t.warning = c(0xE2B04A), t.fail = c(0xF08A80);
  }
  derive(t, dark);
  return t;
}

QPalette palette_of(const Tokens& t) {
  QPalette p;
  p.setColor(QPalette::Window, t.background);
  p.setColor(QPalette::WindowText, t.text);
  p.setColor(QPalette::Base, t.surface);
  p.setColor(QPalette::AlternateBase, t.background);
  p.setColor(QPalette::Text, t.text);
  p.setColor(QPalette::Button, t.raised);
  p.setColor(QPalette::ButtonText, t.text);
  p.setColor(QPalette::BrightText, t.fail);
  p.setColor(QPalette::Highlight, t.selection);
  p.setColor(QPalette::HighlightedText, t.text);
  p.setColor(QPalette::ToolTipBase, t.raised);
  p.setColor(QPalette::ToolTipText, t.text);
  p.setColor(QPalette::PlaceholderText, t.muted);
  p.setColor(QPalette::Link, t.accent_text);
  p.setColor(QPalette::LinkVisited, t.accent_text);
  p.setColor(QPalette::Light, t.raised);
  p.setColor(QPalette::Midlight, t.line);
  p.setColor(QPalette::Mid, t.line);
  p.setColor(QPalette::Dark, t.faint);
  p.setColor(QPalette::Shadow, t.background.darker(140));
  for (auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    p.setColor(QPalette::Disabled, role, t.faint);
  return p;
}

QString first_family(std::initializer_list<const char*> wanted) {
  const QStringList there = QFontDatabase::families();
  for (const char* name : wanted)
    if (there.contains(QLatin1String(name))) return QLatin1String(name);
  return {};
}

// Desktops set 9 to 11 points: all of these mean "usual"; the design's 13 px belong to them.
double scale_of(const QFont& system) {
  double points = system.pointSizeF();
  if (points <= 0) points = system.pixelSize() * 0.75;
  if (points <= 0 || (points >= 8.9 && points <= 11.1)) return 1;
  return std::clamp(points / 10, 0.8, 2.5);
}

}  // namespace

Theme& Theme::instance() {
  static auto* theme = new Theme;  // outlives every widget, also at exit
  return *theme;
}

Theme::Theme() = default;

const Tokens& Theme::tokens_of(bool dark) {
  static const Tokens light = make_tokens(false), night = make_tokens(true);
  return dark ? night : light;
}

void Theme::install() {
  if (installed_) return;
  installed_ = true;
  system_scale_ = scale_of(QApplication::font());
  system_dark_ = palette_is_dark();
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  apply();
  watch_system();
}

void Theme::watch_system() {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
  auto* hints = QGuiApplication::styleHints();
  if (hints->colorScheme() != Qt::ColorScheme::Unknown) {
    set_system_dark(hints->colorScheme() == Qt::ColorScheme::Dark);
  }
  connect(hints, &QStyleHints::colorSchemeChanged, this, [this](Qt::ColorScheme scheme) {
    if (scheme != Qt::ColorScheme::Unknown) set_system_dark(scheme == Qt::ColorScheme::Dark);
  });
#endif
  portal_ = new PortalWatcher(this);
  connect(portal_, &PortalWatcher::told, this, &Theme::set_system_dark);
  portal_->ask();
}

bool Theme::palette_is_dark() const {
  const auto p = QGuiApplication::palette();
  return p.color(QPalette::Window).lightnessF() < p.color(QPalette::WindowText).lightnessF();
}

void Theme::set_system_dark(bool dark) {
  system_dark_ = dark;
  apply();
}

void Theme::set_choice(ThemeChoice choice) {
  choice_ = choice;
  apply();
}

void Theme::set_text_scale(double factor) {
  user_scale_ = std::clamp(factor, 0.8, 2.0);
  apply();
}

void Theme::apply() {
  dark_ = choice_ == ThemeChoice::dark || (choice_ == ThemeChoice::system && system_dark_);
  if (!installed_) return;
  QApplication::setPalette(palette_of(tokens()));
  QApplication::setFont(role_font(FontRole::body));
  qApp->setStyleSheet(style_sheet(*this));
  Q_EMIT changed();
}

int Theme::px(double length) const { return static_cast<int>(std::lround(length * system_scale_ * user_scale_)); }

QFont Theme::font(FontRole role) const {
  static const QString face = first_family({"Inter", "Inter Variable", "Cantarell", "Noto Sans", "DejaVu Sans"});
  static const QString mono = first_family({"JetBrains Mono", "Noto Sans Mono", "DejaVu Sans Mono"});
  const bool fixed = role == FontRole::figure || role == FontRole::key;
  QFont f = QApplication::font();
  if (fixed && mono.isEmpty()) f = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  if (const QString& family = fixed ? mono : face; !family.isEmpty()) f.setFamily(family);
  if (fixed) f.setStyleHint(QFont::Monospace);
  double size = 13;
  f.setWeight(QFont::Normal);
  switch (role) {
    case FontRole::body:
      break;
    case FontRole::strong:
      f.setWeight(QFont::DemiBold);
      break;
    case FontRole::caption:
      size = 12;
      break;
    case FontRole::small:
      size = 11;
      break;
    case FontRole::title:
      size = 18, f.setWeight(QFont::DemiBold);
      break;
    case FontRole::item:
      size = 24, f.setWeight(QFont::Medium);
      break;
    case FontRole::kpi:
      size = 22, f.setWeight(QFont::DemiBold);
      break;
    case FontRole::figure:
      size = 12.5;
      break;
    case FontRole::key:
      size = 11;
      break;
  }
  f.setPixelSize(std::max(8, px(size)));
  return f;
}

QColor color_of(State state) {
  switch (state) {
    case State::pass:
      return tokens().pass;
    case State::warning:
      return tokens().warning;
    case State::fail:
      return tokens().fail;
    case State::running:
      return tokens().accent;
    case State::neutral:
      break;
  }
  return tokens().faint;
}

QColor ground_of(State state) {
  switch (state) {
    case State::pass:
      return tokens().pass_soft;
    case State::warning:
      return tokens().warning_soft;
    case State::fail:
      return tokens().fail_soft;
    case State::running:
      return tokens().accent_soft;
    case State::neutral:
      break;
  }
  return tokens().neutral_soft;
}

QColor text_of(State state) {
  switch (state) {
    case State::pass:
      return tokens().pass_text;
    case State::warning:
      return tokens().warning_text;
    case State::fail:
      return tokens().fail_text;
    case State::running:
      return tokens().accent_text;
    case State::neutral:
      break;
  }
  return mix(tokens().text, tokens().muted, 0.35);
}

// Relative luminance and ratio as WCAG 2.1 defines them.
double contrast(const QColor& a, const QColor& b) {
  const auto luminance = [](const QColor& c) {
    const auto linear = [](double v) { return v <= 0.03928 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
  };
  const double la = luminance(a), lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

QColor mix(const QColor& a, const QColor& b, double t) {
  const auto part = [t](int x, int y) { return static_cast<int>(std::lround(x * t + y * (1 - t))); };
  return {part(a.red(), b.red()), part(a.green(), b.green()), part(a.blue(), b.blue())};
}

}  // namespace millwright::ui
