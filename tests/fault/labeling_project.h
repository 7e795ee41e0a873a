// A project as a person has it who labels: an imported batch, a task, a queue.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "labels/labeling.h"
#include "labels/queue.h"
#include "labels/task.h"
#include "records/batch.h"
#include "records/ingest.h"
#include "store/project.h"

namespace millwright::testing {

/// A CSV with an id, a text and a group: `rows` rows from number `first` on.
inline std::string small_csv(int64_t first, int64_t rows) {
  std::string text = "id,text,group\n";
  for (int64_t i = first; i < first + rows; ++i)
    text += std::to_string(i) + ",\"text number " + std::to_string(i) + "\",g" + std::to_string(i / 5) + "\n";
  return text;
}

/// Imports rows first … first + rows − 1 as a batch of the asset "texts". `scratch`: a folder for the source.
inline Result<records::ImportReport> import_small(store::Project& project, const fs::path& scratch, int64_t first,
                                                  int64_t rows) {
  const fs::path source = scratch / ("rows-" + std::to_string(first) + ".csv");
  {
    // Not through FileSystem: the source is no part of the project.
    std::FILE* file = std::fopen(source.c_str(), "wb");
    if (file == nullptr) return fail_errno("write", source.string(), errno);
    const std::string text = small_csv(first, rows);
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }
  records::ImportRequest request;
  request.source = source.string();
  request.asset = "texts";
  request.roles.text = "text";
  request.roles.id = "id";
  request.roles.group = "group";
  return records::import_source(project, request, {});
}

struct Labelable {
  int64_t task = 0, queue = 0;
};

/// Imports `rows` rows, makes a task with the labels yes and no, and a queue of all the records.
inline Result<Labelable> make_labelable(store::Project& project, const fs::path& scratch, int64_t rows) {
  MW_ASSIGN(const records::ImportReport report, import_small(project, scratch, 0, rows));
  MW_ASSIGN(const labels::Task task,
            labels::create_task(project,
                                {.name = "t", .asset = report.asset.id, .fields = {"text"}, .labels = {"yes", "no"}}));
  std::vector<labels::QueueEntry> entries;
  for (int64_t i = 0; i < rows; ++i) entries.push_back({{report.batch, i}, std::nullopt});
  MW_ASSIGN(const labels::Queued queued, labels::add_to_queue(project, {.task = task.id, .name = "q"}, entries));
  return Labelable{task.id, queued.queue.id};
}

/// Labels the next item of the queue; the annotation's id.
inline Result<Uuid> label_next(labels::Labeling& labeling) {
  MW_ASSIGN(const auto items, labeling.upcoming(1));
  if (items.empty()) return fail(ErrorKind::refused, "test.queue_empty", "Nothing is left in the queue.");
  MW_ASSIGN(const labels::Recorded done, labeling.record({.record = items[0].record, .label = "yes", .seconds = 1.0}));
  return done.annotation.uuid;
}

}  // namespace millwright::testing
