// Icons are line drawings in resources/icons; their colour is put in when they are painted.
#include <QCoreApplication>
#include <QDateTime>
#include <QFile>
#include <QIconEngine>
#include <QLocale>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>
#include <cmath>

#include "theme.h"

namespace millwright::ui {

namespace {

class ThemedIconEngine : public QIconEngine {
 public:
  ThemedIconEngine(QString name, QColor color) : name_(std::move(name)), color_(std::move(color)) {}
  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
    QColor c = color_.isValid() ? color_ : tokens().text;
    if (mode == QIcon::Disabled) c = tokens().faint;
    const double ratio = painter->device()->devicePixelRatioF();
    painter->drawPixmap(rect, icon_pixmap(name_, std::min(rect.width(), rect.height()), c, ratio));
  }
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State) override {
    QColor c = color_.isValid() ? color_ : tokens().text;
    if (mode == QIcon::Disabled) c = tokens().faint;
    return icon_pixmap(name_, std::min(size.width(), size.height()), c, 1);
  }
  [[nodiscard]] QIconEngine* clone() const override { return new ThemedIconEngine(name_, color_); }

 private:
  QString name_;
  QColor color_;
};

}  // namespace

QIcon themed_icon(const QString& name, QColor color) { return QIcon(new ThemedIconEngine(name, std::move(color))); }

QPixmap icon_pixmap(const QString& name, int size, const QColor& color, double ratio) {
  const QString key = QStringLiteral("mw/%1/%2/%3/%4").arg(name).arg(size).arg(color.rgba()).arg(ratio);
  QPixmap pixmap;
  if (QPixmapCache::find(key, &pixmap)) return pixmap;
  QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
  const int side = static_cast<int>(std::ceil(size * ratio));
  pixmap = QPixmap(std::max(1, side), std::max(1, side));
  pixmap.fill(Qt::transparent);
  if (file.open(QIODevice::ReadOnly)) {
    QSvgRenderer renderer(file.readAll().replace("currentColor", color.name().toLatin1()));
    QPainter painter(&pixmap);
    renderer.render(&painter);
  }
  pixmap.setDevicePixelRatio(ratio);
  QPixmapCache::insert(key, pixmap);
  return pixmap;
}

QString figure(qint64 value) { return QLocale().toString(value); }

QString figure(double value, int significant) {
  if (std::isnan(value)) return QStringLiteral("–");
  if (value == 0) return QStringLiteral("0");
  const QLocale locale;
  const double size = std::abs(value);
  if (size >= 1e15 || size < 1e-4) return locale.toString(value, 'e', std::max(0, significant - 1));
  const int before = static_cast<int>(std::floor(std::log10(size))) + 1;
  QString text = locale.toString(value, 'f', std::max(0, significant - before));
  if (text.contains(locale.decimalPoint())) {
    while (text.endsWith(locale.zeroDigit())) text.chop(1);
    if (text.endsWith(locale.decimalPoint())) text.chop(1);
  }
  return text;
}

QString percent(double share, int decimals) {
  if (std::isnan(share)) return QStringLiteral("–");
  return QLocale().toString(share * 100, 'f', decimals) + QStringLiteral(" %");
}

QString bytes(qint64 value) { return QLocale().formattedDataSize(value, 1, QLocale::DataSizeSIFormat); }

QString duration(double seconds) {
  const auto words = [](const char* text, qint64 a, qint64 b = 0) {
    return QCoreApplication::translate("duration", text).arg(a).arg(b);
  };
  if (seconds < 0.95) return QCoreApplication::translate("duration", "%1 ms").arg(std::lround(seconds * 1000));
  const auto whole = static_cast<qint64>(std::llround(seconds));
  if (whole < 60) return QCoreApplication::translate("duration", "%1 s").arg(whole);
  if (whole < 600) return words(QT_TRANSLATE_NOOP("duration", "%1 min %2 s"), whole / 60, whole % 60);
  if (whole < 3600) return QCoreApplication::translate("duration", "%1 min").arg((whole + 30) / 60);
  if (whole < 86400) return words(QT_TRANSLATE_NOOP("duration", "%1 h %2 min"), whole / 3600, whole % 3600 / 60);
  return words(QT_TRANSLATE_NOOP("duration", "%1 d %2 h"), whole / 86400, whole % 86400 / 3600);
}

QString ago(qint64 ms) {
  const QDateTime then = QDateTime::fromMSecsSinceEpoch(ms);
  const qint64 seconds = then.secsTo(QDateTime::currentDateTime());
  const auto tr = [](const char* text) { return QCoreApplication::translate("duration", text); };
  if (seconds < 60) return tr("just now");
  if (seconds < 3600) return tr("%1 min ago").arg(seconds / 60);
  if (seconds < 86400) return tr("%1 h ago").arg(seconds / 3600);
  return QLocale().toString(then.date(), QLocale::ShortFormat);
}

}  // namespace millwright::ui
