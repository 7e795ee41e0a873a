#include "text/lexicon.h"

#include <algorithm>
#include <set>

#include "detail/phrases.h"

namespace millwright::text {
namespace {

constexpr std::string_view kFormat = "millwright-lexicon";
constexpr int64_t kVersion = 1;
constexpr size_t kMostLabels = 65535;
constexpr uint64_t kLargestConfig = 64 << 20;
constexpr size_t kLongestLine = 1 << 20;
constexpr uint64_t kMostOccurrences = uint64_t{1} << 53;  // as far as a double counts
constexpr size_t kBetweenChecks = 1024;                   // texts between two looks at the stop token

tl::unexpected<Error> damaged(std::string reason) {
  return fail(ErrorKind::bad_input, "model.damaged", "This is not a lexicon that can be used: {reason}.",
              {{"reason", std::move(reason)}});
}

struct Entry {
  std::string phrase;  ///< as it was first seen
  uint32_t label = 0;
  uint64_t labeled = 0;      ///< occurrences with that label
  uint64_t occurrences = 0;  ///< with any label, or with none
};

}  // namespace

struct Lexicon::State {
  std::vector<std::string> labels;
  std::vector<Entry> entries;  ///< by the tree's numbers
  PhraseTree tree;
  Json about = Json::object();
};

namespace {

/// What training texts say about phrases.
class Learner {
 public:
  Learner(std::span<const std::string_view> texts, std::span<const std::vector<LexiconExample>> examples,
          const Work& work, LexiconCounts& counts)
      : texts_(texts), examples_(examples), work_(work), counts_(counts) {}

  /// All labeled phrases first, then where they stand without a label.
  Status read() {
    MW_TRY(each_text([&](size_t text, const std::vector<Word>& words) { take_labeled(text, words); }));
    return each_text([&](size_t text, const std::vector<Word>& words) { count_unlabeled(text, words); });
  }

  /// Phrases worth keeping, by their bytes.
  std::vector<Entry> entries(uint64_t least) {
    std::vector<Entry> out;
    for (const Phrase& phrase : phrases_) {
      uint64_t labeled = 0;
      Entry entry{phrase.bytes, 0, 0, 0};
      for (const auto& [label, times] : phrase.by_label) {
        labeled += times;
        if (times <= entry.labeled) continue;
        entry.label = label;
        entry.labeled = times;
      }
      entry.occurrences = labeled + phrase.unlabeled;
      if (labeled < least)
        ++counts_.rare;
      else if (phrase.unlabeled > labeled)
        ++counts_.mostly_unlabeled;
      else
        out.push_back(std::move(entry));
    }
    std::sort(out.begin(), out.end(), [](const Entry& a, const Entry& b) { return a.phrase < b.phrase; });
    return out;
  }

 private:
  struct Phrase {
    std::string bytes;
    std::map<uint32_t, uint64_t> by_label;
    uint64_t unlabeled = 0;
  };

