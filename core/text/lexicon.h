// A list of phrases with a label each, found in texts as they stand: the baseline of the CoNLL-2002 and 2003 shared
// tasks (Tjong Kim Sang & De Meulder 2003), which finds only complete spans that the training data has.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/result.h"
#include "base/work.h"

namespace millwright::text {

/// The code points [begin, end) of a text.
struct LexiconSpan {
  uint32_t begin = 0, end = 0;
  uint32_t label = 0;     ///< indexes Lexicon::labels()
  double confidence = 0;  ///< share of the phrase's occurrences in training that carry the label: above 0, up to 1
};

/// A labeled stretch of a training text.
struct LexiconExample {
  uint32_t begin = 0, end = 0;  ///< code points
  uint32_t label = 0;
};

/// What a lexicon was learned from and could not take up.
struct LexiconCounts {
  uint64_t spans = 0;             ///< of the training texts
  uint64_t inside_words = 0;      ///< of these: they do not begin and end where words do
  uint64_t too_long = 0;          ///< of these: of more words than a phrase may have
  uint64_t rare = 0;              ///< phrases labeled less often than was asked for
  uint64_t mostly_unlabeled = 0;  ///< phrases that occur without a label more often than with one
};

/// Words are runs of letters, numbers and underscores; of scripts that part no words (Han, kana, Thai …) each character
/// is one, and so is each other character that is no white space. A phrase is a row of words, compared byte for byte;
/// what white space lies between them does not count.
class Lexicon {
 public:
  static constexpr size_t kMostWords = 64;  ///< of a phrase

  /// Takes up each phrase that is labeled at least `least` times, with its most frequent label (of equals, the first).
  /// An occurrence counts as unlabeled where it shares no word with a labeled span; a phrase with more of these than
  /// labeled ones is left out. `examples` has a list for each text, in order and without overlaps, their labels index
  /// `labels`. Error: cancelled.
  [[nodiscard]] static Result<Lexicon> learn(std::span<const std::string_view> texts,
                                             std::span<const std::vector<LexiconExample>> examples,
                                             std::vector<std::string> labels, uint64_t least, const Work& work,
                                             LexiconCounts& counts);
  Lexicon(Lexicon&&) noexcept;
  Lexicon& operator=(Lexicon&&) noexcept;
  ~Lexicon();

  /// A folder of config.json and phrases.jsonl ({"phrase","label","labeled","occurrences"} a line; `labeled` counts
  /// that label alone). Each file whole or not at all.
  [[nodiscard]] Status save(const fs::path& folder) const;
  /// From a folder that need not be trusted: everything is checked. Errors: bad_input "model.damaged", "model.too_new".
  [[nodiscard]] static Result<Lexicon> load(const fs::path& folder);
  /// The same from the two files, wherever they lie.
  [[nodiscard]] static Result<Lexicon> load(const fs::path& config, const fs::path& entries);

  /// From left to right, the longest phrase first; none overlap.
  [[nodiscard]] std::vector<LexiconSpan> spans(std::string_view text) const;

  [[nodiscard]] const std::vector<std::string>& labels() const;
  [[nodiscard]] uint64_t parameters() const;  ///< phrases
  [[nodiscard]] Json& about();
  [[nodiscard]] const Json& about() const;

 private:
  struct State;
  explicit Lexicon(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millwright::text
