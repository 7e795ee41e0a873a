#include "detail/fold_probabilities.h"

#include <cstring>

#include "base/hash.h"

namespace millwright::engine::detail {
namespace {

using statistics::OutOfSample;

constexpr size_t kBuffer = 1 << 20;  // bytes between two writes

/// What decides the probabilities: a fold that was done with something else is no part of this.
std::string identity_of(const FoldWork& work) {
  Sha256 hash;
  hash.update(canonical(work.folder.spec().body));
  const auto numbers = [&](const std::vector<int32_t>& values) {
    hash.update({reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(int32_t)});
  };
  numbers(work.folds.of);
  numbers(work.rows.train.label);
  for (const std::string_view text : work.rows.train.text) {
    hash.update(std::to_string(text.size()) + ":");
    hash.update(text);
  }
  return to_hex(hash.finish());
}

OutOfSample judgement_of(int32_t label, std::span<const float> probabilities) {
  OutOfSample out;
  out.label = label;
  size_t best = 0;
  for (size_t k = 1; k < probabilities.size(); ++k)
    if (probabilities[k] > probabilities[best]) best = k;
  out.predicted = static_cast<int32_t>(best);
  out.confidence = static_cast<double>(probabilities[best]);
  out.label_confidence = static_cast<double>(probabilities[static_cast<size_t>(label)]);
  return out;
}

}  // namespace

FoldProbabilities::FoldProbabilities(const FoldWork& work) : work_(work), identity_(identity_of(work)) {}

fs::path FoldProbabilities::file(int32_t fold, const char* extension) const {
  return work_.folder.file(work_.place(fold) + extension);
}

Result<std::optional<Json>> FoldProbabilities::recall(int32_t fold) const {
  const fs::path path = file(fold, ".json");
  std::error_code error;
  if (!fs::exists(path, error)) return std::optional<Json>();
  MW_ASSIGN(const std::string text, read_file(path));
  MW_ASSIGN(const Json done, parse_json(text, path.filename().string()));
  if (!done.is_object() || done.value("identity", Json()) != identity_)
    return fail(ErrorKind::bad_input, "train.bad_checkpoint",
                "The checkpoint in {folder} belongs to other data, options or weights.",
                {{"folder", path.parent_path().string()}}, "Remove the folder to begin anew.");
  return std::optional(done.value("summary", Json::object()));
}

Status FoldProbabilities::begin(int32_t fold) {
  const fs::path path = file(fold, ".f32");
  MW_TRY(make_folders(path.parent_path()));
  MW_TRY(remove_file(path));  // of an engine that was killed
  MW_ASSIGN(open_, AppendFile::open(path));
  buffer_.clear();
  return {};
}

Status FoldProbabilities::take(std::span<const double> probabilities) {
  const size_t from = buffer_.size();
  buffer_.resize(from + probabilities.size() * sizeof(float));
  for (size_t k = 0; k < probabilities.size(); ++k) {
    const auto value = static_cast<float>(probabilities[k]);
    std::memcpy(buffer_.data() + from + k * sizeof value, &value, sizeof value);
  }
  if (buffer_.size() < kBuffer) return {};
  MW_TRY(open_->append(buffer_));
  buffer_.clear();
  return {};
}

Status FoldProbabilities::end(int32_t fold, const Json& summary) {
  MW_TRY(open_->append(buffer_));
  MW_TRY(open_->sync());
  open_.reset();
  return write_file_atomically(file(fold, ".json"),
                               to_text(Json{{"identity", identity_}, {"summary", summary}}) + "\n");
}

template <class Each>
Status FoldProbabilities::read_all(Each each) const {
  const size_t classes = work_.rows.labels.size(), size = classes * sizeof(float);
  std::vector<std::vector<size_t>> rows(static_cast<size_t>(work_.folds.count));
  for (size_t i = 0; i < work_.folds.of.size(); ++i) rows[static_cast<size_t>(work_.folds.of[i])].push_back(i);
  std::vector<float> probabilities(classes);
  for (int32_t fold = 0; fold < work_.folds.count; ++fold) {
    const std::vector<size_t>& own = rows[static_cast<size_t>(fold)];
    const fs::path path = file(fold, ".f32");
    MW_ASSIGN(const MappedFile kept, MappedFile::open(path));
    if (kept.bytes().size() != own.size() * size)
      return fail(ErrorKind::store, "file.changed", "Somebody else writes to {path}.", {{"path", path.string()}});
    for (size_t i = 0; i < own.size(); ++i) {
      std::memcpy(probabilities.data(), kept.bytes().data() + i * size, size);
      each(own[i], std::span<const float>(probabilities));
    }
  }
  return {};
}

Result<FoldProbabilities::Verdict> FoldProbabilities::settle() const {
  const std::vector<int32_t>& labels = work_.rows.train.label;
  Verdict out;
  out.said.resize(labels.size());
  std::vector<double> self(labels.size());
  MW_TRY(read_all([&](size_t row, std::span<const float> probabilities) {
    out.said[row] = judgement_of(labels[row], probabilities);
    self[row] = out.said[row].label_confidence;
  }));
  out.thresholds = statistics::confident_thresholds(labels, self, work_.rows.labels.size());
  MW_TRY(read_all([&](size_t row, std::span<const float> probabilities) {
    out.said[row].confident = statistics::confident_class(probabilities, out.thresholds);
  }));
  return out;
}

}  // namespace millwright::engine::detail
