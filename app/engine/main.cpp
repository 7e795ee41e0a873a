// millwright-engine JOBDIR: works on a job folder, in a process of its own. Needs no project; can be run by hand, under
// a scheduler or on another machine. Exit codes as everywhere: 0 done, 2 usage, 3 bad input, 4 disk, 5 failed, 6
// cancelled.
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "base/json.h"
#include "base/result.h"
#include "engine/linear_training.h"
#include "engine/run_job.h"
#include "engine/torch.h"
#include "tokenize.h"
#include "verbs.h"

namespace {

using namespace millwright;
using app::complain;

constexpr const char* kUsage =
    "millwright-engine JOBDIR          work on a job folder\n"
    "millwright-engine version [--json] what this engine is made of\n"
    "millwright-engine info MODEL_DIR   what a model folder holds\n"
    "millwright-engine tokenize MODEL_DIR [FILE]   what a model's tokenizer makes of texts\n"
    "millwright-engine forward MODEL_DIR [FILE] [--hidden] [--dtype T] [--device D]\n"
    "                                   texts through a model: logits, or mean-pooled hidden states\n"
    "millwright-engine predict MODEL_DIR [--device D] [--dtype T]\n"
    "                                   answers {\"texts\": […]} with probabilities, a line each\n"
    "millwright-engine selftest [--device D]\n"
    "                                   every operator against float64 on the processor\n"
    "millwright-engine bench [--suite matmul|train|infer] [--device D] [--dtype T] [--seconds N] [--determinism]\n"
    "                                   tokens and operations a second; what determinism costs a training\n";

/// Signals that ask to end become a request to stop, taken up by a thread that waits for nothing else.
void watch_signals(const std::stop_source& stop) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  std::thread([signals, stop]() mutable {
    int signal = 0;
    while (sigwait(&signals, &signal) == 0) stop.request_stop();
  }).detach();
}

/// Labeling never waits for training: whoever starts an engine in the background says how far it steps back.
void step_back() {
  const char* const wish = std::getenv("MILLWRIGHT_NICE");
  if (wish == nullptr) return;
  const int nice = std::atoi(wish);
  if (nice > 0 && nice <= 19) (void)::setpriority(PRIO_PROCESS, 0, nice);
}

int show_version(bool json) {
  Json document = {{"name", "millwright-engine"},
                   {"version", MILLWRIGHT_VERSION},
                   {"environment", engine::environment(engine::threads_for(0))}};
  auto torch = engine::start_torch(engine::threads_for(0));
  document["libtorch"] = torch ? *torch : Json(nullptr);
  document["environment"].erase("libtorch");
  if (json) {
    std::cout << to_text(document) << '\n';
    return 0;
  }
  std::cout << "millwright-engine " << MILLWRIGHT_VERSION << '\n'
            << "  processor " << document["environment"]["processor"].get<std::string>() << " ("
            << document["environment"]["vector"].get<std::string>() << ")\n"
            << "  libtorch " << (torch ? torch->value("version", "?") : message_of(torch.error())) << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "version" || first == "--version")
    return show_version(argc > 2 && std::string_view(argv[2]) == "--json");
  const std::span<char*> rest(argv + std::min(argc, 2), argv + argc);
  if (first == "tokenize") return tokenize_verb({argv + 2, static_cast<size_t>(argc - 2)});
  if (first == "info") return app::run_info(rest);
  if (first == "predict") return app::run_predict(rest);
  if (first == "forward") return app::run_forward(rest);
  if (first == "selftest") return app::run_selftest(rest);
  if (first == "bench") return app::run_bench(rest);
  if (argc != 2 || first.empty() || first.starts_with("-")) {
    (first == "--help" || first == "-h" ? std::cout : std::cerr) << kUsage;
    return first == "--help" || first == "-h" ? 0 : exit_code(ErrorKind::usage);
  }
  step_back();
  const std::stop_source stop;
  watch_signals(stop);
  const auto code = engine::run_job(argv[1], stop);
  return code ? *code : complain(code.error());
}
