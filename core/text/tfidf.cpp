#include "text/tfidf.h"

#include <algorithm>
#include <cmath>

#include "detail/analyzer.h"
#include "detail/ranges.h"
#include "detail/term_table.h"

namespace millwright::text {

using detail::TermTable;

struct TfidfVectorizer::State {
  TfidfOptions options;
  TermTable words, characters;
  std::vector<float> idf;
};

namespace {

constexpr size_t kBetweenChecks = 256;  // texts between two looks at the stop token

tl::unexpected<Error> cancelled() { return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done."); }

/// Calls word(gram) and character(gram) for each n-gram of a text.
template <class Word, class Character>
void each_ngram(std::string_view text, const NgramOptions& options, TfidfScratch& scratch, Word&& word,
                Character&& character) {
  detail::lower_into(text, scratch.lowered);
  if (options.word_max > 0)
    detail::each_word_ngram(scratch.lowered, options.word_min, options.word_max, scratch.pieces, scratch.places, word);
  if (options.character_max > 0)
    detail::each_character_ngram(scratch.lowered, options.character_min, options.character_max, scratch.pieces,
                                 scratch.places, character);
}

/// Sorts a text's columns and counts equal ones: emit(column, count).
template <class Emit>
void count_runs(std::vector<uint32_t>& ids, Emit&& emit) {
  std::sort(ids.begin(), ids.end());
  for (size_t i = 0; i < ids.size();) {
    size_t end = i + 1;
    while (end < ids.size() && ids[end] == ids[i]) ++end;
    emit(ids[i], static_cast<uint32_t>(end - i));
    i = end;
  }
}

double term_weight(uint32_t count, bool sublinear) { return sublinear && count > 1 ? 1.0 + std::log(count) : count; }

/// Scales values[from..] to a length in place.
void scale_to(double length, std::vector<float>& values, size_t from, double squares) {
  if (squares <= 0) return;
  const double factor = length / std::sqrt(squares);
  for (size_t i = from; i < values.size(); ++i) values[i] = static_cast<float>(values[i] * factor);
}

/// What one thread learns from its stretch of the texts; numbers are its own.
struct Shard {
  struct Kind {
    TermTable terms;
    std::vector<uint32_t> df;
    std::vector<uint32_t> id, count;  // of all texts, one after the other
    std::vector<uint64_t> begin{0};   // where each text's begin
    std::vector<uint32_t> to_column;  // own number → column; kNone: left out
    std::vector<uint32_t> of_text;
    void add(std::string_view gram) {
      const auto [number, fresh] = terms.insert(gram);
      if (fresh) df.push_back(0);
      of_text.push_back(number);
    }
    void end_text() {
      count_runs(of_text, [this](uint32_t number, uint32_t times) {
        ++df[number];
        id.push_back(number);
        count.push_back(times);
      });
      of_text.clear();
      begin.push_back(id.size());
    }
  };
  Kind words, characters;
};

/// Joins what the shards learnt, in their order: the numbers are those of a single pass over all texts.
void join(std::vector<Shard>& shards, Shard::Kind Shard::*kind, uint32_t min_df, uint32_t first_column,
          TermTable& terms, std::vector<uint32_t>& df_of_kept) {
  TermTable all;
  std::vector<uint32_t> df;
  std::vector<std::vector<uint32_t>> numbers(shards.size());
  for (size_t s = 0; s < shards.size(); ++s) {
    const Shard::Kind& own = shards[s].*kind;
    numbers[s].resize(own.terms.size());
    for (uint32_t id = 0; id < own.terms.size(); ++id) {
      const auto [number, fresh] = all.insert(own.terms.term(id));
      if (fresh) df.push_back(0);
      df[number] += own.df[id];
      numbers[s][id] = number;
    }
  }
  std::vector<uint32_t> column(all.size(), TermTable::kNone);
  for (uint32_t number = 0; number < all.size(); ++number) {
    if (df[number] < min_df) continue;
    column[number] = first_column + terms.insert(all.term(number)).first;
    df_of_kept.push_back(df[number]);
  }
  for (size_t s = 0; s < shards.size(); ++s) {
    Shard::Kind& own = shards[s].*kind;
    own.to_column.resize(numbers[s].size());
    for (size_t id = 0; id < numbers[s].size(); ++id) own.to_column[id] = column[numbers[s][id]];
    own.terms = TermTable();
  }
}

/// Appends one kind of n-grams of one text to a row.
void append_row(const Shard::Kind& kind, double length, size_t text, const TfidfOptions& options,
                std::span<const float> idf, std::vector<std::pair<uint32_t, uint32_t>>& buffer,
                std::vector<uint32_t>& column, std::vector<float>& value) {
  buffer.clear();
  for (uint64_t i = kind.begin[text]; i < kind.begin[text + 1]; ++i)
    if (const uint32_t at = kind.to_column[kind.id[i]]; at != TermTable::kNone) buffer.emplace_back(at, kind.count[i]);
  std::sort(buffer.begin(), buffer.end());
  const size_t from = value.size();
  double squares = 0;
  for (const auto& [at, count] : buffer) {
    const double weight = term_weight(count, options.sublinear_tf) * idf[at];
    squares += weight * weight;
    column.push_back(at);
    value.push_back(static_cast<float>(weight));
  }
  scale_to(length, value, from, squares);
}

/// Puts stretches of rows, made by several threads, behind each other.
SparseMatrix concatenate(std::vector<SparseMatrix>& parts, uint32_t columns) {
  SparseMatrix all = std::move(parts.front());
  all.columns = columns;
  size_t total = 0;
  for (const SparseMatrix& part : parts) total += part.column.size();
  all.column.reserve(all.column.size() + total);
  all.value.reserve(all.value.size() + total);
  for (size_t p = 1; p < parts.size(); ++p) {
    const uint64_t offset = all.column.size();
    all.column.insert(all.column.end(), parts[p].column.begin(), parts[p].column.end());
    all.value.insert(all.value.end(), parts[p].value.begin(), parts[p].value.end());
    for (size_t row = 1; row < parts[p].begin.size(); ++row) all.begin.push_back(offset + parts[p].begin[row]);
    parts[p] = SparseMatrix();
  }
  return all;
}

}  // namespace

TfidfVectorizer::TfidfVectorizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
TfidfVectorizer::TfidfVectorizer(TfidfVectorizer&&) noexcept = default;
TfidfVectorizer& TfidfVectorizer::operator=(TfidfVectorizer&&) noexcept = default;
TfidfVectorizer::~TfidfVectorizer() = default;

Result<FittedTfidf> TfidfVectorizer::fit(std::span<const std::string_view> texts, const TfidfOptions& options,
                                         int threads, const Work& work) {
  auto state = std::make_unique<State>();
  state->options = options;
  std::vector<Shard> shards(static_cast<size_t>(std::max(threads, 1)));
  detail::in_stretches(threads, texts.size(), [&](size_t part, size_t begin, size_t end) {
    Shard& shard = shards[part];
    TfidfScratch scratch;
    for (size_t i = begin; i < end; ++i) {
      if (i % kBetweenChecks == 0 && work.stopped()) return;
      each_ngram(
          texts[i], options.ngrams, scratch, [&](std::string_view gram) { shard.words.add(gram); },
          [&](std::string_view gram) { shard.characters.add(gram); });
      shard.words.end_text();
      shard.characters.end_text();
    }
  });
  if (work.stopped()) return cancelled();

  std::vector<uint32_t> df;
  const auto min_df = static_cast<uint32_t>(std::max(options.min_df, 1));
  join(shards, &Shard::words, min_df, 0, state->words, df);
  join(shards, &Shard::characters, min_df, state->words.size(), state->characters, df);
  if (df.empty())
    return fail(ErrorKind::bad_input, "text.no_terms", "The {n} texts hold no words or characters to learn from.",
                {{"n", std::to_string(texts.size())}});
  const auto n = static_cast<double>(texts.size());
  for (const uint32_t frequency : df)
    state->idf.push_back(static_cast<float>(std::log((1 + n) / (1 + static_cast<double>(frequency))) + 1));

  std::vector<SparseMatrix> parts(shards.size());
  detail::in_stretches(threads, texts.size(), [&](size_t part, size_t begin, size_t end) {
    SparseMatrix& rows = parts[part];
    std::vector<std::pair<uint32_t, uint32_t>> buffer;
    rows.column.reserve(shards[part].words.id.size() + shards[part].characters.id.size());
    rows.value.reserve(rows.column.capacity());
    for (size_t i = begin; i < end; ++i) {
      append_row(shards[part].words, options.word_weight, i - begin, options, state->idf, buffer, rows.column,
                 rows.value);
      append_row(shards[part].characters, 1, i - begin, options, state->idf, buffer, rows.column, rows.value);
      rows.begin.push_back(rows.column.size());
    }
    shards[part] = Shard();
  });
  if (work.stopped()) return cancelled();
  SparseMatrix matrix = concatenate(parts, static_cast<uint32_t>(state->idf.size()));
  return FittedTfidf{TfidfVectorizer(std::move(state)), std::move(matrix)};
}

Result<TfidfVectorizer> TfidfVectorizer::restore(const TfidfOptions& options, std::string_view terms,
                                                 uint32_t word_terms, std::vector<float> idf) {
  const auto damaged = [](std::string_view why) {
    return fail(ErrorKind::bad_input, "text.vocabulary", "The vocabulary cannot be used: {reason}.",
                {{"reason", std::string(why)}});
  };
  if (idf.size() >= TermTable::kNone || word_terms > idf.size()) return damaged("too many terms");
  if (!std::all_of(idf.begin(), idf.end(), [](float v) { return std::isfinite(v) && v >= 0; }))
    return damaged("a weight that is no number");
  auto state = std::make_unique<State>();
  state->options = options;
  state->words.reserve(word_terms);
  state->characters.reserve(idf.size() - word_terms);
  uint32_t line = 0;
  while (!terms.empty()) {
    const size_t end = terms.find('\n');
    if (end == std::string_view::npos) return damaged("its last line does not end");
    if (line >= idf.size()) return damaged("more lines than weights");
    if (end == 0) return damaged("an empty line");
    TermTable& table = line < word_terms ? state->words : state->characters;
    if (!table.insert(terms.substr(0, end)).second) return damaged("a term twice");
    terms.remove_prefix(end + 1);
    ++line;
  }
  if (line != idf.size()) return damaged("fewer lines than weights");
  state->idf = std::move(idf);
  return TfidfVectorizer(std::move(state));
}

SparseRow TfidfVectorizer::transform(std::string_view text, TfidfScratch& scratch) const {
  const State& state = *state_;
  const uint32_t first_character = state.words.size();
  scratch.column.clear();
  scratch.value.clear();
  const auto append_kind = [&](double length) {
    const size_t from = scratch.value.size();
    double squares = 0;
    count_runs(scratch.ids, [&](uint32_t column, uint32_t count) {
      const double weight = term_weight(count, state.options.sublinear_tf) * state.idf[column];
      squares += weight * weight;
      scratch.column.push_back(column);
      scratch.value.push_back(static_cast<float>(weight));
    });
    scale_to(length, scratch.value, from, squares);
    scratch.ids.clear();
  };
  scratch.ids.clear();
  bool in_words = true;
  each_ngram(
      text, state.options.ngrams, scratch,
      [&](std::string_view gram) {
        if (const uint32_t id = state.words.find(gram); id != TermTable::kNone) scratch.ids.push_back(id);
      },
      [&](std::string_view gram) {
        if (in_words) append_kind(state.options.word_weight);
        in_words = false;
        if (const uint32_t id = state.characters.find(gram); id != TermTable::kNone)
          scratch.ids.push_back(first_character + id);
      });
  append_kind(in_words ? state.options.word_weight : 1);
  return {scratch.column, scratch.value};
}

Result<SparseMatrix> TfidfVectorizer::transform_all(std::span<const std::string_view> texts, int threads,
                                                    const Work& work) const {
  std::vector<SparseMatrix> parts(static_cast<size_t>(std::max(threads, 1)));
  detail::in_stretches(threads, texts.size(), [&](size_t part, size_t begin, size_t end) {
    SparseMatrix& rows = parts[part];
    TfidfScratch scratch;
    for (size_t i = begin; i < end; ++i) {
      if (i % kBetweenChecks == 0 && work.stopped()) return;
      const SparseRow row = transform(texts[i], scratch);
      rows.column.insert(rows.column.end(), row.column.begin(), row.column.end());
      rows.value.insert(rows.value.end(), row.value.begin(), row.value.end());
      rows.begin.push_back(rows.column.size());
    }
  });
  if (work.stopped()) return cancelled();
  return concatenate(parts, size());
}

const TfidfOptions& TfidfVectorizer::options() const { return state_->options; }
uint32_t TfidfVectorizer::size() const { return static_cast<uint32_t>(state_->idf.size()); }
uint32_t TfidfVectorizer::word_terms() const { return state_->words.size(); }
std::string_view TfidfVectorizer::term(uint32_t column) const {
  const uint32_t words = state_->words.size();
  return column < words ? state_->words.term(column) : state_->characters.term(column - words);
}
std::span<const float> TfidfVectorizer::idf() const { return state_->idf; }

std::string TfidfVectorizer::terms() const {
  std::string out;
  for (uint32_t column = 0; column < size(); ++column) {
    out += term(column);
    out += '\n';
  }
  return out;
}

}  // namespace millwright::text
