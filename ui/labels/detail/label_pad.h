// The labels of a task with their keys, and type-ahead over all of them.
#pragma once

#include <QChar>
#include <QHash>
#include <QVector>
#include <QWidget>
#include <optional>
#include <vector>

#include "labels/schema.h"

class QLabel;

namespace millwright::ui {
class Button;
class TypeAheadList;
}  // namespace millwright::ui

namespace millwright::ui::detail {

class LabelPad : public QWidget {
  Q_OBJECT
 public:
  explicit LabelPad(QWidget* parent = nullptr);
  void set_labels(const std::vector<labels::Label>& labels);
  /// The label behind a key.
  [[nodiscard]] std::optional<QString> label_of(QChar key) const;
  /// Marks a label: the one that the item has, or the last one chosen.
  void mark(const QString& label);
  void start_type_ahead();
  void stop_type_ahead();
  [[nodiscard]] bool typing() const;
  [[nodiscard]] TypeAheadList* type_ahead() const { return type_ahead_; }
  [[nodiscard]] QLabel* saved_mark() const { return saved_; }

 Q_SIGNALS:
  void chosen(const QString& label);
  void left();

 private:
  QWidget* keys_;
  TypeAheadList* type_ahead_;
  QLabel* hint_;
  QLabel* saved_;
  QHash<QChar, QString> by_key_;
  QHash<QString, Button*> buttons_;
};

}  // namespace millwright::ui::detail
