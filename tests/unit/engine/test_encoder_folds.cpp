// Cross-validation with encoders on a job folder: wrong labels are found, what was done before a kill -9 or a full disk
// is kept, and who judged a row had not seen it.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTest>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "folds_in_folder.h"
#include "started_engine.h"

using namespace millwright;           // NOLINT: a test's own file
using namespace millwright::testing;  // NOLINT

namespace {

constexpr int kKills = 6;

/// Encoders small enough to train in a second.
Json body(const Json& more = Json::object()) {
  Json options = {{"layers", 1},       {"hidden", 32},   {"heads", 2},       {"intermediate", 64},
                  {"vocabulary", 200}, {"epochs", 12},   {"batch_size", 16}, {"learning_rate", 0.005},
                  {"max_length", 16},  {"dropout", 0.1}, {"threads", 1}};
  options.update(more);
  return {{"algorithm", "encoder"}, {"seed", 3}, {"device", "cpu"}, {"options", options}};
}

std::string lines_left(const FoldsInFolder& folder) { return *read_file(folder.job->file("out_of_sample.jsonl")); }

/// A disk that is full as soon as somebody writes the named file.
class FullDisk : public FileSystem {
 public:
  explicit FullDisk(std::string name) : name_(std::move(name)) { set_file_system(this); }
  ~FullDisk() override { set_file_system(nullptr); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  int open(const fs::path& path, int flags, unsigned mode) override {
    return path.string().find(name_) != std::string::npos ? -ENOSPC : real_.open(path, flags, mode);
  }
  int write(int fd, std::span<const uint8_t> data) override { return real_.write(fd, data); }
  int sync(int fd) override { return real_.sync(fd); }
  int close(int fd) override { return real_.close(fd); }
  int rename(const fs::path& from, const fs::path& to) override { return real_.rename(from, to); }
  int remove(const fs::path& path) override { return real_.remove(path); }
  int make_folder(const fs::path& path) override { return real_.make_folder(path); }
  int sync_folder(const fs::path& path) override { return real_.sync_folder(path); }

 private:
  std::string name_;
  FileSystem& real_ = posix_file_system();
};

}  // namespace

class TestEncoderFolds : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void wrong_labels_stand_out() {
    const std::set<int> wrong{3, 10, 55, 77, 101, 140, 170};
    const auto rows = rows_with(wrong, 60);
    const FoldsInFolder folder(rows, folds_of(rows.size()), body());
    QCOMPARE(folder.run(), 0);
    const std::set<int> found = folder.suspected();
    for (const int row : found) QVERIFY2(wrong.contains(row), std::to_string(row).c_str());
    QVERIFY(found.size() + 1 >= wrong.size());
    const Json outputs = folder.result().outputs;
    QVERIFY(outputs["metrics"]["suspected"] == found.size());
    QVERIFY(outputs["metrics"]["n"] == rows.size());
    QVERIFY(outputs["device"] == "cpu" && outputs["environment"]["libtorch"].is_string());
    QCOMPARE(outputs["training"].size(), size_t{kFolds});
    for (const Json& fold : outputs["training"]) {
      // 360 rows, a quarter of them judged: 17 batches an epoch.
      QCOMPARE(fold["steps"].get<int64_t>(), int64_t{12 * 17});
      QCOMPARE(fold["best_epoch"].get<int64_t>(), int64_t{0});
      QVERIFY(fold["temperature"].get<double>() > 0);
    }
    QVERIFY(!fs::exists(folder.job->file("folds/0")));  // its checkpoints
  }

  // One bar over all folds, and the time that is left for all of them.
  void progress_is_that_of_all_folds() {
    const auto rows = rows_with({});
    const FoldsInFolder folder(rows, folds_of(rows.size()), body({{"epochs", 2}}));
    QCOMPARE(folder.run(), 0);
    jobs::EventReader reader(folder.job->path());
    int64_t last = 0, total = 0;
    for (const jobs::Event& event : reader.next()) {
      if (event.type != "progress" || event.body["phase"] != "train") continue;
      QVERIFY(event.body["done"].get<int64_t>() > last);
      last = event.body["done"].get<int64_t>();
      QVERIFY(total == 0 || event.body["total"] == total);
      total = event.body["total"].get<int64_t>();
      QVERIFY((event.body["seconds_left"].get<double>() > 0) == (last < total));
    }
    QCOMPARE(total, int64_t{kFolds * 2 * 12});  // 240 rows, 180 to learn from: 12 batches an epoch
    QCOMPARE(last, total);
  }

