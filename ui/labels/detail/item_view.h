// The item being labeled: large, alone, with what is known around it as chips.
#pragma once

#include <QString>
#include <QVector>
#include <QWidget>
#include <utility>
#include <vector>

class QLabel;
class QScrollArea;
class QVBoxLayout;

namespace millwright::ui {
class Badge;
}

namespace millwright::ui::detail {

struct ItemContent {
  QString id;                                    ///< of the record, short
  QString text;                                  ///< the task's text field, whole
  QVector<std::pair<QString, QString>> inputs;   ///< the task's other input fields
  QVector<std::pair<QString, QString>> context;  ///< other fields, short ones
  QString words;                                 ///< all inputs, for finding rules and similar items
};

class ItemView : public QWidget {
  Q_OBJECT
 public:
  explicit ItemView(QWidget* parent = nullptr);
  void show_item(const ItemContent& item);
  /// The item is known, its content still on the way.
  void show_waiting();
  /// What stands under the item: the label that it has already, or what was done last.
  void set_remark(const QString& text);
  [[nodiscard]] QString shown_id() const { return id_text_; }

 protected:
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  void adopt_theme();
  void show_chips(const QVector<std::pair<QString, QString>>& context);
  QString id_text_;
  QWidget* chips_;
  std::vector<Badge*> chip_pool_;
  QLabel* id_;
  QLabel* text_;
  QLabel* inputs_;
  QLabel* remark_;
  QScrollArea* scroll_;
};

}  // namespace millwright::ui::detail
