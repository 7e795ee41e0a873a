#include <algorithm>

#include "detail/merkle.h"
#include "detail/row_form.h"
#include "records/batch.h"
#include "statistics/summary.h"

namespace millwright::records {
namespace {

constexpr size_t kMostProblems = 20;

class Checker {
 public:
  Checker(const store::BatchFile& file, BatchCheck& check) : file_(file), check_(check) {
    for (const store::BatchField& field : file.fields()) names_.push_back(field.name);
  }

  void rows() {
    const auto leaves = file_.leaves();
    const auto salts = file_.salts();
    if (!problem_of(leaves) || !problem_of(salts)) return;
    detail::MerkleBuilder merkle;
    for (const Digest& leaf : *leaves) merkle.add(leaf);
    if (merkle.root() != file_.root()) problem("the root does not follow from the leaves");
    for (int64_t place = 0; place < file_.records();) {
      const auto block = file_.block_with(place);
      if (!problem_of(block)) return;
      if (block->first != place) return problem("the rows are not in order");
      const auto parts = detail::split_block(block->bytes, block->rows);
      if (!problem_of(parts)) return;
      for (const auto part : *parts) check_row(part, place++, *leaves, *salts);
      if (place > file_.records()) return problem("there are more rows than the batch says");
    }
  }

  void columns() {
    for (size_t field = 0; field < names_.size(); ++field) {
      int64_t missing = 0;
      for (int64_t c = 0; c < file_.chunks(); ++c) {
        const auto chunk = file_.chunk(field, c);
        if (!problem_of(chunk)) return;
        for (int64_t i = 0; i < chunk->rows; ++i) missing += chunk->has(i) ? 0 : 1;
        const auto summary = file_.summary(field, c);
        if (!problem_of(summary)) return;
        const auto loaded = statistics::FieldSummary::load(*summary);
        if (!problem_of(loaded)) return;
        if (loaded->count() + loaded->missing() != chunk->rows)
          problem("a summary counts other rows than its chunk has");
      }
      if (missing != file_.fields()[field].missing)
        problem("field “" + names_[field] + "” has other missing values than the batch says");
    }
    (void)problem_of(file_.repeats());
  }

 private:
  void check_row(std::span<const uint8_t> row, int64_t place, const std::vector<Digest>& leaves, const Bytes& salts) {
    if (row.empty()) {
      ++check_.erased;
      return;
    }
    const auto cells = detail::read_row(row, names_);
    if (!problem_of(cells)) return;
    const std::string form = detail::canonical_form(*cells);
    const auto at = static_cast<size_t>(place);
    hash_.reset();
    hash_.update(std::span<const uint8_t>(salts).subspan(at * 16, 16));
    hash_.update(form);
    if (at >= leaves.size() || hash_.finish() != leaves[at])
      problem("the record at place " + std::to_string(place) + " is not what was hashed");
  }

  template <class T>
  bool problem_of(const Result<T>& result) {
    if (!result) problem(message_of(result.error()));
    return result.has_value();
  }
  void problem(std::string text) {
    if (check_.problems.size() < kMostProblems) check_.problems.push_back(std::move(text));
  }

  const store::BatchFile& file_;
  BatchCheck& check_;
  std::vector<std::string> names_;
  Sha256 hash_;
};

}  // namespace

Result<BatchCheck> check_batch(const store::Project& project, int64_t id) {
  MW_ASSIGN(const BatchInfo info, batch_by_id(project, id));
  BatchCheck check;
  const auto file = store::BatchFile::open(project, info.file);
  if (!file) {
    check.problems.push_back(message_of(file.error()));
    return check;
  }
  check.records = (*file)->records();
  check.arrivals = (*file)->arrivals();
  if ((*file)->uuid() != info.uuid) check.problems.emplace_back("the file is another batch's");
  if (check.arrivals != info.arrivals || check.records != info.rows_kept)
    check.problems.emplace_back("the file holds other rows than the catalogue says");
  Checker checker(**file, check);
  checker.rows();
  checker.columns();
  return check;
}

}  // namespace millwright::records
