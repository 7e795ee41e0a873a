#include "detail/job_inputs.h"

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

}  // namespace millwright::models::detail
