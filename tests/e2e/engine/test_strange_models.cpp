// Model folders from strangers, before the programs that people call: the code of bad input, words that say what is
// wrong, and a project that stays as it was.
#include <QJsonArray>
#include <QTest>
#include <cmath>
#include <limits>

#include "cli_process.h"
#include "encoder_weights.h"
#include "strange_files.h"

using namespace millwright;
using millwright::test::Said;

namespace {

const QString kEngine = QStringLiteral(MILLWRIGHT_BUILD_DIR "/bin/millwright-engine");

Said engine(const QStringList& arguments, const QByteArray& input = {}) {
  QProcess process;
  process.start(kEngine, arguments);
  process.write(input);
  process.closeWriteChannel();
  if (!process.waitForFinished(60'000)) {
    process.kill();
    process.waitForFinished();
    return {-1, {}, "timed out"};
  }
  return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : 128, process.readAllStandardOutput(),
          process.readAllStandardError()};
}

Json config() {
  return {{"architectures", {"BertForSequenceClassification"}},
          {"model_type", "bert"},
          {"vocab_size", 8},
          {"hidden_size", 8},
          {"num_hidden_layers", 1},
          {"num_attention_heads", 2},
          {"intermediate_size", 16},
          {"max_position_embeddings", 16},
          {"id2label", {{"0", "no"}, {"1", "yes"}}}};
}

/// A classifier of a few words, good until a test changes it.
struct Model {
  QTemporaryDir memory;
  [[nodiscard]] fs::path path() const { return fs::path(memory.path().toStdString()) / "model"; }
  [[nodiscard]] QString name() const { return QString::fromStdString(path().string()); }
  Model() {
    if (!make_folders(path()) ||
        !testing::write_encoder_folder(path(), config(), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\n"))
      qFatal("cannot make the model");
  }
  /// Its weights once more, with a tensor taken away (no numbers), or of other numbers.
  void change(const std::string& tensor, const std::optional<float>& number) const {
    std::vector<std::vector<float>> kept;
    std::vector<TensorToWrite> tensors;
    for (const text::Slot& slot : text::slots_of(text::read_encoder_config(config())->config)) {
      auto& values = kept.emplace_back(testing::encoder_weight(slot));
      if (slot.name == tensor && !number) continue;
      if (slot.name == tensor) std::fill(values.begin(), values.end(), *number);
      tensors.push_back(tensor_to_write<float>(slot.name, slot.shape, std::span<const float>(values)));
    }
    if (!write_safetensors(path() / "model.safetensors", tensors)) qFatal("cannot write");
  }
  void header(std::string_view text, uint64_t length) const {
    std::string bytes(reinterpret_cast<const char*>(&length), 8);
    bytes += text;
    if (!write_file_atomically(path() / "model.safetensors", bytes)) qFatal("cannot write");
  }
};

const char* const kTensor = "bert.encoder.layer.0.output.dense.weight";

}  // namespace

class TestStrangeModels : public QObject {
  Q_OBJECT
  QTemporaryDir home_;

  Said cli(const QStringList& arguments, const QByteArray& input = {}) { return test::cli(home_, arguments, input); }

 private Q_SLOTS:
  void initTestCase() { QCOMPARE(cli({"init", "p"}).code, 0); }

  void a_good_one_is_taken() {
    const Model model;
    QCOMPARE(engine({"info", model.name()}).code, 0);
    QCOMPARE(engine({"forward", model.name()}, "a b\n").code, 0);
    QCOMPARE(engine({"predict", model.name()}, "{\"texts\":[\"a b\"]}\n").code, 0);
    const Said added = cli({"models", "p", "add", model.name(), "--json"});
    QCOMPARE(added.code, 0);
  }

