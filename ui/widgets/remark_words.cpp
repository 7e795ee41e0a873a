#include "remark_words.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

namespace millwright::ui {

QString message(const Remark& remark) {
  const QString translated = QCoreApplication::translate("remarks", remark.text.c_str());
  Arguments arguments = remark.arguments;
  for (auto& [name, value] : arguments) {
    if (!is_figure(value)) continue;
    const size_t point = value.find('.');
    const auto decimals = point == std::string::npos ? 0 : static_cast<int>(value.size() - point - 1);
    value = QLocale().toString(std::stod(value), 'f', decimals).toStdString();
  }
  return QString::fromStdString(fill(translated.toStdString(), arguments));
}

QString message(std::span<const Remark> remarks, const QString& between) {
  QStringList words;
  for (const Remark& remark : remarks) words << message(remark);
  return words.join(between);
}

}  // namespace millwright::ui
