#include "detail/known_records.h"

#include "store/lookup.h"
#include "text/unicode.h"

namespace millwright::labels::detail {

Result<KnownRecords::Batch*> KnownRecords::batch(int64_t id) {
  const auto known = batches_.find(id);
  if (known != batches_.end()) return &known->second;
  Batch entry;
  const auto info = records::batch_by_id(*project_, id);
  if (info && info->asset == asset_) {
    entry.usable = true;
    entry.tail = tail(info->uuid);
    MW_ASSIGN(entry.file, records::open_batch(*project_, id));
  } else if (!info && info.error().kind == ErrorKind::store) {
    return tl::make_unexpected(info.error());
  }
  return &batches_.emplace(id, std::move(entry)).first->second;
}

Result<bool> KnownRecords::contains(const RecordRef& record) {
  MW_ASSIGN(const Batch* const found, batch(record.batch));
  if (!found->usable || record.ordinal < 0 || record.ordinal >= found->file->arrivals()) return false;
  MW_ASSIGN(const auto place, found->file->place_of(record.ordinal));
  return place.has_value();
}

Result<std::string> KnownRecords::text(const RecordRef& record) {
  MW_ASSIGN(const Batch* const found, batch(record.batch));
  if (found->tail.empty()) return store::record_to_text(*project_, record);
  return found->tail + "-" + std::to_string(record.ordinal);
}

Result<std::optional<RecordRef>> KnownRecords::find(const std::string& text) {
  const size_t dash = text.rfind('-');
  const std::string_view head = std::string_view(text).substr(0, dash == text.npos ? 0 : dash);
  std::optional<RecordRef> record;
  if (const auto known = by_tail_.find(head); known != by_tail_.end() && !head.empty()) {
    const std::string digits = text.substr(dash + 1);
    if (!digits.empty() && digits.size() < 16 && digits.find_first_not_of("0123456789") == digits.npos)
      record = RecordRef{known->second, std::stoll(digits)};
  } else {
    const auto looked_up = store::record_from_text(*project_, text);
    if (!looked_up) {
      if (looked_up.error().kind == ErrorKind::store) return tl::make_unexpected(looked_up.error());
      return std::nullopt;
    }
    record = *looked_up;
    by_tail_.emplace(std::string(head), record->batch);
  }
  if (!record) return std::nullopt;
  MW_ASSIGN(const bool there, contains(*record));
  return there ? record : std::nullopt;
}

Result<int64_t> KnownRecords::text_length(const RecordRef& record, const std::string& field) {
  if (!reader_) {
    MW_ASSIGN(reader_, records::RecordReader::open(*project_));
  }
  MW_ASSIGN(const records::Record found, reader_->get(record));
  return static_cast<int64_t>(text::count_code_points(found.text(field)));
}

tl::unexpected<Error> unknown_record(const std::string& record) {
  return fail(ErrorKind::bad_input, "labels.unknown_record", "There is no record {record} in this task's asset.",
              {{"record", record}});
}

}  // namespace millwright::labels::detail
