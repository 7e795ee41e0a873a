// What is done with models from the Models page beside judging them: a folder taken in, a model written as one, records
// embedded.
#pragma once

#include <QObject>
#include <vector>

#include "models/registry.h"
#include "records/batch.h"
#include "ui_session/job_center.h"
#include "ui_session/project_session.h"
#include "ui_widgets/theme.h"

class QMimeData;

namespace millwright::ui::detail {

class ModelWork : public QObject {
  Q_OBJECT
 public:
  /// parent: what dialogs belong to.
  ModelWork(ProjectSession& session, JobCenter& jobs, QWidget* parent);
  /// The one folder that is being dragged; empty: something else is.
  [[nodiscard]] static QString folder_in(const QMimeData& dragged);
  /// Asks for a folder.
  void add_folder();
  /// Looks at the folder, shows what it is, and takes it in when that is wanted.
  void add_folder(const QString& folder);
  void export_model(const models::Model& model, models::ModelFormat format);
  void embed(const models::Model& model, const std::vector<records::BatchInfo>& batches);

 Q_SIGNALS:
  void added(const QString& model);
  void queued(qint64 job);  ///< an embedding; the tray shows how far it is, and whether it failed
  void said(const QString& text, millwright::ui::State state);
  void failed(const millwright::Error& error);

 private:
  template <class Job, class Then>
  void work(const QString& what, Job job, Then then);
  void show_folder(const QString& folder, const models::ModelFolder& found);
  void job_ended(const jobs::Job& job);
  ProjectSession& session_;
  QWidget* parent_;
};

}  // namespace millwright::ui::detail
