#include <algorithm>
#include <unordered_map>

#include "detail/byte_io.h"
#include "statistics/summary.h"

namespace millwright::statistics {
namespace {

constexpr uint32_t kLongestValue = 1U << 20;
constexpr int64_t kMostCount = int64_t{1} << 48;

bool commoner(const FrequentValues::Entry& a, const FrequentValues::Entry& b) {
  return a.count != b.count ? a.count > b.count : a.value < b.value;
}

}  // namespace

void FrequentValues::add(std::vector<Entry> counted, int64_t unlisted_bound) {
  FrequentValues part;
  part.entries_ = std::move(counted);
  part.bound_ = unlisted_bound;
  merge(part);
}

void FrequentValues::merge(const FrequentValues& other) {
  std::unordered_map<std::string_view, size_t> place;
  std::vector<Entry> both = entries_;
  place.reserve(both.size());
  for (size_t i = 0; i < entries_.size(); ++i) {
    place.emplace(entries_[i].value, i);
    both[i].error += other.bound_;
  }
  for (const Entry& entry : other.entries_) {
    if (const auto found = place.find(entry.value); found != place.end()) {
      Entry& mine = both[found->second];
      mine.count += entry.count;
      mine.error += entry.error - other.bound_;
    } else {
      both.push_back({entry.value, entry.count, entry.error + bound_});
    }
  }
  bound_ += other.bound_;
  std::sort(both.begin(), both.end(), commoner);
  for (size_t i = kKept; i < both.size(); ++i) bound_ = std::max(bound_, both[i].count + both[i].error);
  if (both.size() > kKept) both.resize(kKept);
  entries_ = std::move(both);
}

void FrequentValues::save(Bytes& out) const {
  detail::put(out, bound_);
  detail::put(out, static_cast<uint32_t>(entries_.size()));
  for (const Entry& entry : entries_) {
    detail::put(out, entry.count);
    detail::put(out, entry.error);
    detail::put_all(out, std::span<const char>(entry.value));
  }
}

Result<FrequentValues> FrequentValues::load(std::span<const uint8_t>& in) {
  FrequentValues values;
  uint32_t count = 0;
  if (!detail::take(in, values.bound_) || !detail::take(in, count) || values.bound_ < 0 || values.bound_ > kMostCount ||
      count > kKept)
    return detail::damaged();
  values.entries_.resize(count);
  for (Entry& entry : values.entries_) {
    if (!detail::take(in, entry.count) || !detail::take(in, entry.error) || !detail::take_all(in, entry.value))
      return detail::damaged();
    if (entry.count < 0 || entry.error < 0 || entry.count > kMostCount || entry.error > kMostCount ||
        entry.value.size() > kLongestValue)
      return detail::damaged();
  }
  return values;
}

}  // namespace millwright::statistics
