#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "labels/guide.h"
#include "text/ngrams.h"

namespace millwright::labels {
namespace {

using Words = std::set<std::string>;

void add_words(Words& words, std::string_view text) {
  for (std::string& word : text::word_ngrams(text, 1, 1)) words.insert(std::move(word));
}

}  // namespace

std::vector<Fit> rules_that_fit(const std::vector<Rule>& rules, std::string_view item_text,
                                const std::vector<std::vector<std::string>>& example_texts) {
  std::vector<Words> words(rules.size());
  std::unordered_map<std::string, int> in_rules;
  for (size_t i = 0; i < rules.size(); ++i) {
    add_words(words[i], rules[i].title);
    add_words(words[i], rules[i].decision);
    if (i < example_texts.size())
      for (const std::string& example : example_texts[i]) add_words(words[i], example);
    for (const std::string& word : words[i]) ++in_rules[word];
  }
  Words item;
  add_words(item, item_text);
  std::vector<Fit> fits;
  for (size_t i = 0; i < rules.size(); ++i) {
    // Sum of smoothed IDF over shared words, divided by the norm of the rule so that long rules do not always win.
    double shared = 0;
    double norm = 0;
    for (const std::string& word : words[i]) {
      const double idf = std::log((1.0 + static_cast<double>(rules.size())) / (1.0 + in_rules[word])) + 1.0;
      norm += idf * idf;
      if (item.contains(word)) shared += idf * idf;
    }
    fits.push_back({i, norm > 0 ? shared / std::sqrt(norm) : 0.0});
  }
  std::stable_sort(fits.begin(), fits.end(), [](const Fit& a, const Fit& b) { return a.score > b.score; });
  return fits;
}

}  // namespace millwright::labels
