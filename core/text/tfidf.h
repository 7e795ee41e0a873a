// TF-IDF vectors over n-grams of words and of characters: each kind weighted and scaled to length 1 on its own, then
// put side by side (scikit-learn's FeatureUnion of two TfidfVectorizers with sublinear_tf, smooth_idf and norm="l2").
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "text/ngrams.h"

namespace millwright::text {

struct TfidfOptions {
  NgramOptions ngrams;
  bool sublinear_tf = true;  ///< 1 + ln(count) for the count
  int min_df = 1;            ///< n-grams in fewer texts are left out
  double word_weight = 1;    ///< length of the words' part beside that of the characters' (transformer_weights)
  bool operator==(const TfidfOptions&) const = default;
};

/// Rows of (column, value), columns increasing within a row.
struct SparseMatrix {
  uint32_t columns = 0;
  std::vector<uint64_t> begin{0};  ///< rows + 1 places
  std::vector<uint32_t> column;
  std::vector<float> value;
  [[nodiscard]] size_t rows() const { return begin.size() - 1; }
};

struct SparseRow {
  std::span<const uint32_t> column;
  std::span<const float> value;
};

/// Working memory of one thread; keep it from one text to the next.
struct TfidfScratch {
  std::string lowered, pieces;
  std::vector<uint32_t> places, ids, column;
  std::vector<float> value;
};

struct FittedTfidf;

/// A fixed vocabulary with its document frequencies. Reading is thread-safe.
class TfidfVectorizer {
 public:
  TfidfVectorizer(TfidfVectorizer&&) noexcept;
  TfidfVectorizer& operator=(TfidfVectorizer&&) noexcept;
  ~TfidfVectorizer();

  /// Learns vocabulary and frequencies and gives the texts' vectors. idf = ln((1 + n) / (1 + df)) + 1. The result does
  /// not depend on the number of threads; columns are numbered in the order of first sight, words before characters.
  /// Errors: bad_input "text.no_terms", cancelled.
  [[nodiscard]] static Result<FittedTfidf> fit(std::span<const std::string_view> texts, const TfidfOptions& options,
                                               int threads, const Work& work = {});
  /// From saved parts: one term a line, `word_terms` of words first; as many idf values as lines. Everything is
  /// checked: bad_input "text.vocabulary".
  [[nodiscard]] static Result<TfidfVectorizer> restore(const TfidfOptions& options, std::string_view terms,
                                                       uint32_t word_terms, std::vector<float> idf);

  /// The vector of a text; it lies in `scratch` until the next call.
  [[nodiscard]] SparseRow transform(std::string_view text, TfidfScratch& scratch) const;
  [[nodiscard]] Result<SparseMatrix> transform_all(std::span<const std::string_view> texts, int threads,
                                                   const Work& work = {}) const;

  [[nodiscard]] const TfidfOptions& options() const;
  [[nodiscard]] uint32_t size() const;        ///< columns
  [[nodiscard]] uint32_t word_terms() const;  ///< columns that are words: the first ones
  [[nodiscard]] std::string_view term(uint32_t column) const;
  [[nodiscard]] std::span<const float> idf() const;
  /// All terms, one a line, in column order.
  [[nodiscard]] std::string terms() const;

 private:
  struct State;
  explicit TfidfVectorizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct FittedTfidf {
  TfidfVectorizer vectorizer;
  SparseMatrix matrix;
};

}  // namespace millwright::text
