#include "models/neighbours.h"

#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "records/asset.h"
#include "store/lookup.h"

namespace millwright::models {
namespace {

constexpr size_t kAtOnce = 4096;        // vectors between two looks at whether somebody wants it to stop
constexpr size_t kQueriesAtOnce = 256;  // enough for matrix products instead of one scan for each
constexpr int64_t kPerCell = 64;        // vectors that teach k-means where one cell lies
constexpr int kRounds = 10;             // of k-means
constexpr int64_t kShareProbed = 16;    // one cell of so many is looked at
constexpr int64_t kLeastProbed = 8;
constexpr int kSpare = 8;  // rounding in the index must not cost a neighbour at the end of the list

tl::unexpected<Error> stopped() { return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done."); }

/// Scales a vector to length 1; false where it has no direction.
bool normalise(std::span<float> vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * static_cast<double>(value);
  if (!std::isfinite(squares) || squares <= 0) return false;
  const double scale = 1 / std::sqrt(squares);
  for (float& value : vector) value = static_cast<float>(static_cast<double>(value) * scale);
  return true;
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  return std::clamp(dot(a, b) / std::sqrt(dot(a, a) * dot(b, b)), -1.0, 1.0);
}

}  // namespace

struct Neighbours::State {
  std::shared_ptr<const RecordVectors> vectors;
  std::vector<RecordRef> records;  ///< those in the index, in its order
  std::vector<size_t> places;      ///< of each in what was searched among
  faiss::IndexFlatIP flat;         ///< the vectors themselves, or the middles of the cells
  std::unique_ptr<faiss::IndexIVFFlat> cells;

  explicit State(std::shared_ptr<const RecordVectors> all)
      : vectors(std::move(all)), flat(std::max<int64_t>(1, vectors->dimension())) {}

  [[nodiscard]] size_t width() const { return static_cast<size_t>(vectors->dimension()); }
  bool direction(const RecordRef& record, std::span<float> out) const {
    return vectors->copy(record, out) && normalise(out);
  }

  Status choose(std::span<const RecordRef> among, const Work& work) {
    std::vector<float> vector(width());
    for (size_t i = 0; i < among.size(); ++i) {
      if (i % kAtOnce == 0 && work.stopped()) return stopped();
      if (!direction(among[i], vector)) continue;
      records.push_back(among[i]);
      places.push_back(i);
    }
    return {};
  }

  Status check_memory(bool exact, const NeighbourLimits& limits) const {
    // Cells grow by doubling, so that they take up to twice what they hold.
    const double each = static_cast<double>(width()) * sizeof(float) + sizeof(int64_t);
    const double needed = static_cast<double>(records.size()) * each * (exact ? 1 : 2);
    if (needed <= static_cast<double>(limits.most_bytes)) return {};
    const auto megabytes = [](double bytes) { return std::to_string(static_cast<int64_t>(std::ceil(bytes / 1e6))); };
    return fail(ErrorKind::refused, "neighbours.memory",
                "An index over {n} vectors of {dimension} numbers takes {needed} MB of memory, more than the {most} MB "
                "that it may.",
                {{"n", std::to_string(records.size())},
                 {"dimension", std::to_string(width())},
                 {"needed", megabytes(needed)},
                 {"most", megabytes(static_cast<double>(limits.most_bytes))}});
  }

  /// Writes the vectors straight into the index: adding would copy them once more.
  Status fill_flat(const Work& work) {
    flat.codes.resize(records.size() * width() * sizeof(float));
    flat.ntotal = static_cast<int64_t>(records.size());
    for (size_t i = 0; i < records.size(); ++i) {
      if (i % kAtOnce == 0) {
        if (work.stopped()) return stopped();
        work.report({"index", static_cast<int64_t>(i), flat.ntotal, "rows"});
      }
      (void)direction(records[i], {flat.get_xb() + i * width(), width()});
    }
    return {};
  }

