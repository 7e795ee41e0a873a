// SPDX-License-Identifier: Apache-2.0
#include "plugin_support/line_reader.h"

namespace millwright::plugin {

LineReader::LineReader(OpenOptions options, ExportOptions exported, std::string_view format, std::string_view who)
    : options_(std::move(options)),
      host_(options_.source),
      lines_(host_, options_.batch_bytes, options_.max_row_bytes),
      rows_(options_.max_fields, exported) {
  if (!options_.options.empty())
    throw BadInput{std::string(format) + ".unknown_option",
                   std::string(who) + " no options; " + options_.options.front().first + " was given."};
}

bool LineReader::next(millwright_batch* batch) {
  if (!started_) byte_order_mark_ = lines_.skip_bom();
  started_ = true;
  const int64_t until = lines_.consumed() + static_cast<int64_t>(options_.batch_bytes);
  rows_.begin(pool_->take());
  bool more = true;
  while (more && lines_.consumed() < until && !rows_.full() && rows_.storage().rows < options_.batch_rows)
    more = take_row();
  if (!more && rows_.storage().rows == 0 && rows_.storage().rejected == 0) return false;
  rows_.finish(lines_.consumed(), batch);
  return true;
}

std::string LineReader::describe() {
  return std::string("{\"encoding\":\"utf-8\",\"byte_order_mark\":") + (byte_order_mark_ ? "true" : "false") +
         ",\"notes\":[]}";
}

std::string LineReader::too_long() const { return "longer than " + std::to_string(options_.max_row_bytes) + " bytes"; }

std::string LineReader::than_fields() const { return " than " + std::to_string(options_.max_fields) + " in the file"; }

std::string_view head_text(const uint8_t* head, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(head), size);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

}  // namespace millwright::plugin
