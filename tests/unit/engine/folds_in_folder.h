// Rows with wrong labels among them, cut into folds, and a job's folder round them.
#pragma once

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "easy_rows.h"

namespace millwright::testing {

inline constexpr int kFolds = 4;

/// Rows of easy_rows(), all for training; those at `wrong` carry the label of another topic.
inline std::vector<Json> rows_with(const std::set<int>& wrong, int each = 40) {
  std::vector<Json> rows;
  std::istringstream all(easy_rows(each));
  for (std::string line; std::getline(all, line);) {
    Json row = Json::parse(line);
    row["split"] = "train";
    if (wrong.contains(static_cast<int>(rows.size()))) row["label"] = row["label"] == "tool" ? "river" : "tool";
    rows.push_back(std::move(row));
  }
  return rows;
}

inline std::string lines_of(const std::vector<Json>& rows) {
  std::string text;
  for (const Json& row : rows) text += to_text(row) + "\n";
  return text;
}

inline Json folds_of(size_t rows) {
  Json folds = Json::array();
  for (size_t i = 0; i < rows; ++i) folds.push_back(i % kFolds);
  return folds;
}

struct FoldsInFolder : JobInFolder {
  FoldsInFolder(const std::vector<Json>& rows, const Json& folds, Json body = {{"algorithm", "linear"}, {"seed", 3}})
      : JobInFolder(lines_of(rows), std::move(body), "cross_validate") {
    if (!write_file_atomically(job->file("inputs/folds.json"), to_text(Json{{"folds", folds}})))
      qFatal("cannot write the folds");
  }
  [[nodiscard]] std::vector<Json> said() const {
    std::vector<Json> lines;
    std::ifstream in(job->file("out_of_sample.jsonl"));
    for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
    return lines;
  }
  /// Places of the rows whose label is suspected: confidently another, and not the most probable.
  [[nodiscard]] std::set<int> suspected() const {
    std::set<int> found;
    const std::vector<Json> lines = said();
    for (size_t i = 0; i < lines.size(); ++i)
      if (!lines[i]["confident"].is_null() && lines[i]["confident"] != lines[i]["label"] &&
          lines[i]["predicted"] != lines[i]["label"])
        found.insert(static_cast<int>(i));
    return found;
  }
};

}  // namespace millwright::testing
