#include "model_work.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QMimeData>
#include <QUrl>

#include "embed_dialog.h"
#include "model_folder_dialog.h"
#include "models/embedding.h"
#include "ui_records/words.h"

namespace millwright::ui::detail {

ModelWork::ModelWork(ProjectSession& session, JobCenter& jobs, QWidget* parent)
    : QObject(parent), session_(session), parent_(parent) {
  connect(&jobs, &JobCenter::job_ended, this, &ModelWork::job_ended);
}

QString ModelWork::folder_in(const QMimeData& dragged) {
  const auto urls = dragged.urls();
  if (urls.size() != 1 || !urls.front().isLocalFile()) return {};
  const QString path = urls.front().toLocalFile();
  return QFileInfo(path).isDir() ? path : QString();
}

template <class Job, class Then>
void ModelWork::work(const QString& what, Job job, Then then) {
  session_.work(this, what, std::move(job), [this, then = std::move(then)](auto result) mutable {
    if (result)
      then(*result);
    else
      Q_EMIT failed(result.error());
  });
}

void ModelWork::add_folder() {
  const QString folder = QFileDialog::getExistingDirectory(parent_, tr("Add a model folder"));
  if (!folder.isEmpty()) add_folder(folder);
}

void ModelWork::add_folder(const QString& folder) {
  // Large vocabularies take a second to read.
  session_.read(
      this, "folder",
      [path = fs::path(utf8_of(folder))](store::Project&, const Work&) { return models::look_at_folder(path); },
      [this, folder](const Result<models::ModelFolder>& found) {
        if (found)
          show_folder(folder, *found);
        else
          Q_EMIT failed(found.error());
      });
}

void ModelWork::show_folder(const QString& folder, const models::ModelFolder& found) {
  auto* dialog = new ModelFolderDialog(folder, found, parent_);
  dialog->setObjectName(QStringLiteral("models.folder"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &QDialog::accepted, this, [this, folder, dialog] {
    work(
        tr("Adding the model"),
        [path = fs::path(utf8_of(folder)), name = dialog->name()](store::Project& project, const Work& work) {
          return models::add_model(project, path, name, 0, work);
        },
        [this](const models::Model& model) {
          Q_EMIT said(tr("%1 is in the registry").arg(text_of(model.name)), State::pass);
          Q_EMIT added(text_of(tail(model.uuid)));
        });
  });
  dialog->open();
}

void ModelWork::export_model(const models::Model& model, models::ModelFormat format) {
  const QString folder = QFileDialog::getExistingDirectory(parent_, tr("Export the model into a folder"));
  if (folder.isEmpty()) return;
  const bool onnx = format == models::ModelFormat::onnx;
  const fs::path to =
      fs::path(utf8_of(folder)) / ("model-" + tail(model.uuid).substr(0, kShortTail) + (onnx ? "-onnx" : ""));
  work(
      tr("Exporting the model"),
      [id = model.id, to, format](store::Project& project, const Work& work) {
        return models::export_model(project, id, to, format, work);
      },
      [this](const std::vector<models::ModelFile>& files) {
        Q_EMIT said(tr("Wrote %1").arg(counted(static_cast<qint64>(files.size()), tr("1 file"), tr("%1 files"))),
                    State::pass);
      });
}

void ModelWork::embed(const models::Model& model, const std::vector<records::BatchInfo>& batches) {
  auto* dialog = new EmbedDialog(model, batches, parent_);
  dialog->setObjectName(QStringLiteral("models.embed"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &QDialog::accepted, this, [this, dialog] {
    work(
        tr("Preparing the records"),
        [request = dialog->request()](store::Project& project, const Work& work) {
          return models::start_embedding(project, request, work);
        },
        [this](const jobs::Job& job) { Q_EMIT queued(job.id); });
  });
  dialog->open();
}

void ModelWork::job_ended(const jobs::Job& job) {
  if (job.kind != "embed" || job.state != jobs::JobState::done) return;
  session_.read(
      this, "embedded", [job](store::Project& project, const Work&) { return models::embeddings_of_job(project, job); },
      [this](const Result<models::EmbeddingResult>& made) {
        if (made)
          Q_EMIT said(tr("%1 embedded").arg(counted(qint64{made->rows}, tr("1 record"), tr("%1 records"))),
                      State::pass);
        else
          Q_EMIT failed(made.error());
      });
}

}  // namespace millwright::ui::detail
