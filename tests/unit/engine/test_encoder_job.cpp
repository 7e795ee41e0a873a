// A training job of an encoder on a job folder, in this process: what it leaves, and how it ends when something is
// wrong.
#include <QTest>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/safetensors.h"
#include "easy_rows.h"
#include "text/encoder_folder.h"

using namespace millwright;
using millwright::testing::easy_rows;
using Folder = millwright::testing::JobInFolder;

namespace {

/// A model small enough to train in a second.
Json body(Json more = Json::object()) {
  Json options = {{"layers", 1},       {"hidden", 32}, {"heads", 2},       {"intermediate", 64},
                  {"vocabulary", 200}, {"epochs", 24}, {"batch_size", 16}, {"learning_rate", 0.005},
                  {"max_length", 16},  {"threads", 1}};
  options.update(more);
  return {{"algorithm", "encoder"}, {"seed", 1}, {"device", "cpu"}, {"options", options}};
}

void use_as_base(const Folder& trained, const Folder& next) {
  fs::copy(trained.job->file("model"), next.job->file("inputs/base"), fs::copy_options::recursive);
}

std::string weights_of(const Folder& folder) {
  return folder.result().outputs.value("weights_sha256", Json("")).get<std::string>();
}

}  // namespace

class TestEncoderJob : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void leaves_a_model_predictions_and_figures() {
    const Folder folder(easy_rows(60), body());
    QCOMPARE(folder.run(), 0);
    const Json outputs = folder.result().outputs;
    QCOMPARE(outputs["family"].get<std::string>(), std::string("bert"));
    QVERIFY2(outputs["metrics"]["test"]["accuracy"].get<double>() > 0.95, to_text(outputs["metrics"]).c_str());
    QCOMPARE(outputs["metrics"]["test"]["n"].get<int>(), 90);
    for (const Json& file : outputs["files"])
      QCOMPARE(to_hex(*sha256_of_file(folder.job->file(file["name"].get<std::string>()))),
               file["sha256"].get<std::string>());
    QVERIFY(outputs["weights_sha256"] == outputs["files"].back()["sha256"]);
    QCOMPARE(outputs["training"]["padding"].get<double>(), 1.0);

    const auto model = text::EncoderFolder::open(folder.job->file("model"));
    QVERIFY(model.has_value() && model->usable().has_value());
    QCOMPARE(model->config().labels, std::vector<std::string>({"fruit", "river", "tool"}));
    QCOMPARE(text::parameters_of(model->config()), outputs["parameters"].get<uint64_t>());

    std::ifstream predictions(folder.job->file("predictions.jsonl"));
    int lines = 0;
    for (std::string line; std::getline(predictions, line); ++lines) {
      const Json row = Json::parse(line);
      QVERIFY(row["top"][0][0] == row["predicted"] && row["top"][0][1] == row["confidence"]);
      for (const char* key : {"record", "split", "label"}) QVERIFY(row[key].is_string());
    }
    QCOMPARE(lines, 180);

