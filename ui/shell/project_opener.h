// Opens projects off the UI thread: one that is there, a new one, the demo.
#pragma once

#include <QObject>
#include <functional>
#include <memory>

#include "ui_session/project_session.h"

namespace millwright::ui {

class ProjectOpener : public QObject {
  Q_OBJECT
 public:
  explicit ProjectOpener(QObject* parent = nullptr);
  // All three come back at once; opened() or failed() follows. While one is under way, another is ignored.
  void open(const QString& folder);
  void create(const QString& folder, const QString& name);
  /// Makes the project where it is not there yet.
  void open_demo(const QString& folder);
  [[nodiscard]] bool busy() const { return busy_; }
  /// The session of the last opened(); once.
  [[nodiscard]] std::unique_ptr<ProjectSession> take_session() { return std::move(session_); }

 Q_SIGNALS:
  /// what: "Opening mail…"
  void begun(const QString& what);
  void opened(const QString& folder, bool demo);
  void failed(const millwright::Error& error);

 private:
  using Open = std::function<Result<std::unique_ptr<ProjectSession>>()>;
  void run(const QString& what, const fs::path& folder, bool demo, Open open);
  std::unique_ptr<ProjectSession> session_;
  bool busy_ = false;
};

}  // namespace millwright::ui
