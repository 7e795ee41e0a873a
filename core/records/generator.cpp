#include "records/generator.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"

namespace millwright::records {
namespace {

// Sections with weights as unequal as those of a real archive.
struct Section {
  const char* name;
  int weight;
};
constexpr Section kSections[] = {{"libs", 670},        {"libdevel", 556},     {"python", 454},
                                 {"doc", 447},         {"perl", 422},         {"devel", 354},
                                 {"utils", 234},       {"haskell", 220},      {"net", 204},
                                 {"rust", 195},        {"golang", 193},       {"javascript", 187},
                                 {"java", 180},        {"science", 165},      {"admin", 148},
                                 {"ruby", 147},        {"gnu-r", 129},        {"games", 111},
                                 {"x11", 103},         {"text", 97},          {"misc", 84},
                                 {"sound", 83},        {"php", 75},           {"graphics", 68},
                                 {"fonts", 62},        {"ocaml", 60},         {"lisp", 53},
                                 {"web", 47},          {"gnome", 44},         {"math", 44},
                                 {"mail", 37},         {"localization", 36},  {"interpreters", 36},
                                 {"metapackages", 36}, {"editors", 34},       {"cli-mono", 29},
                                 {"kde", 29},          {"introspection", 27}, {"database", 25},
                                 {"video", 23},        {"tasks", 22},         {"electronics", 20},
                                 {"debug", 19},        {"otherosfs", 18},     {"httpd", 15},
                                 {"tex", 15},          {"hamradio", 14},      {"comm", 14},
                                 {"oldlibs", 13},      {"vcs", 13},           {"kernel", 10},
                                 {"xfce", 8},          {"gnustep", 7},        {"shells", 5},
                                 {"embedded", 4},      {"education", 4},      {"news", 4},
                                 {"zope", 3}};
constexpr size_t kSectionCount = std::size(kSections);
constexpr size_t kRust = 9;
constexpr size_t kSharedWords = 400;
constexpr size_t kSectionWords = 45;
constexpr double kSectionWordShare = 0.42;
constexpr double kMisfiled = 0.08;  // described like one section, filed in another: what keeps a model under 100 of 100

std::string make_word(Random& random) {
  static constexpr const char* kHeads[] = {"b", "br", "c",  "cl", "d", "f",  "g", "gr", "k", "l", "m", "n",
                                           "p", "pl", "qu", "r",  "s", "st", "t", "tr", "v", "w", "z"};
  static constexpr const char* kVowels[] = {"a", "e", "i", "o", "u", "ai", "ea", "ou"};
  static constexpr const char* kTails[] = {"", "n", "r", "l", "s", "t", "x", "nd", "rk", "ss"};
  std::string word;
  const uint64_t syllables = 2 + random.below(2);
  for (uint64_t i = 0; i < syllables; ++i) {
    word += kHeads[random.below(std::size(kHeads))];
    word += kVowels[random.below(std::size(kVowels))];
    if (i + 1 == syllables) word += kTails[random.below(std::size(kTails))];
  }
  return word;
}

struct Vocabulary {
  std::vector<std::string> shared;
  std::array<std::vector<std::string>, kSectionCount> of;
};
Vocabulary make_vocabulary(uint64_t seed) {
  Random random(seed ^ 0x5eed0f00d);
  Vocabulary words;
  for (size_t i = 0; i < kSharedWords; ++i) words.shared.push_back(make_word(random));
  for (auto& own : words.of)
    for (size_t i = 0; i < kSectionWords; ++i) own.push_back(make_word(random));
  return words;
}

size_t pick_section(Random& random, bool rust_doubles) {
  int total = rust_doubles ? kSections[kRust].weight : 0;
  for (const Section& section : kSections) total += section.weight;
  auto at = static_cast<int>(random.below(static_cast<uint64_t>(total)));
  for (size_t i = 0; i < kSectionCount; ++i) {
    at -= kSections[i].weight * (rust_doubles && i == kRust ? 2 : 1);
    if (at < 0) return i;
  }
  return 0;
}

// Words whose frequencies fall off: the first are common, as in any language.
const std::string& pick_word(Random& random, const std::vector<std::string>& words) {
  const double u = random.uniform();
  return words[static_cast<size_t>(u * u * static_cast<double>(words.size()))];
}

class Packages {
 public:
  explicit Packages(const PackageGeneration& how) : how_(how), words_(make_vocabulary(how.seed)) {}

  // All packages of a source, as JSON lines. What a source is follows from its number alone, so that the later batch
  // finds the same ones again.
  void append(uint64_t number, bool fresh, std::string& out, int64_t& rows) {
    Random random(how_.seed * 0x9E3779B97F4A7C15ULL + number);
    const size_t home = pick_section(random, fresh);
    const std::string source = make_word(random) + (random.below(3) == 0 ? "-" + make_word(random) : std::string()) +
                               (fresh ? std::to_string(number % 97) : std::string());
    const std::string maintainer = pick_word(random, words_.shared) + ".example.org";
    const uint64_t packages = 1 + random.below(4);
    for (uint64_t i = 0; i < packages && rows < how_.rows; ++i) {
      Random own(how_.seed * 0xD1B54A32D192ED03ULL + number * 16 + i);
      // The later batch drops some packages and changes the size of others.
      Random later(how_.seed * 0x94D049BB133111EBULL + number * 16 + i);
      const double fate = later.uniform();
      if (how_.later && !fresh && fate < 0.08) continue;
      const double grown = how_.later && !fresh && fate < 0.22 ? 1.0 + 0.2 * later.uniform() : 1.0;
      out += line(own, source, maintainer, home, i, fresh, grown);
      ++rows;
    }
  }

