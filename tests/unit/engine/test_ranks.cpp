// Two engines that train one model: the weights are those of one engine with the same batches, and a rank that is
// killed ends the other with a clear word; started again both go on, to the weights of ranks that nobody disturbed.
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTest>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/safetensors.h"
#include "easy_rows.h"
#include "engine/torch.h"

using namespace millwright;
using millwright::testing::easy_rows;
using Folder = millwright::testing::JobInFolder;

namespace {

Json body(Json more = Json::object()) {
  Json options = {{"layers", 2},
                  {"hidden", 32},
                  {"heads", 2},
                  {"intermediate", 64},
                  {"vocabulary", 200},
                  {"epochs", 2},
                  {"dropout", 0},
                  {"threads", 1},
                  {"learning_rate", 1e-4},
                  {"batch_size", 16},
                  {"max_length", 16},
                  {"warmup", 0.2},
                  {"checkpoint_seconds", 0}};
  options.update(more);
  return {{"algorithm", "encoder"}, {"seed", 1}, {"device", "cpu"}, {"options", options}};
}

/// A port that nobody listens on now.
int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    qFatal("no port");
  ::close(socket);
  return ntohs(address.sin_port);
}

pid_t start(const Folder& folder, int rank, int port) {
  const std::string program = std::string(MILLWRIGHT_BUILD_DIR) + "/bin/millwright-engine";
  const std::string path = folder.job->path().string();
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("RANK", std::to_string(rank).c_str(), 1);
    ::setenv("WORLD_SIZE", "2", 1);
    ::setenv("MASTER_ADDR", "127.0.0.1", 1);
    ::setenv("MASTER_PORT", std::to_string(port).c_str(), 1);
    ::execl(program.c_str(), program.c_str(), path.c_str(), nullptr);
    ::_exit(127);
  }
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void together(const Folder& folder) {
  const int port = free_port();
  const pid_t first = start(folder, 0, port), second = start(folder, 1, port);
  QCOMPARE(wait_for(second), 0);
  QCOMPARE(wait_for(first), 0);
}

/// The largest difference between two files of weights; infinite where they are of other models.
double distance(const Folder& a, const Folder& b) {
  const auto one = SafetensorsFile::open(a.job->file("model/model.safetensors"));
  const auto two = SafetensorsFile::open(b.job->file("model/model.safetensors"));
  if (!one || !two || one->tensors().size() != two->tensors().size()) return INFINITY;
  double most = 0;
  for (const TensorView& tensor : one->tensors()) {
    const TensorView* const other = two->find(tensor.name);
    if (other == nullptr || other->bytes.size() != tensor.bytes.size()) return INFINITY;
    for (size_t i = 0; i + 4 <= tensor.bytes.size(); i += 4) {
      float x = 0, y = 0;
      std::memcpy(&x, tensor.bytes.data() + i, 4);
      std::memcpy(&y, other->bytes.data() + i, 4);
      most = std::max(most, std::abs(static_cast<double>(x) - y));
    }
  }
  return most;
}

}  // namespace

class TestRanks : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const auto described = engine::start_torch(1);
    QVERIFY(described.has_value());
    for (const auto& name : (*described)["ranks_sum_by"]) gloo_ |= name == "gloo";
  }

  void two_are_one_data() {
    QTest::addColumn<QByteArray>("options");
    QTest::newRow("plain") << QByteArray("{}");
    // The last batch is of one row: the second rank has nothing to do.
    QTest::newRow("uneven") << QByteArray("{\"batch_size\":89}");
    QTest::newRow("hidden words") << QByteArray("{\"objective\":\"masked-lm\"}");
    QTest::newRow("a schedule that fits into its time") << QByteArray("{\"max_minutes\":5}");
  }
  void two_are_one() {
    if (!gloo_) return both_refuse();
    QFETCH(QByteArray, options);
    const Json more = Json::parse(options.toStdString());
    const Folder alone(easy_rows(30), body(more)), both(easy_rows(30), body(more));
    QCOMPARE(alone.run(), 0);
    together(both);
    const Json one = alone.result().outputs, two = both.result().outputs;
    QCOMPARE(two["ranks"].get<int>(), 2);
    QVERIFY(one["training"]["steps"] == two["training"]["steps"]);
    const double apart = distance(alone, both);
    QVERIFY2(apart <= 1e-6, qPrintable(QString::number(apart)));
  }

  void a_lost_rank_ends_the_other_and_both_go_on() {
    if (!gloo_) return both_refuse();
    const Json more = {{"epochs", 40}, {"dropout", 0.1}};
    const Folder undisturbed(easy_rows(30), body(more)), disturbed(easy_rows(30), body(more));
    together(undisturbed);
    for (const int victim : {1, 0}) {
      const int port = free_port();
      const pid_t ranks[] = {start(disturbed, 0, port), start(disturbed, 1, port)};
      const auto step_of = [&] {
        const auto progress = jobs::newest_progress(disturbed.job->path());
        return progress && progress->phase == "train" ? progress->done : 0;
      };
      const int64_t before = step_of();
      for (int i = 0; i < 2000 && step_of() <= before; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      QVERIFY(step_of() > before);
      ::kill(ranks[victim], SIGKILL);
      QCOMPARE(wait_for(ranks[victim]), -1);
      QCOMPARE(wait_for(ranks[1 - victim]), 5);
      QVERIFY(!*disturbed.job->result());
    }
    together(disturbed);
    QVERIFY(disturbed.result().outputs["training"]["resumed"].get<bool>());
    QVERIFY(disturbed.result().outputs["weights_sha256"] == undisturbed.result().outputs["weights_sha256"]);
  }

  void what_cannot_be_is_said() {
    for (const auto& [rank, size] : {std::pair{"2", "2"}, {"x", "2"}, {"0", "0"}}) {
      ::setenv("RANK", rank, 1);
      ::setenv("WORLD_SIZE", size, 1);
      ::setenv("MASTER_ADDR", "127.0.0.1", 1);
      const Folder folder(easy_rows(10), body());
      QCOMPARE(folder.run(), 102);
    }
    ::setenv("RANK", "0", 1);
    ::setenv("WORLD_SIZE", "2", 1);
    const Folder linear(easy_rows(10));
    QCOMPARE(linear.run(), 3);
    for (const char* name : {"RANK", "WORLD_SIZE", "MASTER_ADDR"}) ::unsetenv(name);
  }

 private:
  // A libtorch whose packagers left Gloo's headers out: no rank may go on by itself.
  void both_refuse() {
    const Folder both(easy_rows(30), body());
    const int port = free_port();
    const pid_t first = start(both, 0, port), second = start(both, 1, port);
    QCOMPARE(wait_for(second), 5);
    QCOMPARE(wait_for(first), 5);
    QVERIFY(!both.result().ok);
    QVERIFY(both.result().message.find("Gloo") != std::string::npos);
  }

  bool gloo_ = false;
};

QTEST_GUILESS_MAIN(TestRanks)
#include "test_ranks.moc"
