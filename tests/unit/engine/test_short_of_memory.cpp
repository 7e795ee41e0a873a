// The engine with less address space than a batch needs: the batch is computed in parts, and what comes out is what a
// run with room for everything gives when it is told to use the same parts. With less than libtorch itself needs it
// says so.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTest>

#include "easy_rows.h"

using namespace millwright;
using Folder = millwright::testing::JobInFolder;

namespace {

constexpr rlim_t kMegabyte = 1 << 20;

Json body(Json more = Json::object()) {
  Json out = {{"algorithm", "encoder"},
              {"seed", 3},
              {"device", "cpu"},
              {"options",
               {{"layers", 2},
                {"hidden", 128},
                {"heads", 4},
                {"intermediate", 512},
                {"vocabulary", 300},
                {"epochs", 1},
                {"batch_size", 256},
                {"max_length", 128},
                {"threads", 1}}}};
  out.update(more);
  return out;
}

/// Long texts: a batch of them takes some hundreds of megabytes.
std::string long_rows() {
  Random random(4);
  std::string out;
  for (int i = 0; i < 320; ++i) {
    std::string text;
    for (int k = 0; k < 120; ++k) text += "word" + std::to_string(random.below(40)) + " ";
    out += to_text(Json{{"record", "1-" + std::to_string(i)},
                        {"text", text},
                        {"label", i % 2 == 0 ? "even" : "odd"},
                        {"split", i < 256 ? "train" : "validation"}}) +
           '\n';
  }
  return out;
}

/// The exit code of an engine that may have so much address space; 0: as much as there is.
int run(const Folder& folder, rlim_t bytes) {
  const std::string program = std::string(MILLWRIGHT_BUILD_DIR) + "/bin/millwright-engine";
  const std::string path = folder.job->path().string();
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{bytes, bytes};
    if (bytes > 0) (void)::setrlimit(RLIMIT_AS, &limit);
    ::execl(program.c_str(), program.c_str(), path.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

class TestShortOfMemory : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void a_batch_is_computed_in_parts() {
    const std::string rows = long_rows();
    // From a limit that is enough down to one that is not; how much the libraries take differs between systems, and a
    // libtorch for GPUs takes some gigabytes.
    rlim_t enough = 2400;
    for (; enough < 8000; enough += 100) {
      const Folder folder(rows, body());
      if (run(folder, enough * kMegabyte) == 0) break;
      QCOMPARE(std::string(jobs::name_of(folder.result().cause.value())), std::string("out_of_memory"));
    }
    Json parts, weights;
    for (rlim_t megabytes = enough; megabytes >= 1000 && parts.empty(); megabytes -= 100) {
      const Folder folder(rows, body());
      const int code = run(folder, megabytes * kMegabyte);
      qInfo("%d MiB: exit code %d", static_cast<int>(megabytes), code);
      QVERIFY2(code == 0, qPrintable(QString("exit code %1 with %2 MiB").arg(code).arg(megabytes)));
      parts = folder.result().outputs["training"]["micro_schedule"];
      weights = folder.result().outputs["weights_sha256"];
    }
    QVERIFY(!parts.empty());
    qInfo("parts: %s", to_text(parts).c_str());
    const Folder again(rows, body({{"micro_schedule", parts}}));
    QCOMPARE(run(again, 0), 0);
    QVERIFY(again.result().outputs["weights_sha256"] == weights);
    QVERIFY(again.result().outputs["training"]["micro_schedule"] == parts);
  }

  void without_room_for_libtorch_it_says_so() {
    const Folder folder(long_rows(), body());
    QCOMPARE(run(folder, 500 * kMegabyte), 5);
    QCOMPARE(std::string(jobs::name_of(folder.result().cause.value())), std::string("out_of_memory"));
  }
};

QTEST_GUILESS_MAIN(TestShortOfMemory)
#include "test_short_of_memory.moc"
