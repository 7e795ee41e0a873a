#include "words.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QTimeZone>
#include <cmath>

namespace millwright::ui {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("Records", text); }

}  // namespace

QString short_id(const Uuid& id) { return text_of(tail(id).substr(0, kShortTail)); }

QString type_word(records::FieldType type) {
  switch (type) {
    case records::FieldType::integer:
      return tr("integer");
    case records::FieldType::real:
      return tr("decimal");
    case records::FieldType::timestamp:
      return tr("time");
    case records::FieldType::boolean:
      return tr("yes or no");
    case records::FieldType::category:
      return tr("category");
    case records::FieldType::text:
      return tr("text");
  }
  return {};
}

State state_of_verdict(std::string_view verdict) {
  if (verdict == "pass") return State::pass;
  if (verdict == "warn") return State::warning;
  if (verdict == "fail") return State::fail;
  return State::neutral;
}

QString word_of_verdict(std::string_view verdict) {
  if (verdict == "pass") return tr("pass");
  if (verdict == "warn") return tr("warning");
  if (verdict == "fail") return tr("fail");
  return tr("not checked");
}

QString counted(qint64 count, const QString& one, const QString& more) {
  return count == 1 ? one : more.arg(figure(count));
}

QString source_name(const std::string& source) {
  const QString text = text_of(source);
  const auto slash = text.lastIndexOf(QLatin1Char('/'));
  return slash >= 0 && slash + 1 < text.size() ? text.mid(slash + 1) : text;
}

QString batch_name(const records::BatchInfo& batch) {
  return source_name(batch.source) + QStringLiteral(" · ") + short_id(batch.uuid);
}

QString one_line(std::string_view utf8) {
  constexpr qsizetype kLongest = 400;
  QString text = text_of(utf8.substr(0, 4 * kLongest));
  const bool cut = utf8.size() > 4 * kLongest || text.size() > kLongest;
  text.truncate(kLongest);
  for (QChar& c : text) {
    if (c == QLatin1Char('\n') || c == QLatin1Char('\r')) c = QChar(0x23CE);
    if (c == QLatin1Char('\t')) c = QLatin1Char(' ');
    if (c.category() == QChar::Other_Control) c = QChar(0xFFFD);
  }
  return cut ? text + QChar(0x2026) : text;
}

QString value_text(double value, records::FieldType type) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  if (type == records::FieldType::timestamp) {
    const auto time = QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(value / 1000.0), QTimeZone::utc());
    return time.toString(time.time() == QTime(0, 0) ? QStringLiteral("yyyy-MM-dd")
                                                    : QStringLiteral("yyyy-MM-dd HH:mm"));
  }
  if (type == records::FieldType::integer && std::abs(value) < 9e15)
    return QLocale().toString(static_cast<qint64>(std::llround(value)));
  return figure(value, 4);
}

}  // namespace millwright::ui