  // Other labels on the rows of a fold change how sure its model seems, which is fitted to them, and nothing else.
  void no_model_has_seen_the_labels_that_it_judges_data() {
    QTest::addColumn<int>("patience");
    QTest::newRow("all epochs") << 0;
    QTest::newRow("stopping early") << 2;
  }
  void no_model_has_seen_the_labels_that_it_judges() {
    QFETCH(int, patience);
    auto rows = rows_with({});
    const Json options = body({{"epochs", 3}, {"patience", patience}});
    const FoldsInFolder one(rows, folds_of(rows.size()), options);
    for (size_t i = 1; i < rows.size(); i += kFolds) rows[i]["label"] = rows[i]["label"] == "tool" ? "river" : "tool";
    const FoldsInFolder two(rows, folds_of(rows.size()), options);
    QCOMPARE(one.run() + two.run(), 0);
    const auto before = one.said(), after = two.said();
    int others = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i % kFolds == 1) QVERIFY(before[i]["predicted"] == after[i]["predicted"]);
      if (i % kFolds == 2 && before[i]["confidence"] != after[i]["confidence"]) ++others;
    }
    QVERIFY(others > 0);
    for (const Json& fold : one.result().outputs["training"])
      QCOMPARE(fold["best_epoch"].get<int64_t>() > 0, patience > 0);
  }

  void repeats_to_the_byte_and_folds_have_seeds_of_their_own() {
    const auto rows = rows_with({5, 50});
    const Json options = body({{"epochs", 2}});
    Json other = options;
    other["seed"] = 4;
    const FoldsInFolder one(rows, folds_of(rows.size()), options), two(rows, folds_of(rows.size()), options),
        three(rows, folds_of(rows.size()), other);
    QCOMPARE(one.run() + two.run() + three.run(), 0);
    QCOMPARE(lines_left(one), lines_left(two));
    QVERIFY(lines_left(one) != lines_left(three));
  }

  void killed_it_goes_on_and_says_the_same() {
    const auto rows = rows_with({5, 50});
    const Json options = body({{"epochs", 6}, {"checkpoint_seconds", 0}});
    const FoldsInFolder undisturbed(rows, folds_of(rows.size()), options), killed(rows, folds_of(rows.size()), options);
    QCOMPARE(undisturbed.run(), 0);

    const fs::path first = killed.job->file("folds/0.json");
    std::string first_fold;  // as it was when it was done
    Random random(7);
    int kills = 0, status = 0;
    while (!*killed.job->result() && kills < 100) {
      const pid_t child = start_engine(killed);
      if (kills < kKills) {
        const int64_t before = steps_of(killed);
        for (int i = 0; i < 3000 && steps_of(killed) <= before && ::waitpid(child, &status, WNOHANG) == 0; ++i)
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        std::this_thread::sleep_for(std::chrono::microseconds(random.below(60'000)));
        if (::kill(child, SIGKILL) == 0) ++kills;
      }
      ::waitpid(child, &status, 0);
      if (first_fold.empty() && fs::exists(first)) first_fold = *read_file(first);
    }
    QVERIFY(*killed.job->result() && killed.result().ok);
    qInfo("%d kills", kills);
    QVERIFY(kills >= 3);
    const Json training = killed.result().outputs["training"];
    QVERIFY(std::any_of(training.begin(), training.end(), [](const Json& fold) { return fold["resumed"] == true; }));
    // How long a fold took would differ, had it been trained again.
    QCOMPARE(*read_file(first), first_fold);
    QCOMPARE(lines_left(killed), lines_left(undisturbed));
    for (int fold = 0; fold < kFolds; ++fold) {
      const std::string name = "folds/" + std::to_string(fold) + ".f32";
      QVERIFY(*read_file(killed.job->file(name)) == *read_file(undisturbed.job->file(name)));
    }
    QVERIFY(killed.result().outputs["thresholds"] == undisturbed.result().outputs["thresholds"]);
  }

  void a_full_disk_and_a_cancellation_keep_what_is_done() {
    const auto rows = rows_with({5, 50});
    const Json options = body({{"epochs", 4}});
    const FoldsInFolder whole(rows, folds_of(rows.size()), options), broken(rows, folds_of(rows.size()), options);
    QCOMPARE(whole.run(), 0);
    {
      const FullDisk disk("folds/1/checkpoint");
      QCOMPARE(broken.run(), 4);
    }
    QVERIFY(broken.result().cause == jobs::Cause::disk_full);
    QVERIFY(fs::exists(broken.job->file("folds/0.json")) && !fs::exists(broken.job->file("folds/1.json")));
    fs::remove(broken.job->file("result.json"));

    std::jthread canceller([&](const std::stop_token& stop) {
      while (!stop.stop_requested() && !fs::exists(broken.job->file("folds/1.json")))
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      (void)broken.job->request_cancel();
    });
    QCOMPARE(broken.run(), 6);
    canceller.request_stop();
    canceller.join();
    QVERIFY(broken.result().cause == jobs::Cause::cancelled);
    QVERIFY(!fs::exists(broken.job->file("out_of_sample.jsonl")));
    fs::remove(broken.job->file("result.json"));
    fs::remove(broken.job->file("cancel"));
    QCOMPARE(broken.run(), 0);
    QCOMPARE(lines_left(broken), lines_left(whole));
  }

  void folds_of_other_rows_are_refused() {
    auto rows = rows_with({});
    const FoldsInFolder one(rows, folds_of(rows.size()), body({{"epochs", 1}}));
    QCOMPARE(one.run(), 0);
    rows[1]["label"] = "tool";
    const FoldsInFolder two(rows, folds_of(rows.size()), body({{"epochs", 1}}));
    fs::copy(one.job->file("folds"), two.job->file("folds"), fs::copy_options::recursive);
    QCOMPARE(two.run(), 3);
    QVERIFY(two.result().message.find("other data") != std::string::npos);
  }

  void says_why_it_failed_data() {
    QTest::addColumn<QByteArray>("options");
    QTest::addColumn<int>("code");
    QTest::newRow("diverged") << QByteArray(R"({"learning_rate":1,"weight_decay":10,"warmup":0})") << 5;
    QTest::newRow("objective") << QByteArray(R"({"objective":"masked-lm"})") << 3;
    QTest::newRow("pretraining") << QByteArray(R"({"pretrain_epochs":1})") << 3;
    QTest::newRow("unknown option") << QByteArray(R"({"depth":3})") << 3;
    QTest::newRow("two folds cannot stop early") << QByteArray(R"({"patience":1})") << 3;
  }
  void says_why_it_failed() {
    QFETCH(QByteArray, options);
    QFETCH(int, code);
    const auto rows = rows_with({});
    Json folds = Json::array();
    for (size_t i = 0; i < rows.size(); ++i) folds.push_back(i % 2);
    const FoldsInFolder folder(rows, folds, body(Json::parse(options.toStdString())));
    QCOMPARE(folder.run(), code);
    QVERIFY(folder.result().cause == (code == 5 ? jobs::Cause::diverged : jobs::Cause::bad_data));
    QVERIFY(!folder.result().message.empty());
  }

  void goes_on_from_a_model_folder() {
    const std::string learned = easy_rows(60);
    const JobInFolder first(
        learned,
        {{"algorithm", "encoder"}, {"seed", 1}, {"device", "cpu"}, {"options", body({{"epochs", 20}})["options"]}});
    QCOMPARE(first.run(), 0);
    // With a learning rate that changes nothing to speak of, each fold is judged by the folder's own model.
    const auto rows = rows_with({});
    const FoldsInFolder folder(rows, folds_of(rows.size()), body({{"epochs", 1}, {"learning_rate", 1e-9}}));
    fs::copy(first.job->file("model"), folder.job->file("inputs/base"), fs::copy_options::recursive);
    QCOMPARE(folder.run(), 0);
    QVERIFY(folder.result().outputs["metrics"]["accuracy"].get<double>() > 0.95);
    const FoldsInFolder adapted(rows, folds_of(rows.size()),
                                body({{"epochs", 1}, {"learning_rate", 1e-9}, {"lora_rank", 2}}));
    fs::copy(first.job->file("model"), adapted.job->file("inputs/base"), fs::copy_options::recursive);
    QCOMPARE(adapted.run(), 0);
    QVERIFY(adapted.result().outputs["metrics"]["accuracy"].get<double>() > 0.95);
  }
};

QTEST_GUILESS_MAIN(TestEncoderFolds)
#include "test_encoder_folds.moc"
