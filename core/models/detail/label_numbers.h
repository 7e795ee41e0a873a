// Labels of judged rows, numbered in the order in which they come.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace millwright::models::detail {

class LabelNumbers {
 public:
  LabelNumbers() = default;
  /// These come first.
  explicit LabelNumbers(const std::vector<std::string>& first) {
    for (const std::string& name : first) (void)(*this)(name);
  }
  int32_t operator()(const std::string& name) {
    const auto [place, fresh] = numbers_.try_emplace(name, static_cast<int32_t>(names_.size()));
    if (fresh) names_.push_back(name);
    return place->second;
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::unordered_map<std::string, int32_t> numbers_;
  std::vector<std::string> names_;
};

}  // namespace millwright::models::detail