  /// k-means a round at a time, so that it can be stopped; over evenly spaced vectors, always the same ones.
  Status place_cells(int64_t count, const Work& work) {
    const size_t sample =
        static_cast<size_t>(std::min<int64_t>(count * kPerCell, static_cast<int64_t>(records.size())));
    std::vector<float> teaching(sample * width());
    for (size_t i = 0; i < sample; ++i)
      (void)direction(records[i * records.size() / sample], {teaching.data() + i * width(), width()});
    faiss::ClusteringParameters parameters;
    parameters.niter = 1;
    parameters.spherical = true;
    parameters.min_points_per_centroid = 1;
    parameters.max_points_per_centroid = static_cast<int>(kPerCell);
    faiss::Clustering means(static_cast<int>(width()), static_cast<int>(count), parameters);
    for (int round = 0; round < kRounds; ++round) {
      if (work.stopped()) return stopped();
      work.report({"cells", round, kRounds, "rounds"});
      means.train(static_cast<int64_t>(sample), teaching.data(), flat);
    }
    return {};
  }

  Status fill_cells(const Work& work) {
    const auto n = static_cast<int64_t>(records.size());
    const int64_t count =
        std::clamp<int64_t>(std::llround(std::sqrt(static_cast<double>(n))), 1, std::max<int64_t>(1, n / kPerCell));
    MW_TRY(place_cells(count, work));
    cells =
        std::make_unique<faiss::IndexIVFFlat>(&flat, width(), static_cast<size_t>(count), faiss::METRIC_INNER_PRODUCT);
    cells->nprobe = static_cast<size_t>(std::min(count, std::max(kLeastProbed, count / kShareProbed)));
    std::vector<float> some(kAtOnce * width());
    for (size_t first = 0; first < records.size(); first += kAtOnce) {
      if (work.stopped()) return stopped();
      work.report({"index", static_cast<int64_t>(first), n, "rows"});
      const size_t rows = std::min(kAtOnce, records.size() - first);
      for (size_t i = 0; i < rows; ++i) (void)direction(records[first + i], {some.data() + i * width(), width()});
      cells->add(static_cast<int64_t>(rows), some.data());
    }
    return {};
  }

