// A project that is ready to train: three topics that a person would sort without a mistake, labeled from a field,
// frozen.
#pragma once

#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "labels/from_field.h"
#include "labels/task.h"
#include "models/training.h"
#include "records/ingest.h"
#include "snapshots/snapshot.h"
#include "store/project.h"

namespace millwright::testing {

/// Stops the test program with what went wrong: a fixture that cannot be made is no finding.
template <class T>
T need(Result<T> result) {
  if (!result) qFatal("%s", message_of(result.error()).c_str());
  return std::move(*result);
}

struct Trainable {
  QTemporaryDir memory;
  fs::path folder;
  store::Project project;
  int64_t batch = 0;
  labels::Task task;
  snapshots::Snapshot snapshot;

  /// With `conflicts` every text carries two labels: the gate must fail.
  explicit Trainable(int rows = 900, bool conflicts = false)
      : folder(fs::path(memory.path().toStdString())),
        project(need(store::Project::create(folder / "p.millwright", {"Ada", "test"}, {}))) {
    write_csv(rows, conflicts);
    records::ImportRequest request;
    request.source = (folder / "rows.csv").string();
    request.asset = "things";
    request.roles.text = "text";
    request.roles.id = "id";
    const auto report = need(records::import_source(project, request, {}));
    batch = report.batch;
    task = need(
        labels::create_task(project, {.name = "topic", .asset = report.asset.id, .fields = {"text"}, .labels = {}}));
    (void)need(labels::label_from_field(project, {.task = task.id, .field = "label", .by = "Ada", .batches = {}}));
    snapshots::SnapshotRequest freeze;
    freeze.task = task.id;
    snapshot = need(snapshots::make_snapshot(project, freeze)).snapshot;
  }

  models::Run train(uint64_t seed = 1) {
    models::TrainRequest request;
    request.seed = seed;
    const jobs::Job job = need(models::start_training(project, request, {}));
    auto foreman = need(models::foreman(project));
    return need(models::run_of_job(project, need(foreman.wait(job.id, {})).id));
  }

 private:
  void write_csv(int rows, bool conflicts) const {
    const std::vector<std::pair<std::string, std::vector<std::string>>> topics = {
        {"fruit", {"apple", "pear", "plum", "cherry", "fig"}},
        {"river", {"danube", "rhine", "loire", "tagus", "oder"}},
        {"tool", {"hammer", "saw", "drill", "chisel", "pliers"}}};
    Random random(1);
    std::ofstream out(folder / "rows.csv");
    out << "id,text,label\n";
    for (int i = 0; i < rows; ++i) {
      const auto& [label, words] = topics[static_cast<size_t>(i % 3)];
      const int number = conflicts ? i / 3 : i;
      out << i << ",number " << number
          << (conflicts ? "" : " the " + words[random.below(5)] + " and a " + words[random.below(5)]) << ',' << label
          << '\n';
    }
  }
};

}  // namespace millwright::testing
