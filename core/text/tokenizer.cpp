#include "text/tokenizer.h"

#include <algorithm>
#include <atomic>

#include "detail/tokenizer_classes.h"
#include "detail/tokenizer_file.h"
#include "detail/word_cache.h"
#include "text/unicode.h"

namespace millwright::text {

using namespace detail;

namespace {

/// The tokens of one text, before anything is put round them.
struct Sequence {
  std::vector<int32_t> ids;
  std::vector<TokenOffsets> offsets;
};

/// How many blanks a token begins and ends with; RoBERTa's offsets leave them out.
struct Blanks {
  uint32_t leading = 0;
  uint32_t trailing = 0;
};

Blanks count_blanks(std::string_view token) {
  constexpr char32_t kBlank = 0x120;  // how byte-level tokens write the blank
  const ClassTable& classes = ClassTable::get();
  Blanks blanks;
  bool only_blanks = true;
  for (size_t at = 0; at < token.size();) {
    const char32_t c = next_valid(token, at);
    const bool blank = c == kBlank || classes.is(c, kSpace);
    only_blanks = only_blanks && blank;
    if (only_blanks) ++blanks.leading;
    blanks.trailing = blank ? blanks.trailing + 1 : 0;
  }
  return blanks;
}

tl::unexpected<Error> too_long() {
  return fail(ErrorKind::bad_input, "tokenizer.text_too_long",
              "A text of more than 16 MiB, or of more than 64 MiB once normalized, cannot be tokenized.");
}

std::atomic<uint64_t> next_identity{1};

}  // namespace

void Encoding::clear() {
  ids.clear();
  offsets.clear();
  type_ids.clear();
  special.clear();
}

struct TokenizerScratch::State {
  Passage passage;
  ModelScratch model;
  WordCache cache;
  std::vector<PieceToken> tokens;
  Sequence sequences[2];
  std::string mended;
};

TokenizerScratch::TokenizerScratch() : state_(std::make_unique<State>()) {}
TokenizerScratch::TokenizerScratch(TokenizerScratch&&) noexcept = default;
TokenizerScratch& TokenizerScratch::operator=(TokenizerScratch&&) noexcept = default;
TokenizerScratch::~TokenizerScratch() = default;

struct Tokenizer::State {
  explicit State(TokenizerParts given) : parts(std::move(given)), identity(next_identity++) {
    const Vocabulary& vocabulary = parts.model->vocabulary();
    size = vocabulary.size();
    for (const AddedToken& token : parts.added.tokens()) size = std::max(size, token.id + 1);
    added_names.resize(static_cast<size_t>(size));
    for (const AddedToken& token : parts.added.tokens()) added_names[static_cast<size_t>(token.id)] = token.content;
    if (!parts.post_processor.trim_offsets) return;
    if (parts.model->kind() == "Unigram") spelled_unknown = parts.model->unknown();
    for (int32_t id = 0; id < vocabulary.size(); ++id) blanks.push_back(count_blanks(vocabulary.token(id)));
  }

  void trim(Blanks of_token, bool first, TokenOffsets& offsets) const {
    if (of_token.leading > 0) {
      // The one blank that was put before the text is not in it.
      const bool ours = (first || offsets.begin == 0) && parts.post_processor.add_prefix_space && of_token.leading == 1;
      if (!ours) offsets.begin = std::min(offsets.begin + of_token.leading, offsets.end);
    }
    if (of_token.trailing > 0 && offsets.end >= of_token.trailing)
      offsets.end = std::max(offsets.end - of_token.trailing, offsets.begin);
  }

  void add(const Passage& passage, const Piece& piece, const PieceToken& token, Sequence& out) const {
    const uint32_t length = piece.end - piece.begin;
    const uint32_t begin = piece.begin + std::min(token.begin, length - 1);
    const uint32_t end = piece.begin + std::clamp(token.end, token.begin + 1, std::max(length, token.begin + 1));
    const auto& align = passage.text.align;
    TokenOffsets offsets{align[begin].begin, align[std::min<size_t>(end, align.size()) - 1].end};
    if (parts.post_processor.trim_offsets) {
      // What counts is how the token reads: an added one, and a unigram's unknown one, as the text there.
      const bool as_text = piece.added >= 0 || token.id == spelled_unknown;
      const std::string_view text = as_text ? passage.bytes(piece).substr(token.begin, token.end - token.begin) : "";
      trim(as_text ? count_blanks(text) : blanks[static_cast<size_t>(token.id)], out.ids.empty(), offsets);
    }
    out.ids.push_back(token.id);
    out.offsets.push_back(offsets);
  }

  void add_piece(TokenizerScratch::State& scratch, const Piece& piece, Sequence& out) const {
    const std::string_view text = scratch.passage.bytes(piece);
    if (piece.added >= 0) return add(scratch.passage, piece, {piece.added, 0, static_cast<uint32_t>(text.size())}, out);
    const bool short_enough = text.size() <= WordCache::kLongestWord;
    const uint64_t hash = short_enough ? hash_term(text) : 0;
    if (short_enough) {
      size_t count = 0;
      if (const PieceToken* known = scratch.cache.find(text, hash, count)) {
        for (size_t i = 0; i < count; ++i) add(scratch.passage, piece, known[i], out);
        return;
      }
    }
    scratch.tokens.clear();
    parts.model->tokenize(text, scratch.model, scratch.tokens);
    for (const PieceToken& token : scratch.tokens) add(scratch.passage, piece, token, out);
    if (short_enough) scratch.cache.add(text, hash, scratch.tokens);
  }

