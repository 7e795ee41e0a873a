#include "engine/training_rows.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

namespace millwright::engine {
namespace {

constexpr int64_t kBetweenChecks = 4096;  // rows between two looks at the stop token

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

struct Row {
  std::string_view record, text, label, split;
};

/// Reads the four fields of a line, after which readable bytes must follow (simdjson's padding). The views hold until
/// the next line is read. What is wrong, where something is.
std::optional<std::string_view> read_row(simdjson::dom::parser& parser, const char* line, size_t length, Row& row) {
  simdjson::dom::element document;
  if (parser.parse(line, length, false).get(document) != simdjson::SUCCESS) return "it is not valid JSON";
  simdjson::dom::object object;
  if (document.get(object) != simdjson::SUCCESS) return "it is no object";
  const std::pair<std::string_view, std::string_view*> fields[] = {
      {"record", &row.record}, {"text", &row.text}, {"label", &row.label}, {"split", &row.split}};
  for (const auto& [name, target] : fields)
    if (object[name].get(*target) != simdjson::SUCCESS) return "it lacks record, text, label or split as strings";
  return std::nullopt;
}

/// Numbers the labels of the training split by their sorted names.
Status number_labels(TrainingRows& rows) {
  std::map<std::string_view, int32_t> numbers;
  for (const std::string_view name : rows.train.label_name) numbers.emplace(name, 0);
  if (numbers.size() < 2 || numbers.size() > 65535)
    return fail(ErrorKind::bad_input, "train.too_few",
                "The training split has {n} labels; it takes at least 2 and at most 65,535.",
                {{"n", std::to_string(numbers.size())}});
  for (auto& [name, number] : numbers) {
    number = static_cast<int32_t>(rows.labels.size());
    rows.labels.emplace_back(name);
  }
  for (SplitRows* split : {&rows.train, &rows.validation, &rows.test})
    for (const std::string_view name : split->label_name) {
      const auto found = numbers.find(name);
      split->label.push_back(found == numbers.end() ? -1 : found->second);
    }
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

Result<TrainingRows> read_training_rows(const std::filesystem::path& file, const Work& work) {
  simdjson::padded_string content;
  if (const auto error = simdjson::padded_string::load(file.string()).get(content); error != simdjson::SUCCESS)
    return fail(ErrorKind::bad_input, "file.not_found", "Cannot read {path}.", {{"path", file.string()}});
  TrainingRows rows;
  Arena arena(rows.memory);
  simdjson::dom::parser parser;
  const char* at = content.data();
  const char* const end = at + content.size();
  int64_t line = 0;
  while (at < end) {
    if (++line % kBetweenChecks == 0) {
      if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
      work.report({"read", at - content.data(), end - content.data(), "bytes"});
    }
    const auto* stop = static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at)));
    if (stop == nullptr) stop = end;
    const auto length = static_cast<size_t>(stop - at);
    if (length > 0) {
      Row row;
      if (const auto why = read_row(parser, at, length, row)) return bad_row(line, *why);
      SplitRows* const split = row.split == "train"        ? &rows.train
                               : row.split == "validation" ? &rows.validation
                               : row.split == "test"       ? &rows.test
                                                           : nullptr;
      if (split == nullptr) return bad_row(line, "its split is none of train, validation and test");
      split->record.push_back(arena.keep(row.record));
      split->text.push_back(arena.keep(row.text));
      split->label_name.push_back(arena.keep(row.label));
    }
    at = stop + 1;
  }
  MW_TRY(number_labels(rows));
  return rows;
}

}  // namespace millwright::engine
