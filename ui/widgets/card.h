// A surface with a thin line around it, and the small blocks that stand on one.
#pragma once

#include <QFrame>
#include <QString>

#include "ui_widgets/theme.h"

class QBoxLayout;
class QHBoxLayout;
class QLabel;
class QVBoxLayout;

namespace millwright::ui {

/// 8 px radius, 1 px line, no shadow. Put widgets into body(); a title row appears when a title, note or action is set.
class Card : public QFrame {
  Q_OBJECT
 public:
  explicit Card(QWidget* parent = nullptr);
  explicit Card(const QString& title, QWidget* parent = nullptr);
  void set_title(const QString& title);
  void set_note(const QString& note);  ///< muted, after the title
  /// Right of the title.
  void add_action(QWidget* widget);
  /// Without inner margins: for a table or a chart that fills the card.
  void set_flush(bool flush);
  [[nodiscard]] QVBoxLayout* body() const { return body_; }

 private:
  QWidget* head_;
  QHBoxLayout* head_layout_;
  QLabel* title_;
  QLabel* note_;
  QVBoxLayout* body_;
};

/// A figure with its name above and a remark below.
class KpiTile : public QFrame {
  Q_OBJECT
 public:
  explicit KpiTile(QWidget* parent = nullptr);
  void set(const QString& name, const QString& value, const QString& remark, State state = State::neutral);

 private:
  QLabel* name_;
  QLabel* value_;
  QLabel* remark_;
};

/// A label that takes a role's font and a colour of the theme, and keeps both when the theme changes.
class ThemedLabel;
enum class Tone { text, muted, accent, pass, warning, fail, reference, current };
[[nodiscard]] QLabel* make_label(const QString& text, FontRole role = FontRole::body, Tone tone = Tone::text,
                                 QWidget* parent = nullptr);
/// A form gives wrapped words the height that they want at another width: with this they say themselves what they need
/// at `width`.
void fit_words(QLabel* label, int width);
/// Changes what make_label() set.
void set_tone(QLabel* label, Tone tone);

/// A thin horizontal line.
[[nodiscard]] QFrame* make_line(QWidget* parent = nullptr);

/// One line of text that ends in … where there is no room; the whole text is its tool tip.
class ElidedLabel : public QFrame {
  Q_OBJECT
 public:
  explicit ElidedLabel(const QString& text = {}, QWidget* parent = nullptr);
  void set_text(const QString& text);
  void set_role(FontRole role, Tone tone);
  [[nodiscard]] QString text() const { return text_; }
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString text_;
  FontRole role_ = FontRole::body;
  Tone tone_ = Tone::text;
};

[[nodiscard]] QColor color_of(Tone tone);

}  // namespace millwright::ui
