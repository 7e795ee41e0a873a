#include "style_sheet.h"

#include <QHash>

#include "ui_widgets/theme.h"

namespace millwright::ui {

namespace {

// @name@ is a colour of the theme, #n# a length in design pixels.
const char* const kSheet = R"(
QToolTip { color: @text@; background: @raised@; border: 1px solid @line@; padding: #4#px #8#px; }
QLineEdit, QTextEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox {
  background: @surface@; color: @text@; border: 1px solid @line@; border-radius: #6#px; padding: #4#px #8#px;
  selection-background-color: @accent@; selection-color: @on_accent@; }
QLineEdit, QSpinBox, QDoubleSpinBox { min-height: #18#px; }
QLineEdit:focus, QTextEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus { border: 1px solid @accent@; }
QLineEdit:disabled, QTextEdit:disabled, QPlainTextEdit:disabled { color: @muted@; background: @background@; }
QLineEdit[frameless="true"], QTextEdit[frameless="true"], QTextBrowser[frameless="true"] { border: 0; background: transparent; padding: 0; }
QMenuBar { background: @surface@; color: @text@; border-bottom: 1px solid @line@; padding: #2#px #8#px; }
QMenuBar::item { background: transparent; padding: #4#px #8#px; border-radius: #4#px; }
QMenuBar::item:selected { background: @selection@; }
QMenu { background: @raised@; color: @text@; border: 1px solid @line@; padding: #4#px; }
QMenu::item { padding: #6#px #24#px #6#px #12#px; border-radius: #4#px; }
QMenu::item:selected { background: @selection@; }
QMenu::item:disabled { color: @muted@; }
QMenu::separator { height: 1px; background: @line@; margin: #4#px #8#px; }
QMenu::indicator { width: #14#px; height: #14#px; padding-left: #6#px; }
QScrollBar:vertical { background: transparent; width: #12#px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: #12#px; margin: 0; }
QScrollBar::handle { background: @handle@; border-radius: #3#px; margin: #3#px; }
QScrollBar::handle:vertical { min-height: #32#px; }
QScrollBar::handle:horizontal { min-width: #32#px; }
QScrollBar::handle:hover { background: @faint@; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea { background: transparent; border: 0; }
QScrollArea > QWidget > QWidget { background: transparent; }
QAbstractScrollArea::corner { background: transparent; }
QTableView, QListView, QTreeView { background: transparent; border: 0; color: @text@;
  selection-background-color: @selection@; selection-color: @text@; outline: 0; }
QHeaderView { background: transparent; border: 0; }
QHeaderView::section { background: @surface@; color: @muted@; border: 0; border-bottom: 1px solid @line@; padding: #6#px #8#px; }
QTableCornerButton::section { background: @surface@; border: 0; }
QSplitter::handle { background: transparent; }
QCheckBox, QRadioButton { color: @text@; spacing: #8#px; }
QRadioButton::indicator { width: #12#px; height: #12#px; border: 1px solid @muted@; border-radius: #7#px; background: @surface@; }
QRadioButton::indicator:checked { width: #6#px; height: #6#px; border: #4#px solid @accent@; background: @on_accent@; }
QRadioButton::indicator:disabled { border-color: @line@; }
QRadioButton:focus { color: @accent@; }
QRadioButton:disabled { color: @muted@; }
QDialog { background: @surface@; }
QComboBox { background: @raised@; color: @text@; border: 1px solid @line@; border-radius: #6#px; padding: #4#px #8#px; min-height: #18#px; }
QComboBox::drop-down { border: 0; width: #22#px; }
QComboBox::down-arrow { image: url(:/icons/combo-arrow.svg); width: #14#px; height: #14#px; }
QComboBox QAbstractItemView { background: @raised@; border: 1px solid @line@; }
QFrame[surface="card"] { background: @surface@; border: 1px solid @line@; border-radius: #8#px; }
QFrame[surface="soft"] { background: @accent_soft@; border: 0; border-radius: #8#px; }
QFrame[surface="bar"] { background: @surface@; border: 0; }
QFrame[surface="line"] { background: @line@; border: 0; }
QFrame[surface="fail"] { background: @fail_soft@; border: 1px solid @fail@; border-radius: #8#px; }
QFrame[surface="popup"] { background: @raised@; border: 1px solid @line@; border-radius: #8#px; }
)";

}  // namespace

QString style_sheet(const Theme& theme) {
  const Tokens& t = theme.tokens();
  QString sheet = QString::fromLatin1(kSheet);
  const QHash<QString, QColor> colors{{"text", t.text},
                                      {"muted", t.muted},
                                      {"faint", t.faint},
                                      {"surface", t.surface},
                                      {"raised", t.raised},
                                      {"background", t.background},
                                      {"line", t.line},
                                      {"accent", t.accent},
                                      {"on_accent", t.on_accent},
                                      {"selection", t.selection},
                                      {"fail", t.fail},
                                      {"fail_soft", t.fail_soft},
                                      {"accent_soft", t.accent_soft},
                                      {"handle", mix(t.faint, t.surface, 0.5)}};
  for (auto it = colors.begin(); it != colors.end(); ++it) sheet.replace("@" + it.key() + "@", it.value().name());
  for (int length = 1; length <= 32; ++length)
    sheet.replace(QStringLiteral("#%1#").arg(length), QString::number(theme.px(length)));
  return sheet;
}

}  // namespace millwright::ui
