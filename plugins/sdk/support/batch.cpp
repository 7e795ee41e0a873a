// SPDX-License-Identifier: Apache-2.0
#include "plugin_support/batch.h"

#include <algorithm>

namespace millwright::plugin {
namespace {

constexpr size_t kMaxRejectedRaw = size_t{1} << 20;
/// A batch with more memory than this is not kept for the next: one huge cell must not stay with every column.
constexpr size_t kMaxKeptBytes = size_t{32} << 20;

void reserve_rows(TextColumn& column, int64_t rows, bool kinds) {
  column.offsets.reserve((static_cast<size_t>(rows) + 1) * sizeof(int32_t));
  if (kinds) column.kinds.reserve(static_cast<size_t>(rows));
}

void append_int64(Buffer& buffer, int64_t count, int64_t value) {
  buffer.reserve((static_cast<size_t>(count) + 1) * sizeof(int64_t));
  buffer.as<int64_t>()[count] = value;
}

}  // namespace

void TextColumn::clear() {
  offsets.reserve(sizeof(int32_t));
  text.reserve(1);
  offsets.as<int32_t>()[0] = 0;
  rows = 0;
  nulls = 0;
}

void TextColumn::append(std::string_view value) {
  const size_t at = size();
  text.reserve(at + value.size());
  if (!value.empty()) std::memcpy(text.data() + at, value.data(), value.size());
  reserve_rows(*this, rows + 1, false);
  offsets.as<int32_t>()[++rows] = static_cast<int32_t>(at + value.size());
}

void TextColumn::append(std::string_view value, millwright_kind kind) {
  reserve_rows(*this, rows + 1, true);
  kinds.data()[rows] = static_cast<uint8_t>(kind);
  append(value);
}

void TextColumn::pad_to(int64_t row) {
  if (rows >= row) return;
  reserve_rows(*this, row, true);
  auto* offset = offsets.as<int32_t>();
  std::fill(offset + rows + 1, offset + row + 1, offset[rows]);
  std::memset(kinds.data() + rows, MILLWRIGHT_KIND_ABSENT, static_cast<size_t>(row - rows));
  rows = row;
}

void BatchStorage::clear() {
  for (auto& field : fields) field.clear();
  raw.clear();
  rejected_codes.clear();
  rejected_reasons.clear();
  rejected_raw.clear();
  lines.reserve(sizeof(int64_t));
  rejected_lines.reserve(sizeof(int64_t));
  rows = 0;
  rejected = 0;
}

size_t BatchStorage::capacity() const {
  size_t bytes = raw.capacity() + rejected_raw.capacity();
  for (const auto& field : fields) bytes += field.capacity();
  return bytes;
}

void BatchStorage::add_line(int64_t line) { append_int64(lines, rows, line); }

void BatchStorage::reject(int64_t line, std::string_view code, std::string reason, std::string_view raw_bytes) {
  if (raw_bytes.size() > kMaxRejectedRaw) {
    raw_bytes = raw_bytes.substr(0, kMaxRejectedRaw);
    reason += " (only the first 1048576 bytes are kept)";
  }
  rejected_codes.append(code);
  rejected_reasons.append(reason);
  rejected_raw.append(raw_bytes);
  append_int64(rejected_lines, rejected, line);
  ++rejected;
}

std::shared_ptr<BatchStorage> BatchPool::take() {
  std::unique_ptr<BatchStorage> storage;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      storage = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (!storage) storage = std::make_unique<BatchStorage>();
  storage->clear();
  return {storage.release(), [pool = weak_from_this()](BatchStorage* returned) {
            std::unique_ptr<BatchStorage> owned(returned);
            if (const auto alive = pool.lock()) alive->give_back(std::move(owned));
          }};
}

void BatchPool::give_back(std::unique_ptr<BatchStorage> storage) {
  const std::lock_guard lock(mutex_);
  if (free_.size() < kKept && storage->capacity() <= kMaxKeptBytes) free_.push_back(std::move(storage));
}

// ---- handing over --------------------------------------------------------------------------------------------------

namespace {

/// What an exported array keeps alive.
struct ArrayOwner {
  std::shared_ptr<BatchStorage> storage;
  const void* buffers[3] = {nullptr, nullptr, nullptr};
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> child_pointers;
};

void release_array(ArrowArray* array) {
  auto* owner = static_cast<ArrayOwner*>(array->private_data);
  for (ArrowArray* child : owner->child_pointers)
    if (child->release != nullptr) child->release(child);
  array->release = nullptr;
  delete owner;
}

void export_array(const std::shared_ptr<BatchStorage>& storage, std::initializer_list<const void*> buffers,
                  int64_t length, int64_t nulls, ArrowArray* array) {
  auto owner = std::make_unique<ArrayOwner>();
  owner->storage = storage;
  std::copy(buffers.begin(), buffers.end(), owner->buffers);
  *array = {};
  array->length = length;
  array->null_count = nulls;
  array->n_buffers = static_cast<int64_t>(buffers.size());
  array->buffers = owner->buffers;
  array->release = release_array;
  array->private_data = owner.release();
}

void export_text(const std::shared_ptr<BatchStorage>& storage, const TextColumn& column, ArrowArray* array) {
  const void* validity = column.nulls > 0 ? column.validity.data() : nullptr;
  export_array(storage, {validity, column.offsets.data(), column.text.data()}, column.rows, column.nulls, array);
}

/// A struct array whose children are filled in by `fill(i, child)`.
template <class Fill>
void export_struct(const std::shared_ptr<BatchStorage>& storage, size_t n, int64_t length, Fill fill,
                   ArrowArray* array) {
  export_array(storage, {nullptr}, length, 0, array);
  auto* owner = static_cast<ArrayOwner*>(array->private_data);
  owner->children.resize(n);
  owner->child_pointers.reserve(n);
  for (size_t i = 0; i < n; ++i) {
    fill(i, &owner->children[i]);
    owner->child_pointers.push_back(&owner->children[i]);
  }
  array->n_children = static_cast<int64_t>(n);
  array->children = owner->child_pointers.data();
}

struct SchemaOwner {
  std::vector<std::string> names;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> child_pointers;
};

void release_child_schema(ArrowSchema* schema) { schema->release = nullptr; }

void release_schema(ArrowSchema* schema) {
  auto* owner = static_cast<SchemaOwner*>(schema->private_data);
  for (ArrowSchema* child : owner->child_pointers)
    if (child->release != nullptr) child->release(child);
  schema->release = nullptr;
  delete owner;
}

void export_schema(const std::vector<ExportedField>& fields, ArrowSchema* schema) {
  auto owner = std::make_unique<SchemaOwner>();
  owner->names.reserve(fields.size());
  owner->children.resize(fields.size());
  owner->child_pointers.reserve(fields.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    owner->names.push_back(fields[i].name);
    ArrowSchema& child = owner->children[i];
    child = {};
    child.format = "u";
    child.name = owner->names.back().c_str();
    child.flags = ARROW_FLAG_NULLABLE;
    child.release = release_child_schema;
    owner->child_pointers.push_back(&child);
  }
  *schema = {};
  schema->format = "+s";
  schema->name = "";
  schema->n_children = static_cast<int64_t>(fields.size());
  schema->children = owner->child_pointers.data();
  schema->release = release_schema;
  schema->private_data = owner.release();
}

template <class IsNull>
void fill_validity(TextColumn& column, IsNull is_null) {
  const auto rows = static_cast<size_t>(column.rows);
  column.validity.reserve((rows + 7) / 8);
  uint8_t* bits = column.validity.data();
  int64_t present = 0;
  for (size_t row = 0; row < rows; row += 8) {
    unsigned byte = 0;
    for (size_t i = 0; i < 8 && row + i < rows; ++i) byte |= static_cast<unsigned>(!is_null(row + i)) << i;
    bits[row / 8] = static_cast<uint8_t>(byte);
    present += __builtin_popcount(byte);
  }
  column.nulls = column.rows - present;
}

void find_nulls(TextColumn& column, const ExportOptions& options) {
  const uint8_t* kinds = column.kinds.data();
  const auto* offsets = column.offsets.as<int32_t>();
  if (options.kinds)
    fill_validity(column,
                  [&](size_t i) { return kinds[i] == MILLWRIGHT_KIND_ABSENT || kinds[i] == MILLWRIGHT_KIND_NULL; });
  else if (options.empty_is_missing)
    fill_validity(column, [&](size_t i) { return offsets[i] == offsets[i + 1]; });
  else
    fill_validity(column, [&](size_t i) { return kinds[i] == MILLWRIGHT_KIND_ABSENT; });
}

}  // namespace

void export_batch(const std::shared_ptr<BatchStorage>& storage, const std::vector<ExportedField>& fields,
                  const ExportOptions& options, int64_t bytes_consumed, millwright_batch* batch) {
  for (const auto& field : fields) find_nulls(storage->fields[field.column], options);
  batch->rows = storage->rows;
  batch->rejected = storage->rejected;
  batch->bytes_consumed = bytes_consumed;
  export_schema(fields, &batch->schema);
  export_struct(
      storage, fields.size(), storage->rows,
      [&](size_t i, ArrowArray* child) { export_text(storage, storage->fields[fields[i].column], child); },
      &batch->fields);
  if (options.kinds)
    export_struct(
        storage, fields.size(), storage->rows,
        [&](size_t i, ArrowArray* child) {
          const TextColumn& column = storage->fields[fields[i].column];
          export_array(storage, {nullptr, column.kinds.data()}, column.rows, 0, child);
        },
        &batch->kinds);
  export_array(storage, {nullptr, storage->lines.data()}, storage->rows, 0, &batch->lines);
  export_text(storage, storage->raw, &batch->raw);
  export_array(storage, {nullptr, storage->rejected_lines.data()}, storage->rejected, 0, &batch->rejected_lines);
  export_text(storage, storage->rejected_codes, &batch->rejected_codes);
  export_text(storage, storage->rejected_reasons, &batch->rejected_reasons);
  export_text(storage, storage->rejected_raw, &batch->rejected_raw);
}

// ---- rows by name --------------------------------------------------------------------------------------------------

void NamedRows::begin(std::shared_ptr<BatchStorage> storage) {
  storage_ = std::move(storage);
  ++batch_number_;
  used_ = 0;
  touched_.clear();
  while (storage_->fields.size() < fields_.size()) storage_->fields.emplace_back().clear();
}

size_t NamedRows::find(std::string_view name, size_t hint) {
  if (hint < order_.size() && fields_[order_[hint]].name == name) return order_[hint];
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? kNone : found->second;
}

bool NamedRows::has(std::string_view name, size_t hint) {
  const size_t field = find(name, hint);
  return field != kNone && fields_[field].seen_in_row == row_number_;
}

bool NamedRows::cell(std::string_view name, std::string_view value, millwright_kind kind, size_t hint) {
  size_t field = find(name, hint);
  if (field == kNone) {
    if (static_cast<int64_t>(fields_.size()) >= max_fields_) return false;
    field = fields_.size();
    by_name_.emplace(std::string(name), field);
    fields_.push_back({std::string(name)});
    while (storage_->fields.size() < fields_.size()) storage_->fields.emplace_back().clear();
  }
  TextColumn& column = storage_->fields[field];
  column.pad_to(storage_->rows);
  column.append(value, kind);
  fields_[field].seen_in_row = row_number_;
  touched_.push_back(field);
  return true;
}

void NamedRows::end_row(int64_t line, std::string_view raw) {
  for (const size_t field : touched_) {
    if (fields_[field].used_in_batch == batch_number_) continue;
    fields_[field].used_in_batch = batch_number_;
    ++used_;
  }
  storage_->add_line(line);
  storage_->raw.append(raw);
  ++storage_->rows;
  ++row_number_;
  order_.swap(touched_);
  touched_.clear();
}

void NamedRows::cancel_row() {
  for (const size_t field : touched_) storage_->fields[field].rows = storage_->rows;
  touched_.clear();
  ++row_number_;
}

bool NamedRows::full() const {
  return storage_->rows >= kMaxRows || storage_->rows * static_cast<int64_t>(used_ + 1) > kMaxCells;
}

void NamedRows::finish(int64_t bytes_consumed, millwright_batch* batch) {
  std::vector<ExportedField> exported;
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].used_in_batch != batch_number_) continue;
    storage_->fields[i].pad_to(storage_->rows);
    exported.push_back({i, fields_[i].name});
  }
  export_batch(storage_, exported, options_, bytes_consumed, batch);
  storage_.reset();
}

}  // namespace millwright::plugin
