// Job folders from strangers: whatever they hold, the job ends with what is wrong and the code of bad input, and
// nothing outside the folder is touched.
#include <QTest>

#include "base/memory.h"
#include "base/safetensors.h"
#include "easy_rows.h"
#include "strange_files.h"
#include "tiny_encoder.h"

using namespace millwright;
using millwright::testing::easy_rows;
using Folder = millwright::testing::JobInFolder;

namespace {

Json encoder_body(Json more = Json::object()) {
  Json body = {{"algorithm", "encoder"},
               {"seed", 1},
               {"device", "cpu"},
               {"options",
                {{"layers", 1},
                 {"hidden", 32},
                 {"heads", 2},
                 {"intermediate", 64},
                 {"vocabulary", 200},
                 {"epochs", 1},
                 {"max_length", 16},
                 {"threads", 1}}}};
  body.update(more);
  return body;
}

/// A job that begins from a model folder, or embeds with it.
std::unique_ptr<Folder> with_model(const std::string& kind) {
  auto folder =
      std::make_unique<Folder>(easy_rows(4), kind == "train" ? encoder_body() : Json{{"device", "cpu"}}, kind);
  if (!fixtures::make_tiny_encoder(folder->job->file("inputs/base"))) qFatal("cannot make the model");
  return folder;
}

/// The first number of a tensor becomes another one.
void damage(const fs::path& file, std::string_view name, float number) {
  std::string bytes = *read_file(file);
  {
    const auto tensors = SafetensorsFile::open(file);
    const std::string_view data(reinterpret_cast<const char*>(tensors->find(name)->bytes.data()), 4);
    const auto at =
        static_cast<size_t>(data.data() - reinterpret_cast<const char*>(tensors->tensors()[0].bytes.data()));
    uint64_t header = 0;
    std::memcpy(&header, bytes.data(), 8);
    std::memcpy(bytes.data() + 8 + header + at, &number, 4);
  }
  if (!write_file_atomically(file, bytes)) qFatal("cannot write");
}

/// A disk that is full from the n-th checkpoint on, in the middle of its file.
class FullDisk final : public FileSystem {
 public:
  explicit FullDisk(int checkpoints) : left_(checkpoints) { set_file_system(this); }
  ~FullDisk() override { set_file_system(nullptr); }
  int open(const fs::path& path, int flags, unsigned mode) override {
    const int fd = posix_file_system().open(path, flags, mode);
    if (path.parent_path().filename() == "checkpoint" && --left_ < 0) full_ = fd;
    return fd;
  }
  int write(int fd, std::span<const uint8_t> data) override {
    if (fd != full_) return posix_file_system().write(fd, data);
    (void)posix_file_system().write(fd, data.first(data.size() / 2));
    return -ENOSPC;
  }
  int sync(int fd) override { return posix_file_system().sync(fd); }
  int close(int fd) override {
    if (fd == full_) full_ = -1;
    return posix_file_system().close(fd);
  }
  int rename(const fs::path& from, const fs::path& to) override { return posix_file_system().rename(from, to); }
  int remove(const fs::path& path) override { return posix_file_system().remove(path); }
  int make_folder(const fs::path& path) override { return posix_file_system().make_folder(path); }
  int sync_folder(const fs::path& path) override { return posix_file_system().sync_folder(path); }

 private:
  int left_, full_ = -1;
};

}  // namespace

