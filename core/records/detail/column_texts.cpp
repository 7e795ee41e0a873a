#include "column_texts.h"

#include <algorithm>

#include "records/batch.h"
#include "row_form.h"

namespace millwright::records::detail {
namespace {

/// Rows of one file by place; keeps the last block, taken apart.
class PlaceReader {
 public:
  using Load = std::function<Result<store::RowBlock>(int64_t place)>;
  PlaceReader(Load load, const std::vector<std::string>& names) : load_(std::move(load)), names_(names) {}
  Result<std::optional<std::string>> value(int64_t place, const std::string& field) {
    if (rows_.empty() || place < first_ || place >= first_ + static_cast<int64_t>(rows_.size())) {
      MW_ASSIGN(const store::RowBlock block, load_(place));
      MW_ASSIGN(rows_, read_rows(block.bytes, block.rows, names_));
      first_ = block.first;
    }
    for (const Cell& cell : rows_[static_cast<size_t>(place - first_)])
      if (cell.name == field) return cell.missing ? std::optional<std::string>() : std::optional(cell.text);
    return std::optional<std::string>();
  }

 private:
  Load load_;
  std::vector<std::string> names_;
  int64_t first_ = 0;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace

Result<std::vector<std::optional<std::string>>> column_texts(
    const store::Project& project, const store::BatchWriter& writer, const std::vector<KnownBatch>& known,
    const store::Repeats& repeats, const std::vector<std::string>& names, size_t field, int64_t first, int64_t rows) {
  PlaceReader own([&](int64_t place) { return writer.read_block(place); }, names);
  // Repeats point back and forth: a reader of their own keeps the own rows' block.
  std::vector<std::unique_ptr<PlaceReader>> sources(repeats.batches.size());
  std::vector<std::shared_ptr<const store::BatchFile>> files(repeats.batches.size());
  const auto of_repeat = [&](size_t i) -> Result<std::optional<std::string>> {
    const size_t source = repeats.sources[i];
    int64_t place = 0;
    if (source == 0) {
      const auto before = std::lower_bound(repeats.arrivals.begin(), repeats.arrivals.end(), repeats.ordinals[i]);
      place = repeats.ordinals[i] - (before - repeats.arrivals.begin());
      if (!sources[0])
        sources[0] = std::make_unique<PlaceReader>([&](int64_t p) { return writer.read_block(p); }, names);
    } else {
      if (!sources[source]) {
        MW_ASSIGN(files[source], open_batch(project, known[source - 1].id));
        std::vector<std::string> its_names;
        for (const auto& f : files[source]->fields()) its_names.push_back(f.name);
        sources[source] =
            std::make_unique<PlaceReader>([file = files[source]](int64_t p) { return file->block_with(p); }, its_names);
      }
      MW_ASSIGN(const std::optional<int64_t> at, files[source]->place_of(repeats.ordinals[i]));
      if (!at) return fail(ErrorKind::store, "store.damaged", "A batch repeats a record that is not there.");
      place = *at;
    }
    return sources[source]->value(place, names[field]);
  };
  std::vector<std::optional<std::string>> out;
  out.reserve(static_cast<size_t>(rows));
  auto next = static_cast<size_t>(std::lower_bound(repeats.arrivals.begin(), repeats.arrivals.end(), first) -
                                  repeats.arrivals.begin());
  for (int64_t arrival = first; arrival < first + rows; ++arrival) {
    if (next < repeats.size() && repeats.arrivals[next] == arrival) {
      MW_ASSIGN(auto value, of_repeat(next++));
      out.push_back(std::move(value));
    } else {
      MW_ASSIGN(auto value, own.value(arrival - static_cast<int64_t>(next), names[field]));
      out.push_back(std::move(value));
    }
  }
  return out;
}

}  // namespace millwright::records::detail
