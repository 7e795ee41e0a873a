// What a scenario was told is saved, and the check that it is there.
#pragma once

#include <QDir>
#include <map>
#include <string>
#include <vector>

#include "store/lookup.h"
#include "store_fixture.h"

namespace millwright::testing {

using namespace millwright::store;

/// A folder in memory where there is one: what counts here is the model of the disk, not the disk.
inline QString quick_folder() {
  return QDir("/dev/shm").exists() ? QString("/dev/shm/millwright-fault-XXXXXX")
                                   : QDir::tempPath() + "/millwright-fault-XXXXXX";
}

struct Saved {
  bool created = false;
  bool prepared = false;
  int version = 1;
  std::vector<Uuid> labels;
  std::vector<int64_t> facts, batches;
  std::vector<Digest> blobs;
  bool backed_up = false, restored = false;
};

inline constexpr int64_t kFactsRows = 300;

/// Empty when everything that was reported as saved is there and verify is green; else what is wrong.
inline std::string what_is_lost(const fs::path& folder, const Saved& saved) {
  auto project = Project::open(folder, store::testing::kBob);
  if (!project) {
    if (!saved.created && project.error().code == "store.not_a_project") return {};
    return "cannot be opened: " + store::testing::why(project);
  }
  if (project->format_version() < saved.version) return "the upgrade is lost";
  for (const Uuid& uuid : saved.labels) {
    auto query = project->db().prepare("SELECT count(*) FROM annotation WHERE uuid = ?");
    if (!query) return store::testing::why(query);
    const auto row = query->with(uuid).step();
    if (!row || query->integer(0) != 1) return "label " + tail(uuid) + " is lost";
  }
  for (const int64_t id : saved.facts) {
    const auto facts = read_facts(*project, id);
    if (!facts) return "facts are lost: " + store::testing::why(facts);
    if (facts->rows != kFactsRows ||
        facts->columns[1].integers != store::testing::some_facts(kFactsRows).columns[1].integers)
      return "facts are not what they were";
  }
  for (const Digest& sha256 : saved.blobs) {
    const auto content = read_file(path_of_blob(*project, sha256));
    if (!content) return "a blob is lost: " + store::testing::why(content);
    if (millwright::sha256(std::string_view(*content)) != sha256) return "a blob is not what it was";
  }
  const auto report = verify(*project, {.deep = true});
  if (!report) return "cannot be verified: " + store::testing::why(report);
  if (!report->ok()) return "verify: " + message_of(report->problems[0]);
  for (const fs::path& part : {project->batches_folder(), project->facts_folder(), project->blobs_folder()})
    for (const auto& entry : fs::directory_iterator(part))
      if (entry.path().filename().string().starts_with(".tmp-"))
        return "a temporary file stays: " + entry.path().string();
  // And work goes on.
  if (saved.prepared) {
    const auto label = store::testing::add_label(*project, 0);
    if (!label) return "cannot go on: " + store::testing::why(label);
  }
  return {};
}

}  // namespace millwright::testing
