#include "json_cells.h"

#include <cstdint>

namespace millwright::records::detail {
namespace {

// The text passed the connector's strict reader when it came in: here it is only taken apart. Bounds are checked all
// the same, for the file may have been tampered with.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  bool object(std::vector<Cell>& cells) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    space();
    if (!take('{')) return false;
    space();
    if (take('}')) return ended();
    for (;;) {
      Cell cell;
      space();
      if (!string(cell.name)) return false;
      space();
      if (!take(':')) return false;
      space();
      if (!value(cell)) return false;
      cells.push_back(std::move(cell));
      space();
      if (take('}')) return ended();
      if (!take(',')) return false;
    }
  }

 private:
  bool ended() {
    space();
    return at_ == text_.size();
  }
  void space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' || text_[at_] == '\n'))
      ++at_;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool value(Cell& cell) {
    if (at_ >= text_.size()) return false;
    const char c = text_[at_];
    if (c == '"') {
      cell.kind = CellKind::string;
      return string(cell.text);
    }
    if (c == '{' || c == '[') {
      cell.kind = c == '{' ? CellKind::object : CellKind::array;
      return nested(cell.text);
    }
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}' && text_[at_] != ' ' && text_[at_] != '\t' &&
           text_[at_] != '\r' && text_[at_] != '\n')
      ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word.empty()) return false;
    if (word == "null") {
      cell.kind = CellKind::null;
      cell.missing = true;
      return true;
    }
    cell.kind = word == "true" || word == "false" ? CellKind::boolean : CellKind::number;
    cell.text = word;
    return true;
  }

  bool nested(std::string& out) {
    const size_t begin = at_;
    size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!skip_string()) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) {
        out = text_.substr(begin, at_ - begin);
        return true;
      }
    }
    return false;
  }

  bool skip_string() {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        ++at_;
        return true;
      }
    }
    return false;
  }

  bool string(std::string& out) {
    if (!take('"')) return false;
    for (;;) {
      const size_t stop = text_.find_first_of("\"\\", at_);
      if (stop == std::string_view::npos) return false;
      out.append(text_, at_, stop - at_);
      at_ = stop + 1;
      if (text_[stop] == '"') return true;
      if (!escape(out)) return false;
    }
  }

  bool hex(uint32_t& code) {
    if (text_.size() - at_ < 4) return false;
    code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = text_[at_++];
      const char lower = static_cast<char>(c | 0x20);
      uint32_t digit = 0;
      if (c >= '0' && c <= '9')
        digit = static_cast<uint32_t>(c - '0');
      else if (lower >= 'a' && lower <= 'f')
        digit = static_cast<uint32_t>(lower - 'a' + 10);
      else
        return false;
      code = code << 4 | digit;
    }
    return true;
  }

  bool escape(std::string& out) {
    if (at_ >= text_.size()) return false;
    const char c = text_[at_++];
    switch (c) {
      case '"':
      case '\\':
      case '/':
        out.push_back(c);
        return true;
      case 'b':
        out.push_back('\b');
        return true;
      case 'f':
        out.push_back('\f');
        return true;
      case 'n':
        out.push_back('\n');
        return true;
      case 'r':
        out.push_back('\r');
        return true;
      case 't':
        out.push_back('\t');
        return true;
      case 'u':
        break;
      default:
        return false;
    }
    uint32_t code = 0;
    if (!hex(code)) return false;
    if (code >= 0xD800 && code < 0xDC00) {
      uint32_t low = 0;
      if (!take('\\') || !take('u') || !hex(low) || low < 0xDC00 || low > 0xDFFF) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000) {
      return false;
    }
    append_utf8(out, code);
    return true;
  }

  static void append_utf8(std::string& out, uint32_t code) {
    const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | code >> 6);
      put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | code >> 12);
      put(0x80 | (code >> 6 & 0x3F));
      put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
      put(0x80 | (code >> 6 & 0x3F));
      put(0x80 | (code & 0x3F));
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Result<std::vector<Cell>> json_cells(std::string_view object) {
  std::vector<Cell> cells;
  if (!Splitter(object).object(cells)) return damaged_row("a row of a batch");
  return cells;
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (u >= 0x20) {
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += "\\u00";
      out.push_back(kHex[u >> 4]);
      out.push_back(kHex[u & 15]);
    }
  }
  out.push_back('"');
}

}  // namespace millwright::records::detail
