#include "engine/token_tags.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

namespace millwright::engine {

TokenTags::TokenTags(std::span<const std::string> outputs) {
  // A model of plain names may call something "S-Bahn": only beside "B-" is a single letter taken for a place.
  const bool places =
      std::any_of(outputs.begin(), outputs.end(), [](std::string_view name) { return name.starts_with("B-"); });
  std::map<std::string_view, int32_t> numbers;
  for (std::string_view name : outputs) {
    Tag& tag = tags_.emplace_back();
    if (name == "O" || name == "o") continue;
    const char place = name.size() > 1 && name[1] == '-' ? name[0] : ' ';
    const bool known =
        place == 'B' || place == 'I' || (places && std::string_view("ELSU").find(place) != std::string_view::npos);
    if (known) name.remove_prefix(2);
    tag.begins = known && (place == 'B' || place == 'S' || place == 'U');
    tag.ends = known && place != 'B' && place != 'I';
    const auto [found, added] = numbers.emplace(name, static_cast<int32_t>(labels_.size()));
    tag.label = found->second;
    if (added) labels_.emplace_back(name);
  }
}

std::vector<FoundSpan> TokenTags::spans_of(std::span<const float> logits,
                                           const std::vector<text::TokenOffsets>& offsets,
                                           const std::vector<uint8_t>& special) const {
  std::vector<FoundSpan> out;
  Tag before;
  for (size_t k = 0; k < offsets.size(); ++k) {
    if (special[k] != 0 || offsets[k].begin == offsets[k].end) continue;
    const std::span<const float> row = logits.subspan(k * tags_.size(), tags_.size());
    const auto best = std::max_element(row.begin(), row.end());
    double sum = 0;
    for (const float value : row) sum += std::exp(static_cast<double>(value) - *best);
    const Tag& tag = tags_[static_cast<size_t>(best - row.begin())];
    if (tag.label >= 0 && !tag.begins && !before.ends && before.label == tag.label) {
      out.back().span.end = offsets[k].end;
      out.back().confidence = std::min(out.back().confidence, 1 / sum);
    } else if (tag.label >= 0) {
      out.push_back({{offsets[k].begin, offsets[k].end, tag.label}, 1 / sum});
    }
    before = tag;
  }
  return out;
}

}  // namespace millwright::engine
