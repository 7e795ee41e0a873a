#include "package_mapping.h"

#include <algorithm>
#include <array>

namespace millwright::records::detail {
namespace {

enum Field {
  package,
  source,
  section,
  description,
  installed_size,
  priority,
  architecture,
  dependencies,
  domain,
  tags
};
constexpr std::array<const char*, 10> kNames = {"package",           "source",   "section",      "description",
                                                "installed_size",    "priority", "architecture", "dependencies",
                                                "maintainer_domain", "tags"};

/// A text column under construction; an empty cell is missing.
struct Texts {
  std::string bytes;
  std::vector<int32_t> offsets{0};
  std::vector<uint8_t> validity;
  void add(std::string_view text) {
    const size_t row = offsets.size() - 1;
    if (row % 8 == 0) validity.push_back(0);
    if (!text.empty()) validity.back() = static_cast<uint8_t>(validity.back() | 1U << (row % 8));
    bytes.append(text);
    offsets.push_back(static_cast<int32_t>(bytes.size()));
  }
};

struct Mapped {
  std::array<Texts, kNames.size()> fields;
  std::vector<int64_t> lines;
};

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// White space between words, line breaks among it, becomes one space.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : trimmed(text)) {
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!space)
      out.push_back(c);
    else if (out.back() != ' ')
      out.push_back(' ');
  }
  return out;
}

/// "name (version)" → name
std::string_view without_version(std::string_view text) { return trimmed(text.substr(0, text.find('('))); }

int64_t count_relations(std::string_view text) {
  if (trimmed(text).empty()) return 0;
  return 1 + std::count(text.begin(), text.end(), ',');
}

std::string_view domain_of(std::string_view maintainer) {
  const size_t at = maintainer.rfind('@');
  if (at == std::string_view::npos) return {};
  std::string_view rest = maintainer.substr(at + 1);
  return trimmed(rest.substr(0, rest.find('>')));
}

}  // namespace

std::shared_ptr<SourceBatch> map_packages(const std::shared_ptr<SourceBatch>& stanzas) {
  auto mapped = std::make_shared<Mapped>();
  auto out = std::make_shared<SourceBatch>();
  const auto column = [&](std::string_view name) -> const CellColumn* {
    for (const CellColumn& c : stanzas->columns)
      if (c.name == name) return &c;
    return nullptr;
  };
  const CellColumn* const from_package = column("Package");
  const std::array<const CellColumn*, 9> from = {column("Source"),         column("Section"),    column("Description"),
                                                 column("Installed-Size"), column("Priority"),   column("Architecture"),
                                                 column("Depends"),        column("Maintainer"), column("Tag")};
  out->rejected = stanzas->rejected;
  for (int64_t row = 0; row < stanzas->rows; ++row) {
    const auto text = [&](const CellColumn* c) {
      return c == nullptr || c->null(row) ? std::string_view() : c->text(row);
    };
    const std::string_view name = trimmed(text(from_package));
    if (name.empty()) {
      out->rejected.push_back({stanzas->lines[row], "import.no_package", "the stanza names no package",
                               stanzas->raw.offsets != nullptr ? std::string(stanzas->raw.text(row)) : std::string()});
      continue;
    }
    auto& to = mapped->fields;
    const std::string_view origin = without_version(text(from[0]));
    const std::string_view about = text(from[2]);
    to[package].add(name);
    to[source].add(origin.empty() ? name : origin);
    to[section].add(trimmed(text(from[1])));
    to[description].add(trimmed(about.substr(0, about.find('\n'))));
    to[installed_size].add(trimmed(text(from[3])));
    to[priority].add(trimmed(text(from[4])));
    to[architecture].add(trimmed(text(from[5])));
    to[dependencies].add(std::to_string(count_relations(text(from[6]))));
    to[domain].add(domain_of(text(from[7])));
    to[tags].add(one_line(text(from[8])));
    mapped->lines.push_back(stanzas->lines[row]);
  }
  out->rows = static_cast<int64_t>(mapped->lines.size());
  out->bytes_consumed = stanzas->bytes_consumed;
  out->form = RowForm::table;
  out->lines = mapped->lines.data();
  for (size_t i = 0; i < kNames.size(); ++i) {
    const Texts& texts = mapped->fields[i];
    out->columns.push_back({kNames[i], texts.offsets.data(), texts.bytes.data(),
                            texts.bytes.data() + texts.bytes.size(), texts.validity.data(), nullptr});
  }
  out->owner = std::move(mapped);
  return out;
}

}  // namespace millwright::records::detail
