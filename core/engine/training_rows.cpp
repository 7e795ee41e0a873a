#include "engine/training_rows.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "base/files.h"

namespace millwright::engine {
namespace {

constexpr int64_t kBetweenChecks = 4096;  // rows between two looks at the stop token
constexpr size_t kLongestLine = 64 << 20;
constexpr ptrdiff_t kPadding = simdjson::SIMDJSON_PADDING;

tl::unexpected<Error> bad_row(int64_t line, std::string_view why) {
  return fail(ErrorKind::bad_input, "train.bad_row", "Line {line} of the training rows cannot be used: {reason}.",
              {{"line", std::to_string(line)}, {"reason", std::string(why)}});
}

/// Keeps the bytes of strings in large pieces, so that views stay valid.
class Arena {
 public:
  explicit Arena(std::deque<std::string>& pieces) : pieces_(pieces) {}
  std::string_view keep(std::string_view text) {
    constexpr size_t kPiece = 1 << 20;
    if (pieces_.empty() || pieces_.back().size() + text.size() > pieces_.back().capacity()) {
      pieces_.emplace_back();
      pieces_.back().reserve(std::max(kPiece, text.size()));
    }
    std::string& piece = pieces_.back();
    const size_t from = piece.size();
    piece += text;
    return std::string_view(piece).substr(from);
  }

 private:
  std::deque<std::string>& pieces_;
};

/// A line as it was read. The views hold until the next line is read.
struct Row {
  std::string_view record, text, split, label, pair;
  std::vector<std::string_view> labels;  ///< multi-label: all of them; spans: one for each span
  std::vector<Span> spans;
  double value = 0, weight = 0;  ///< weight 0: the line names none
};

using Why = std::optional<std::string_view>;  ///< what is wrong, where something is
using Object = simdjson::dom::object;

bool read_text(const Object& object, std::string_view name, std::string_view& out) {
  return object[name].get(out) == simdjson::SUCCESS;
}

Why read_labels(const Object& object, Row& row) {
  simdjson::dom::array array;
  if (object["labels"].get(array) != simdjson::SUCCESS) return "it lacks labels as a list of strings";
  for (const auto element : array)
    if (element.get(row.labels.emplace_back()) != simdjson::SUCCESS) return "it lacks labels as a list of strings";
  std::sort(row.labels.begin(), row.labels.end());
  if (std::adjacent_find(row.labels.begin(), row.labels.end()) != row.labels.end()) return "it names a label twice";
  return std::nullopt;
}

Why read_spans(const Object& object, Row& row) {
  constexpr std::string_view kWrong = "it lacks spans as a list of objects with begin, end and label";
  simdjson::dom::array array;
  if (object["spans"].get(array) != simdjson::SUCCESS) return kWrong;
  for (const auto element : array) {
    Object span;
    uint64_t begin = 0, end = 0;
    if (element.get(span) != simdjson::SUCCESS || span["begin"].get(begin) != simdjson::SUCCESS ||
        span["end"].get(end) != simdjson::SUCCESS || !read_text(span, "label", row.labels.emplace_back()))
      return kWrong;
    if (begin >= end || end > UINT32_MAX) return "a span ends before it begins";
    row.spans.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end), -1});
    if (row.spans.size() > 1 && begin < row.spans[row.spans.size() - 2].end) return "spans overlap or are not in order";
  }
  return std::nullopt;
}

Why read_target(const Object& object, Objective objective, Row& row) {
  switch (objective) {
    case Objective::classification:
      if (!read_text(object, "label", row.label)) return "it lacks record, text, label or split as strings";
      return std::nullopt;
    case Objective::multi_label:
      return read_labels(object, row);
    case Objective::token_classification:
      return read_spans(object, row);
    case Objective::regression:
      if (object["value"].get(row.value) != simdjson::SUCCESS || !std::isfinite(row.value))
        return "it lacks value as a number";
      return std::nullopt;
    case Objective::masked_lm:
      return std::nullopt;
    case Objective::sentence_embedding:
      if (!read_text(object, "pair", row.pair) && !read_text(object, "label", row.label))
        return "it lacks pair or label as a string";
      return std::nullopt;
  }
  return std::nullopt;
}

