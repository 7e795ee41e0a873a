// Widgets one after the other, over as many lines as they need: chips, label keys.
#pragma once

#include <QLayout>
#include <QList>

namespace millwright::ui {

class FlowLayout : public QLayout {
 public:
  /// columns > 0: a grid with equal cells, at most so many columns and as many as fit.
  explicit FlowLayout(QWidget* parent = nullptr, int spacing = 8, int columns = 0);
  ~FlowLayout() override;
  void addItem(QLayoutItem* item) override;
  [[nodiscard]] int count() const override;
  [[nodiscard]] QLayoutItem* itemAt(int index) const override;
  QLayoutItem* takeAt(int index) override;
  [[nodiscard]] Qt::Orientations expandingDirections() const override { return {}; }
  [[nodiscard]] bool hasHeightForWidth() const override { return true; }
  [[nodiscard]] int heightForWidth(int width) const override;
  [[nodiscard]] QSize minimumSize() const override;
  [[nodiscard]] QSize sizeHint() const override;
  void setGeometry(const QRect& rect) override;

 private:
  int arrange(const QRect& rect, bool move) const;
  QList<QLayoutItem*> items_;
  int columns_;
};

/// Takes every widget out of a layout and deletes it.
void clear_layout(QLayout* layout);

}  // namespace millwright::ui
