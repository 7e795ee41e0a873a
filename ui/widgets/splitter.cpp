#include "splitter.h"

#include "ui_widgets/theme.h"

namespace millwright::ui {

QSplitter* make_split(Qt::Orientation orientation, QWidget* first, QWidget* second, double first_size,
                      double second_size) {
  auto* split = new QSplitter(orientation);
  split->setChildrenCollapsible(false);
  split->setHandleWidth(px(12));
  split->addWidget(first);
  split->addWidget(second);
  split->setSizes({px(first_size), px(second_size)});
  return split;
}

}  // namespace millwright::ui