struct Line {
  const char* at;
  size_t length;
  bool padded;     ///< so many bytes of the file follow that simdjson can read it where it lies
  int64_t number;  ///< from 1
  [[nodiscard]] auto parse_with(simdjson::dom::parser& parser) const { return parser.parse(at, length, !padded); }
};

Why read_row(simdjson::dom::parser& parser, const Line& line, Objective objective, Row& row) {
  simdjson::dom::element document;
  if (line.parse_with(parser).get(document) != simdjson::SUCCESS) return "it is not valid JSON";
  Object object;
  if (document.get(object) != simdjson::SUCCESS) return "it is no object";
  for (const auto& [name, target] : {std::pair{"record", &row.record}, {"text", &row.text}, {"split", &row.split}})
    if (!read_text(object, name, *target)) return "it lacks record, text, label or split as strings";
  if (const auto weight = object["weight"]; weight.error() != simdjson::NO_SUCH_FIELD)
    if (weight.get(row.weight) != simdjson::SUCCESS || !(row.weight > 0 && row.weight <= 1e6))
      return "its weight is no number above 0 and up to a million";
  return read_target(object, objective, row);
}

/// Takes a line over into its split, text and names into the arena.
void keep_row(const Row& row, Objective objective, Arena& arena, std::vector<std::vector<std::string_view>>& names,
              SplitRows& split) {
  split.record.push_back(arena.keep(row.record));
  split.text.push_back(arena.keep(row.text));
  if (row.weight > 0 || !split.weight.empty()) {
    split.weight.resize(split.size() - 1, 1.0F);
    split.weight.push_back(row.weight > 0 ? static_cast<float>(row.weight) : 1.0F);
  }
  names.emplace_back();
  for (const std::string_view name : row.labels) names.back().push_back(arena.keep(name));
  if (objective == Objective::regression) split.value.push_back(row.value);
  if (objective == Objective::token_classification) split.spans.push_back(row.spans);
  if (row.pair.data() != nullptr) split.pair.push_back(arena.keep(row.pair));
  if (row.label.data() != nullptr) split.label_name.push_back(arena.keep(row.label));
}

/// Names of the labels of each row of a split, beside SplitRows where a row has any number of them.
struct Names {
  std::vector<std::vector<std::string_view>> train, validation, test;
  [[nodiscard]] std::vector<std::vector<std::string_view>>& of(const TrainingRows& rows, const SplitRows* split) {
    return split == &rows.train ? train : split == &rows.validation ? validation : test;
  }
};

size_t fewest_labels(Objective objective) {
  return objective == Objective::classification                                                ? 2
         : objective == Objective::multi_label || objective == Objective::token_classification ? 1
                                                                                               : 0;
}

/// Numbers the labels of the training split by their sorted names.
Status number_labels(TrainingRows& rows, Names& names) {
  std::map<std::string_view, int32_t> numbers;
  for (const std::string_view name : rows.train.label_name) numbers.emplace(name, 0);
  for (const auto& row : names.train)
    for (const std::string_view name : row) numbers.emplace(name, 0);
  const size_t fewest = fewest_labels(rows.objective);
  if (numbers.size() < fewest || numbers.size() > 65535)
    return fail(ErrorKind::bad_input, "train.too_few",
                "The training split has {n} labels; it takes at least {fewest} and at most 65,535.",
                {{"n", std::to_string(numbers.size())}, {"fewest", std::to_string(fewest)}});
  for (auto& [name, number] : numbers) {
    number = static_cast<int32_t>(rows.labels.size());
    rows.labels.emplace_back(name);
  }
  const auto number_of = [&](std::string_view name) {
    const auto found = numbers.find(name);
    return found == numbers.end() ? -1 : found->second;
  };
  for (SplitRows* split : {&rows.train, &rows.validation, &rows.test}) {
    for (const std::string_view name : split->label_name) split->label.push_back(number_of(name));
    const auto& of_rows = names.of(rows, split);
    for (size_t i = 0; i < split->size(); ++i) {
      if (rows.objective == Objective::token_classification)
        for (size_t k = 0; k < of_rows[i].size(); ++k) split->spans[i][k].label = number_of(of_rows[i][k]);
      if (rows.objective != Objective::multi_label) continue;
      split->labels.emplace_back();
      for (const std::string_view name : of_rows[i])
        if (const int32_t number = number_of(name); number >= 0) split->labels.back().push_back(number);
    }
  }
  return {};
}

