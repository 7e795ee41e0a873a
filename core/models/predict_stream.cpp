// Predicting the rows of a stream: JSON Lines or CSV. Import has its connectors for files of every kind; this reads the
// two forms that a script pipes in.
#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "base/files.h"
#include "detail/input_text.h"
#include "models/prediction.h"

namespace millwright::models {
namespace {

constexpr size_t kLongestRow = 64 << 20;

tl::unexpected<Error> bad_line(int64_t row, std::string why) {
  return fail(ErrorKind::bad_input, "predict.line", "Row {row} cannot be read: {reason}.",
              {{"row", std::to_string(row)}, {"reason", std::move(why)}});
}
tl::unexpected<Error> no_field(const std::string& field) {
  return fail(ErrorKind::bad_input, "predict.field", "There is no field {field}.", {{"field", field}},
              "Name the field that holds the text: --text FIELD.");
}

/// The next line without its LF, of this row; false at the end.
Result<bool> next_line(std::istream& input, std::string& line, int64_t row) {
  switch (read_line(input, line, kLongestRow)) {
    case LineRead::line:
      return true;
    case LineRead::end:
      return false;
    case LineRead::too_long:
      return bad_line(row, "it is longer than 64 MB");
    case LineRead::unreadable:
      break;
  }
  return fail(ErrorKind::bad_input, "file.unreadable", "The rows cannot be read.");
}

/// The fields of a JSON object as one text: strings as they are, other values as their JSON.
Result<std::string> text_of_json(simdjson::dom::parser& parser, const std::string& line,
                                 const std::vector<std::string>& fields, int64_t row) {
  simdjson::dom::object object;
  if (parser.parse(line).get(object) != simdjson::SUCCESS) return bad_line(row, "it is no JSON object");
  std::vector<std::string> values;
  for (const std::string& field : fields) {
    simdjson::dom::element element;
    if (object[field].get(element) != simdjson::SUCCESS) return no_field(field);
    std::string_view text;
    if (element.get(text) == simdjson::SUCCESS) {
      values.emplace_back(text);
    } else if (!element.is_null()) {
      values.push_back(simdjson::minify(element));
    }
  }
  const std::vector<std::string_view> views(values.begin(), values.end());
  return detail::join_fields(views);
}

/// One CSV row (RFC 4180), which may go over several lines; nullopt at the end of the stream.
Result<std::optional<std::vector<std::string>>> next_csv_row(std::istream& input, int64_t row) {
  std::string line;
  MW_ASSIGN(bool more, next_line(input, line, row));
  if (!more) return std::optional<std::vector<std::string>>();
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (;;) {
    for (size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
        cells.back() += c;
        ++i;
      } else if (c == '"' && (quoted || cells.back().empty())) {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        cells.emplace_back();
      } else if (c == '\r' && !quoted && i + 1 == line.size()) {
        continue;
      } else {
        cells.back() += c;
      }
    }
    if (!quoted) return std::optional(std::move(cells));
    cells.back() += '\n';
    if (cells.back().size() <= kLongestRow) {
      MW_ASSIGN(more, next_line(input, line, row));
    }
    if (!more || cells.back().size() > kLongestRow) return bad_line(row, "a quote that does not end");
  }
}

/// Rows on their way to the model: together where they are there already, at once where the next one is not.
class Waiting {
 public:
  Waiting(Predictor& predictor, bool with_scores, const std::function<bool(const RowPrediction&)>& each,
          const Work& work)
      : predictor_(predictor), with_scores_(with_scores), each_(each), work_(work) {}

  /// False when nobody wants more.
  Result<bool> add(int64_t row, std::string text, std::istream& input) {
    rows_.push_back(row);
    texts_.push_back(std::move(text));
    if (texts_.size() < predictor_.batch() && input.rdbuf()->in_avail() > 0) return true;
    return predict();
  }
  Result<bool> predict() {
    bool wanted = true;
    MW_TRY(predictor_.answer_all(texts_, with_scores_, {{}, work_.stop}, [&](size_t i, Predictor::Prediction said) {
      wanted = each_({rows_[i], std::move(said)});
      return wanted;
    }));
    rows_.clear();
    texts_.clear();
    return wanted;
  }

