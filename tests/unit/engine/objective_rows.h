// Rows for any objective: sentences of fruits and tools, and what a test makes of them.
#pragma once

#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "easy_rows.h"

namespace millwright::testing {

/// An encoder's job that takes a second or two.
inline Json small_encoder(const Json& more) {
  Json options = {{"layers", 1},       {"hidden", 32}, {"heads", 2},       {"intermediate", 64},
                  {"vocabulary", 200}, {"epochs", 30}, {"batch_size", 16}, {"learning_rate", 0.005},
                  {"max_length", 16},  {"threads", 1}};
  options.update(more);
  return {{"algorithm", "encoder"}, {"seed", 1}, {"device", "cpu"}, {"options", options}};
}

inline std::vector<std::string> fruits() { return {"apple", "pear", "plum", "cherry", "fig"}; }
inline std::vector<std::string> tools() { return {"hammer", "saw", "drill", "chisel", "pliers"}; }

using Words = std::vector<std::pair<size_t, std::string>>;  ///< with the begins of each in the text

/// Sentences of up to two fruits, then up to two tools; `target(row, fruits, tools, words)` puts in what is to be told.
template <class F>
std::string rows_of(int train, F&& target) {
  Random random(5);
  std::string out;
  int number = 0;
  for (const char* split : {"train", "validation", "test"})
    for (int i = 0; i < (std::string_view(split) == "train" ? train : train / 4); ++i) {
      const size_t first = random.below(3), second = random.below(3);
      std::string text = "we saw";
      Words words;
      for (size_t k = 0; k < first + second; ++k) {
        const std::vector<std::string> list = k < first ? fruits() : tools();
        text += " a ";
        words.emplace_back(text.size(), list[random.below(list.size())]);
        text += words.back().second;
      }
      Json row = {{"record", "1-" + std::to_string(number++)}, {"text", text}, {"split", split}};
      target(row, first, second, words);
      out += to_text(row) + '\n';
    }
  return out;
}

inline void with_labels(Json& row, size_t fruits, size_t tools, const Words&) {
  row["labels"] = Json::array();
  if (fruits > 0) row["labels"].push_back("fruit");
  if (tools > 0) row["labels"].push_back("tool");
}

inline void with_spans(Json& row, size_t fruits, size_t, const Words& words) {
  row["spans"] = Json::array();
  for (size_t k = 0; k < words.size(); ++k)
    row["spans"].push_back({{"begin", words[k].first},
                            {"end", words[k].first + words[k].second.size()},
                            {"label", k < fruits ? "fruit" : "tool"}});
}

/// A number in a unit of its own.
inline void with_value(Json& row, size_t fruits, size_t tools, const Words&) {
  row["value"] = 1000 + (tools > 0 ? 200 : 0) - (fruits > 0 ? 50 : 0);
}

inline std::vector<Json> predictions_of(const JobInFolder& folder) {
  std::vector<Json> out;
  std::ifstream in(folder.job->file("predictions.jsonl"));
  for (std::string line; std::getline(in, line);) out.push_back(Json::parse(line));
  return out;
}

}  // namespace millwright::testing