  Status tokenize(std::string_view text, TokenizerScratch::State& scratch, Sequence& out) const {
    out.ids.clear();
    out.offsets.clear();
    if (!is_valid_utf8(text)) {
      scratch.mended = valid_utf8(text);
      text = scratch.mended;
    }
    scratch.cache.belong_to(identity);
    scratch.passage.begin(text);
    parts.added.extract(parts.normalizers, scratch.passage);
    for (const auto& step : parts.pre_tokenizers) step->apply(scratch.passage);
    if (scratch.passage.overflown()) return too_long();
    for (const Piece& piece : scratch.passage.pieces) add_piece(scratch, piece, out);
    return {};
  }

  TokenizerParts parts;
  uint64_t identity;  ///< tells whose words a scratch remembers
  int32_t size = 0;
  int32_t spelled_unknown = -1;               ///< an unknown token that reads as the text it stands for
  std::vector<std::string_view> added_names;  ///< by id; empty where it is the model's
  std::vector<Blanks> blanks;                 ///< by id of the model, where offsets are trimmed
};

namespace {

/// How many tokens of each text are kept when both may be `longest` together (the reference's longest_first).
void cut_longest_first(size_t longest, size_t& first, size_t& second) {
  if (first + second <= longest) return;
  size_t shorter = std::min(first, second), longer = std::max(first, second);
  longer = shorter > longest ? shorter : std::max(shorter, longest - shorter);
  if (shorter + longer > longest) {
    shorter = longest / 2;
    longer = shorter + longest % 2;
  }
  const bool swapped = first > second;
  first = std::min(first, swapped ? longer : shorter);
  second = std::min(second, swapped ? shorter : longer);
}

void put_together(const std::vector<TemplatePiece>& pieces, const Sequence* sequences, const size_t* lengths,
                  bool special_tokens, Encoding& out) {
  for (const TemplatePiece& piece : pieces) {
    if (piece.sequence >= 0) {
      const Sequence& sequence = sequences[piece.sequence];
      const auto length = static_cast<std::ptrdiff_t>(lengths[piece.sequence]);
      out.ids.insert(out.ids.end(), sequence.ids.begin(), sequence.ids.begin() + length);
      out.offsets.insert(out.offsets.end(), sequence.offsets.begin(), sequence.offsets.begin() + length);
      out.special.resize(out.ids.size(), 0);
    } else if (special_tokens) {
      out.ids.insert(out.ids.end(), piece.ids.begin(), piece.ids.end());
      out.offsets.resize(out.ids.size());
      out.special.resize(out.ids.size(), 1);
    }
    out.type_ids.resize(out.ids.size(), piece.type_id);
  }
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::load(const fs::path& model_folder) {
  MW_ASSIGN(TokenizerParts parts, read_model_folder(model_folder));
  return Tokenizer(std::make_unique<State>(std::move(parts)));
}

Result<Tokenizer> Tokenizer::parse(std::string_view tokenizer_json) {
  MW_ASSIGN(TokenizerParts parts, read_tokenizer_json(tokenizer_json));
  return Tokenizer(std::make_unique<State>(std::move(parts)));
}

Status Tokenizer::run(std::string_view first, const std::string_view* second, TokenizerScratch& scratch, Encoding& out,
                      const EncodeOptions& options) const {
  out.clear();
  if (first.size() > kLongestText || (second != nullptr && second->size() > kLongestText)) return too_long();
  TokenizerScratch::State& memory = *scratch.state_;
  MW_TRY(state_->tokenize(first, memory, memory.sequences[0]));
  size_t lengths[2] = {memory.sequences[0].ids.size(), 0};
  if (second != nullptr) {
    MW_TRY(state_->tokenize(*second, memory, memory.sequences[1]));
    lengths[1] = memory.sequences[1].ids.size();
  }
  const PostProcessor& post = state_->parts.post_processor;
  const auto& pieces = second != nullptr ? post.pair : post.single;
  if (options.max_length > 0) {
    size_t around = 0;
    for (const TemplatePiece& piece : pieces) around += options.special_tokens ? piece.ids.size() : 0;
    const size_t longest = options.max_length > around ? options.max_length - around : 0;
    if (second != nullptr)
      cut_longest_first(longest, lengths[0], lengths[1]);
    else
      lengths[0] = std::min(lengths[0], longest);
  }
  put_together(pieces, memory.sequences, lengths, options.special_tokens, out);
  return {};
}

Status Tokenizer::encode(std::string_view text, TokenizerScratch& scratch, Encoding& out,
                         const EncodeOptions& options) const {
  return run(text, nullptr, scratch, out, options);
}

Status Tokenizer::encode_pair(std::string_view first, std::string_view second, TokenizerScratch& scratch, Encoding& out,
                              const EncodeOptions& options) const {
  return run(first, &second, scratch, out, options);
}

std::string_view Tokenizer::kind() const { return state_->parts.model->kind(); }
std::string_view Tokenizer::source() const { return state_->parts.source; }
int32_t Tokenizer::vocabulary_size() const { return state_->size; }
const SpecialIds& Tokenizer::special_ids() const { return state_->parts.special; }

std::string_view Tokenizer::token(int32_t id) const {
  if (id < 0 || id >= state_->size) return {};
  const std::string_view added = state_->added_names[static_cast<size_t>(id)];
  return added.empty() ? state_->parts.model->vocabulary().token(id) : added;
}

int32_t Tokenizer::find(std::string_view token) const {
  for (const AddedToken& added : state_->parts.added.tokens())
    if (added.content == token) return added.id;
  return state_->parts.model->vocabulary().find(token);
}

}  // namespace millwright::text
