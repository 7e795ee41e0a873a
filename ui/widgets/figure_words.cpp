#include "figure_words.h"

#include <QCoreApplication>
#include <map>
#include <string_view>

namespace millwright::ui {

QString figure_title(const std::string& name) {
  static const std::map<std::string_view, const char*> kTitles = {
      {"accuracy", QT_TRANSLATE_NOOP("Figures", "accuracy")},
      {"micro_f1", QT_TRANSLATE_NOOP("Figures", "micro-F1")},
      {"macro_f1", QT_TRANSLATE_NOOP("Figures", "macro-F1")},
      {"f1", QT_TRANSLATE_NOOP("Figures", "F1")},
      {"precision", QT_TRANSLATE_NOOP("Figures", "precision")},
      {"recall", QT_TRANSLATE_NOOP("Figures", "recall")},
      {"hamming_loss", QT_TRANSLATE_NOOP("Figures", "Hamming loss")},
      {"r2", QT_TRANSLATE_NOOP("Figures", "R²")},
      {"mae", QT_TRANSLATE_NOOP("Figures", "mean absolute error")},
      {"rmse", QT_TRANSLATE_NOOP("Figures", "root mean square error")},
      {"pearson", QT_TRANSLATE_NOOP("Figures", "correlation")}};
  const auto found = kTitles.find(name);
  return found == kTitles.end() ? QString::fromStdString(name) : QCoreApplication::translate("Figures", found->second);
}

}  // namespace millwright::ui
