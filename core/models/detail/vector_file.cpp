#include "detail/vector_file.h"

#include "labels/task.h"

namespace millwright::models::detail {

tl::unexpected<Error> damaged_vectors(std::string reason) {
  return fail(ErrorKind::bad_input, "embed.damaged_result", "The result of the embedding cannot be used: {reason}.",
              {{"reason", std::move(reason)}});
}

Result<std::vector<std::string>> fields_to_read(const store::Project& project, const Model& model,
                                                const records::Asset& asset) {
  if (model.task != 0) {
    MW_ASSIGN(const labels::Task task, labels::read_task(project, model.task));
    if (task.asset == asset.id) return task.fields;
  }
  if (!asset.roles.text.empty()) return std::vector<std::string>{asset.roles.text};
  return fail(ErrorKind::usage, "embed.no_text", "Nobody said which field of {asset} is its text.",
              {{"asset", asset.name}}, "Import with --text FIELD, or make a task.");
}

Result<VectorFile> open_vectors(const fs::path& path) {
  MW_ASSIGN(SafetensorsFile file, SafetensorsFile::open(path));
  const TensorView* const values = file.find("embeddings");
  if (values == nullptr || values->type != TensorType::f32 || values->shape.size() != 2)
    return damaged_vectors("it has no table of vectors");
  const uint64_t shape[] = {values->shape[0], 2};
  MW_ASSIGN(auto records, file.copy<int64_t>("record", shape));
  return VectorFile{std::move(file), values, std::move(records)};
}

}  // namespace millwright::models::detail
