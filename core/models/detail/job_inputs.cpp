#include "detail/job_inputs.h"

#include <charconv>

#include "detail/model_rows.h"
#include "store/blobs.h"

namespace millwright::models::detail {
Status put_base(const store::Project& project, const Model& base, const fs::path& folder) {
  MW_TRY(make_folders(folder));
  for (const ModelFile& file : base.files) {
    MW_TRY(check_file_name(file.name));
    const fs::path blob = store::path_of_blob(project, file.sha256);
    std::error_code error;
    fs::create_hard_link(blob, folder / file.name, error);
    if (error) fs::copy_file(blob, folder / file.name, error);
    if (error) return fail_errno("write", (folder / file.name).string(), error.value());
  }
  return sync_folder(folder);
}

std::optional<RecordRef> record_from(std::string_view text) {
  RecordRef record;
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto batch = std::from_chars(text.data(), text.data() + dash, record.batch);
  const auto ordinal = std::from_chars(text.data() + dash + 1, text.data() + text.size(), record.ordinal);
  if (batch.ec != std::errc() || ordinal.ec != std::errc()) return std::nullopt;
  return record;
}

}  // namespace millwright::models::detail