 private:
  std::string line(Random& random, const std::string& source, const std::string& maintainer, size_t home, uint64_t i,
                   bool fresh, double grown) const {
    const size_t written = i == 0 || random.below(3) != 0 ? home : pick_section(random, fresh);
    const size_t filed = random.uniform() < kMisfiled ? pick_section(random, fresh) : written;
    const std::string package = i == 0 ? source : source + '-' + pick_word(random, words_.of[written]);
    std::string description;
    const uint64_t count = 4 + random.below(5);
    for (uint64_t w = 0; w < count; ++w) {
      if (w > 0) description += ' ';
      description += pick_word(random, random.uniform() < kSectionWordShare ? words_.of[written] : words_.shared);
    }
    const double size =
        std::exp(5.0 + 0.02 * static_cast<double>(filed) + 1.6 * random.normal()) * grown * (fresh ? 1.5 : 1.0);
    const double dependencies = std::floor(-3.0 * std::log(1.0 - random.uniform()));
    const char* priority = random.below(400) == 0 ? "important" : random.below(60) == 0 ? "extra" : "optional";
    Json row = {{"package", package},
                {"source", source},
                {"section", kSections[filed].name},
                {"description", description},
                {"installed_size", static_cast<int64_t>(size) + 8},
                {"priority", priority},
                {"architecture", random.below(2) == 0 ? "all" : "amd64"},
                {"dependencies", static_cast<int64_t>(dependencies)},
                {"maintainer_domain", maintainer}};
    if (random.below(4) == 0)
      row["tags"] = "role::" + pick_word(random, words_.shared) + ", use::" + pick_word(random, words_.shared);
    return to_text(row) + '\n';
  }

  PackageGeneration how_;
  Vocabulary words_;
};

std::string field(Random& random, TableKind kind, int column, int64_t row) {
  char out[64];
  const bool text = kind == TableKind::text_heavy && column % 2 == 1;
  if (text) {
    std::string words = make_word(random);
    for (int i = 0; i < 2; ++i) words += ' ' + make_word(random);
    return random.below(20) == 0 ? '"' + words + ", \"\"" + make_word(random) + "\"\"\"" : words;
  }
  switch (column % 5) {
    case 0:
      return std::to_string(column == 0 ? row : static_cast<int64_t>(random.below(1'000'000)));
    case 1:
      std::snprintf(out, sizeof out, "%.6f", random.normal() * (column + 1));
      return out;
    case 2:
      return "category" + std::to_string(random.below(static_cast<uint64_t>(8 + column)));
    case 3:
      return iso8601(1'700'000'000'000 + row * 1000 + static_cast<int64_t>(random.below(1000)));
    default:
      return random.below(50) == 0 ? std::string() : std::to_string(random.below(1000));
  }
}

// Gives what was made so far to the disk, so that memory does not grow with the file.
Status flush(AppendFile& file, std::string& made, size_t from) {
  if (made.size() < from) return {};
  MW_TRY(file.append(made));
  made.clear();
  return {};
}

}  // namespace

Status generate_packages(const fs::path& path, const PackageGeneration& how) {
  MW_TRY(remove_file(path));
  MW_ASSIGN(auto file, AppendFile::open(path));
  const auto fresh_rows = static_cast<int64_t>(static_cast<double>(how.rows) * 0.18);
  std::string made;
  int64_t rows = 0;
  Packages packages(how);
  if (how.later) {
    // New sources first take their share; the rest are the reference's sources in their order.
    PackageGeneration fresh = how;
    fresh.rows = fresh_rows;
    Packages made_new(fresh);
    for (uint64_t number = 1'000'000'000; rows < fresh_rows; ++number) {
      made_new.append(number, true, made, rows);
      MW_TRY(flush(file, made, 1 << 20));
    }
  }
  for (uint64_t number = 0; rows < how.rows; ++number) {
    packages.append(number, false, made, rows);
    MW_TRY(flush(file, made, 1 << 20));
  }
  return flush(file, made, 0);
}

Status generate_table(const fs::path& path, const TableGeneration& how) {
  MW_TRY(remove_file(path));
  MW_ASSIGN(auto file, AppendFile::open(path));
  Random random(how.seed);
  std::string made;
  for (int column = 0; column < 20; ++column) made += (column > 0 ? ",f" : "f") + std::to_string(column);
  made += '\n';
  for (int64_t row = 0; row < how.rows; ++row) {
    for (int column = 0; column < 20; ++column) {
      if (column > 0) made += ',';
      made += field(random, how.kind, column, row);
    }
    made += '\n';
    MW_TRY(flush(file, made, 1 << 20));
  }
  return flush(file, made, 0);
}

}  // namespace millwright::records