    jobs::EventReader reader(folder.job->path());
    int metrics = 0, speeds = 0;
    for (const jobs::Event& event : reader.next()) {
      metrics += event.type == "metric" ? 1 : 0;
      if (event.type != "progress" || !event.body.contains("tokens_per_second")) continue;
      ++speeds;
      QVERIFY(event.body["tokens_per_second"].get<double>() > 0);
      QVERIFY(event.body["memory"].get<int64_t>() > 1 << 20);
      QVERIFY(event.body["seconds_left"].get<double>() >= 0);
      QCOMPARE(event.body["device"].get<std::string>(), std::string("cpu"));
    }
    QVERIFY(metrics > 24);
    QVERIFY(speeds > 0);
  }

  void repeats_to_the_byte() {
    const Folder one(easy_rows(30), body({{"epochs", 3}})), two(easy_rows(30), body({{"epochs", 3}}));
    QCOMPARE(one.run() + two.run(), 0);
    QVERIFY(weights_of(one) == weights_of(two));
    QCOMPARE(*read_file(one.job->file("predictions.jsonl")), *read_file(two.job->file("predictions.jsonl")));
    Json other = body({{"epochs", 3}});
    other["seed"] = 2;
    const Folder three(easy_rows(30), other);
    QCOMPARE(three.run(), 0);
    QVERIFY(weights_of(one) != weights_of(three));
  }

  void goes_on_from_a_model_folder() {
    const Folder first(easy_rows(60), body());
    QCOMPARE(first.run(), 0);
    // With a learning rate that changes nothing to speak of, the head for the same labels is kept.
    const Folder second(easy_rows(60), body({{"epochs", 1}, {"learning_rate", 1e-9}}));
    use_as_base(first, second);
    QCOMPARE(second.run(), 0);
    QVERIFY(second.result().outputs["metrics"]["test"]["accuracy"] ==
            first.result().outputs["metrics"]["test"]["accuracy"]);
    for (const char* file : {"tokenizer.json", "vocab.txt", "tokenizer_config.json"})
      QCOMPARE(*read_file(second.job->file("model") / file), *read_file(first.job->file("model") / file));
    QVERIFY(weights_of(first) != weights_of(second));
  }

  void keeps_frozen_layers() {
    const Folder first(easy_rows(30), body({{"epochs", 1}}));
    QCOMPARE(first.run(), 0);
    const Folder second(easy_rows(30), body({{"epochs", 2}, {"freeze_layers", 1}}));
    use_as_base(first, second);
    QCOMPARE(second.run(), 0);
    const auto before = SafetensorsFile::open(first.job->file("model/model.safetensors"));
    const auto after = SafetensorsFile::open(second.job->file("model/model.safetensors"));
    for (const TensorView& tensor : before->tensors()) {
      const auto other = after->find(tensor.name)->bytes;
      const bool same = std::equal(tensor.bytes.begin(), tensor.bytes.end(), other.begin(), other.end());
      const bool head = tensor.name.starts_with("classifier") || tensor.name.find("pooler") != std::string::npos;
      QVERIFY2(same != head, tensor.name.c_str());
    }
  }

  void trains_in_every_way_data() {
    QTest::addColumn<QByteArray>("options");
    for (const char* options :
         {R"({"dtype":"bf16"})", R"({"accumulation":3,"epochs":80})", R"({"group_by_length":"yes"})",
          R"({"schedule":"cosine"})", R"({"schedule":"constant","warmup":0})",
          R"({"class_weights":"balanced","label_smoothing":0.1})", R"({"dropout":0.2,"layer_decay":0.8})",
          R"({"max_minutes":0.05})", R"({"patience":2})"})
      QTest::newRow(options) << QByteArray(options);
  }
  void trains_in_every_way() {
    QFETCH(QByteArray, options);
    const Folder folder(easy_rows(60), body(Json::parse(options.toStdString())));
    QCOMPARE(folder.run(), 0);
    const Json outputs = folder.result().outputs;
    // How far it comes in a given time depends on the machine.
    if (!options.contains("max_minutes"))
      QVERIFY2(outputs["metrics"]["test"]["accuracy"].get<double>() > 0.9, to_text(outputs["metrics"]).c_str());
    QVERIFY(outputs["training"]["steps"].get<int64_t>() > 0);
    QVERIFY(outputs["training"]["padding"].get<double>() <= 1.03);
  }

  void cancelled_it_goes_on_from_where_it_was() {
    const Json options = {{"epochs", 250}, {"checkpoint_seconds", 3600}};
    const Folder whole(easy_rows(60), body(options)), broken(easy_rows(60), body(options));
    QCOMPARE(whole.run(), 0);
    std::jthread canceller([&](const std::stop_token& stop) {
      // As soon as it has taken a step.
      jobs::EventReader events(broken.job->path());
      while (!stop.stop_requested()) {
        for (const jobs::Event& event : events.next())
          if (event.type == "metric") return (void)broken.job->request_cancel();
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    });
    QCOMPARE(broken.run(), 6);
    canceller.request_stop();
    canceller.join();
    QVERIFY(broken.result().cause == jobs::Cause::cancelled);
    QVERIFY(fs::exists(broken.job->file("checkpoint/training.safetensors")));
    fs::remove(broken.job->file("result.json"));
    fs::remove(broken.job->file("cancel"));
    QCOMPARE(broken.run(), 0);
    QVERIFY(broken.result().outputs["training"]["resumed"].get<bool>());
    QVERIFY(weights_of(broken) == weights_of(whole));
  }

  void refuses_a_checkpoint_of_other_data() {
    const Folder one(easy_rows(30), body({{"epochs", 1}})), two(easy_rows(33), body({{"epochs", 1}}));
    QCOMPARE(one.run(), 0);
    fs::copy(one.job->file("checkpoint"), two.job->file("checkpoint"), fs::copy_options::recursive);
    QCOMPARE(two.run(), 3);
    QVERIFY(two.result().cause == jobs::Cause::bad_data);
  }

  void says_that_it_diverged() {
    // Weights are multiplied by -9 at each step.
    const Folder folder(easy_rows(60), body({{"learning_rate", 1}, {"weight_decay", 10}, {"warmup", 0}}));
    QCOMPARE(folder.run(), 5);
    QVERIFY(folder.result().cause == jobs::Cause::diverged);
    QVERIFY(folder.result().message.find("learning_rate") != std::string::npos);
  }

  void repeats_the_parts_of_a_run_that_was_short_of_memory() {
    Json parts = body({{"epochs", 1}, {"dropout", 0}});
    parts["micro_schedule"] = Json::array({{1, 2}, {4, 4}});
    const Folder whole(easy_rows(30), body({{"epochs", 1}, {"dropout", 0}})), split(easy_rows(30), parts);
    QCOMPARE(whole.run() + split.run(), 0);
    QVERIFY(split.result().outputs["training"]["micro_schedule"] == parts["micro_schedule"]);
    const auto one = SafetensorsFile::open(whole.job->file("model/model.safetensors"));
    const auto two = SafetensorsFile::open(split.job->file("model/model.safetensors"));
    for (const TensorView& tensor : one->tensors()) {
      std::vector<float> a(tensor.elements()), b(tensor.elements());
      QVERIFY(text::convert_to_float(tensor, a) == text::Converted::ok);
      QVERIFY(text::convert_to_float(*two->find(tensor.name), b) == text::Converted::ok);
      // AdamW's first steps go by the gradient's sign; keys' biases have none but rounding.
      if (tensor.name.find("key.bias") != std::string::npos) continue;
      for (size_t i = 0; i < a.size(); ++i) QVERIFY2(std::abs(a[i] - b[i]) < 2e-3F, tensor.name.c_str());
    }
  }

  void says_why_it_failed_data() {
    QTest::addColumn<QByteArray>("options");
    QTest::addColumn<QByteArray>("base");
    QTest::newRow("unknown option") << QByteArray(R"({"depth":3})") << QByteArray();
    QTest::newRow("heads") << QByteArray(R"({"heads":3})") << QByteArray();
    QTest::newRow("dropout") << QByteArray(R"({"dropout":-0.5})") << QByteArray();
    QTest::newRow("base without weights") << QByteArray("{}") << QByteArray(R"({"model_type":"bert"})");
    QTest::newRow("base of another kind") << QByteArray("{}") << QByteArray("[1,2]");
  }
  void says_why_it_failed() {
    QFETCH(QByteArray, options);
    QFETCH(QByteArray, base);
    const Folder folder(easy_rows(10), body(Json::parse(options.toStdString())));
    if (!base.isEmpty()) {
      QVERIFY(make_folders(folder.job->file("inputs/base")).has_value());
      QVERIFY(write_file_atomically(folder.job->file("inputs/base/config.json"), base.toStdString()).has_value());
    }
    QCOMPARE(folder.run(), 3);
    QVERIFY(folder.result().cause == jobs::Cause::bad_data);
    QVERIFY(!folder.result().message.empty());
  }

  void what_is_no_device() {
    Json wish = body();
    wish["device"] = "gpu";
    const Folder folder(easy_rows(10), wish);
    QCOMPARE(folder.run(), 3);
    QVERIFY(folder.result().cause == jobs::Cause::bad_data);
    QVERIFY(folder.result().message.find("gpu is no device") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(TestEncoderJob)
#include "test_encoder_job.moc"
