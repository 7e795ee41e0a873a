// selftest and bench: whether the device computes rightly, and how quickly.
#include <charconv>
#include <cstdio>
#include <iostream>

#include "base/json.h"
#include "engine/linear_training.h"
#include "engine/torch.h"
#include "verbs.h"

namespace millwright::app {
namespace {

int threads_wanted(const Arguments& given) {
  int threads = 0;
  const std::string wish = given.value("threads", "0");
  (void)std::from_chars(wish.data(), wish.data() + wish.size(), threads);
  return engine::threads_for(threads);
}

void print_row(const Json& row) {
  const double error = row["largest_error"].is_number() ? row["largest_error"].get<double>() : -1;
  std::printf("%-32s %-34s %-5s %10.2e %9.0e  %s\n", row["operator"].get<std::string>().c_str(),
              row["shapes"].get<std::string>().substr(0, 34).c_str(), row["type"].get<std::string>().c_str(), error,
              row["limit"].get<double>(), row["ok"].get<bool>() ? "ok" : "WRONG");
}

Result<int64_t> whole(const Arguments& given, std::string_view name, int64_t otherwise) {
  const std::string text = given.value(name, std::to_string(otherwise));
  int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value < 0)
    return fail(ErrorKind::usage, "usage", "{value} is no number for --{name}.",
                {{"name", std::string(name)}, {"value", text}});
  return value;
}

Result<engine::BenchSettings> bench_settings(const Arguments& given) {
  engine::BenchSettings settings;
  settings.suite = given.value("suite", "train");
  settings.device = given.value("device", "auto");
  MW_ASSIGN(settings.dtype, engine::dtype_named(given.value("dtype", "fp32")));
  MW_ASSIGN(const int64_t seconds, whole(given, "seconds", 10));
  settings.seconds = static_cast<double>(seconds);
  settings.determinism = given.has("determinism");
  MW_ASSIGN(settings.texts, whole(given, "texts", settings.texts));
  MW_ASSIGN(settings.length, whole(given, "length", settings.length));
  MW_ASSIGN(settings.layers, whole(given, "layers", settings.layers));
  MW_ASSIGN(settings.hidden, whole(given, "hidden", settings.hidden));
  MW_ASSIGN(settings.heads, whole(given, "heads", settings.heads));
  MW_ASSIGN(settings.intermediate, whole(given, "intermediate", settings.intermediate));
  MW_ASSIGN(settings.vocabulary, whole(given, "vocabulary", settings.vocabulary));
  if (settings.heads < 1 || settings.hidden < 1 || settings.hidden % settings.heads != 0 || settings.layers < 1 ||
      settings.texts < 1 || settings.vocabulary < 1 || settings.intermediate < 1 || settings.length > 1'000'000)
    return fail(ErrorKind::usage, "usage", "Such a model cannot be: sizes begin at 1, and heads divide hidden.");
  return settings;
}

}  // namespace

int run_selftest(std::span<char*> arguments) {
  constexpr std::string_view kWith[] = {"device", "threads"};
  constexpr std::string_view kWithout[] = {"json"};
  const auto given = take_apart(arguments, kWith, kWithout);
  if (!given) return complain(given.error());
  if (const auto started = engine::start_torch(threads_wanted(*given)); !started) return complain(started.error());
  Json rows = Json::array();
  const bool json = given->has("json");
  const auto ok = engine::selftest(given->value("device", "auto"), [&](const Json& row) {
    if (json)
      rows.push_back(row);
    else
      print_row(row);
  });
  if (!ok) return complain(ok.error());
  if (json) std::cout << to_text(Json{{"ok", *ok}, {"rows", rows}}) << '\n';
  return *ok ? 0 : 1;
}

int run_bench(std::span<char*> arguments) {
  constexpr std::string_view kWith[] = {"suite",  "device", "dtype", "seconds",      "texts",      "length",
                                        "layers", "hidden", "heads", "intermediate", "vocabulary", "threads"};
  constexpr std::string_view kWithout[] = {"json", "determinism"};
  const auto given = take_apart(arguments, kWith, kWithout);
  if (!given) return complain(given.error());
  const auto settings = bench_settings(*given);
  if (!settings) return complain(settings.error());
  if (const auto started = engine::start_torch(threads_wanted(*given)); !started) return complain(started.error());
  const auto figures = engine::bench(*settings);
  if (!figures) return complain(figures.error());
  std::cout << to_text(*figures, given->has("json") ? -1 : 1) << '\n';
  return 0;
}

}  // namespace millwright::app
