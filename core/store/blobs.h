// Content-addressed files: weights, vocabularies, exports. blobs/ab/cdef….
#pragma once

#include <string>
#include <string_view>

#include "base/files.h"
#include "base/hash.h"
#include "base/result.h"
#include "store/project.h"

namespace millwright::store {

struct BlobRef {
  Digest sha256{};
  int64_t bytes = 0;
};

/// Copies a file into blobs/ (temporary name, sync, rename) and tells its hash; what is there already is not written
/// again.
[[nodiscard]] Result<BlobRef> put_blob_file(Project& project, const fs::path& file);
[[nodiscard]] Result<BlobRef> put_blob(Project& project, std::string_view content);
/// Enters it in the catalogue (table blob), inside the transaction that refers to it. Twice is fine.
[[nodiscard]] Status publish_blob(Transaction& transaction, const BlobRef& blob, std::string_view media);
[[nodiscard]] fs::path path_of_blob(const Project& project, const Digest& sha256);

}  // namespace millwright::store
