// A text on its way to tokens: it changes (normalizers, pre-tokenizers) and is cut into pieces, and every byte of it
// still knows which code points of the original it stands for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millwright::text::detail {

/// Code points [begin, end) of the original.
struct Stretch {
  uint32_t begin = 0;
  uint32_t end = 0;
};

/// UTF-8, and for each byte the stretch of the original that its character stands for.
struct AlignedText {
  /// Bytes. What a tokenizer would make longer (a hostile one may put in a book for each letter) is not appended, and
  /// the text is marked.
  static constexpr size_t kLargest = size_t{1} << 26;

  std::string text;
  std::vector<Stretch> align;
  bool overflown = false;

  void clear() {
    text.clear();
    align.clear();
  }
  void assign(std::string_view original);
  void assign(const AlignedText& other, size_t begin, size_t end);
  void append(const AlignedText& other, size_t begin, size_t end);
  void append(std::string_view bytes, Stretch where) {
    if (!fits(bytes.size())) return;
    text.append(bytes);
    align.insert(align.end(), bytes.size(), where);
  }
  void append(char32_t c, Stretch where);

 private:
  [[nodiscard]] bool fits(size_t more) {
    overflown = overflown || text.size() + more > kLargest;
    return !overflown;
  }
};

/// One step of rewriting a text character by character, with which alignments follow: 0 takes the place of the next old
/// character, 1 is new, -n takes the place of the next one and n more behind it go.
struct Change {
  char32_t character = 0;
  int32_t change = 0;
};

/// A change whose character has a combining class.
struct Mark {
  Change change;
  uint8_t combining = 0;
};

/// Rewrites `in` into `out` (cleared first). `removed` old characters at the beginning have no successor; `shift` is
/// where the piece begins in the original. A new character shares the stretch of the old character before it, also
/// where that is not the one it came from: so the reference has it.
void rewrite(const AlignedText& in, std::span<const Change> changes, size_t removed, uint32_t shift, AlignedText& out);

/// A part of the text: bytes [begin, end). `added` is the id of an added token that stands here, or -1.
struct Piece {
  uint32_t begin = 0;
  uint32_t end = 0;
  uint32_t shift = 0;  ///< code point of the original at which it began when it was cut
  int32_t added = -1;
};

/// Bytes [begin, end) of a piece, and whether a pattern matched there.
struct Match {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool is_match = false;
};

/// What one text needs on its way; kept from one text to the next so that nothing is allocated anew.
struct Passage {
  AlignedText text, next, part, other;
  std::vector<Piece> pieces, next_pieces;
  std::vector<Change> changes;
  std::vector<Match> matches;
  std::vector<Mark> marks;
  std::vector<Change> composed, waiting;

  /// Sets out with a new text.
  void begin(std::string_view original) {
    for (AlignedText* each : {&text, &next, &part, &other}) each->overflown = false;
    text.assign(original);
  }
  [[nodiscard]] bool overflown() const { return text.overflown || next.overflown || part.overflown || other.overflown; }
  [[nodiscard]] std::string_view bytes(const Piece& piece) const {
    return std::string_view(text.text).substr(piece.begin, piece.end - piece.begin);
  }
  /// The piece [begin, end) of the text, in bytes of it; empty ones are left out.
  void cut(uint32_t begin, uint32_t end, int32_t added = -1) {
    if (begin < end) next_pieces.push_back({begin, end, text.align[begin].begin, added});
  }
  void take_cuts() {
    pieces.swap(next_pieces);
    next_pieces.clear();
  }
};

}  // namespace millwright::text::detail
