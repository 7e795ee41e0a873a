#include "models/record_vectors.h"

#include <algorithm>
#include <cstring>

#include "detail/vector_file.h"
#include "records/batch.h"
#include "store/blobs.h"

namespace millwright::models {
namespace {

/// Where a record's vector lies.
struct Place {
  RecordRef record;
  int64_t row = 0;
  size_t file = 0;
};

tl::unexpected<Error> damaged() {
  return fail(ErrorKind::store, "store.damaged", "A file of vectors is damaged.", {},
              "Restore the project from a backup.");
}

}  // namespace

struct RecordVectors::State {
  Model model;
  int64_t dimension = 0;
  std::vector<detail::VectorFile> files;
  std::vector<Place> places;  ///< by record

  [[nodiscard]] const Place* find(const RecordRef& record) const {
    const auto found = std::lower_bound(places.begin(), places.end(), record,
                                        [](const Place& place, const RecordRef& r) { return place.record < r; });
    return found != places.end() && found->record == record ? &*found : nullptr;
  }

  /// Rows `first` … `first + rows` of a file, which must be the batch's.
  Status add(const store::Project& project, int64_t batch, const Digest& blob, int64_t first, int64_t rows) {
    auto opened = detail::open_vectors(store::path_of_blob(project, blob));
    if (!opened) return damaged();
    detail::VectorFile& file = *opened;
    if (first < 0 || rows < 0 || first > file.rows() || rows > file.rows() - first || file.dimension() == 0 ||
        (dimension != 0 && dimension != file.dimension()))
      return damaged();
    dimension = file.dimension();
    for (int64_t row = first; row < first + rows; ++row) {
      const auto at = static_cast<size_t>(2 * row);
      if (file.records[at] != batch) return damaged();
      places.push_back({{batch, file.records[at + 1]}, row, files.size()});
    }
    file.records = {};
    files.push_back(std::move(file));
    return {};
  }
};

RecordVectors::RecordVectors(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordVectors::RecordVectors(RecordVectors&&) noexcept = default;
RecordVectors& RecordVectors::operator=(RecordVectors&&) noexcept = default;
RecordVectors::~RecordVectors() = default;

const Model& RecordVectors::model() const { return state_->model; }
int64_t RecordVectors::size() const { return static_cast<int64_t>(state_->places.size()); }
int64_t RecordVectors::dimension() const { return state_->dimension; }
bool RecordVectors::has(const RecordRef& record) const { return state_->find(record) != nullptr; }

std::vector<RecordRef> RecordVectors::records() const {
  std::vector<RecordRef> records;
  records.reserve(state_->places.size());
  for (const Place& place : state_->places) records.push_back(place.record);
  return records;
}

bool RecordVectors::copy(const RecordRef& record, std::span<float> out) const {
  const Place* const place = state_->find(record);
  if (place == nullptr) return false;
  const size_t bytes = out.size_bytes();
  std::memcpy(out.data(), state_->files[place->file].values->bytes.data() + static_cast<size_t>(place->row) * bytes,
              bytes);
  return true;
}

Result<RecordVectors> RecordVectors::of_model(const store::Project& project, const Model& model,
                                              const records::Asset& asset) {
  auto state = std::make_unique<State>();
  state->model = model;
  MW_ASSIGN(const auto fields, detail::fields_to_read(project, model, asset));
  MW_ASSIGN(const auto batches, records::list_batches(project, asset.id));
  for (const records::BatchInfo& batch : batches) {
    MW_ASSIGN(auto select, project.db().prepare("SELECT blob, first, rows FROM embedding_file WHERE model = ? AND "
                                                "batch = ? AND fields = ? AND preprocessing = ? ORDER BY id DESC "
                                                "LIMIT 1"));
    MW_ASSIGN(const bool there, select.with(model.id, batch.id, to_text(Json(fields)), detail::kPreprocessing).step());
    if (!there) continue;
    const Digest blob = select.digest(0);
    MW_TRY(state->add(project, batch.id, blob, select.integer(1), select.integer(2)));
  }
  std::sort(state->places.begin(), state->places.end(),
            [](const Place& a, const Place& b) { return a.record < b.record; });
  return RecordVectors(std::move(state));
}

Result<std::optional<RecordVectors>> RecordVectors::newest(const store::Project& project, const records::Asset& asset) {
  MW_ASSIGN(const auto batches, records::list_batches(project, asset.id));
  Json ids = Json::array();
  for (const records::BatchInfo& batch : batches) ids.push_back(batch.id);
  MW_ASSIGN(auto select, project.db().prepare("SELECT model FROM embedding_file WHERE preprocessing = ? AND batch IN "
                                              "(SELECT value FROM json_each(?)) GROUP BY model ORDER BY max(id) DESC"));
  select.with(detail::kPreprocessing, to_text(ids));
  std::vector<int64_t> models;
  for (;;) {
    MW_ASSIGN(const bool there, select.step());
    if (!there) break;
    models.push_back(select.integer(0));
  }
  select.reset();
  for (const int64_t id : models) {
    MW_ASSIGN(const Model model, read_model(project, id));
    MW_ASSIGN(RecordVectors vectors, of_model(project, model, asset));
    if (vectors.size() > 0) return std::optional(std::move(vectors));
  }
  return std::optional<RecordVectors>();
}

}  // namespace millwright::models
