#include "detail/apt_index.h"

#include <unistd.h>

#include <map>
#include <vector>

#include "base/files.h"
#include "base/process.h"

namespace millwright::planning::detail {
namespace {

using Target = std::map<std::string, std::string>;

// Debian's releases in order; what comes after the newest known one is "sid".
constexpr const char* kReleases[] = {"bullseye", "bookworm", "trixie", "forky", "sid"};

std::string os_release(const std::string& key) {
  const auto text = read_file("/etc/os-release");
  if (!text) return {};
  const std::string wanted = '\n' + key + '=';
  const std::string all = '\n' + *text;
  const size_t at = all.find(wanted);
  if (at == std::string::npos) return {};
  std::string value = all.substr(at + wanted.size(), all.find('\n', at + 1) - at - wanted.size());
  std::erase(value, '"');
  return value;
}

std::vector<Target> parse_targets(const std::string& text) {
  std::vector<Target> targets(1);
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const size_t colon = line.find(": ");
    if (line.empty()) {
      if (!targets.back().empty()) targets.emplace_back();
    } else if (colon != std::string::npos) {
      targets.back()[line.substr(0, colon)] = line.substr(colon + 2);
    }
  }
  if (targets.back().empty()) targets.pop_back();
  return targets;
}

Result<std::vector<Target>> targets(const std::vector<std::string>& options) {
  std::vector<std::string> command{"apt-get", "indextargets"};
  command.insert(command.end(), options.begin(), options.end());
  command.emplace_back("Created-By: Packages");
  auto listed = run_process(command, {.environment = {"LC_ALL=C"}, .timeout_seconds = 30});
  if (!listed)
    return fail(ErrorKind::bad_input, "demo.no_apt", "This machine has no apt, whose package lists the demo reads.", {},
                "Use --source generated.");
  return parse_targets(listed->output);
}

Result<Target> find_target(const std::string& codename) {
  MW_ASSIGN(const auto all, targets({}));
  for (const Target& target : all) {
    const auto is = [&](const char* key, const std::string& value) {
      const auto found = target.find(key);
      return found != target.end() && found->second == value;
    };
    std::error_code ignored;
    if (is("Codename", codename) && is("Component", "main") && target.contains("Filename") &&
        fs::exists(target.at("Filename"), ignored))
      return target;
  }
  return fail(ErrorKind::bad_input, "demo.no_index", "apt has no package index of {release}.", {{"release", codename}},
              "Run `apt-get update`, or use --source generated.");
}

std::string at(const Target& target, const char* key) {
  const auto found = target.find(key);
  return found == target.end() ? std::string() : found->second;
}

std::string next_release(const std::string& codename) {
  for (size_t i = 0; i + 1 < std::size(kReleases); ++i)
    if (codename == kReleases[i]) return kReleases[i + 1];
  return {};
}

// A keyring that holds the archive's keys of both releases; without it the system's trusted keys are used.
std::string keyring() {
  std::error_code ignored;
  for (const char* path :
       {"/usr/share/keyrings/debian-archive-keyring.pgp", "/usr/share/keyrings/debian-archive-keyring.gpg"})
    if (fs::exists(path, ignored)) return path;
  return {};
}

}  // namespace

Result<AptIndex> release_index() {
  const std::string codename = os_release("VERSION_CODENAME");
  MW_ASSIGN(const Target target, find_target(codename));
  return AptIndex{codename, at(target, "Filename")};
}

Result<AptIndex> security_index() {
  const std::string codename = os_release("VERSION_CODENAME") + "-security";
  MW_ASSIGN(const Target target, find_target(codename));
  return AptIndex{codename, at(target, "Filename")};
}

Result<AptIndex> fetch_next_release(const fs::path& given, std::stop_token stop) {
  const fs::path folder = fs::absolute(given);
  const std::string codename = os_release("VERSION_CODENAME");
  const std::string next = next_release(codename);
  if (next.empty())
    return fail(ErrorKind::bad_input, "demo.no_next_release", "No release after {release} is known.",
                {{"release", codename}}, "Use --source security or --source generated.");
  MW_ASSIGN(const Target target, find_target(codename));
  for (const char* part : {"state", "lists/partial", "cache/archives/partial"}) MW_TRY(make_folders(folder / part));
  const std::string key = keyring();
  MW_TRY(write_file_atomically(folder / "sources.list", "deb " + (key.empty() ? "" : "[signed-by=" + key + "] ") +
                                                            at(target, "Repo-URI") + ' ' + next + " main\n"));
  std::vector<std::string> options;
  const auto set = [&](const std::string& name, const std::string& value) {
    options.emplace_back("-o");
    options.push_back(name + '=' + value);
  };
  set("Dir::Etc::sourcelist", (folder / "sources.list").string());
  set("Dir::Etc::sourceparts", "/dev/null");
  set("Dir::State", (folder / "state").string());
  set("Dir::State::lists", (folder / "lists").string());
  set("Dir::Cache", (folder / "cache").string());
  set("Acquire::Languages", "none");
  set("Acquire::Retries", "1");
  set("Acquire::http::Timeout", "10");
  set("APT::Update::Error-Mode", "any");
  // A mirror that stands still is good enough to look at: the signature is checked, nothing is installed from it.
  set("Acquire::Check-Valid-Until", "false");
  // apt's own user cannot write below a person's folder; what is fetched is checked by signature all the same.
  if (::getuid() == 0) set("APT::Sandbox::User", "root");
  std::vector<std::string> command{"apt-get", "update", "-q"};
  command.insert(command.end(), options.begin(), options.end());
  MW_ASSIGN(const ProcessResult updated,
            run_process(command, {.environment = {"LC_ALL=C"}, .timeout_seconds = 90, .stop = stop}));
  if (updated.exit_code != 0)
    return fail(ErrorKind::bad_input, "demo.offline", "apt could not fetch the package index of {release}: {reason}",
                {{"release", next}, {"reason", updated.errors.substr(0, updated.errors.find('\n'))}},
                "Without a network use --source security.");
  MW_ASSIGN(const auto listed, targets(options));
  for (const Target& found : listed) {
    std::error_code ignored;
    if (at(found, "Codename") == next && fs::exists(at(found, "Filename"), ignored))
      return AptIndex{next, at(found, "Filename")};
  }
  return fail(ErrorKind::bad_input, "demo.offline", "apt fetched no package index of {release}.", {{"release", next}},
              "Without a network use --source security.");
}

Status decompress_index(const AptIndex& index, const fs::path& out, std::stop_token stop) {
  MW_ASSIGN(const ProcessResult done, run_process({"/usr/lib/apt/apt-helper", "cat-file", index.file},
                                                  {.output_file = out, .timeout_seconds = 120, .stop = stop}));
  if (done.exit_code != 0)
    return fail(ErrorKind::bad_input, "demo.no_index", "The package index {file} cannot be read.",
                {{"file", index.file}}, "Run `apt-get update`, or use --source generated.");
  return {};
}

}  // namespace millwright::planning::detail
