// Is a record there, and how long is its text? Answers from the batches' files, which stay open.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "records/batch.h"
#include "records/reading.h"
#include "store/batch_file.h"
#include "store/project.h"

namespace millwright::labels::detail {

class KnownRecords {
 public:
  KnownRecords(const store::Project& project, int64_t asset) : project_(&project), asset_(asset) {}
  /// True for a record of the asset, in a batch that is still there. Microseconds after the first call for a batch.
  [[nodiscard]] Result<bool> contains(const RecordRef& record);
  /// TAIL-ORDINAL.
  [[nodiscard]] Result<std::string> text(const RecordRef& record);
  /// The record that a text means; nullopt for none of the asset's.
  [[nodiscard]] Result<std::optional<RecordRef>> find(const std::string& text);
  /// Code points of a record's field; 0 where it is missing.
  [[nodiscard]] Result<int64_t> text_length(const RecordRef& record, const std::string& field);

 private:
  struct Batch {
    bool usable = false;
    std::string tail;
    std::shared_ptr<const store::BatchFile> file;
  };
  [[nodiscard]] Result<Batch*> batch(int64_t id);
  const store::Project* project_;
  int64_t asset_;
  std::map<int64_t, Batch> batches_;
  std::map<std::string, int64_t, std::less<>> by_tail_;
  std::optional<records::RecordReader> reader_;
};

[[nodiscard]] tl::unexpected<Error> unknown_record(const std::string& record);

}  // namespace millwright::labels::detail