 private:
  Predictor& predictor_;
  bool with_scores_;
  const std::function<bool(const RowPrediction&)>& each_;
  const Work& work_;
  std::vector<int64_t> rows_;
  std::vector<std::string> texts_;
};

Status predict_json(Waiting& waiting, std::istream& input, std::string line, const std::vector<std::string>& fields,
                    const Work& work) {
  simdjson::dom::parser parser;
  int64_t row = 0;
  Result<bool> more = true;
  for (; more && *more; more = next_line(input, line, row + 1)) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    ++row;
    auto text = text_of_json(parser, line, fields, row);
    if (!text) {
      MW_TRY(waiting.predict());  // what came before it is answered
      return tl::make_unexpected(std::move(text).error());
    }
    MW_ASSIGN(const bool wanted, waiting.add(row, std::move(*text), input));
    if (!wanted) return {};
  }
  MW_TRY(waiting.predict());
  return more ? Status() : Status(tl::make_unexpected(more.error()));
}

Status predict_csv(Waiting& waiting, std::istream& input, const std::vector<std::string>& header,
                   const std::vector<std::string>& fields, const Work& work) {
  std::vector<size_t> columns;
  for (const std::string& field : fields) {
    const auto found = std::find(header.begin(), header.end(), field);
    if (found == header.end()) return no_field(field);
    columns.push_back(static_cast<size_t>(found - header.begin()));
  }
  for (int64_t row = 1;; ++row) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    const auto read = next_csv_row(input, row);
    if (!read || !*read) {
      MW_TRY(waiting.predict());
      return read ? Status() : Status(tl::make_unexpected(read.error()));
    }
    const auto& cells = *read;
    if (cells->size() == 1 && cells->front().empty() && header.size() > 1) {
      --row;  // an empty line is no row
      continue;
    }
    std::vector<std::string_view> values;
    for (const size_t column : columns) {
      if (column >= cells->size()) {
        MW_TRY(waiting.predict());
        return bad_line(row, "it has too few cells");
      }
      values.push_back((*cells)[column]);
    }
    MW_ASSIGN(const bool wanted, waiting.add(row, detail::join_fields(values), input));
    if (!wanted) return {};
  }
}

/// A stream that begins with lines already read.
class Rest final : public std::streambuf {
 public:
  Rest(std::string head, std::istream& tail) : head_(std::move(head)), tail_(tail) {
    setg(head_.data(), head_.data(), head_.data() + head_.size());
  }

 private:
  int_type underflow() override {
    char buffer[1 << 14];
    tail_.read(buffer, sizeof buffer);
    const auto n = tail_.gcount();
    if (n <= 0) return traits_type::eof();
    head_.assign(buffer, static_cast<size_t>(n));
    setg(head_.data(), head_.data(), head_.data() + head_.size());
    return traits_type::to_int_type(head_.front());
  }
  std::string head_;
  std::istream& tail_;
};

}  // namespace

Status predict_stream(Predictor& predictor, std::istream& input, const std::vector<std::string>& fields,
                      bool with_scores, const std::function<bool(const RowPrediction&)>& each, const Work& work) {
  std::string first;
  do {
    MW_ASSIGN(const bool more, next_line(input, first, 1));
    if (!more) return {};
  } while (first.find_first_not_of(" \t\r") == std::string::npos);
  if (first.starts_with("\xEF\xBB\xBF")) first.erase(0, 3);
  Waiting waiting(predictor, with_scores, each, work);
  if (first.find_first_not_of(" \t") != std::string::npos && first[first.find_first_not_of(" \t")] == '{')
    return predict_json(waiting, input, std::move(first), fields, work);
  // The header may have quotes over lines: it is read like any row.
  Rest buffer(first + "\n", input);
  std::istream all(&buffer);
  MW_ASSIGN(const auto header, next_csv_row(all, 0));
  return predict_csv(waiting, all, *header, fields, work);
}

}  // namespace millwright::models
