// Byte pair encoding: of all neighbours the pair with the best rank is merged, the leftmost of equals, until none can
// be.
#include <algorithm>
#include <bit>

#include "detail/token_model.h"
#include "detail/tokenizer_classes.h"

namespace millwright::text::detail {
namespace {

constexpr uint32_t kNoRank = 0xFFFFFFFF;

/// From a pair of ids to its rank and what it becomes: open addressing, at most half full.
class MergeTable {
 public:
  struct Entry {
    uint64_t pair = kEmpty;
    uint32_t rank = kNoRank;
    int32_t merged = -1;
  };
  explicit MergeTable(size_t merges) : slots_(std::bit_ceil(std::max<size_t>(merges * 2, 16))) {}
  /// The last of the same pair counts.
  void set(int32_t left, int32_t right, uint32_t rank, int32_t merged) {
    slots_[place(key(left, right))] = {key(left, right), rank, merged};
  }
  [[nodiscard]] const Entry& find(int32_t left, int32_t right) const { return slots_[place(key(left, right))]; }

 private:
  static constexpr uint64_t kEmpty = ~uint64_t{0};
  static uint64_t key(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  [[nodiscard]] size_t place(uint64_t key) const {
    const size_t mask = slots_.size() - 1;
    size_t at = (key * 0x9E3779B97F4A7C15ULL) >> 20 & mask;
    while (slots_[at].pair != key && slots_[at].pair != kEmpty) at = (at + 1) & mask;
    return at;
  }
  std::vector<Entry> slots_;
};

class Bpe : public TokenModel {
 public:
  Bpe(Vocabulary vocabulary, const BpeOptions& options)
      : TokenModel(std::move(vocabulary)),
        merges_(options.merges.size()),
        prefix_(options.prefix),
        suffix_(options.suffix),
        fuse_unknown_(options.fuse_unknown),
        ignore_merges_(options.ignore_merges) {
    if (!options.unknown_token.empty()) unknown_ = vocabulary_.find(options.unknown_token);
    if (options.byte_fallback) bytes_ = byte_tokens(vocabulary_);
  }

  Status read_merges(const BpeOptions& options) {
    std::string merged;
    for (size_t rank = 0; rank < options.merges.size(); ++rank) {
      const auto& [left, right] = options.merges[rank];
      const auto complain = [&](std::string_view token) {
        return invalid_tokenizer("model.merges[" + std::to_string(rank) + "]",
                                 "\"" + std::string(token.substr(0, 100)) + "\" is not in the vocabulary");
      };
      const int32_t a = vocabulary_.find(left), b = vocabulary_.find(right);
      if (a < 0) return complain(left);
      if (b < 0) return complain(right);
      merged.assign(left);
      if (right.size() < prefix_.size()) return complain(right);
      merged += right.substr(prefix_.size());
      const int32_t to = vocabulary_.find(merged);
      if (to < 0) return complain(merged);
      merges_.set(a, b, static_cast<uint32_t>(rank), to);
    }
    return {};
  }

  [[nodiscard]] std::string_view kind() const override { return "BPE"; }
  [[nodiscard]] int32_t unknown() const override { return unknown_; }

  bool take_bytes() override {
    if (!prefix_.empty() || !suffix_.empty() || !bytes_.empty()) return false;
    std::vector<int32_t> ids(256);
    for (size_t byte = 0; byte < 256; ++byte) {
      std::string token;
      append_character(token, byte_to_character(static_cast<unsigned char>(byte)));
      ids[byte] = vocabulary_.find(token);
      if (ids[byte] < 0) return false;
    }
    of_byte_ = std::move(ids);
    return true;
  }

  void tokenize(std::string_view piece, ModelScratch& scratch, std::vector<PieceToken>& out) const override {
    if (ignore_merges_) {
      const int32_t whole = vocabulary_.find(spell(piece, scratch.spelled));
      if (whole >= 0) return out.push_back({whole, 0, static_cast<uint32_t>(piece.size())});
    }
    scratch.symbols.clear();
    if (of_byte_.empty())
      begin_with_characters(piece, scratch);
    else
      for (const char c : piece) add(scratch, of_byte_[static_cast<unsigned char>(c)], 1);
    if (scratch.symbols.size() <= kFew)
      merge_few(scratch.symbols);
    else
      merge_many(scratch);
    uint32_t at = 0;
    for (const Symbol& symbol : scratch.symbols) {
      if (symbol.length == 0) continue;
      out.push_back({symbol.id, at, at + symbol.length});
      at += symbol.length;
    }
  }

 private:
  using Symbol = ModelScratch::Symbol;
  static constexpr size_t kFew = 40;

  static void append_character(std::string& out, char32_t c) {
    // Byte characters lie below U+0144.
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      out += static_cast<char>(0xC0 | c >> 6);
      out += static_cast<char>(0x80 | (c & 0x3F));
    }
  }

  std::string_view spell(std::string_view piece, std::string& buffer) const {
    if (of_byte_.empty()) return piece;
    buffer.clear();
    for (const char c : piece) append_character(buffer, byte_to_character(static_cast<unsigned char>(c)));
    return buffer;
  }

  static void add(ModelScratch& scratch, int32_t id, uint32_t length) {
    const auto at = static_cast<int32_t>(scratch.symbols.size());
    if (at > 0) scratch.symbols.back().next = at;
    scratch.symbols.push_back({id, length, at - 1, -1, kNoRank, -1});
  }

