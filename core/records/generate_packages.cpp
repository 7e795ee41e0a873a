#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "detail/generated_file.h"
#include "detail/json_cells.h"
#include "detail/package_words.h"
#include "records/generator.h"

namespace millwright::records {
namespace {

using detail::kSections;

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15ULL;
/// Share of sources whose description speaks of another section: nobody can file these by their words.
constexpr double kMisleading = 0.13;

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    words.push_back(text.substr(0, space));
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  }
  return words;
}

struct Package {
  std::string name, source, section, description, priority, architecture, domain, tags;
  int64_t installed_size = 0;
  int64_t dependencies = 0;
};

class Maker {
 public:
  explicit Maker(uint64_t seed) : seed_(seed) {
    for (const auto& section : kSections) {
      total_ += section.weight;
      words_.push_back(split(section.words));
    }
    common_ = split(detail::kCommonWords);
  }

  /// The packages of source number `index`: one to four near twins. `rust` multiplies that section's share; `growth`
  /// the installed size.
  std::vector<Package> source(uint64_t index, double rust, double growth) const {
    Random random(seed_ * kGolden + index * 0xD1B54A32D192ED03ULL + 1);
    const size_t section = pick_section(random, rust);
    const size_t words_of = random.uniform() < kMisleading ? pick_section(random, 1) : section;
    const std::string stem = stem_of(random, index);
    const std::string description = describe(random, words_of);
    const uint64_t twins = random.uniform() < 0.7 ? 1 : 2 + random.below(3);
    std::vector<Package> packages;
    for (uint64_t i = 0; i < twins; ++i) {
      Package p;
      p.source = stem;
      p.section = kSections[section].name;
      p.name = std::string(kSections[words_of].prefix) + stem + std::string(kSections[words_of].suffix);
      if (i > 0) p.name += "-" + std::to_string(i);
      p.description = i == 0 ? description : description + " (part " + std::to_string(i + 1) + ")";
      p.installed_size = std::max<int64_t>(
          8, std::llround(std::exp(4.5 + 1.4 * random.normal() + 0.02 * static_cast<double>(section)) * growth));
      p.dependencies = static_cast<int64_t>(random.below(4) * random.below(5));
      const uint64_t rank = random.below(detail::kOptionalShare + detail::kPriorities.size() - 1);
      p.priority = detail::kPriorities[rank < detail::kOptionalShare ? 0 : rank - detail::kOptionalShare + 1];
      p.architecture = random.below(2) == 0 ? "all" : "amd64";
      constexpr size_t kDomains = detail::kDomains.size();
      p.domain = detail::kDomains[std::min(random.below(kDomains), random.below(kDomains))];
      if (random.below(3) == 0) p.tags = "role::" + std::string(words_[section][random.below(words_[section].size())]);
      packages.push_back(std::move(p));
    }
    return packages;
  }

 private:
  size_t pick_section(Random& random, double rust) const {
    const double extra = (rust - 1) * static_cast<double>(kSections[9].weight);
    double at = random.uniform() * (static_cast<double>(total_) + extra);
    for (size_t i = 0; i < kSections.size(); ++i) {
      const double weight = static_cast<double>(kSections[i].weight) + (kSections[i].name == "rust" ? extra : 0);
      if (at < weight) return i;
      at -= weight;
    }
    return kSections.size() - 1;
  }

  static std::string stem_of(Random& random, uint64_t index) {
    std::string stem;
    for (uint64_t i = 0; i < 2 + random.below(2); ++i)
      stem += detail::kSyllables[random.below(detail::kSyllables.size())];
    return stem + std::to_string(index % 1000);
  }

  std::string describe(Random& random, size_t section) const {
    const uint64_t n = 4 + random.below(5);
    std::string out;
    for (uint64_t i = 0; i < n; ++i) {
      const auto& words = random.uniform() < 0.55 ? words_[section] : common_;
      if (i > 0) out.push_back(' ');
      out += words[random.below(words.size())];
    }
    return out;
  }

  uint64_t seed_;
  int64_t total_ = 0;
  std::vector<std::vector<std::string_view>> words_;
  std::vector<std::string_view> common_;
};

void put(std::string& out, const Package& p) {
  const auto text = [&](const char* key, const std::string& value) {
    out += key;
    if (value.empty())
      out += "null";
    else
      detail::append_json_string(out, value);
  };
  text(R"({"package":)", p.name);
  text(R"(,"source":)", p.source);
  text(R"(,"section":)", p.section);
  text(R"(,"description":)", p.description);
  out += R"(,"installed_size":)" + std::to_string(p.installed_size);
  text(R"(,"priority":)", p.priority);
  text(R"(,"architecture":)", p.architecture);
  out += R"(,"dependencies":)" + std::to_string(p.dependencies);
  text(R"(,"maintainer_domain":)", p.domain);
  text(R"(,"tags":)", p.tags);
  out += "}\n";
}

/// What a release later became of a source that was there: two of five are untouched, most others grew a little, a few
/// were described anew.
void age(Package& p, Random& random) {
  const double chance = random.uniform();
  if (chance < 0.4) return;
  p.installed_size =
      std::max<int64_t>(8, std::llround(static_cast<double>(p.installed_size) * (0.97 + 0.1 * random.uniform())));
  if (chance < 0.6) p.dependencies += 1;
  if (chance > 0.9) p.description = "improved " + p.description;
}

}  // namespace

Status generate_packages(const fs::path& file, const PackageGeneration& generation) {
  MW_ASSIGN(detail::GeneratedFile out, detail::GeneratedFile::create(file));
  const Maker maker(generation.seed);
  std::set<std::string> names;
  int64_t rows = 0, sources = 0;
  const auto write = [&](Package p) -> Status {
    while (!names.insert(p.name).second) p.name += "x";
    put(out.buffer(), p);
    ++rows;
    return out.flush_when_full();
  };
  // Both batches walk the same sources; the later one drops some and changes others.
  for (int64_t reference = 0; reference < generation.rows; ++sources) {
    Random fate(generation.seed * kGolden + static_cast<uint64_t>(sources) * 31 + 7);
    const bool dropped = generation.later && fate.uniform() < 0.08;
    for (Package& p : maker.source(static_cast<uint64_t>(sources), 1, 1)) {
      if (reference++ >= generation.rows) break;
      if (dropped) continue;
      if (generation.later) age(p, fate);
      MW_TRY(write(std::move(p)));
    }
  }
  // New sources: a sixth of the later batch, larger, and with so much rust that its share doubles.
  for (int64_t left = generation.later ? generation.rows * 17 / 100 : 0; left > 0; ++sources)
    for (Package& p : maker.source(static_cast<uint64_t>(sources), 7.5, 1.35)) {
      if (left-- <= 0) break;
      MW_TRY(write(std::move(p)));
    }
  return out.finish();
}

}  // namespace millwright::records
