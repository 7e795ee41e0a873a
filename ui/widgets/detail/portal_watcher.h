// Asks the desktop portal whether the desktop is dark, and hears when that changes.
#pragma once

#include <QDBusVariant>
#include <QObject>
#include <QString>

namespace millwright::ui {

class PortalWatcher : public QObject {
  Q_OBJECT
 public:
  explicit PortalWatcher(QObject* parent = nullptr);
  /// Asks; the answer comes as told(). Does nothing where there is no session bus.
  void ask();

 Q_SIGNALS:
  void told(bool dark);

 private Q_SLOTS:
  void setting_changed(const QString& space, const QString& key, const QDBusVariant& value);

 private:
  void take(const QVariant& value);
};

}  // namespace millwright::ui
