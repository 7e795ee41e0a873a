#include "portal_watcher.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>

namespace millwright::ui {

namespace {
constexpr auto kService = "org.freedesktop.portal.Desktop";
constexpr auto kPath = "/org/freedesktop/portal/desktop";
constexpr auto kInterface = "org.freedesktop.portal.Settings";
constexpr auto kSpace = "org.freedesktop.appearance";
constexpr auto kKey = "color-scheme";
}  // namespace

PortalWatcher::PortalWatcher(QObject* parent) : QObject(parent) {
  if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS")) return;
  QDBusConnection::sessionBus().connect(kService, kPath, kInterface, QStringLiteral("SettingChanged"), this,
                                        SLOT(setting_changed(QString, QString, QDBusVariant)));
}

void PortalWatcher::ask() {
  if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS")) return;
  auto call = QDBusMessage::createMethodCall(kService, kPath, kInterface, QStringLiteral("Read"));
  call << QString::fromLatin1(kSpace) << QString::fromLatin1(kKey);
  auto* watcher = new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(call, 1000), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this, [this](QDBusPendingCallWatcher* done) {
    const QDBusPendingReply<QDBusVariant> reply = *done;
    if (reply.isValid()) take(reply.value().variant());
    done->deleteLater();
  });
}

void PortalWatcher::setting_changed(const QString& space, const QString& key, const QDBusVariant& value) {
  if (space == QLatin1String(kSpace) && key == QLatin1String(kKey)) take(value.variant());
}

// "Read" wraps its answer twice, the signal once. 1 asks for dark, 2 for light, 0 says nothing.
void PortalWatcher::take(const QVariant& value) {
  QVariant inner = value;
  while (inner.canConvert<QDBusVariant>()) inner = inner.value<QDBusVariant>().variant();
  const uint scheme = inner.toUInt();
  if (scheme == 1 || scheme == 2) Q_EMIT told(scheme == 1);
}

}  // namespace millwright::ui
