// Rows that a person would sort without a mistake, and a job's folder round them.
#pragma once

#include <QTemporaryDir>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "engine/run_job.h"
#include "jobs/job_folder.h"

namespace millwright::testing {

/// Three topics, a few words each; `each` rows of every topic to train on, half as many in the other splits.
inline std::string easy_rows(int each) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> topics = {
      {"fruit", {"apple", "pear", "plum", "cherry", "fig"}},
      {"tool", {"hammer", "saw", "drill", "chisel", "pliers"}},
      {"river", {"danube", "rhine", "loire", "tagus", "oder"}}};
  Random random(1);
  std::string rows;
  int number = 0;
  for (const char* split : {"train", "validation", "test"})
    for (const auto& [label, words] : topics)
      for (int i = 0; i < (std::string_view(split) == "train" ? each : each / 2); ++i) {
        const std::string text =
            "the " + words[random.below(words.size())] + " and a " + words[random.below(words.size())];
        rows += to_text(Json{
                    {"record", "1-" + std::to_string(number++)}, {"text", text}, {"label", label}, {"split", split}}) +
                "\n";
      }
  return rows;
}

struct JobInFolder {
  QTemporaryDir memory;
  std::optional<jobs::JobFolder> job;
  explicit JobInFolder(const std::string& rows, Json body = {{"algorithm", "linear"}, {"seed", 1}},
                       std::string kind = "train") {
    auto made = jobs::JobFolder::create(fs::path(memory.path().toStdString()) / "job",
                                        {new_uuid(), std::move(kind), std::move(body)});
    if (!made || !make_folders(made->file("inputs")) || !write_file_atomically(made->file("inputs/rows.jsonl"), rows))
      qFatal("cannot make the folder");
    job = std::move(*made);
  }
  /// The exit code of run_job(); 100 more where it is an error.
  [[nodiscard]] int run() const {
    const auto code = engine::run_job(job->path(), std::stop_source());
    return code ? *code : 100 + exit_code(code.error().kind);
  }
  [[nodiscard]] jobs::JobResult result() const { return **job->result(); }
};

}  // namespace millwright::testing
