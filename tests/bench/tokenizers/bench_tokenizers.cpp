// Tokenizers on one thread. Usage: bench_tokenizers TEXTS FOLDER…
// TEXTS has one text a line; each FOLDER is a model folder with a tokenizer. Prints for each the seconds to load it and
// the best of several rounds over all texts, every text encoded on its own with its offsets. peers.py makes the
// folders, runs this and times the reference on the same texts.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "text/tokenizer.h"

using namespace millwright;

namespace {

int measure(const fs::path& folder, const std::vector<std::string_view>& texts) {
  const double loading = steady_seconds();
  const auto tokenizer = text::Tokenizer::load(folder);
  if (!tokenizer) {
    std::fprintf(stderr, "%s\n", message_of(tokenizer.error()).c_str());
    return 1;
  }
  const double loaded = steady_seconds() - loading;
  double best = 1e9, first = 0;
  size_t tokens = 0;
  for (int round = 0; round < 7; ++round) {
    text::TokenizerScratch scratch;  // nothing is remembered from round to round
    text::Encoding encoding;
    tokens = 0;
    const double began = steady_seconds();
    for (const std::string_view text : texts) {
      if (!tokenizer->encode(text, scratch, encoding)) return 1;
      tokens += encoding.size();
    }
    const double seconds = steady_seconds() - began;
    if (round == 0) first = seconds;
    best = std::min(best, seconds);
  }
  std::printf("%-20s %-10.*s loaded %.3f s, %zu tokens, %.2f M tokens/s (first round %.2f)\n",
              folder.filename().c_str(), static_cast<int>(tokenizer->kind().size()), tokenizer->kind().data(), loaded,
              tokens, static_cast<double>(tokens) / best / 1e6, static_cast<double>(tokens) / first / 1e6);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "bench_tokenizers TEXTS FOLDER…\n");
    return 2;
  }
  const auto content = read_file(argv[1]);
  if (!content) return 1;
  std::vector<std::string_view> texts;
  for (size_t at = 0; at < content->size();) {
    const size_t end = std::min(content->find('\n', at), content->size());
    texts.push_back(std::string_view(*content).substr(at, end - at));
    at = end + 1;
  }
  for (int i = 2; i < argc; ++i)
    if (const int code = measure(argv[i], texts); code != 0) return code;
  return 0;
}
