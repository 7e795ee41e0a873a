#include "label_files.h"

#include <QFileInfo>
#include <QSaveFile>

#include "ui_records/words.h"

namespace millwright::ui::detail {
namespace {

tl::unexpected<Error> not_written(const QSaveFile& file) {
  return fail(ErrorKind::store, "labels.file", "{file} could not be written: {reason}.",
              {{"file", utf8_of(file.fileName())}, {"reason", utf8_of(file.errorString())}},
              "Choose another folder, or make room on the disk.");
}

}  // namespace

labels::Format format_of_file(const QString& path) {
  const QString suffix = QFileInfo(path).suffix().toLower();
  return suffix == QLatin1String("csv")    ? labels::Format::csv
         : suffix == QLatin1String("json") ? labels::Format::label_studio
                                           : labels::Format::jsonl;
}

Status export_labels_to(const store::Project& project, int64_t task, const QString& path, const Work& work) {
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return not_written(file);
  MW_TRY(labels::export_labels(
      project, {task, format_of_file(path), false},
      [&file](std::string_view text) {
        return file.write(text.data(), static_cast<qint64>(text.size())) == static_cast<qint64>(text.size());
      },
      work));
  if (!file.commit()) return not_written(file);
  return {};
}

}  // namespace millwright::ui::detail
