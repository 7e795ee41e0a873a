// Summaries of a field that merge: the summary of two parts is made from the summaries of the parts. A batch file keeps
// one for each chunk of a column; pictures and screening read them instead of the values. Each says how exact it is.
// Costs some nanoseconds a value.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/result.h"

namespace millwright::statistics {

/// Count, mean, variance, extremes; merged as in Chan, Golub & LeVeque (1983).
struct Moments {
  int64_t count = 0;
  double mean = 0;
  double m2 = 0;  ///< sum of squared distances from the mean
  double min = 0;
  double max = 0;
  void add(std::span<const double> values);
  void merge(const Moments& other);
  /// Of the sample (divided by count − 1); NaN below two values.
  [[nodiscard]] double variance() const;
  [[nodiscard]] double standard_deviation() const;
};

/// Quantiles by a KLL sketch (Karnin, Lang & Liberty 2016) with k = 512. Large spans are sampled first: one value of
/// every block of 2^s, s such that some 16,384 are left.
class QuantileSketch {
 public:
  void add(std::span<const double> values);
  void merge(const QuantileSketch& other);
  [[nodiscard]] int64_t count() const { return count_; }
  /// Value whose rank is about q·count. NaN when empty.
  [[nodiscard]] double quantile(double q) const;
  [[nodiscard]] std::vector<double> quantiles(std::span<const double> q) const;
  /// Share of values ≤ x.
  [[nodiscard]] double rank(double x) const;
  /// Half-width of a 99 % interval for a rank, as a share of the count; 0 while every value is kept.
  [[nodiscard]] double rank_error() const;
  /// Distance of two distribution functions as the sketches see them, and how far off it may be (both ranks' errors).
  [[nodiscard]] static std::pair<double, double> ks_distance(const QuantileSketch& a, const QuantileSketch& b);

  void save(Bytes& out) const;
  [[nodiscard]] static Result<QuantileSketch> load(std::span<const uint8_t>& in);

 private:
  void add_sorted(std::vector<double> values, size_t level);
  void compact();
  [[nodiscard]] size_t capacity(size_t level) const;
  [[nodiscard]] size_t items() const;
  [[nodiscard]] std::vector<std::pair<double, int64_t>> weighted() const;
  uint64_t coin();

  int64_t count_ = 0;
  double variance_ = 0;  // of a rank's error, in squared values
  uint64_t state_ = 0x9E3779B97F4A7C15ULL;
  std::vector<std::vector<double>> levels_;  // each sorted; items of level h stand for 2^h values
};

/// Number of distinct values: exact up to 4,096, then HyperLogLog (Flajolet et al. 2007) with 4,096 registers, standard
/// error 1.6 %.
class DistinctCounter {
 public:
  static constexpr size_t kExact = 4096;
  /// Hashes of values, see quick_hash(); their upper 40 bits are used. `many`: there are known to be more distinct ones
  /// than are counted exactly.
  void add(std::span<const uint64_t> hashes, bool many = false);
  void merge(const DistinctCounter& other);
  [[nodiscard]] int64_t value() const;
  [[nodiscard]] bool exact() const { return registers_.empty(); }

  void save(Bytes& out) const;
  [[nodiscard]] static Result<DistinctCounter> load(std::span<const uint8_t>& in);

 private:
  bool insert(uint64_t hash);
  void spill();
  void observe(uint64_t hash);
  std::vector<uint64_t> table_;  // open addressing, 0 is empty; its size a power of two
  size_t used_ = 0;
  std::vector<uint8_t> registers_;
};

/// The commonest values: up to 64 with a count that is too low by at most `error`. Merged as in Agarwal et al. (2012):
/// what one part does not list may have occurred there up to its bound.
class FrequentValues {
 public:
  static constexpr size_t kKept = 64;
  struct Entry {
    std::string value;
    int64_t count = 0;  ///< at least
    int64_t error = 0;  ///< at most this many more
  };
  /// Values of a part with their counts, each value once, and how often one that is not among them may have occurred.
  void add(std::vector<Entry> counted, int64_t unlisted_bound = 0);
  void merge(const FrequentValues& other);
  /// Commonest first.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  /// No value that is not listed occurs more often than this; 0: all are listed.
  [[nodiscard]] int64_t unlisted_bound() const { return bound_; }

  void save(Bytes& out) const;
  [[nodiscard]] static Result<FrequentValues> load(std::span<const uint8_t>& in);

 private:
  std::vector<Entry> entries_;
  int64_t bound_ = 0;
};

/// A hash for DistinctCounter: the same for the same bytes on every platform; not for anything that must stay secret.
[[nodiscard]] uint64_t quick_hash(std::string_view bytes);
[[nodiscard]] constexpr uint64_t quick_hash(uint64_t x) {  // Stafford's mix 13
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
  return x ^ x >> 31;
}

/// Everything about one field of one chunk, or of many merged. Hand in the values that are there; count the missing.
/// Numbers: moments and quantiles of the values. Texts: of their lengths in bytes; categories: moments of their
/// lengths. Frequent values of a call with more than 4,096 distinct ones are found in a sample and then counted: a
/// value that makes up less than about 1/250 of the call may be missing, which the bound says.
class FieldSummary {
 public:
  void add_missing(int64_t rows) { missing_ += rows; }
  /// NaN and infinities are counted apart (not_finite) and enter nothing else.
  void add_numbers(std::span<const double> values);
  /// Also for timestamps and booleans (0 and 1).
  void add_integers(std::span<const int64_t> values);
  /// A dictionary: each value once with how often it occurs; counts of 0 are skipped.
  void add_categories(std::span<const std::string_view> values, std::span<const int64_t> counts);
  void add_texts(std::span<const std::string_view> values);
  /// Parts must be of the same kind: a number's summary and a text's do not mix.
  void merge(const FieldSummary& other);

  [[nodiscard]] int64_t count() const { return count_; }  ///< present values, not_finite ones among them
  [[nodiscard]] int64_t missing() const { return missing_; }
  [[nodiscard]] int64_t not_finite() const { return not_finite_; }
  [[nodiscard]] const Moments& moments() const { return moments_; }
  [[nodiscard]] const QuantileSketch& quantiles() const { return quantiles_; }
  [[nodiscard]] const DistinctCounter& distinct() const { return distinct_; }
  [[nodiscard]] const FrequentValues& frequent() const { return frequent_; }
  /// Exact extremes of integers (a double holds them only up to 2^53).
  [[nodiscard]] std::optional<std::pair<int64_t, int64_t>> integer_range() const { return integer_range_; }

  [[nodiscard]] Bytes save() const;
  /// Error "summary.damaged": what is read may come from a stranger, every length is checked.
  [[nodiscard]] static Result<FieldSummary> load(std::span<const uint8_t> bytes);

 private:
  template <class TextOf>
  void count_words(std::span<const uint64_t> words, bool hashed, const TextOf& text_of);
  int64_t count_ = 0;
  int64_t missing_ = 0;
  int64_t not_finite_ = 0;
  Moments moments_;
  QuantileSketch quantiles_;
  DistinctCounter distinct_;
  FrequentValues frequent_;
  std::optional<std::pair<int64_t, int64_t>> integer_range_;
};

}  // namespace millwright::statistics