  void begin_with_characters(std::string_view piece, ModelScratch& scratch) const {
    uint32_t unknown = 0;  // bytes of an unknown token that is not closed yet
    const auto close = [&] {
      if (unknown > 0) add(scratch, unknown_, unknown);
      unknown = 0;
    };
    for (size_t at = 0; at < piece.size();) {
      const size_t length = length_of_character(piece[at]);
      std::string& spelled = scratch.spelled;
      spelled.clear();
      if (at > 0) spelled += prefix_;
      spelled += piece.substr(at, length);
      at += length;
      if (at == piece.size()) spelled += suffix_;
      const int32_t id = vocabulary_.find(spelled);
      if (id >= 0) {
        close();
        add(scratch, id, static_cast<uint32_t>(length));
      } else if (!spell_in_bytes(spelled, scratch) && unknown_ >= 0) {
        if (!fuse_unknown_) close();
        unknown += static_cast<uint32_t>(length);
      }
    }
    close();
  }

  bool spell_in_bytes(std::string_view text, ModelScratch& scratch) const {
    if (bytes_.empty()) return false;
    const auto id_of = [this](char c) { return bytes_[static_cast<unsigned char>(c)]; };
    if (std::any_of(text.begin(), text.end(), [&](char c) { return id_of(c) < 0; })) return false;
    for (const char c : text) add(scratch, id_of(c), 1);
    return true;
  }

  void rank(Symbol& symbol, const std::vector<Symbol>& symbols) const {
    symbol.rank = kNoRank;
    if (symbol.next < 0) return;
    const MergeTable::Entry& entry = merges_.find(symbol.id, symbols[static_cast<size_t>(symbol.next)].id);
    symbol.rank = entry.rank;
    symbol.merged = entry.merged;
  }

  void merge(std::vector<Symbol>& symbols, size_t at, int32_t merged) const {
    Symbol& left = symbols[at];
    Symbol& right = symbols[static_cast<size_t>(left.next)];
    left.id = merged;
    left.length += right.length;
    left.next = right.next;
    right.length = 0;
    if (left.next >= 0) symbols[static_cast<size_t>(left.next)].previous = static_cast<int32_t>(at);
  }

  /// A word: looking for the best among a few is quicker than a heap.
  void merge_few(std::vector<Symbol>& symbols) const {
    if (symbols.empty()) return;
    for (Symbol& symbol : symbols) rank(symbol, symbols);
    for (;;) {
      size_t best = 0;
      uint32_t lowest = kNoRank;
      for (int32_t i = 0; i >= 0; i = symbols[static_cast<size_t>(i)].next)
        if (symbols[static_cast<size_t>(i)].rank < lowest) {
          best = static_cast<size_t>(i);
          lowest = symbols[best].rank;
        }
      if (lowest == kNoRank) return;
      merge(symbols, best, symbols[best].merged);
      rank(symbols[best], symbols);
      if (symbols[best].previous >= 0) rank(symbols[static_cast<size_t>(symbols[best].previous)], symbols);
    }
  }

  void merge_many(ModelScratch& scratch) const {
    using Merge = ModelScratch::Merge;
    auto& symbols = scratch.symbols;
    auto& heap = scratch.heap;
    const auto worse = [](const Merge& a, const Merge& b) { return a.rank != b.rank ? a.rank > b.rank : a.at > b.at; };
    const auto offer = [&](int32_t at) {
      if (at < 0) return;
      Symbol& symbol = symbols[static_cast<size_t>(at)];
      rank(symbol, symbols);
      if (symbol.rank == kNoRank) return;
      heap.push_back({symbol.rank, static_cast<uint32_t>(at), symbol.merged});
      std::push_heap(heap.begin(), heap.end(), worse);
    };
    heap.clear();
    for (size_t i = 0; i < symbols.size(); ++i) offer(static_cast<int32_t>(i));
    while (!heap.empty()) {
      std::pop_heap(heap.begin(), heap.end(), worse);
      const Merge top = heap.back();
      heap.pop_back();
      const Symbol& left = symbols[top.at];
      // What was merged meanwhile is stale.
      if (left.length == 0 || left.next < 0 || left.rank == kNoRank || left.merged != top.merged) continue;
      merge(symbols, top.at, top.merged);
      offer(static_cast<int32_t>(top.at));
      offer(symbols[top.at].previous);
    }
  }

  MergeTable merges_;
  std::string prefix_, suffix_;
  bool fuse_unknown_, ignore_merges_;
  int32_t unknown_ = -1;
  std::vector<int32_t> bytes_;    ///< ids of <0xNN>, where characters fall back to them
  std::vector<int32_t> of_byte_;  ///< where pieces are bytes: the token each begins as
};

}  // namespace

Result<std::unique_ptr<TokenModel>> make_bpe(Vocabulary vocabulary, const BpeOptions& options) {
  if (!options.unknown_token.empty() && vocabulary.find(options.unknown_token) < 0)
    return invalid_tokenizer("model.unk_token", "\"" + options.unknown_token + "\" is not in the vocabulary");
  auto model = std::make_unique<Bpe>(std::move(vocabulary), options);
  MW_TRY(model->read_merges(options));
  return model;
}

}  // namespace millwright::text::detail
