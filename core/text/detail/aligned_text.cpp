#include "detail/aligned_text.h"

#include <algorithm>

#include "detail/tokenizer_classes.h"
#include "text/unicode.h"

namespace millwright::text::detail {

void AlignedText::assign(std::string_view original) {
  text.assign(original);
  align.resize(original.size());
  uint32_t count = 0;
  for (size_t at = 0; at < original.size(); ++count) {
    const size_t length = length_of_character(original[at]);
    for (size_t i = 0; i < length; ++i) align[at + i] = {count, count + 1};
    at += length;
  }
}

void AlignedText::assign(const AlignedText& other, size_t begin, size_t end) {
  clear();
  append(other, begin, end);
}

void AlignedText::append(const AlignedText& other, size_t begin, size_t end) {
  if (!fits(end - begin)) return;
  text.append(other.text, begin, end - begin);
  align.insert(align.end(), other.align.begin() + static_cast<std::ptrdiff_t>(begin),
               other.align.begin() + static_cast<std::ptrdiff_t>(end));
}

void AlignedText::append(char32_t c, Stretch where) {
  if (!fits(4)) return;
  if (c < 0x80)
    text += static_cast<char>(c);
  else
    append_utf8(text, c);
  align.resize(text.size(), where);
}

void rewrite(const AlignedText& in, std::span<const Change> changes, size_t removed, uint32_t shift, AlignedText& out) {
  out.clear();
  size_t at = 0;
  const auto skip = [&](size_t characters) {
    for (; characters > 0 && at < in.text.size(); --characters) at += length_of_character(in.text[at]);
  };
  skip(removed);
  for (const Change& change : changes) {
    Stretch where{shift, shift};
    if (change.change <= 0) {
      if (!in.align.empty()) where = in.align[std::min(at, in.align.size() - 1)];
      skip(1 + static_cast<size_t>(-change.change));
    } else if (at > 0) {
      where = in.align[at - 1];
    }
    out.append(change.character, where);
  }
}

}  // namespace millwright::text::detail
