// The memory that a training says it will take, against what the kernel counted for its process (VmHWM, which the
// engine reads at the end of the training): within a tenth.
#include <sys/wait.h>
#include <unistd.h>

#include <QTest>

#include "started_engine.h"

using namespace millwright;
using Folder = millwright::testing::JobInFolder;

namespace {

struct Texts {
  int rows, fewest_words, most_words;
};

std::string random_rows(const Texts& texts) {
  Random random(4);
  std::string out;
  for (int i = 0; i < texts.rows; ++i) {
    std::string text;
    const uint64_t words = static_cast<uint64_t>(texts.fewest_words) +
                           random.below(static_cast<uint64_t>(texts.most_words - texts.fewest_words + 1));
    for (uint64_t k = 0; k < words; ++k) text += "w" + std::to_string(random.below(2000)) + " ";
    out += to_text(Json{{"record", "1-" + std::to_string(i)},
                        {"text", text},
                        {"label", i % 2 == 0 ? "even" : "odd"},
                        {"split", i % 8 != 0 ? "train" : "validation"}}) +
           '\n';
  }
  return out;
}

Json body(Json more) {
  Json options = {{"layers", 4},          {"hidden", 256},      {"heads", 4},
                  {"intermediate", 1024}, {"vocabulary", 3000}, {"max_length", 128},
                  {"epochs", 1},          {"batch_size", 32},   {"threads", 2}};
  options.update(more);
  return {{"algorithm", "encoder"}, {"seed", 3}, {"device", "cpu"}, {"options", options}};
}

/// In a process of its own: a peak belongs to a process.
int run(const Folder& folder) {
  const pid_t child = millwright::testing::start_engine(folder);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

class TestMemoryForecast : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void is_within_a_tenth_data() {
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("fewest");
    QTest::addColumn<int>("most");
    QTest::addColumn<QString>("options");
    QTest::newRow("short texts") << 640 << 3 << 20 << "{}";
    QTest::newRow("long texts") << 160 << 60 << 120 << "{}";
    QTest::newRow("narrow numbers") << 160 << 60 << 120 << R"({"dtype": "bf16"})";
    QTest::newRow("steps of several batches") << 160 << 60 << 120 << R"({"accumulation": 2, "batch_size": 16})";
    QTest::newRow("hidden words") << 160 << 60 << 120 << R"({"objective": "masked-lm"})";
    QTest::newRow("a second epoch, another best") << 160 << 60 << 120 << R"({"epochs": 2, "hidden": 384, "heads": 6})";
  }
  void is_within_a_tenth() {
    QFETCH(int, rows);
    QFETCH(int, fewest);
    QFETCH(int, most);
    QFETCH(QString, options);
    const auto more = parse_json(options.toStdString(), "options");
    QVERIFY(more.has_value());
    const Folder folder(random_rows({rows, fewest, most}), body(*more));
    QCOMPARE(run(folder), 0);
    const Json training = folder.result().outputs["training"];
    const auto measured = training["memory"].get<double>(), told = training["memory_forecast"].get<double>();
    qInfo("measured %.0f MiB, told %.0f MiB, ratio %.3f", measured / (1 << 20), told / (1 << 20), told / measured);
    QVERIFY(std::abs(told / measured - 1) <= 0.10);
  }
};

QTEST_GUILESS_MAIN(TestMemoryForecast)
#include "test_memory_forecast.moc"
