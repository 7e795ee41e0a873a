// SPDX-License-Identifier: Apache-2.0
// A reader of UTF-8 in lines whose fields come by name (JSON Lines, deb822): opening, batches and description.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "plugin_support/batch.h"
#include "plugin_support/connector.h"
#include "plugin_support/source.h"

namespace millwright::plugin {

class LineReader : public Reader {
 public:
  bool next(millwright_batch* batch) final;
  std::string describe() final;

 protected:
  /// Such formats have no options: one that is given is refused as "FORMAT.unknown_option". `who` begins the sentence.
  LineReader(OpenOptions options, ExportOptions exported, std::string_view format, std::string_view who);
  /// Takes the next row, or rejects it; false at the end of the source.
  virtual bool take_row() = 0;

  [[nodiscard]] const OpenOptions& options() const { return options_; }
  [[nodiscard]] Lines& lines() { return lines_; }
  [[nodiscard]] NamedRows& rows() { return rows_; }
  /// Why a row that is longer than the host allows is rejected.
  [[nodiscard]] std::string too_long() const;
  /// Why a field more is refused: " than 4096 in the file".
  [[nodiscard]] std::string than_fields() const;

 private:
  OpenOptions options_;
  HostStream host_;
  Lines lines_;
  std::shared_ptr<BatchPool> pool_ = std::make_shared<BatchPool>();
  NamedRows rows_;
  bool started_ = false;
  bool byte_order_mark_ = false;
};

/// A source's first bytes as can_read() gets them, without a byte order mark of UTF-8.
[[nodiscard]] std::string_view head_text(const uint8_t* head, size_t size);

}  // namespace millwright::plugin
