#include "source_batch.h"

#include <cstring>
#include <unordered_set>

namespace millwright::records::detail {
namespace {

/// The connector's arrays; released with this.
struct Owner {
  millwright_batch batch;
  ~Owner() {
    if (batch.schema.release != nullptr) batch.schema.release(&batch.schema);
    for (ArrowArray* array : {&batch.fields, &batch.kinds, &batch.lines, &batch.raw, &batch.rejected_lines,
                              &batch.rejected_codes, &batch.rejected_reasons, &batch.rejected_raw})
      if (array->release != nullptr) array->release(array);
  }
};

tl::unexpected<Error> fault(const char* what) {
  return fail(ErrorKind::job, "import.plugin_fault", "The connector handed over rows that do not add up: {what}.",
              {{"what", what}}, "Report this to whoever made the plugin.");
}

bool has_buffers(const ArrowArray& array, int64_t n, int64_t rows) {
  return array.release != nullptr && array.length == rows && array.offset == 0 && array.n_buffers == n &&
         array.buffers != nullptr;
}

/// Offsets must start at 0 and rise.
bool take_texts(const ArrowArray& array, int64_t rows, CellColumn& column) {
  if (!has_buffers(array, 3, rows)) return false;
  column.validity = array.null_count == 0 ? nullptr : static_cast<const uint8_t*>(array.buffers[0]);
  column.offsets = static_cast<const int32_t*>(array.buffers[1]);
  column.data = static_cast<const char*>(array.buffers[2]);
  if (column.offsets == nullptr || column.offsets[0] < 0) return rows == 0 && column.offsets == nullptr;
  int32_t falls = 0;
  for (int64_t i = 0; i < rows; ++i) falls |= column.offsets[i + 1] - column.offsets[i];
  if (falls < 0) return false;
  if (column.data == nullptr) {
    if (column.offsets[rows] != 0) return false;
    column.data = "";
  }
  column.end = column.data + column.offsets[rows];
  return true;
}

bool take_lines(const ArrowArray& array, int64_t rows, const int64_t*& lines) {
  if (!has_buffers(array, 2, rows)) return false;
  lines = static_cast<const int64_t*>(array.buffers[1]);
  return rows == 0 || lines != nullptr;
}

Status take_fields(const millwright_batch& batch, SourceBatch& out) {
  const ArrowSchema& schema = batch.schema;
  const ArrowArray& fields = batch.fields;
  if (schema.release == nullptr || schema.format == nullptr || std::strcmp(schema.format, "+s") != 0 ||
      fields.release == nullptr || fields.n_children != schema.n_children || fields.length != batch.rows)
    return fault("no struct of fields");
  const bool kinds = batch.kinds.release != nullptr;
  if (kinds && batch.kinds.n_children != fields.n_children) return fault("kinds beside other fields");
  std::unordered_set<std::string_view> names;
  for (int64_t i = 0; i < schema.n_children; ++i) {
    const ArrowSchema* child = schema.children[i];
    if (child == nullptr || child->format == nullptr || std::strcmp(child->format, "u") != 0 || child->name == nullptr)
      return fault("a field that is no text");
    CellColumn column;
    column.name = child->name;
    if (fields.children[i] == nullptr || !take_texts(*fields.children[i], batch.rows, column))
      return fault("a field's values");
    if (kinds) {
      const ArrowArray* codes = batch.kinds.children[i];
      if (codes == nullptr || !has_buffers(*codes, 2, batch.rows)) return fault("a field's kinds");
      column.kinds = static_cast<const uint8_t*>(codes->buffers[1]);
      for (int64_t row = 0; row < batch.rows; ++row)
        if (column.kinds[row] > MILLWRIGHT_KIND_ARRAY) return fault("an unknown kind");
    }
    out.columns.push_back(std::move(column));
  }
  for (const CellColumn& column : out.columns)
    if (!names.insert(column.name).second) return fault("two fields of one name");
  return {};
}

Status take_rejected(const millwright_batch& batch, SourceBatch& out) {
  if (batch.rejected == 0) return {};
  const int64_t* lines = nullptr;
  CellColumn codes, reasons, raw;
  if (batch.rejected < 0 || !take_lines(batch.rejected_lines, batch.rejected, lines) ||
      !take_texts(batch.rejected_codes, batch.rejected, codes) ||
      !take_texts(batch.rejected_reasons, batch.rejected, reasons) ||
      !take_texts(batch.rejected_raw, batch.rejected, raw))
    return fault("the rejected rows");
  for (int64_t i = 0; i < batch.rejected; ++i)
    out.rejected.push_back(
        {lines[i], std::string(codes.text(i)), std::string(reasons.text(i)), std::string(raw.text(i))});
  return {};
}

}  // namespace

Result<std::shared_ptr<SourceBatch>> adopt(millwright_batch& batch, RowForm form) {
  auto owner = std::make_shared<Owner>();
  owner->batch = batch;
  batch = {};
  const millwright_batch& in = owner->batch;
  auto out = std::make_shared<SourceBatch>();
  if (in.rows < 0 || in.rows > INT32_MAX) return fault("the number of rows");
  out->rows = in.rows;
  out->bytes_consumed = in.bytes_consumed;
  out->form = form;
  if (in.fields.release != nullptr || in.rows > 0) MW_TRY(take_fields(in, *out));
  if (in.rows > 0) {
    if (!take_lines(in.lines, in.rows, out->lines)) return fault("the line numbers");
    if (in.raw.release != nullptr && !take_texts(in.raw, in.rows, out->raw)) return fault("the raw bytes");
    if (in.kinds.release == nullptr && form != RowForm::sparse) out->form = RowForm::table;
    if (in.kinds.release != nullptr && form != RowForm::json) out->form = RowForm::kinds;
    if (out->form == RowForm::json && out->raw.offsets == nullptr) out->form = RowForm::kinds;
  }
  MW_TRY(take_rejected(in, *out));
  out->owner = std::move(owner);
  return out;
}

}  // namespace millwright::records::detail
