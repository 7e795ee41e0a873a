#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "detail/byte_io.h"
#include "statistics/summary.h"

namespace millwright::statistics {
namespace {

constexpr uint8_t kFormat = 1;
constexpr int64_t kMostValues = int64_t{1} << 48;  // sums of summaries cannot overflow
constexpr size_t kCounted = 4096;                  // distinct values of a call that are all counted
constexpr size_t kSampled = 4096;                  // words looked at to find the frequent ones where there are more
constexpr uint32_t kLeastInSample = 4;             // times in the sample for a value to be counted
constexpr int64_t kMissedInSample = 16;  // a value expected this often is seen fewer than 4 times once in 10^4
constexpr size_t kLongestKept = 200;     // bytes of a text that are kept among the frequent ones

/// Counts 64-bit words, up to a number of distinct ones. Remembers where each was first seen.
class WordCounter {
 public:
  struct Slot {
    uint64_t word = 0;
    uint32_t count = 0;
    uint32_t first = 0;
  };
  explicit WordCounter(size_t most) : most_(most), slots_(std::bit_ceil(most * 2)) {}
  /// False: a new word, and the table is full.
  bool add(uint64_t word, uint32_t index) {
    const size_t mask = slots_.size() - 1;
    for (size_t at = spread(word) & mask;; at = (at + 1) & mask) {
      Slot& slot = slots_[at];
      if (slot.count > 0 && slot.word == word) {
        ++slot.count;
        return true;
      }
      if (slot.count > 0) continue;
      if (used_ == most_) return false;
      slot = {word, 1, index};
      ++used_;
      return true;
    }
  }
  void count_if_known(uint64_t word) {
    const size_t mask = slots_.size() - 1;
    for (size_t at = spread(word) & mask; slots_[at].count > 0; at = (at + 1) & mask)
      if (slots_[at].word == word) {
        ++slots_[at].count;
        return;
      }
  }
  [[nodiscard]] std::vector<Slot> used() const {
    std::vector<Slot> all;
    all.reserve(used_);
    for (const Slot& slot : slots_)
      if (slot.count > 0) all.push_back(slot);
    return all;
  }

