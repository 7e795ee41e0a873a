#include "engine/checkpoint.h"

#include "base/files.h"
#include "base/safetensors.h"

namespace millwright::engine {
namespace {

constexpr const char* kFile = "training.safetensors";

template <class T>
void add(std::vector<TensorToWrite>& tensors, std::string name, std::span<const T> values) {
  tensors.push_back(tensor_to_write<T>(std::move(name), {values.size()}, values));
}

template <class T>
Result<std::vector<T>> take(const SafetensorsFile& file, std::string_view name) {
  const TensorView* const tensor = file.find(name);
  const uint64_t size = tensor != nullptr ? tensor->elements() : 0;
  return file.copy<T>(name, std::span(&size, 1));
}

/// Files under temporary names, whose writer is gone: this engine holds the folder's lock.
void sweep(const std::filesystem::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().filename().string().find(".tmp-") != std::string::npos) (void)remove_file(entry.path());
}

}  // namespace

Status write_checkpoint(const std::filesystem::path& folder, const TrainingStateView& state,
                        std::span<const float> best, const Json& position) {
  MW_TRY(make_folders(folder));
  std::vector<TensorToWrite> tensors;
  add(tensors, "weights", state.weights);
  add(tensors, "first", state.first);
  add(tensors, "second", state.second);
  add(tensors, "row_steps", state.row_steps);
  add(tensors, "learning_rates", state.learning_rates);
  add(tensors, "best", best);
  return write_safetensors(folder / kFile, std::move(tensors), {{"position", to_text(position)}});
}

Result<std::optional<Checkpoint>> read_checkpoint(const std::filesystem::path& folder) {
  sweep(folder);
  std::error_code error;
  if (!fs::exists(folder / kFile, error)) return std::optional<Checkpoint>();
  MW_ASSIGN(const SafetensorsFile file, SafetensorsFile::open(folder / kFile));
  Checkpoint out;
  MW_ASSIGN(out.state.weights, take<float>(file, "weights"));
  MW_ASSIGN(out.state.first, take<float>(file, "first"));
  MW_ASSIGN(out.state.second, take<float>(file, "second"));
  MW_ASSIGN(out.state.row_steps, take<int64_t>(file, "row_steps"));
  MW_ASSIGN(out.state.learning_rates, take<double>(file, "learning_rates"));
  MW_ASSIGN(out.best, take<float>(file, "best"));
  const auto position = file.metadata().find("position");
  if (position == file.metadata().end())
    return fail(ErrorKind::bad_input, "train.bad_checkpoint", "The checkpoint does not say where the training stood.");
  MW_ASSIGN(out.position, parse_json(position->second, "checkpoint"));
  if (!out.position.is_object())
    return fail(ErrorKind::bad_input, "train.bad_checkpoint", "The checkpoint does not say where the training stood.");
  return std::optional(std::move(out));
}

}  // namespace millwright::engine