class TestStrangeJobs : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void absurd_specs_data() {
    QTest::addColumn<QByteArray>("more");  // merged over a good body
    QTest::addColumn<bool>("linear");
    const auto row = [](const char* name, const Json& value, bool linear = false) {
      const std::string more = to_text(Json{{name, value}});
      QTest::newRow((more + (linear ? " linear" : "")).c_str()) << QByteArray::fromStdString(more) << linear;
    };
    const auto option = [&](const char* name, const char* value, bool linear = false) {
      row("options", Json{{name, Json::parse(value)}}, linear);
    };
    for (const char* value : {"1e18", "1000000000000000000", "18446744073709551615", "-1", "0", "1.5", "\"32\"", "null",
                              "[32]", "{}", "true"})
      option("batch_size", value);
    for (const char* name :
         {"epochs", "accumulation", "max_length", "layers", "hidden", "heads", "vocabulary", "threads", "max_steps",
          "learning_rate", "dropout", "max_minutes", "checkpoint_seconds", "lora_rank"})
      for (const char* value : {"1e300", "-9223372036854775808", "\"x\"", "[]"}) option(name, value);
    for (const char* options : {"5", "\"x\"", "[1]", "null", "true"})
      for (const bool linear : {false, true}) row("options", Json::parse(options), linear);
    for (const char* device : {"5", "[]", "\"\"", "\"../cpu\"", "\"cuda:999999999999\"", "null"})
      row("device", Json::parse(device));
    for (const char* seed : {"\"1\"", "1e30", "[]", "0.5"})
      for (const bool linear : {false, true}) row("seed", Json::parse(seed), linear);
    for (const char* schedule : {"5", "[5]", "[[1]]", "[[1,\"2\"]]", "{}", "[[1,2,3]]"})
      row("micro_schedule", Json::parse(schedule));
    for (const char* algorithm : {"5", "null", "[]", "\"\"", "\"../linear\""}) row("algorithm", Json::parse(algorithm));
    option("objective", "\"../x\"");
    option("c", "1e300", true);
    option("max_epochs", "1e18", true);
  }
  void absurd_specs() {
    QFETCH(QByteArray, more);
    QFETCH(bool, linear);
    Json body = linear ? Json{{"algorithm", "linear"}, {"seed", 1}} : encoder_body();
    body.update(Json::parse(more.toStdString()));
    const Folder folder(easy_rows(4), body);
    QCOMPARE(folder.run(), 3);
    QVERIFY(folder.result().cause == jobs::Cause::bad_data);
    QVERIFY(!folder.result().message.empty());
    QVERIFY(!fs::exists(folder.job->file("model/model.safetensors")));
  }

  // The device is asked for before anything else is read.
  void absurd_options_where_the_device_is_automatic() {
    for (const Json& options :
         {Json(5), Json("x"), Json{{"threads", 1'000'000'000'000'000'000}}, Json{{"threads", -5}}}) {
      const Folder folder(easy_rows(4), encoder_body({{"device", "auto"}, {"options", options}}));
      QCOMPARE(folder.run(), 3);
    }
  }

  // Deeper than what is copied and printed level by level could be; written by hand, as our own writer could not.
  void deep_specs() {
    const Folder folder(easy_rows(4));
    std::string spec = *read_file(folder.job->file("spec.json"));
    const size_t at = spec.find("\"seed\"");
    QVERIFY(at != std::string::npos);
    spec.insert(at, "\"x\":" + std::string(200'000, '[') + std::string(200'000, ']') + ",");
    QVERIFY(write_file_atomically(folder.job->file("spec.json"), spec));
    QCOMPARE(folder.run(), 103);
  }

  void a_model_without_room() {
    const Folder folder(
        easy_rows(4),
        encoder_body(
            {{"options",
              {{"layers", 48}, {"hidden", 4096}, {"heads", 64}, {"intermediate", 16384}, {"vocabulary", 200}}}}));
    // 9.7 billion parameters. With the memory for them the job would go on: nothing to see here then.
    if (available_memory() > uint64_t{38} << 30) return;
    QCOMPARE(folder.run(), 5);
    QVERIFY(folder.result().cause == jobs::Cause::out_of_memory);
  }

  void strange_rows_data() {
    QTest::addColumn<QByteArray>("rows");
    const auto row = [](const char* name, const QByteArray& rows) { QTest::newRow(name) << rows; };
    const auto line = [](const char* text, const char* more = "") {
      return "{\"record\":\"1\",\"split\":\"train\",\"label\":\"y\",\"text\":" + QByteArray(text) + more + "}\n";
    };
    const QByteArray good = line("\"a b\"").replace("\"y\"", "\"x\"");
    row("a broken line among good ones", good + "\"record\"\n" + good);
    row("NUL bytes", good + QByteArray(100, '\0') + "\n");
    row("not UTF-8", good + line("\"\xff\xfe\""));
    row("half a surrogate", good + line("\"\\ud800\""));
    row("nested", good + QByteArray(100'000, '[') + "\n");
    row("nested in a field", good + line((QByteArray(100'000, '[') + QByteArray(100'000, ']')).constData()));
    row("a huge number", good + line("\"a\"", ",\"weight\":1e999"));
    row("a negative weight", good + line("\"a\"", ",\"weight\":-1"));
    row("a list", good + "[1,2]\n");
    row("a text that is a list", good + line("[1]"));
    row("a label that is null", good + line("\"a\"").replace("\"y\"", "null"));
    row("only line ends", "\n\n\n");
    row("a line of 65 MB", good + QByteArray(65 << 20, ' '));
    row("UTF-16", QByteArray("\xff\xfe[\0]\0", 6));
  }
  void strange_rows() {
    QFETCH(QByteArray, rows);
    for (const bool linear : {true, false}) {
      const Folder folder(rows.toStdString(), linear ? Json{{"algorithm", "linear"}} : encoder_body());
      QCOMPARE(folder.run(), 3);
      QVERIFY(!folder.result().message.empty());
    }
  }

  void whatever_lies_in_the_place_of_an_input_data() {
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("what");
    for (const char* kind : {"train", "embed"})
      for (const char* file : {"inputs/rows.jsonl", "inputs/base/config.json", "inputs/base/model.safetensors",
                               "inputs/base/vocab.txt", "inputs/base/tokenizer.json"})
        for (const char* what :
             {"nothing", "folder", "pipe", "device", "link to itself", "text", "not UTF-8", "nested"}) {
          const std::string_view name(file), put(what);
          const bool may_be_missing =
              name == "inputs/base/tokenizer.json" && (put == "nothing" || put == "link to itself");
          // Without a config.json there is no base, and the training begins from nothing.
          const bool fresh = std::string_view(kind) == "train" && name == "inputs/base/config.json" &&
                             (put == "nothing" || put == "link to itself");
          if (!may_be_missing && !fresh)
            QTest::newRow((std::string(kind) + " " + file + ": " + what).c_str())
                << QByteArray(kind) << QByteArray(file) << QByteArray(what);
        }
  }
  void whatever_lies_in_the_place_of_an_input() {
    QFETCH(QByteArray, kind);
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, what);
    const auto folder = with_model(kind.toStdString());
    QVERIFY(fixtures::put_in_place_of(folder->job->file(file.toStdString()), what.toStdString()));
    QCOMPARE(folder->run(), 3);
    QVERIFY(!folder->result().message.empty());
  }

  void damaged_weights_are_named_data() {
    QTest::addColumn<QByteArray>("kind");
    QTest::newRow("train") << QByteArray("train");
    QTest::newRow("embed") << QByteArray("embed");
  }
  void damaged_weights_are_named() {
    QFETCH(QByteArray, kind);
    const auto folder = with_model(kind.toStdString());
    const std::string name = "encoder.layer.0.output.dense.bias";
    damage(folder->job->file("inputs/base/model.safetensors"), name, std::numeric_limits<float>::quiet_NaN());
    QCOMPARE(folder->run(), 3);
    QVERIFY2(folder->result().message.find(name) != std::string::npos, folder->result().message.c_str());
  }

  // A tokenizer that says more than its model knows: token types, and ids.
  void a_tokenizer_of_another_model_data() {
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<int>("type_id");
    QTest::addColumn<int>("more_words");
    for (const char* kind : {"train", "embed"}) {
      QTest::newRow((std::string(kind) + ": types").c_str()) << QByteArray(kind) << 7 << 0;
      QTest::newRow((std::string(kind) + ": words").c_str()) << QByteArray(kind) << 0 << 1000;
    }
  }
  void a_tokenizer_of_another_model() {
    QFETCH(QByteArray, kind);
    QFETCH(int, type_id);
    QFETCH(int, more_words);
    const auto folder = with_model(kind.toStdString());
    Json vocabulary = {{"[UNK]", 0}, {"[CLS]", 1}};
    for (int i = 0; i < more_words; ++i) vocabulary["w" + std::to_string(i)] = i + 2;
    vocabulary["the"] = more_words + 2;
    const Json special = {{"id", "[CLS]"}, {"ids", {1}}, {"tokens", {"[CLS]"}}};
    const Json tokenizer = {
        {"version", "1.0"},
        {"added_tokens", Json::array()},
        {"normalizer", nullptr},
        {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
        {"post_processor",
         {{"type", "TemplateProcessing"},
          {"single",
           {{{"SpecialToken", {{"id", "[CLS]"}, {"type_id", type_id}}}},
            {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
          {"pair", {{{"Sequence", {{"id", "A"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "B"}, {"type_id", 0}}}}}},
          {"special_tokens", {{"[CLS]", special}}}}},
        {"model",
         {{"type", "WordPiece"},
          {"unk_token", "[UNK]"},
          {"continuing_subword_prefix", "##"},
          {"max_input_chars_per_word", 100},
          {"vocab", vocabulary}}}};
    QVERIFY(write_file_atomically(folder->job->file("inputs/base/tokenizer.json"), to_text(tokenizer)));
    QCOMPARE(folder->run(), 3);
    const std::string message = folder->result().message;
    QVERIFY2(message.find("token") != std::string::npos, message.c_str());
  }

  void checkpoints_of_strangers_data() {
    QTest::addColumn<QByteArray>("what");
    for (const char* what : {"folder", "pipe", "device", "text", "not UTF-8", "empty"})
      QTest::newRow(what) << QByteArray(what);
  }
  void checkpoints_of_strangers() {
    QFETCH(QByteArray, what);
    const Folder folder(easy_rows(4), encoder_body());
    QVERIFY(make_folders(folder.job->file("checkpoint")));
    QVERIFY(fixtures::put_in_place_of(folder.job->file("checkpoint/training.safetensors"), what.toStdString()));
    QCOMPARE(folder.run(), 3);
  }

  void a_file_in_the_place_of_a_folder() {
    for (const char* name : {"model", "checkpoint"}) {
      const Folder folder(easy_rows(4), encoder_body());
      QVERIFY(write_file_atomically(folder.job->file(name), "mine"));
      QCOMPARE(folder.run(), 3);
      QCOMPARE(*read_file(folder.job->file(name)), std::string("mine"));
    }
  }

  void a_disk_that_fills_in_the_middle_of_a_checkpoint() {
    Json body = encoder_body();
    body["options"]["checkpoint_seconds"] = 0;  // one after each step
    body["options"]["batch_size"] = 4;
    const std::string rows = easy_rows(8);
    const Folder undisturbed(rows, body), folder(rows, body);
    QCOMPARE(undisturbed.run(), 0);
    {
      const FullDisk disk(3);
      QCOMPARE(folder.run(), 4);
    }
    QVERIFY(folder.result().cause == jobs::Cause::disk_full);
    for (const auto& entry : fs::directory_iterator(folder.job->file("checkpoint")))
      QCOMPARE(entry.path().filename().string(), std::string("training.safetensors"));  // and nothing half written
    // With room again it goes on from the checkpoint before, to the same weights.
    QVERIFY(remove_file(folder.job->file("result.json")));
    QCOMPARE(folder.run(), 0);
    QVERIFY(folder.result().outputs["training"]["resumed"].get<bool>());
    QVERIFY(folder.result().outputs["weights_sha256"] == undisturbed.result().outputs["weights_sha256"]);
  }

  // 10 MB in one text, in one word and in many; and texts in which nothing is.
  void long_and_empty_texts() {
    std::string rows = easy_rows(4);
    const auto add = [&](const std::string& text) {
      rows += to_text(Json{{"record", "9"}, {"text", text}, {"label", "fruit"}, {"split", "train"}}) + "\n";
    };
    add(std::string(10 << 20, 'x'));
    std::string words;
    while (words.size() < 10 << 20) words += "pear ";
    add(words);
    add("");
    add(" \n\t");
    add("\u200b");
    for (const bool linear : {true, false}) {
      const Folder folder(rows, linear ? Json{{"algorithm", "linear"}} : encoder_body());
      QCOMPARE(folder.run(), 0);
    }
  }
};

QTEST_GUILESS_MAIN(TestStrangeJobs)
#include "test_strange_jobs.moc"
