#include "models/earlier_items.h"

#include <limits>

#include "labels/task.h"
#include "records/asset.h"

namespace millwright::models {
namespace {

Result<std::optional<Neighbours>> neighbours_among(const store::Project& project, int64_t task,
                                                   std::span<const RecordRef> labeled, const Work& work) {
  MW_ASSIGN(const labels::Task found, labels::read_task(project, task));
  MW_ASSIGN(const records::Asset asset, records::asset_by_id(project, found.asset));
  MW_ASSIGN(std::optional<RecordVectors> vectors, RecordVectors::newest(project, asset));
  if (!vectors) return std::optional<Neighbours>();
  NeighbourLimits limits;
  limits.exact_up_to = std::numeric_limits<int64_t>::max();
  auto index = Neighbours::build(std::make_shared<const RecordVectors>(std::move(*vectors)), labeled, limits, work);
  if (!index && index.error().code == "neighbours.memory") return std::optional<Neighbours>();
  if (!index) return tl::make_unexpected(std::move(index).error());
  if (index->size() == 0) return std::optional<Neighbours>();
  return std::optional(std::move(*index));
}

}  // namespace

Result<EarlierItems> EarlierItems::build(const store::Project& project, int64_t task, const Work& work) {
  MW_ASSIGN(labels::SimilarItems words, labels::SimilarItems::build(project, task, work));
  MW_ASSIGN(std::optional<Neighbours> vectors, neighbours_among(project, task, words.records(), work));
  return EarlierItems(std::move(words), std::move(vectors));
}

std::string EarlierItems::model() const {
  if (!vectors_) return {};
  const Model& model = vectors_->vectors().model();
  return model.name.empty() ? tail(model.uuid) : model.name;
}

Result<EarlierItems::Answer> EarlierItems::like(std::string_view text, const RecordRef& self, int limit) const {
  if (!vectors_ || !vectors_->vectors().has(self)) return Answer{words_.like(text, self, limit), false, words_.size()};
  const RecordRef asked[] = {self};
  MW_ASSIGN(const auto near, vectors_->of(asked, limit));
  Answer answer{{}, true, vectors_->size()};
  for (const Neighbour& one : near.front()) answer.items.push_back(words_.item(one.place, one.similarity));
  return answer;
}

}  // namespace millwright::models
