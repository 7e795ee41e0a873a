#include <algorithm>
#include <set>

#include "detail/token_model.h"
#include "detail/token_parts.h"
#include "detail/tokenizer_classes.h"

namespace millwright::text::detail {
namespace {

/// Where the last character before `end` begins.
size_t character_before(std::string_view text, size_t end) {
  do {
    --end;
  } while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
  return end;
}

bool word_before(std::string_view text, size_t at) {
  if (at == 0) return false;
  size_t begin = character_before(text, at);
  return ClassTable::get().is(next_valid(text, begin), kWord);
}
bool word_at(std::string_view text, size_t at) {
  return at < text.size() && ClassTable::get().is(next_valid(text, at), kWord);
}
size_t space_begins(std::string_view text, size_t at) {
  while (at > 0) {
    const size_t begin = character_before(text, at);
    size_t next = begin;
    if (!ClassTable::get().is(next_valid(text, next), kSpace)) break;
    at = begin;
  }
  return at;
}
size_t space_ends(std::string_view text, size_t at) {
  for (size_t next = at; next < text.size(); at = next)
    if (!ClassTable::get().is(next_valid(text, next), kSpace)) break;
  return at;
}

}  // namespace

void normalize_part(const Normalizers& normalizers, Passage& passage, uint32_t shift) {
  for (const auto& normalizer : normalizers)
    if (normalizer->apply(passage, shift)) std::swap(passage.part, passage.other);
}

Result<AddedTokens::Finder> AddedTokens::make_finder(std::vector<std::pair<std::string_view, int32_t>> patterns) {
  Finder finder;
  if (patterns.empty()) return finder;
  std::set<std::string_view> known;
  for (const auto& [pattern, id] : patterns) {
    if (pattern.empty()) return invalid_tokenizer("added_tokens", "one of them is empty once normalized");
    if (!known.insert(pattern).second)
      return invalid_tokenizer("added_tokens", "two of them read \"" + std::string(pattern.substr(0, 100)) + "\"");
    finder.begins[static_cast<unsigned char>(pattern.front())] = true;
  }
  finder.empty = false;
  finder.trie = ByteTrie(std::move(patterns));
  return finder;
}

Result<AddedTokens> AddedTokens::make(std::vector<AddedToken> tokens, const Normalizers& normalizers) {
  AddedTokens made;
  made.tokens_ = std::move(tokens);
  std::vector<std::string> contents(made.tokens_.size());
  std::vector<std::pair<std::string_view, int32_t>> as_is, normalized;
  Passage passage;
  for (size_t i = 0; i < made.tokens_.size(); ++i) {
    const AddedToken& token = made.tokens_[i];
    passage.part.assign(token.content);
    if (token.normalized) normalize_part(normalizers, passage, 0);
    contents[i] = passage.part.text;
    (token.normalized ? normalized : as_is).emplace_back(contents[i], static_cast<int32_t>(i));
  }
  MW_ASSIGN(made.as_is_, make_finder(std::move(as_is)));
  MW_ASSIGN(made.normalized_, make_finder(std::move(normalized)));
  return made;
}

void AddedTokens::find_in(const Finder& finder, Passage& passage, const Piece& piece) const {
  const std::string_view text = passage.bytes(piece);
  const auto cut = [&](size_t begin, size_t end, int32_t id) {
    passage.cut(piece.begin + static_cast<uint32_t>(begin), piece.begin + static_cast<uint32_t>(end), id);
  };
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    if (!finder.begins[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    size_t length = 0;
    int32_t found = -1;
    finder.trie.prefixes(text.substr(at), [&](size_t size, int32_t value) {
      length = size;
      found = value;
    });
    if (found < 0) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[static_cast<size_t>(found)];
    size_t begin = at, end = at + length;
    at = end;
    if (token.single_word && (word_before(text, begin) || word_at(text, end))) continue;
    if (token.lstrip) begin = std::max(space_begins(text, begin), done);
    if (token.rstrip) end = space_ends(text, end);
    if (done < begin) cut(done, begin, -1);
    cut(begin, end, token.id);
    done = end;
  }
  if (done == 0)
    passage.next_pieces.push_back(piece);
  else if (done < text.size())
    cut(done, text.size(), -1);
}

void AddedTokens::split(const Finder& finder, Passage& passage) const {
  if (finder.empty) return;
  for (const Piece& piece : passage.pieces)
    if (piece.added >= 0)
      passage.next_pieces.push_back(piece);
    else
      find_in(finder, passage, piece);
  passage.take_cuts();
}

void AddedTokens::extract(const Normalizers& normalizers, Passage& passage) const {
  passage.pieces.clear();
  passage.next_pieces.clear();
  if (passage.text.text.empty()) return;
  passage.pieces.push_back({0, static_cast<uint32_t>(passage.text.text.size()), 0, -1});
  split(as_is_, passage);
  if (normalizers.empty()) return split(normalized_, passage);

  passage.next.clear();
  for (Piece& piece : passage.pieces) {
    const auto begin = static_cast<uint32_t>(passage.next.text.size());
    if (piece.added >= 0) {
      passage.next.append(passage.text, piece.begin, piece.end);
    } else {
      passage.part.assign(passage.text, piece.begin, piece.end);
      normalize_part(normalizers, passage, piece.shift);
      if (passage.pieces.size() == 1)
        std::swap(passage.next, passage.part);
      else
        passage.next.append(passage.part, 0, passage.part.text.size());
    }
    piece.begin = begin;
    piece.end = static_cast<uint32_t>(passage.next.text.size());
  }
  std::swap(passage.text, passage.next);
  std::erase_if(passage.pieces, [](const Piece& piece) { return piece.begin == piece.end; });
  split(normalized_, passage);
}

}  // namespace millwright::text::detail