 private:
  static size_t spread(uint64_t word) { return static_cast<size_t>(word * 0x9E3779B97F4A7C15ULL >> 40); }
  size_t most_;
  size_t used_ = 0;
  std::vector<Slot> slots_;
};

/// The commonest of the slots first, at most kKept; returns the count of the commonest that was cut off.
int64_t keep_commonest(std::vector<WordCounter::Slot>& slots) {
  const auto commoner = [](const auto& a, const auto& b) {
    if (a.count != b.count) return a.count > b.count;
    return a.first != b.first ? a.first < b.first : a.word < b.word;
  };
  if (slots.size() <= FrequentValues::kKept) return 0;
  const auto end = slots.begin() + FrequentValues::kKept;
  std::nth_element(slots.begin(), end, slots.end(), commoner);
  const int64_t cut = end->count;
  slots.resize(FrequentValues::kKept);
  return cut;
}

/// Candidates out of a sample: one word of every `stride`, at a scattered place, so that a period in the data does no
/// harm.
std::vector<uint64_t> frequent_in_sample(std::span<const uint64_t> words, size_t stride) {
  WordCounter counter(words.size() / stride + 1);
  for (size_t at = 0; at + stride <= words.size(); at += stride) counter.add(words[at + quick_hash(at) % stride], 0);
  auto seen = counter.used();
  std::erase_if(seen, [](const auto& slot) { return slot.count < kLeastInSample; });
  keep_commonest(seen);
  std::vector<uint64_t> found;
  for (const auto& slot : seen) found.push_back(slot.word);
  return found;
}

std::string text_of(int64_t value) {
  char buffer[24];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}
std::string text_of(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

}  // namespace

/// Enters words into the distinct and frequent values; text_of(index) gives the text of the word at an index.
/// `hashed`: the words are hashes already.
template <class TextOf>
void FieldSummary::count_words(std::span<const uint64_t> words, bool hashed, const TextOf& text_of) {
  std::vector<uint64_t> hashes;
  const auto hash = [hashed](uint64_t word) { return hashed ? word : quick_hash(word); };
  WordCounter counter(kCounted);
  size_t i = 0;
  while (i < words.size() && counter.add(words[i], static_cast<uint32_t>(i))) ++i;
  int64_t bound = 0;
  std::vector<WordCounter::Slot> slots;
  if (i == words.size()) {
    slots = counter.used();
    for (const auto& slot : slots) hashes.push_back(hash(slot.word));
    bound = keep_commonest(slots);
  } else {
    hashes.resize(words.size());
    std::transform(words.begin(), words.end(), hashes.begin(), hash);
    const size_t stride = std::max<size_t>(1, words.size() / kSampled);
    const auto found = frequent_in_sample(words, stride);
    bound = static_cast<int64_t>(stride) * kMissedInSample;
    if (!found.empty()) {
      WordCounter exact(found.size());
      for (const uint64_t word : found)
        exact.add(word, static_cast<uint32_t>(std::find(words.begin(), words.end(), word) - words.begin()));
      for (const uint64_t word : words) exact.count_if_known(word);
      slots = exact.used();
      for (auto& slot : slots) --slot.count;  // it was entered once before the counting
    }
  }
  distinct_.add(hashes, i < words.size());
  std::vector<FrequentValues::Entry> entries;
  for (const auto& slot : slots) entries.push_back({text_of(slot.first), slot.count, 0});
  frequent_.add(std::move(entries), bound);
}

void FieldSummary::add_numbers(std::span<const double> values) {
  std::vector<double> finite(values.size());
  size_t kept = 0;
  for (const double v : values) {
    finite[kept] = v + 0.0;
    kept += std::isfinite(v) ? 1 : 0;
  }
  finite.resize(kept);
  count_ += static_cast<int64_t>(values.size());
  not_finite_ += static_cast<int64_t>(values.size() - kept);
  if (finite.empty()) return;
  moments_.add(finite);
  quantiles_.add(finite);
  std::vector<uint64_t> words(kept);
  for (size_t i = 0; i < kept; ++i) words[i] = std::bit_cast<uint64_t>(finite[i]);
  count_words(words, false, [&](size_t i) { return text_of(finite[i]); });
}

void FieldSummary::add_integers(std::span<const int64_t> values) {
  if (values.empty()) return;
  count_ += static_cast<int64_t>(values.size());
  int64_t low = values[0], high = values[0];
  std::vector<double> numbers(values.size());
  std::vector<uint64_t> words(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    low = std::min(low, values[i]);
    high = std::max(high, values[i]);
    numbers[i] = static_cast<double>(values[i]);
    words[i] = static_cast<uint64_t>(values[i]);
  }
  if (integer_range_) {
    low = std::min(low, integer_range_->first);
    high = std::max(high, integer_range_->second);
  }
  integer_range_.emplace(low, high);
  moments_.add(numbers);
  quantiles_.add(numbers);
  count_words(words, false, [&](size_t i) { return text_of(values[i]); });
}

void FieldSummary::add_categories(std::span<const std::string_view> values, std::span<const int64_t> counts) {
  std::vector<size_t> there;
  std::vector<uint64_t> hashes;
  for (size_t i = 0; i < std::min(values.size(), counts.size()); ++i) {
    if (counts[i] <= 0) continue;
    count_ += counts[i];
    const auto length = static_cast<double>(values[i].size());
    moments_.merge({counts[i], length, 0, length, length});
    hashes.push_back(quick_hash(values[i]));
    there.push_back(i);
  }
  distinct_.add(hashes);
  // Only those that can be kept become entries.
  int64_t bound = 0;
  if (constexpr size_t kKept = FrequentValues::kKept; there.size() > kKept) {
    const auto end = there.begin() + kKept;
    std::nth_element(there.begin(), end, there.end(), [&](size_t a, size_t b) {
      return counts[a] != counts[b] ? counts[a] > counts[b] : values[a] < values[b];
    });
    bound = counts[*end];
    there.resize(kKept);
  }
  std::vector<FrequentValues::Entry> entries;
  for (const size_t i : there) entries.push_back({std::string(values[i].substr(0, kLongestKept)), counts[i], 0});
  frequent_.add(std::move(entries), bound);
}

void FieldSummary::add_texts(std::span<const std::string_view> values) {
  if (values.empty()) return;
  count_ += static_cast<int64_t>(values.size());
  std::vector<double> lengths(values.size());
  std::vector<uint64_t> words(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    lengths[i] = static_cast<double>(values[i].size());
    words[i] = quick_hash(values[i]);
  }
  moments_.add(lengths);
  quantiles_.add(lengths);
  count_words(words, true, [&](size_t i) { return std::string(values[i].substr(0, kLongestKept)); });
}

void FieldSummary::merge(const FieldSummary& other) {
  count_ += other.count_;
  missing_ += other.missing_;
  not_finite_ += other.not_finite_;
  moments_.merge(other.moments_);
  quantiles_.merge(other.quantiles_);
  distinct_.merge(other.distinct_);
  frequent_.merge(other.frequent_);
  if (other.integer_range_) {
    if (!integer_range_) integer_range_ = other.integer_range_;
    integer_range_->first = std::min(integer_range_->first, other.integer_range_->first);
    integer_range_->second = std::max(integer_range_->second, other.integer_range_->second);
  }
}

Bytes FieldSummary::save() const {
  Bytes out;
  detail::put(out, kFormat);
  for (const int64_t n : {count_, missing_, not_finite_, moments_.count}) detail::put(out, n);
  for (const double v : {moments_.mean, moments_.m2, moments_.min, moments_.max}) detail::put(out, v);
  detail::put(out, static_cast<uint8_t>(integer_range_ ? 1 : 0));
  if (integer_range_) {
    detail::put(out, integer_range_->first);
    detail::put(out, integer_range_->second);
  }
  quantiles_.save(out);
  distinct_.save(out);
  frequent_.save(out);
  return out;
}

Result<FieldSummary> FieldSummary::load(std::span<const uint8_t> in) {
  FieldSummary s;
  uint8_t format = 0, has_range = 0;
  if (!detail::take(in, format) || format != kFormat) return detail::damaged();
  for (int64_t* n : {&s.count_, &s.missing_, &s.not_finite_, &s.moments_.count})
    if (!detail::take(in, *n) || *n < 0 || *n > kMostValues) return detail::damaged();
  for (double* v : {&s.moments_.mean, &s.moments_.m2, &s.moments_.min, &s.moments_.max})
    if (!detail::take(in, *v)) return detail::damaged();
  if (!detail::take(in, has_range) || has_range > 1) return detail::damaged();
  if (has_range == 1) {
    s.integer_range_.emplace();
    if (!detail::take(in, s.integer_range_->first) || !detail::take(in, s.integer_range_->second))
      return detail::damaged();
  }
  MW_ASSIGN(s.quantiles_, QuantileSketch::load(in));
  MW_ASSIGN(s.distinct_, DistinctCounter::load(in));
  MW_ASSIGN(s.frequent_, FrequentValues::load(in));
  if (!in.empty()) return detail::damaged();
  return s;
}

}  // namespace millwright::statistics