/// Calls `use(line)` for every line that is not empty.
template <class F>
Status each_line(const std::filesystem::path& file, const Work& work, F&& use) {
  MW_ASSIGN(const MappedFile mapped, MappedFile::open(file));
  const std::string_view content = mapped.text();
  const char* at = content.data();
  const char* const end = at + content.size();
  for (int64_t number = 1; at < end; ++number) {
    if (number % kBetweenChecks == 0) {
      if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
      work.report({"read", at - content.data(), end - content.data(), "bytes"});
    }
    const auto* stop = static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at)));
    if (stop == nullptr) stop = end;
    const auto length = static_cast<size_t>(stop - at);
    if (length > kLongestLine) return bad_row(number, "it is longer than 64 MB");
    if (length > 0) MW_TRY(use(Line{at, length, end - stop >= kPadding, number}));
    if (stop == end) break;
    at = stop + 1;
  }
  return {};
}

/// Pairs or labels, not some of each.
Status check_pairs(const TrainingRows& rows) {
  for (const SplitRows* split : {&rows.train, &rows.validation, &rows.test})
    if ((!split->pair.empty() && split->pair.size() != split->size()) || split->pair.empty() != rows.train.pair.empty())
      if (split->size() > 0)
        return fail(ErrorKind::bad_input, "train.bad_row", "Some of the training rows have a pair, others have none.");
  return {};
}

}  // namespace

std::string_view name_of(Split split) {
  switch (split) {
    case Split::train:
      return "train";
    case Split::validation:
      return "validation";
    case Split::test:
      return "test";
  }
  return {};
}

const SplitRows& TrainingRows::of(Split split) const {
  return split == Split::train ? train : split == Split::validation ? validation : test;
}

Result<TrainingRows> read_training_rows(const std::filesystem::path& file, Objective objective, const Work& work) {
  TrainingRows rows;
  rows.objective = objective;
  Names names;
  Arena arena(rows.memory);
  simdjson::dom::parser parser;
  MW_TRY(each_line(file, work, [&](const Line& line) -> Status {
    Row row;
    if (const auto why = read_row(parser, line, objective, row)) return bad_row(line.number, *why);
    SplitRows* const split = row.split == "train"        ? &rows.train
                             : row.split == "validation" ? &rows.validation
                             : row.split == "test"       ? &rows.test
                                                         : nullptr;
    if (split == nullptr) return bad_row(line.number, "its split is none of train, validation and test");
    keep_row(row, objective, arena, names.of(rows, split), *split);
    return {};
  }));
  if (rows.train.size() == 0) return fail(ErrorKind::bad_input, "train.too_few", "There are no rows to train on.");
  for (SplitRows* split : {&rows.train, &rows.validation, &rows.test})
    if (!split->weight.empty()) split->weight.resize(split->size(), 1.0F);
  MW_TRY(check_pairs(rows));
  MW_TRY(number_labels(rows, names));
  return rows;
}

Status read_unlabeled_texts(const std::filesystem::path& file, TrainingRows& rows, const Work& work) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return {};
  Arena arena(rows.memory);
  simdjson::dom::parser parser;
  return each_line(file, work, [&](const Line& line) -> Status {
    Object object;
    std::string_view text;
    if (line.parse_with(parser).get(object) != simdjson::SUCCESS || !read_text(object, "text", text))
      return bad_row(line.number, "it lacks text as a string");
    rows.train.record.emplace_back();
    rows.train.text.push_back(arena.keep(text));
    return {};
  });
}

}  // namespace millwright::engine
