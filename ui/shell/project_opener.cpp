#include "project_opener.h"

#include <QCoreApplication>
#include <QThread>
#include <QThreadPool>

#include "base/files.h"
#include "settings.h"

namespace millwright::ui {
namespace {

QString last_annotator() { return Settings::annotators().value(0); }

Status make_project(const fs::path& path, const QString& who, const std::string& name) {
  const Actor actor{who.isEmpty() ? user_name() : who.toStdString(), this_device()};
  if (auto made = store::Project::create(path, actor, {name}); !made) return tl::make_unexpected(made.error());
  return {};
}

}  // namespace

ProjectOpener::ProjectOpener(QObject* parent) : QObject(parent) {}

void ProjectOpener::run(const QString& what, const fs::path& folder, bool demo, Open open) {
  if (busy_) return;
  busy_ = true;
  Q_EMIT begun(what);
  QThreadPool::globalInstance()->start(
      [this, guard = QPointer<ProjectOpener>(this), home = thread(), folder, open = std::move(open), demo] {
        auto result = std::make_shared<Result<std::unique_ptr<ProjectSession>>>(open());
        if (*result) (**result)->moveToThread(home);
        QMetaObject::invokeMethod(
            qApp,
            [this, guard, folder = QString::fromStdString(folder.string()), result, demo] {
              if (!guard) return;
              busy_ = false;
              if (!*result) {
                Q_EMIT failed(result->error());
                return;
              }
              Settings::remember_project(folder);
              session_ = std::move(**result);
              Q_EMIT opened(folder, demo);
            },
            Qt::QueuedConnection);
      });
}

void ProjectOpener::open(const QString& folder) {
  const auto path = store::Project::folder_for(folder.toStdString());
  run(tr("Opening %1…").arg(QString::fromStdString(path.stem().string())), path, false,
      [path, who = last_annotator()] { return ProjectSession::open(path, who); });
}

void ProjectOpener::create(const QString& folder, const QString& name) {
  const auto path = store::Project::folder_for(folder.toStdString());
  run(tr("Making %1…").arg(name), path, false,
      [path, who = last_annotator(), name]() -> Result<std::unique_ptr<ProjectSession>> {
        MW_TRY(make_project(path, who, name.toStdString()));
        return ProjectSession::open(path, who);
      });
}

void ProjectOpener::open_demo(const QString& folder) {
  const auto path = store::Project::folder_for(folder.toStdString());
  run(tr("Opening the demo…"), path, true, [path, who = last_annotator()]() -> Result<std::unique_ptr<ProjectSession>> {
    if (!fs::exists(path / "project.db")) {
      MW_TRY(make_folders(path.parent_path()));
      MW_TRY(make_project(path, who, path.stem().string()));
    }
    return ProjectSession::open(path, who);
  });
}

}  // namespace millwright::ui
