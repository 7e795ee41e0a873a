// Questions: rare, short, with the verb on the button.
#pragma once

#include <QDialog>
#include <QString>
#include <optional>

class QFormLayout;
class QVBoxLayout;

namespace millwright::ui {

class Button;

/// A dialog in the house's manner: title, body, buttons at the lower right.
class Dialog : public QDialog {
  Q_OBJECT
 public:
  Dialog(const QString& title, const QString& verb, QWidget* parent, bool danger = false);
  [[nodiscard]] QVBoxLayout* body() const { return body_; }
  [[nodiscard]] Button* accept_button() const { return accept_; }
  /// Adds a form to the body: names on the left, fields that take the width that is left.
  QFormLayout* add_form();

 private:
  QVBoxLayout* body_;
  Button* accept_;
};

/// For what cannot be undone.
[[nodiscard]] bool confirm(QWidget* parent, const QString& title, const QString& text, const QString& verb,
                           bool danger = false);
/// One text; nullopt when left. The verb is off while the text is shorter than min_length.
[[nodiscard]] std::optional<QString> ask_text(QWidget* parent, const QString& title, const QString& text,
                                              const QString& verb, const QString& initial = {}, bool multi_line = false,
                                              int min_length = 1);

struct NamedReason {
  QString name;
  QString reason;
};
/// A name and a reason, both needed: an override has them for ever.
[[nodiscard]] std::optional<NamedReason> ask_reason(QWidget* parent, const QString& title, const QString& text,
                                                    const QString& verb, const QString& name);

}  // namespace millwright::ui
