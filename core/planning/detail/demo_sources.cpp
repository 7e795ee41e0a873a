#include "detail/demo_sources.h"

#include "base/files.h"
#include "base/log.h"
#include "detail/apt_index.h"
#include "records/generator.h"

namespace millwright::planning::detail {
namespace {

Result<DemoFiles> from_apt(const fs::path& folder, DemoSource source, const Work& work) {
  work.report({.phase = "apt", .unit = "files"});
  MW_ASSIGN(const AptIndex reference, release_index());
  MW_ASSIGN(const AptIndex later,
            source == DemoSource::release ? fetch_next_release(folder / "apt", work.stop) : security_index());
  DemoFiles files{source,
                  {folder / (reference.codename + ".packages"), "Debian " + reference.codename},
                  {folder / (later.codename + ".packages"), "Debian " + later.codename},
                  "deb822",
                  records::Mapping::debian_package};
  MW_TRY(decompress_index(reference, files.reference.path, work.stop));
  MW_TRY(decompress_index(later, files.later.path, work.stop));
  return files;
}

Result<DemoFiles> generated(const fs::path& folder, const DemoOptions& options) {
  const int64_t rows = options.limit > 0 ? options.limit : 6'000;
  DemoFiles files{DemoSource::generated,
                  {folder / "reference.jsonl", "generated reference"},
                  {folder / "later.jsonl", "generated later"},
                  "jsonl",
                  records::Mapping::as_they_are};
  MW_TRY(records::generate_packages(files.reference.path, {.seed = 1, .rows = rows, .later = false}));
  MW_TRY(records::generate_packages(files.later.path, {.seed = 1, .rows = rows, .later = true}));
  return files;
}

}  // namespace

const char* name_of(DemoSource source) {
  switch (source) {
    case DemoSource::automatic:
      return "auto";
    case DemoSource::release:
      return "release";
    case DemoSource::security:
      return "security";
    case DemoSource::generated:
      return "generated";
  }
  return "auto";
}

Result<DemoFiles> demo_files(const fs::path& folder, const DemoOptions& options, const Work& work) {
  switch (options.source) {
    case DemoSource::generated:
      return generated(folder, options);
    case DemoSource::release:
    case DemoSource::security:
      return from_apt(folder, options.source, work);
    case DemoSource::automatic:
      break;
  }
  std::vector<std::string> passed_over;
  const auto with_reasons = [&](Result<DemoFiles> files) {
    if (files) files->passed_over = std::move(passed_over);
    return files;
  };
  for (const DemoSource source : {DemoSource::release, DemoSource::security}) {
    auto files = from_apt(folder, source, work);
    if (files || files.error().kind == ErrorKind::cancelled) return with_reasons(std::move(files));
    passed_over.push_back(std::string(name_of(source)) + ": " + message_of(files.error()));
    log::info("demo: not from " + passed_over.back());
  }
  return with_reasons(generated(folder, options));
}

}  // namespace millwright::planning::detail
