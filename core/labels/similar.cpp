#include "labels/similar.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "labels/current.h"
#include "labels/task.h"
#include "records/asset.h"
#include "records/columns.h"
#include "records/window.h"
#include "text/ngrams.h"

namespace millwright::labels {
namespace {

struct Posting {
  uint32_t item;
  float weight;
};

struct Counted {
  std::string word;
  int count;
};

std::vector<Counted> count_words(std::string_view text) {
  std::vector<std::string> words = text::word_ngrams(text, 1, 1);
  std::sort(words.begin(), words.end());
  std::vector<Counted> counted;
  for (std::string& word : words) {
    if (!counted.empty() && counted.back().word == word)
      ++counted.back().count;
    else
      counted.push_back({std::move(word), 1});
  }
  return counted;
}

float term_weight(int count) { return 1.0F + std::log(static_cast<float>(count)); }

}  // namespace

struct SimilarItems::State {
  std::vector<RecordRef> records;
  std::vector<int32_t> labels;
  std::vector<std::string> names;
  std::vector<uint64_t> offsets{0};
  std::string texts;
  std::unordered_map<std::string, uint32_t> words;
  std::vector<std::vector<Posting>> postings;
  std::vector<float> idf;

  void add(const RecordRef& record, int32_t label, std::string_view text) {
    const auto item = static_cast<uint32_t>(records.size());
    records.push_back(record);
    labels.push_back(label);
    texts += text;
    offsets.push_back(texts.size());
    for (Counted& counted : count_words(text)) {
      const auto [word, made] = words.try_emplace(std::move(counted.word), static_cast<uint32_t>(postings.size()));
      if (made) postings.emplace_back();
      postings[word->second].push_back({item, term_weight(counted.count)});
    }
  }

  void weigh() {
    std::vector<float> norms(records.size());
    const auto n = static_cast<float>(records.size());
    for (auto& list : postings) {
      idf.push_back(std::log((1.0F + n) / (1.0F + static_cast<float>(list.size()))) + 1.0F);
      for (Posting& posting : list) {
        posting.weight *= idf.back();
        norms[posting.item] += posting.weight * posting.weight;
      }
    }
    for (auto& list : postings)
      for (Posting& posting : list) posting.weight /= std::sqrt(norms[posting.item]);
  }

  [[nodiscard]] std::string text(size_t item) const {
    return texts.substr(offsets[item], offsets[item + 1] - offsets[item]);
  }
};

SimilarItems::SimilarItems(std::unique_ptr<State> state) : state_(std::move(state)) {}
SimilarItems::SimilarItems(SimilarItems&&) noexcept = default;
SimilarItems& SimilarItems::operator=(SimilarItems&&) noexcept = default;
SimilarItems::~SimilarItems() = default;

int64_t SimilarItems::size() const { return static_cast<int64_t>(state_->records.size()); }

std::span<const RecordRef> SimilarItems::records() const { return state_->records; }

Similar SimilarItems::item(size_t place, double similarity) const {
  const State& s = *state_;
  return {s.records[place], s.names[static_cast<size_t>(s.labels[place])], s.text(place), similarity};
}

Result<SimilarItems> SimilarItems::build(const store::Project& project, int64_t task, const Work& work) {
  MW_ASSIGN(const Task found, read_task(project, task));
  MW_ASSIGN(CurrentLabels current, current_labels(project, {.task = task}, work));
  auto state = std::make_unique<State>();
  MW_ASSIGN(const auto asset, records::asset_by_id(project, found.asset));
  MW_ASSIGN(const auto window, records::whole_asset(project, asset));
  if (!current.rows.empty() && !window.batches.empty()) {
    MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
    MW_ASSIGN(const auto refs, scan.records());
    MW_ASSIGN(const auto column, scan.column_as(found.text_field, records::FieldType::text));
    for (size_t row = 0; row < refs.size(); ++row) {
      if ((row & 4095) == 0 && work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
      const CurrentLabel* label = current.find(refs[row]);
      if (label == nullptr || label->conflict || !column.has(static_cast<int64_t>(row))) continue;
      state->add(refs[row], label->label, column.text(static_cast<int64_t>(row)));
    }
  }
  state->names = std::move(current.names);
  state->weigh();
  return SimilarItems(std::move(state));
}

std::vector<Similar> SimilarItems::like(std::string_view text, const RecordRef& self, int limit) const {
  const State& s = *state_;
  std::vector<float> scores(s.records.size());
  float norm = 0;
  for (const Counted& counted : count_words(text)) {
    const auto word = s.words.find(counted.word);
    if (word == s.words.end()) continue;
    const float weight = term_weight(counted.count) * s.idf[word->second];
    norm += weight * weight;
    for (const Posting& posting : s.postings[word->second]) scores[posting.item] += weight * posting.weight;
  }
  std::vector<uint32_t> best;
  for (uint32_t item = 0; item < scores.size(); ++item)
    if (scores[item] > 0 && s.records[item] != self) best.push_back(item);
  const size_t kept = std::min(best.size(), static_cast<size_t>(std::max(limit, 0)));
  std::partial_sort(best.begin(), best.begin() + static_cast<int64_t>(kept), best.end(),
                    [&](uint32_t a, uint32_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  best.resize(kept);
  std::vector<Similar> found;
  for (const uint32_t item : best)
    found.push_back(this->item(item, std::min(1.0, static_cast<double>(scores[item] / std::sqrt(norm)))));
  return found;
}

}  // namespace millwright::labels