  void bad_ones_are_refused_data() {
    QTest::addColumn<QByteArray>("how");
    QTest::addColumn<QByteArray>("word");  // that the message has to hold
    const auto row = [](const char* how, const char* word) {
      QTest::newRow(how) << QByteArray(how) << QByteArray(word);
    };
    row("missing tensor", kTensor);
    row("NaN", kTensor);
    row("infinite", kTensor);
    row("wrong shape", "classifier.weight");
    row("header of 2 GB", "header");
    row("overlapping offsets", "overlaps");
    row("outside offsets", "outside");
    row("name twice in the header", "twice");
    row("name twice in config.json", "twice");
    row("pickle alone", "pickle");
    row("pickle renamed", "pickle");
    row("unknown tokenizer part", "Sorcery");
    row("empty folder", "config.json");
    row("no folder", "config.json");
    row("file", "config.json");
    row("config.json is a folder", "config.json");
    row("config.json is a pipe", "config.json");
    row("config.json is a device", "config.json");
    row("config.json is nested", "config.json");
    row("model.safetensors is a folder", "model.safetensors");
    row("model.safetensors is a pipe", "model.safetensors");
    row("tokenizer.json is a folder", "tokenizer.json");
  }
  void bad_ones_are_refused() {
    QFETCH(QByteArray, how);
    QFETCH(QByteArray, word);
    const Model model;
    const fs::path path = model.path(), weights = path / "model.safetensors";
    const auto write = [&](const char* name, std::string_view content) {
      QVERIFY(write_file_atomically(path / name, content));
    };
    const std::string tensors = R"("a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":)";
    const std::string_view good = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,9]}}x)";
    if (how == "missing tensor") {
      model.change(kTensor, std::nullopt);
    } else if (how == "NaN") {
      model.change(kTensor, std::numeric_limits<float>::quiet_NaN());
    } else if (how == "infinite") {
      model.change(kTensor, std::numeric_limits<float>::infinity());
    } else if (how == "wrong shape") {
      Json other = config();
      other["id2label"]["2"] = "perhaps";
      write("config.json", to_text(other));
    } else if (how == "header of 2 GB") {
      model.header("{}", uint64_t{2} << 30);
      QVERIFY(::truncate(weights.c_str(), (off_t{2} << 30) + 8) == 0);  // takes no room
    } else if (how == "overlapping offsets") {
      const std::string header = "{" + tensors + R"({"dtype":"U8","shape":[2],"data_offsets":[1,3]}})";
      model.header(header + "xyz", header.size());
    } else if (how == "outside offsets") {
      model.header(good, good.size() - 1);
    } else if (how == "name twice in the header") {
      const std::string header = "{" + tensors + R"({"dtype":"U8","shape":[0],"data_offsets":[2,2]},"b":{}})";
      model.header(header + "xy", header.size());
    } else if (how == "name twice in config.json") {
      std::string text = to_text(config());
      text.insert(text.size() - 1, ",\"hidden_size\":8");
      write("config.json", text);
    } else if (how == "pickle alone") {
      fs::rename(weights, path / "pytorch_model.bin");
    } else if (how == "pickle renamed") {
      write("model.safetensors", std::string("PK\x03\x04\x00\x00\x08\x08\x00\x00", 10));
    } else if (how == "unknown tokenizer part") {
      write("tokenizer.json", R"({"version":"1.0","normalizer":{"type":"Sorcery"},"model":{"type":"WordPiece",
        "unk_token":"a","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"a":0}}})");
    } else if (how == "empty folder" || how == "no folder" || how == "file") {
      fs::remove_all(path);
      if (how == "empty folder") fs::create_directory(path);
      if (how == "file") QVERIFY(write_file_atomically(path, "x"));
    } else {
      const QByteArrayList parts = how.split(' ');
      QVERIFY(fixtures::put_in_place_of(path / parts.front().toStdString(), parts.back().toStdString()));
    }
    const QList<QStringList> verbs = {{"forward", model.name()}, {"predict", model.name()}};
    for (const QStringList& verb : verbs) {
      const Said said = engine(verb, "a b\n");
      QCOMPARE(said.code, 3);
      QVERIFY2(said.err.contains(word), said.err.constData());
    }
    const Said info = engine({"info", model.name()});
    QVERIFY(info.code == 3 || info.code == 0);  // what it lists as unsupported is its answer
    const Said added = cli({"models", "p", "add", model.name(), "--json"});
    QCOMPARE(added.code, 3);
    const QJsonObject error = added.json()["error"].toObject();
    QVERIFY(!error["code"].toString().isEmpty());
    QVERIFY2(error["message"].toString().contains(QString::fromUtf8(word)), added.out.constData());
    if (how.startsWith("pickle")) QVERIFY(error["hint"].toString().contains("safetensors"));
    QCOMPARE(cli({"models", "p", "list", "--json"}).json()["models"].toArray().size(), 1);  // the good one
  }

  void lines_that_cannot_be_read() {
    const Model model;
    // More types than tokens, and the other way round, where the text is cut.
    const QByteArray ids = QByteArray("5,").repeated(40) + "6";
    for (const QByteArray& line :
         {"{\"ids\":[" + ids + "],\"type_ids\":[0,0,0]}", "{\"ids\":[" + ids + "],\"type_ids\":[9]}",
          QByteArray(R"({"ids":[]})"), QByteArray(R"({"ids":[-1]})"), QByteArray(R"({"ids":[99999999999]})"),
          QByteArray(R"({"ids":["x"]})"), QByteArray(R"({"text":5})"), QByteArray(R"({"text":"a","pair":7})")})
      QCOMPARE(engine({"forward", model.name()}, line + "\n").code, 3);
    QCOMPARE(engine({"forward", model.name()}, QByteArray(100'000, '[') + "\n").code, 0);  // a text of brackets
    QCOMPARE(engine({"forward", model.name()}, R"({"text":)" + QByteArray(100'000, '[')).code, 0);  // and this, too
    QCOMPARE(engine({"forward", model.name()}, "\n\xff\xfe\n").code, 0);
    QCOMPARE(engine({"forward", model.name(), home_.path()}).code, 3);
    QCOMPARE(engine({"tokenize", model.name(), home_.path()}).code, 3);
    QCOMPARE(engine({"forward", model.name(), "/dev/zero"}).code, 3);
    QCOMPARE(engine({"tokenize", model.name(), "/dev/zero"}).code, 3);
  }

  void questions_that_cannot_be_answered() {
    const Model model;
    const QByteArray questions = "x\n[]\n{\"texts\":5}\n{\"texts\":[5]}\n" + QByteArray(100'000, '[') +
                                 "\n{\"texts\":[\"\",\" \",\"" + QByteArray(1 << 20, 'x') + "\"]}\n";
    const Said said = engine({"predict", model.name()}, questions);
    QCOMPARE(said.code, 0);
    const auto answers = said.lines();
    QCOMPARE(answers.size(), 6);
    for (int i = 0; i < 5; ++i) QVERIFY(answers[i].contains("error"));
    QCOMPARE(answers[5]["probabilities"].toArray().size(), 3);
  }

  void numbers_so_large_that_nothing_can_be_computed() {
    const Model model;
    model.change("classifier.weight", 3e38F);
    const Said said = engine({"predict", model.name()}, "{\"texts\":[\"a b\"]}\n");
    QCOMPARE(said.code, 0);
    const QJsonObject answer = said.lines().value(0);
    QVERIFY(answer.contains("error") || answer["probabilities"].toArray()[0].toArray()[0].isDouble());
  }

  void files_to_predict_that_are_none() {
    const QString model = QStringLiteral("latest");
    for (const QString& file : {home_.path(), QStringLiteral("/nowhere"), QStringLiteral("/dev/zero")})
      QCOMPARE(cli({"predict", "p", "--model", model, file, "--text", "text", "--json"}).code, 3);
    const Said broken =
        cli({"predict", "p", "--model", model, "-", "--text", "text", "--json"}, "{\"text\":\"a b\"}\n{\"text\":\n");
    QCOMPARE(broken.code, 3);
    QCOMPARE(broken.lines().size(), 2);  // the first row is answered
    const Said deep = cli({"predict", "p", "--model", model, "-", "--text", "text", "--json"},
                          "{\"text\":" + QByteArray(100'000, '[') + "\n");
    QCOMPARE(deep.code, 3);
  }

  void jobs_that_are_none() {
    QCOMPARE(engine({home_.path()}).code, 3);
    QCOMPARE(engine({"/nowhere"}).code, 3);
    QCOMPARE(engine({"/dev/null"}).code, 3);
  }
};

QTEST_GUILESS_MAIN(TestStrangeModels)
#include "test_strange_models.moc"
