// Similar earlier items: labeled records whose words are like those of the one in front of a person.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/work.h"
#include "store/project.h"

namespace millwright::labels {

struct Similar {
  RecordRef record;
  std::string label;
  std::string text;       ///< the task's text field
  double similarity = 0;  ///< cosine: of TF-IDF vectors over words, 0 to 1, unless another measure is named
};

/// An index in memory over the labeled records of a task: some 0.2 s to build at 60,000 short texts, a query some
/// milliseconds. Immutable, so that threads may share it; build another when many labels have come.
class SimilarItems {
 public:
  [[nodiscard]] static Result<SimilarItems> build(const store::Project& project, int64_t task, const Work& work = {});
  SimilarItems(SimilarItems&&) noexcept;
  SimilarItems& operator=(SimilarItems&&) noexcept;
  ~SimilarItems();
  [[nodiscard]] int64_t size() const;
  /// Whose items these are, by place: for rooms that measure likeness in another way.
  [[nodiscard]] std::span<const RecordRef> records() const;
  /// What is shown of the item at a place, with its likeness as somebody else measured it.
  [[nodiscard]] Similar item(size_t place, double similarity) const;
  /// Best first; the record itself is left out.
  [[nodiscard]] std::vector<Similar> like(std::string_view text, const RecordRef& self, int limit = 5) const;

 private:
  struct State;
  explicit SimilarItems(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millwright::labels