  template <class F>
  Status each_text(F&& use) {
    for (size_t i = 0; i < texts_.size(); ++i) {
      if (i % kBetweenChecks == 0) {
        if (work_.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
        work_.report({"train", static_cast<int64_t>(i), static_cast<int64_t>(texts_.size()), "rows"});
      }
      use(i, words_of(texts_[i]));
    }
    return {};
  }

  void take_labeled(size_t text, const std::vector<Word>& words) {
    size_t at = 0;
    for (const LexiconExample& example : examples_[text]) {
      ++counts_.spans;
      while (at < words.size() && words[at].begin < example.begin) ++at;
      size_t end = at;
      while (end < words.size() && words[end].end < example.end) ++end;
      if (end == words.size() || words[at].begin != example.begin || words[end].end != example.end) {
        ++counts_.inside_words;
      } else if (end + 1 - at > Lexicon::kMostWords) {
        ++counts_.too_long;
      } else {
        const uint32_t number = tree_.add(&words[at], end + 1 - at);
        const char* const first = words[at].bytes.data();
        const char* const last = words[end].bytes.data() + words[end].bytes.size();
        if (number == phrases_.size()) phrases_.push_back({std::string(first, last), {}, 0});
        ++phrases_[number].by_label[example.label];
      }
    }
  }

  void count_unlabeled(size_t text, const std::vector<Word>& words) {
    const std::vector<uint32_t> numbers = tree_.numbers_of(words);
    const std::vector<LexiconExample>& examples = examples_[text];
    size_t next = 0;  // the first span that does not end before the word
    for (size_t at = 0; at < words.size(); ++at) {
      while (next < examples.size() && examples[next].end <= words[at].begin) ++next;
      tree_.each_at(numbers, at, [&](uint32_t phrase, size_t count) {
        if (next == examples.size() || words[at + count - 1].end <= examples[next].begin) ++phrases_[phrase].unlabeled;
      });
    }
  }

  std::span<const std::string_view> texts_;
  std::span<const std::vector<LexiconExample>> examples_;
  const Work& work_;
  LexiconCounts& counts_;
  PhraseTree tree_;
  std::vector<Phrase> phrases_;  ///< by the tree's numbers
};

Result<std::vector<std::string>> read_labels(const Json& config) {
  const auto found = config.find("labels");
  if (found == config.end() || !found->is_array() || found->empty() || found->size() > kMostLabels)
    return damaged("config.json has no list of labels");
  std::vector<std::string> labels;
  std::set<std::string> seen;
  for (const Json& label : *found) {
    if (!label.is_string()) return damaged("a label that is no text");
    labels.push_back(label.get<std::string>());
    if (!seen.insert(labels.back()).second) return damaged("a label twice");
  }
  return labels;
}

Result<Json> read_config(const fs::path& path) {
  MW_ASSIGN(const std::string text, read_file(path, kLargestConfig));
  MW_ASSIGN(Json config, parse_json(text, "config.json"));
  if (!config.is_object() || config.value("format", Json()) != kFormat)
    return damaged("config.json is of something else");
  const Json version = config.value("version", Json());
  if (!version.is_number_unsigned() || version == 0) return damaged("config.json lacks version");
  if (version > kVersion)
    return fail(ErrorKind::bad_input, "model.too_new", "The model is of format {version}; this program reads {known}.",
                {{"version", to_text(version)}, {"known", std::to_string(kVersion)}}, "Use a newer program.");
  return config;
}

Result<Entry> read_entry(std::string_view line, size_t labels) {
  if (line.size() > kLongestLine) return damaged("a line that is too long");
  MW_ASSIGN(const Json json, parse_json(line, "phrases.jsonl"));
  if (!json.is_object() || !json.value("phrase", Json()).is_string()) return damaged("a line without a phrase");
  Entry entry;
  entry.phrase = json["phrase"].get<std::string>();
  const auto whole = [&](const char* key, uint64_t low, uint64_t high) -> Result<uint64_t> {
    const Json value = json.value(key, Json());
    if (!value.is_number_unsigned() || value.get<uint64_t>() < low || value.get<uint64_t>() > high)
      return damaged(std::string(key) + " of a phrase is missing or out of range");
    return value.get<uint64_t>();
  };
  MW_ASSIGN(const uint64_t label, whole("label", 0, labels - 1));
  entry.label = static_cast<uint32_t>(label);
  MW_ASSIGN(entry.occurrences, whole("occurrences", 1, kMostOccurrences));
  MW_ASSIGN(entry.labeled, whole("labeled", 1, entry.occurrences));
  return entry;
}

/// Error: the phrase has no words, too many, or is there already.
Status add_entry(Entry entry, PhraseTree& tree, std::vector<Entry>& entries) {
  const std::vector<Word> words = words_of(entry.phrase);
  if (words.empty() || words.size() > Lexicon::kMostWords) return damaged("a phrase of no words or of too many");
  if (tree.add(words.data(), words.size()) != entries.size()) return damaged("a phrase twice");
  entries.push_back(std::move(entry));
  return {};
}

}  // namespace

Lexicon::Lexicon(std::unique_ptr<State> state) : state_(std::move(state)) {}
Lexicon::Lexicon(Lexicon&&) noexcept = default;
Lexicon& Lexicon::operator=(Lexicon&&) noexcept = default;
Lexicon::~Lexicon() = default;

Result<Lexicon> Lexicon::learn(std::span<const std::string_view> texts,
                               std::span<const std::vector<LexiconExample>> examples, std::vector<std::string> labels,
                               uint64_t least, const Work& work, LexiconCounts& counts) {
  counts = {};
  Learner learner(texts, examples, work, counts);
  MW_TRY(learner.read());
  auto state = std::make_unique<State>();
  state->labels = std::move(labels);
  for (Entry& entry : learner.entries(least)) MW_TRY(add_entry(std::move(entry), state->tree, state->entries));
  return Lexicon(std::move(state));
}

Status Lexicon::save(const fs::path& folder) const {
  const Json config = {{"format", kFormat},
                       {"version", kVersion},
                       {"labels", state_->labels},
                       {"phrases", state_->entries.size()},
                       {"about", state_->about}};
  std::string lines;
  for (const Entry& entry : state_->entries)
    lines += to_text(Json{{"phrase", entry.phrase},
                          {"label", entry.label},
                          {"labeled", entry.labeled},
                          {"occurrences", entry.occurrences}}) +
             '\n';
  MW_TRY(make_folders(folder));
  MW_TRY(write_file_atomically(folder / "config.json", to_text(config, 1) + "\n"));
  return write_file_atomically(folder / "phrases.jsonl", lines);
}

Result<Lexicon> Lexicon::load(const fs::path& folder) { return load(folder / "config.json", folder / "phrases.jsonl"); }

Result<Lexicon> Lexicon::load(const fs::path& config_path, const fs::path& entries_path) {
  MW_ASSIGN(const Json config, read_config(config_path));
  auto state = std::make_unique<State>();
  MW_ASSIGN(state->labels, read_labels(config));
  state->about = config.value("about", Json::object());
  MW_ASSIGN(const MappedFile file, MappedFile::open(entries_path));
  for (std::string_view rest = file.text(); !rest.empty();) {
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) return damaged("phrases.jsonl ends in the middle of a line");
    MW_ASSIGN(Entry entry, read_entry(rest.substr(0, end), state->labels.size()));
    MW_TRY(add_entry(std::move(entry), state->tree, state->entries));
    rest.remove_prefix(end + 1);
  }
  if (config.value("phrases", Json()) != state->entries.size())
    return damaged("phrases.jsonl has another number of phrases");
  return Lexicon(std::move(state));
}

std::vector<LexiconSpan> Lexicon::spans(std::string_view text) const {
  const std::vector<Word> words = words_of(text);
  const std::vector<uint32_t> numbers = state_->tree.numbers_of(words);
  std::vector<LexiconSpan> out;
  for (size_t at = 0; at < words.size();) {
    uint32_t longest = PhraseTree::kNone;
    size_t count = 1;
    state_->tree.each_at(numbers, at, [&](uint32_t phrase, size_t length) {
      longest = phrase;
      count = length;
    });
    if (longest != PhraseTree::kNone) {
      const Entry& entry = state_->entries[longest];
      out.push_back({words[at].begin, words[at + count - 1].end, entry.label,
                     static_cast<double>(entry.labeled) / static_cast<double>(entry.occurrences)});
    }
    at += count;
  }
  return out;
}

const std::vector<std::string>& Lexicon::labels() const { return state_->labels; }
uint64_t Lexicon::parameters() const { return state_->entries.size(); }
Json& Lexicon::about() { return state_->about; }
const Json& Lexicon::about() const { return state_->about; }

}  // namespace millwright::text