  /// What the index found for one query, ordered by the cosine of the vectors as they are kept.
  std::vector<Neighbour> ordered(const RecordRef& self, std::span<const int64_t> found, int k) const {
    std::vector<float> one(width()), other(width());
    std::vector<Neighbour> out;
    (void)vectors->copy(self, one);
    for (const int64_t id : found) {
      if (id < 0) continue;
      const auto at = static_cast<size_t>(id);
      if (records[at] == self || !vectors->copy(records[at], other)) continue;
      out.push_back({records[at], places[at], cosine(one, other)});
    }
    std::sort(out.begin(), out.end(), [](const Neighbour& a, const Neighbour& b) {
      return a.similarity != b.similarity ? a.similarity > b.similarity : a.record < b.record;
    });
    if (out.size() > static_cast<size_t>(k)) out.resize(static_cast<size_t>(k));
    return out;
  }
};

Neighbours::Neighbours(std::unique_ptr<State> state) : state_(std::move(state)) {}
Neighbours::Neighbours(Neighbours&&) noexcept = default;
Neighbours& Neighbours::operator=(Neighbours&&) noexcept = default;
Neighbours::~Neighbours() = default;

const RecordVectors& Neighbours::vectors() const { return *state_->vectors; }
int64_t Neighbours::size() const { return static_cast<int64_t>(state_->records.size()); }
bool Neighbours::exact() const { return state_->cells == nullptr; }

namespace {

/// The library throws; what it says is no more than that it failed.
template <class Do>
auto without_exceptions(Do&& action) -> decltype(action()) {
  try {
    return action();
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::job, "neighbours.no_memory", "There is not enough memory to look for neighbours.");
  } catch (const std::exception& e) {
    return fail(ErrorKind::job, "neighbours.failed", "Looking for neighbours failed: {reason}", {{"reason", e.what()}});
  }
}

}  // namespace

Result<Neighbours> Neighbours::build(std::shared_ptr<const RecordVectors> vectors, std::span<const RecordRef> among,
                                     const NeighbourLimits& limits, const Work& work) {
  return without_exceptions([&]() -> Result<Neighbours> {
    auto state = std::make_unique<State>(std::move(vectors));
    MW_TRY(state->choose(among, work));
    const bool exact = static_cast<int64_t>(state->records.size()) <= limits.exact_up_to;
    MW_TRY(state->check_memory(exact, limits));
    MW_TRY(exact ? state->fill_flat(work) : state->fill_cells(work));
    return Neighbours(std::move(state));
  });
}

Result<std::vector<std::vector<Neighbour>>> Neighbours::of(std::span<const RecordRef> records, int k) const {
  return without_exceptions([&]() -> Result<std::vector<std::vector<Neighbour>>> {
    const State& s = *state_;
    std::vector<std::vector<Neighbour>> out(records.size());
    std::vector<float> queries;
    std::vector<size_t> asked;
    for (size_t i = 0; i < records.size(); ++i) {
      const size_t end = queries.size();
      queries.resize(end + s.width());
      if (s.direction(records[i], std::span(queries).subspan(end)))
        asked.push_back(i);
      else
        queries.resize(end);
    }
    const auto wanted = std::min<int64_t>(size(), int64_t{std::max(k, 0)} + 1 + kSpare);
    if (asked.empty() || wanted == 0) return out;
    std::vector<float> similarities(asked.size() * static_cast<size_t>(wanted));
    std::vector<int64_t> ids(similarities.size());
    const faiss::Index& index = s.cells ? static_cast<const faiss::Index&>(*s.cells) : s.flat;
    index.search(static_cast<int64_t>(asked.size()), queries.data(), wanted, similarities.data(), ids.data());
    for (size_t i = 0; i < asked.size(); ++i)
      out[asked[i]] = s.ordered(
          records[asked[i]], std::span(ids).subspan(i * static_cast<size_t>(wanted), static_cast<size_t>(wanted)), k);
    return out;
  });
}

namespace {

Result<RecordVectors> vectors_for(const store::Project& project, const NeighboursRequest& request) {
  MW_ASSIGN(const records::Asset asset, records::find_asset(project, request.asset));
  std::optional<RecordVectors> vectors;
  if (request.model.empty()) {
    MW_ASSIGN(vectors, RecordVectors::newest(project, asset));
  } else {
    MW_ASSIGN(const Model model, find_model(project, request.model));
    MW_ASSIGN(vectors, RecordVectors::of_model(project, model, asset));
  }
  if (vectors && vectors->size() > 0) return std::move(*vectors);
  return fail(ErrorKind::bad_input, "neighbours.none", "No record of {asset} has an embedding.",
              {{"asset", asset.name}}, "Compute them first: embed P --model M --wait.");
}

}  // namespace

Result<Model> find_neighbours(const store::Project& project, const NeighboursRequest& request,
                              const std::function<bool(const FoundNeighbours&)>& each, const Work& work) {
  constexpr int kMost = 1000;
  if (request.count < 1 || request.count > kMost)
    return fail(ErrorKind::usage, "neighbours.count", "{n} neighbours cannot be asked for.",
                {{"n", std::to_string(request.count)}}, "Ask for 1 to 1000.");
  MW_ASSIGN(RecordVectors found, vectors_for(project, request));
  const auto vectors = std::make_shared<const RecordVectors>(std::move(found));
  const std::vector<RecordRef> all = vectors->records();
  std::vector<RecordRef> asked;
  for (const std::string& typed : request.records) {
    MW_ASSIGN(asked.emplace_back(), store::record_from_text(project, typed));
  }
  // Making cells costs more than looking at everything a few times.
  NeighbourLimits limits;
  if (request.exact || !asked.empty()) limits.exact_up_to = static_cast<int64_t>(all.size());
  if (request.records.empty()) asked = all;
  MW_ASSIGN(const Neighbours index, Neighbours::build(vectors, all, limits, work));
  for (size_t first = 0; first < asked.size(); first += kQueriesAtOnce) {
    if (work.stopped()) return stopped();
    work.report({"neighbours", static_cast<int64_t>(first), static_cast<int64_t>(asked.size()), "records"});
    const auto some = std::span(asked).subspan(first, std::min(kQueriesAtOnce, asked.size() - first));
    MW_ASSIGN(const auto near, index.of(some, request.count));
    for (size_t i = 0; i < some.size(); ++i) {
      FoundNeighbours one;
      MW_ASSIGN(one.record, store::record_to_text(project, some[i]));
      for (const Neighbour& neighbour : near[i]) {
        MW_ASSIGN(std::string name, store::record_to_text(project, neighbour.record));
        one.neighbours.emplace_back(std::move(name), neighbour.similarity);
      }
      if (!each(one)) return vectors->model();
    }
  }
  return vectors->model();
}

}  // namespace millwright::models
