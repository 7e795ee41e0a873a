#include "text/wordpiece_trainer.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <map>
#include <queue>
#include <unordered_map>

#include "base/json.h"
#include "text/unicode.h"

namespace millwright::text {
namespace {

constexpr std::string_view kSpecial[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
constexpr size_t kLongestWord = 100;  // code points; longer ones are [UNK] to the tokenizer
constexpr size_t kBetweenChecks = 1000;

bool is_punctuation(char32_t c) {
  const bool ascii = (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
  return ascii || u_ispunct(static_cast<UChar32>(c)) != 0;
}
bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

using Pair = std::pair<uint32_t, uint32_t>;
struct PairHash {
  size_t operator()(const Pair& p) const { return (uint64_t{p.first} << 32 | p.second) * 0x9E3779B97F4A7C15ULL; }
};

struct Word {
  std::vector<uint32_t> pieces;
  int64_t count;
};

/// Byte-pair encoding with counts that are kept up to date.
class Joiner {
 public:
  Joiner(std::vector<std::string> vocabulary, std::vector<Word> words)
      : vocabulary_(std::move(vocabulary)), words_(std::move(words)) {
    for (uint32_t i = 0; i < vocabulary_.size(); ++i) numbers_.emplace(vocabulary_[i], i);
    for (uint32_t w = 0; w < words_.size(); ++w) add(w, 1);
    for (const auto& [pair, count] : counts_) push(pair);
  }

  /// Joins the most frequent pair; false when none is frequent enough.
  bool join(int64_t least) {
    while (!queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      const int64_t now = counts_[best.pair];
      if (now != best.count) continue;  // an older count of a pair that is in the queue again
      if (now < least) return false;
      replace(best.pair, best.text);
      return true;
    }
    return false;
  }
  std::vector<std::string>& vocabulary() { return vocabulary_; }

 private:
  struct Candidate {
    int64_t count;
    std::string text;
    Pair pair;
    bool operator<(const Candidate& other) const {
      if (count != other.count) return count < other.count;
      return text != other.text ? text > other.text : pair > other.pair;
    }
  };

  [[nodiscard]] std::string joined(const Pair& pair) const {
    return vocabulary_[pair.first] + vocabulary_[pair.second].substr(2);  // what follows always begins with "##"
  }
  void push(const Pair& pair) {
    const int64_t count = counts_[pair];
    if (count > 0) queue_.push({count, joined(pair), pair});
  }
  void add(uint32_t word, int64_t sign) {
    const Word& w = words_[word];
    for (size_t i = 0; i + 1 < w.pieces.size(); ++i) {
      const Pair pair{w.pieces[i], w.pieces[i + 1]};
      counts_[pair] += sign * w.count;
      if (sign > 0) places_[pair].push_back(word);
    }
  }
  void replace(const Pair& pair, const std::string& text) {
    const auto [found, fresh] = numbers_.try_emplace(text, static_cast<uint32_t>(vocabulary_.size()));
    if (fresh) vocabulary_.push_back(text);
    const uint32_t piece = found->second;
    std::vector<uint32_t> where = std::move(places_[pair]);
    places_.erase(pair);
    std::sort(where.begin(), where.end());
    where.erase(std::unique(where.begin(), where.end()), where.end());
    std::vector<Pair> changed;
    for (const uint32_t number : where) {
      Word& word = words_[number];
      for (size_t i = 0; i + 1 < word.pieces.size(); ++i) changed.emplace_back(word.pieces[i], word.pieces[i + 1]);
      add(number, -1);
      std::vector<uint32_t> next;
      for (size_t i = 0; i < word.pieces.size(); ++i) {
        const bool here =
            i + 1 < word.pieces.size() && word.pieces[i] == pair.first && word.pieces[i + 1] == pair.second;
        next.push_back(here ? piece : word.pieces[i]);
        if (here) ++i;
      }
      word.pieces = std::move(next);
      add(number, 1);
      for (size_t i = 0; i + 1 < word.pieces.size(); ++i) changed.emplace_back(word.pieces[i], word.pieces[i + 1]);
    }
    std::sort(changed.begin(), changed.end());
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    for (const Pair& other : changed) push(other);
  }

  std::vector<std::string> vocabulary_;
  std::vector<Word> words_;
  std::unordered_map<std::string, uint32_t> numbers_;
  std::unordered_map<Pair, int64_t, PairHash> counts_;
  std::unordered_map<Pair, std::vector<uint32_t>, PairHash> places_;  ///< words that hold, or held, the pair
  std::priority_queue<Candidate> queue_;
};

/// The characters of a word as pieces: the first bare, the others with "##".
std::vector<std::string> characters(const std::string& word) {
  std::vector<std::string> out;
  for (size_t at = 0; at < word.size();) {
    const size_t from = at;
    (void)next_code_point(word, at);
    out.push_back((from == 0 ? "" : "##") + word.substr(from, at - from));
  }
  return out;
}

}  // namespace

std::vector<std::string> bert_words(std::string_view text) {
  const std::string plain = normalise(lower(text), NormalForm::nfd);
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (size_t at = 0; at < plain.size();) {
    const char32_t c = next_code_point(plain, at);
    const auto category = u_charType(static_cast<UChar32>(c));
    if (is_white_space(c)) {
      end_word();
    } else if (category == U_NON_SPACING_MARK || category == U_CONTROL_CHAR || category == U_FORMAT_CHAR ||
               c == 0xFFFD) {
      continue;
    } else if (is_punctuation(c) || is_chinese(c)) {
      end_word();
      append_utf8(word, c);
      end_word();
    } else {
      append_utf8(word, c);
    }
  }
  end_word();
  return words;
}

Result<std::vector<std::string>> train_wordpiece(std::span<const std::string_view> texts,
                                                 const WordpieceOptions& options, const Work& work) {
  const auto stopped = [] { return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done."); };
  std::map<std::string, int64_t> counts;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i % kBetweenChecks == 0) {
      if (work.stopped()) return stopped();
      work.report({"vocabulary", static_cast<int64_t>(i), static_cast<int64_t>(texts.size()), "texts"});
    }
    for (std::string& word : bert_words(texts[i]))
      if (count_code_points(word) <= kLongestWord) ++counts[std::move(word)];
  }
  if (counts.empty())
    return fail(ErrorKind::bad_input, "text.no_terms", "The training texts hold no words.", {},
                "Look at the text field of the task.");

  std::map<std::string, int64_t> letters;
  for (const auto& [word, count] : counts)
    for (const std::string& piece : characters(word)) letters[piece] += count;
  std::vector<std::pair<std::string, int64_t>> order(letters.begin(), letters.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  const size_t room = options.vocabulary > std::size(kSpecial) ? options.vocabulary - std::size(kSpecial) : 0;
  order.resize(std::min({order.size(), options.alphabet, room}));
  std::sort(order.begin(), order.end());

  std::vector<std::string> vocabulary(std::begin(kSpecial), std::end(kSpecial));
  std::unordered_map<std::string, uint32_t> numbers;
  for (const auto& [piece, count] : order) {
    numbers.emplace(piece, static_cast<uint32_t>(vocabulary.size()));
    vocabulary.push_back(piece);
  }
  std::vector<Word> words;
  for (const auto& [word, count] : counts) {
    Word out{{}, count};
    for (const std::string& piece : characters(word)) {
      const auto found = numbers.find(piece);
      if (found == numbers.end()) break;
      out.pieces.push_back(found->second);
    }
    if (out.pieces.size() > 1) words.push_back(std::move(out));
  }
  Joiner joiner(std::move(vocabulary), std::move(words));
  while (joiner.vocabulary().size() < options.vocabulary && joiner.join(options.least_count)) {
    if (joiner.vocabulary().size() % kBetweenChecks != 0) continue;
    if (work.stopped()) return stopped();
    work.report({"vocabulary", static_cast<int64_t>(joiner.vocabulary().size()),
                 static_cast<int64_t>(options.vocabulary), "tokens"});
  }
  return std::move(joiner.vocabulary());
}

Result<std::vector<std::string>> write_wordpiece_tokenizer(const fs::path& folder,
                                                           const std::vector<std::string>& vocabulary,
                                                           int64_t longest) {
  std::string lines;
  Json table = Json::object();
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    lines += vocabulary[i] + "\n";
    table[vocabulary[i]] = i;
  }
  Json added = Json::array();
  for (size_t i = 0; i < std::size(kSpecial); ++i) {
    added.push_back({{"id", i},
                     {"content", kSpecial[i]},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  const auto special = [](std::string_view id, int type) {
    return Json{{"SpecialToken", {{"id", id}, {"type_id", type}}}};
  };
  const auto sequence = [](std::string_view id, int type) {
    return Json{{"Sequence", {{"id", id}, {"type_id", type}}}};
  };
  const auto token = [](std::string_view name, int id) {
    return Json{{"id", name}, {"ids", {id}}, {"tokens", {name}}};
  };
  const Json tokenizer = {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", added},
      {"normalizer",
       {{"type", "BertNormalizer"},
        {"clean_text", true},
        {"handle_chinese_chars", true},
        {"strip_accents", nullptr},
        {"lowercase", true}}},
      {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
      {"post_processor",
       {{"type", "TemplateProcessing"},
        {"single", {special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)}},
        {"pair", {special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0), sequence("B", 1), special("[SEP]", 1)}},
        {"special_tokens", {{"[CLS]", token("[CLS]", 2)}, {"[SEP]", token("[SEP]", 3)}}}}},
      {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
      {"model",
       {{"type", "WordPiece"},
        {"unk_token", "[UNK]"},
        {"continuing_subword_prefix", "##"},
        {"max_input_chars_per_word", kLongestWord},
        {"vocab", std::move(table)}}}};
  const Json special_map = {{"pad_token", "[PAD]"},
                            {"unk_token", "[UNK]"},
                            {"cls_token", "[CLS]"},
                            {"sep_token", "[SEP]"},
                            {"mask_token", "[MASK]"}};
  Json config = special_map;
  config["do_lower_case"] = true;
  config["model_max_length"] = longest;
  config["tokenizer_class"] = "BertTokenizer";
  MW_TRY(write_file_atomically(folder / "vocab.txt", lines));
  MW_TRY(write_file_atomically(folder / "tokenizer.json", to_text(tokenizer, 1) + "\n"));
  MW_TRY(write_file_atomically(folder / "tokenizer_config.json", to_text(config, 1) + "\n"));
  MW_TRY(write_file_atomically(folder / "special_tokens_map.json", to_text(special_map, 1) + "\n"));
  return std::vector<std::string>{"vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"};
}

}  // namespace millwright::text
