// Model folders as they come from strangers: what is read, what is refused, and what is said about it. Names and shapes
// of tensors: transformers 5 (named_parameters() of the classes in question); half-precision numbers: numpy.
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <limits>

#include "base/files.h"
#include "base/safetensors.h"
#include "strange_files.h"
#include "text/encoder_folder.h"
#include "text/tokenizer.h"

using namespace millwright;
using namespace millwright::text;

namespace {

Json small_config(std::string_view head = "BertForSequenceClassification") {
  return {{"architectures", {head}}, {"model_type", "bert"},         {"vocab_size", 5},
          {"hidden_size", 4},        {"num_hidden_layers", 1},       {"num_attention_heads", 2},
          {"intermediate_size", 6},  {"max_position_embeddings", 8}, {"id2label", {{"1", "no"}, {"0", "yes"}}}};
}

/// A folder with a tensor of ones for every slot, changed as a test wants.
struct Folder {
  QTemporaryDir memory;
  Json config;
  std::map<std::string, std::pair<std::vector<uint64_t>, std::vector<float>>> tensors;

  explicit Folder(Json wanted = small_config()) : config(std::move(wanted)) {
    const auto reading = read_encoder_config(config);
    if (!reading) qFatal("%s", message_of(reading.error()).c_str());
    for (const Slot& slot : slots_of(reading->config))
      tensors[slot.name] = {slot.shape, std::vector<float>(slot.elements(), 1)};
  }
  [[nodiscard]] fs::path path() const { return memory.path().toStdString(); }
  void write(const std::string& file, std::string_view content) const {
    if (!write_file_atomically(path() / file, content)) qFatal("cannot write");
  }
  void write_all(const std::string& file = "model.safetensors") const {
    std::vector<TensorToWrite> list;
    for (const auto& [name, tensor] : tensors)
      list.push_back(tensor_to_write<float>(name, tensor.first, std::span<const float>(tensor.second)));
    if (!write_safetensors(path() / file, list)) qFatal("cannot write");
    write("config.json", to_text(config));
    write("vocab.txt", "[PAD]\n[UNK]\n");
  }
  void rename(const std::string& from, const std::string& to) {
    auto node = tensors.extract(from);
    node.key() = to;
    tensors.insert(std::move(node));
  }
};

std::string code_of(const fs::path& path) {
  const auto folder = EncoderFolder::open(path);
  return folder ? std::string() : folder.error().code;
}

}  // namespace

class TestEncoderFolder : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void says_what_it_holds() {
    Folder folder;
    folder.write_all();
    const auto opened = EncoderFolder::open(folder.path());
    QVERIFY(opened.has_value());
    QVERIFY(opened->usable().has_value());
    const Json json = describe(*opened);
    QCOMPARE(json["family"].get<std::string>(), std::string("bert"));
    QCOMPARE(json["task"].get<std::string>(), std::string("sequence-classification"));
    QCOMPARE(json["tokenizer"].get<std::string>(), std::string("WordPiece"));
    QVERIFY(json["labels"] == Json({"yes", "no"}));
    // 5·4 + 8·4 + 2·4 + 8 embeddings; 4·(16+4) + 8 + (24+6) + (24+4) + 8 the layer; 16+4 pooler, 8+2 classifier.
    QCOMPARE(json["parameters"].get<int>(), 68 + 154 + 30);
  }

  void finds_tensors_under_other_names() {
    Folder folder;
    folder.rename("bert.embeddings.LayerNorm.weight", "embeddings.LayerNorm.gamma");
    folder.rename("bert.embeddings.LayerNorm.bias", "bert.embeddings.LayerNorm.beta");
    folder.rename("bert.embeddings.word_embeddings.weight", "embeddings.word_embeddings.weight");
    folder.write_all();
    QVERIFY(EncoderFolder::open(folder.path())->unsupported().empty());

    Folder bare(small_config("BertModel"));
    for (const auto& [name, tensor] : std::map(bare.tensors)) bare.rename(name, "bert." + name);
    bare.write_all();
    QVERIFY(EncoderFolder::open(bare.path())->unsupported().empty());
  }

  void names_what_is_missing_or_misshapen() {
    Folder folder;
    folder.tensors.erase("classifier.bias");
    folder.tensors["bert.encoder.layer.0.output.dense.bias"] = {{5}, std::vector<float>(5)};
    folder.write_all();
    const auto opened = EncoderFolder::open(folder.path());
    QVERIFY(opened.has_value());
    QVERIFY(opened->unsupported() == std::vector<std::string>({"tensor bert.encoder.layer.0.output.dense.bias of shape "
                                                               "[5] instead of [4]",
                                                               "missing tensor classifier.bias"}));
    QCOMPARE(opened->usable().error().code, std::string("model.unsupported"));
    const auto slots = slots_of(opened->config());
    std::vector<float> out(slots.back().elements());
    QCOMPARE(opened->read(opened->config(), slots.back(), out).error().code, std::string("model.missing_tensor"));
  }

  void names_what_it_cannot_run_data() {
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("family") << QByteArray("model_type") << QByteArray("\"gpt2\"") << QByteArray("model_type gpt2");
    QTest::newRow("activation") << QByteArray("hidden_act") << QByteArray("\"swish\"")
                                << QByteArray("hidden_act swish");
    QTest::newRow("positions") << QByteArray("position_embedding_type") << QByteArray("\"relative_key\"")
                               << QByteArray("position_embedding_type relative_key");
    QTest::newRow("decoder") << QByteArray("is_decoder") << QByteArray("true") << QByteArray("is_decoder");
    QTest::newRow("head") << QByteArray("architectures") << QByteArray("[\"BertForQuestionAnswering\"]")
                          << QByteArray("architecture BertForQuestionAnswering");
  }
  void names_what_it_cannot_run() {
    QFETCH(QByteArray, key);
    QFETCH(QByteArray, value);
    QFETCH(QByteArray, said);
    Folder folder;
    folder.config[key.toStdString()] = Json::parse(value.toStdString());
    folder.write_all();
    const auto opened = EncoderFolder::open(folder.path());
    QVERIFY(opened.has_value());
    QCOMPARE(opened->unsupported().front(), said.toStdString());
    QVERIFY(!opened->usable());
  }

  void refuses_numbers_out_of_range_data() {
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<QByteArray>("value");
    for (const char* key : {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
                            "intermediate_size", "max_position_embeddings"})
      for (const char* value : {"0", "-1", "1e9", "\"12\"", "18446744073709551615", "9223372036854775807", "null"})
        QTest::newRow((std::string(key) + " " + value).c_str()) << QByteArray(key) << QByteArray(value);
    QTest::newRow("heads") << QByteArray("num_attention_heads") << QByteArray("3");
    QTest::newRow("pad") << QByteArray("pad_token_id") << QByteArray("5");
    QTest::newRow("epsilon") << QByteArray("layer_norm_eps") << QByteArray("7");
    QTest::newRow("labels") << QByteArray("id2label") << QByteArray("{\"0\":\"a\",\"2\":\"b\"}");
    QTest::newRow("labels twice") << QByteArray("id2label") << QByteArray("{\"0\":\"a\",\"00\":\"b\"}");
    QTest::newRow("labels of numbers") << QByteArray("id2label") << QByteArray("{\"0\":7}");
    QTest::newRow("type") << QByteArray("model_type") << QByteArray("[1]");
  }
  void refuses_numbers_out_of_range() {
    QFETCH(QByteArray, key);
    QFETCH(QByteArray, value);
    Folder folder;
    folder.config[key.toStdString()] = Json::parse(value.toStdString());
    folder.write_all();
    QCOMPARE(code_of(folder.path()), std::string("model.bad_config"));
  }

  void never_reads_a_pickle() {
    Folder folder;
    folder.write("config.json", to_text(folder.config));
    QCOMPARE(code_of(folder.path()), std::string("model.no_weights"));
    folder.write("pytorch_model.bin", "\x80\x02");
    QCOMPARE(code_of(folder.path()), std::string("model.pickle"));
    folder.write("config.json", "[]");
    QCOMPARE(code_of(folder.path()), std::string("model.bad_config"));
    folder.write("config.json", "{");
    QCOMPARE(code_of(folder.path()), std::string("json.invalid"));
  }

  void says_which_pickle_it_does_not_read_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("content");
    for (const char* name :
         {"pytorch_model.bin", "pytorch_model-00001-of-00002.bin", "model.pt", "weights.pth", "model.pkl", "last.ckpt"})
      QTest::newRow(name) << QByteArray(name) << QByteArray("\x80\x02}q.");
    // torch.save() writes a zip archive, and wrote bare pickles before; both under the name of a safetensors file.
    QTest::newRow("renamed archive") << QByteArray("model.safetensors")
                                     << QByteArray("PK\x03\x04\x00\x00\x08\x08\x00\x00", 10);
    QTest::newRow("renamed pickle") << QByteArray("model.safetensors")
                                    << QByteArray("\x80\x02\x8a\n\x6c\xfc\x9c\x46\xf9", 9);
  }
  void says_which_pickle_it_does_not_read() {
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, content);
    Folder folder;
    folder.write("config.json", to_text(folder.config));
    folder.write(name.toStdString(), {content.constData(), static_cast<size_t>(content.size())});
    const auto opened = EncoderFolder::open(folder.path());
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, std::string("model.pickle"));
    QVERIFY(message_of(opened.error()).find(name.toStdString()) != std::string::npos);
    QVERIFY(hint_of(opened.error()).find("safetensors") != std::string::npos);
  }

  void whatever_lies_in_the_place_of_a_file_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("what");
    for (const char* file : {"config.json", "model.safetensors", "vocab.txt", "tokenizer.json", "tokenizer_config.json",
                             "special_tokens_map.json"})
      for (const char* what : {"folder", "pipe", "device", "link to itself", "not UTF-8", "nested", "text", "empty"})
        QTest::newRow((std::string(file) + ": " + what).c_str()) << QByteArray(file) << QByteArray(what);
  }
  /// A clear error, or the file does not count as there; never a crash, a wait, or memory without end.
  void whatever_lies_in_the_place_of_a_file() {
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, what);
    Folder folder;
    folder.write_all();
    folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
    QVERIFY(EncoderFolder::open(folder.path())->usable());
    QVERIFY(Tokenizer::load(folder.path()));
    QVERIFY(fixtures::put_in_place_of(folder.path() / file.toStdString(), what.toStdString()));
    const auto opened = EncoderFolder::open(folder.path());
    const Status usable = opened ? opened->usable() : Status(tl::make_unexpected(opened.error()));
    const auto tokenizer = Tokenizer::load(folder.path());
    const bool matters = file == "config.json" || file == "model.safetensors";
    QVERIFY(!matters || !usable);
    // tokenizer.json and its like may be missing, and so may be what cannot be opened.
    QVERIFY(matters || !tokenizer || what == "link to itself" || what == "empty");
    if (!usable) QVERIFY(usable.error().kind == ErrorKind::bad_input);
    if (!tokenizer) QVERIFY(tokenizer.error().kind == ErrorKind::bad_input);
  }

  void an_empty_folder_and_a_file() {
    const QTemporaryDir memory;
    const fs::path path = memory.path().toStdString();
    QCOMPARE(code_of(path), std::string("file.not_found"));
    QVERIFY(write_file_atomically(path / "file", "x"));
    QCOMPARE(code_of(path / "file"), std::string("file.not_found"));
    QCOMPARE(code_of(path / "nowhere"), std::string("file.not_found"));
  }

  // Nobody keeps root out: root reads as somebody else here.
  void a_folder_without_permission() {
    Folder folder;
    folder.write_all();
    fs::permissions(folder.path(), fs::perms::none);
    const bool root = ::geteuid() == 0;
    QVERIFY(!root || ::seteuid(65534) == 0);
    const std::string code = code_of(folder.path());
    QVERIFY(!root || ::seteuid(0) == 0);
    fs::permissions(folder.path(), fs::perms::owner_all);
    QCOMPARE(code, std::string("file.no_permission"));
  }

  void names_that_are_there_twice() {
    Folder folder;
    folder.write_all();
    std::string config = to_text(folder.config);
    config.insert(config.size() - 1, ",\"hidden_size\":8");
    folder.write("config.json", config);
    QCOMPARE(code_of(folder.path()), std::string("json.invalid"));
  }

  void reads_shards_beside_their_index_only() {
    Folder folder;
    folder.write_all("model-00001-of-00001.safetensors");
    Json map = Json::object();
    for (const auto& [name, tensor] : folder.tensors) map[name] = "model-00001-of-00001.safetensors";
    folder.write("model.safetensors.index.json", to_text(Json{{"weight_map", map}}));
    QVERIFY(EncoderFolder::open(folder.path())->unsupported().empty());
    for (const char* bad : {"../model.safetensors", "/etc/passwd", "x.safetensors", ""}) {
      map["classifier.bias"] = bad;
      folder.write("model.safetensors.index.json", to_text(Json{{"weight_map", map}}));
      QCOMPARE(code_of(folder.path()), std::string("model.bad_index"));
    }
    folder.write("model.safetensors.index.json", "{}");
    QCOMPARE(code_of(folder.path()), std::string("model.bad_index"));
  }

  void refuses_numbers_that_are_none() {
    Folder folder;
    folder.tensors["classifier.bias"].second[1] = std::numeric_limits<float>::quiet_NaN();
    folder.write_all();
    const auto opened = EncoderFolder::open(folder.path());
    std::vector<float> out(2);
    QCOMPARE(opened->read(opened->config(), slots_of(opened->config()).back(), out).error().code,
             std::string("model.not_finite"));
  }

  void names_the_tensor_that_is_damaged() {
    Folder folder;
    folder.write_all();
    QVERIFY(EncoderFolder::open(folder.path())->check_numbers());
    const std::string name = "bert.encoder.layer.0.output.dense.bias";
    for (const float number : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                               -std::numeric_limits<float>::infinity()}) {
      folder.tensors[name].second.back() = number;
      folder.write_all();
      const Status checked = EncoderFolder::open(folder.path())->check_numbers();
      QVERIFY(!checked);
      QCOMPARE(checked.error().code, std::string("model.not_finite"));
      QVERIFY(message_of(checked.error()).find(name) != std::string::npos);
    }
  }

  void converts_narrow_numbers() {
    // numpy: np.float16([1.5, -2**-24, 65504, 6.1035e-05, 0.33325195])
    const std::vector<uint16_t> half = {0x3E00, 0x8001, 0x7BFF, 0x0400, 0x3555};
    std::vector<float> out(5);
    const auto bytes = [](const std::vector<uint16_t>& v) {
      return std::span<const uint8_t>(reinterpret_cast<const uint8_t*>(v.data()), v.size() * 2);
    };
    QVERIFY(convert_to_float({"x", TensorType::f16, {5}, bytes(half)}, out) == Converted::ok);
    QCOMPARE(out, std::vector<float>({1.5F, -5.9604645e-08F, 65504.F, 6.1035156e-05F, 0.33325195F}));
    const std::vector<uint16_t> brain = {0x3FC0, 0xBF80, 0x0000, 0x4049, 0x7F7F};
    QVERIFY(convert_to_float({"x", TensorType::bf16, {5}, bytes(brain)}, out) == Converted::ok);
    QCOMPARE(out, std::vector<float>({1.5F, -1.F, 0.F, 3.140625F, 3.3895314e+38F}));
    const std::vector<uint16_t> infinite = {0x7C00, 0, 0, 0, 0};
    QVERIFY(convert_to_float({"x", TensorType::f16, {5}, bytes(infinite)}, out) == Converted::not_finite);
    QVERIFY(convert_to_float({"x", TensorType::i16, {5}, bytes(half)}, out) == Converted::wrong_type);
  }

  void knows_the_tokenizer_by_its_files() {
    Folder folder;
    folder.write_all();
    for (const auto& [content, kind] : std::vector<std::pair<std::string, std::string>>{
             {R"({"added_tokens":[{"type":"BPE"}],"model":{"type":"Unigram","vocab":[]}})", "Unigram"},
             {R"({"version":"1.0","model":{"vocab":{"type":"x"},"type":"BPE"}})", "BPE"},
             {R"({"model":{"type":"WordLevel"}})", "unknown"},
             {R"([[[[)", "unknown"}}) {
      folder.write("tokenizer.json", content);
      QCOMPARE(EncoderFolder::open(folder.path())->tokenizer(), kind);
    }
  }

  void writes_the_configuration_it_read() {
    for (const char* type : {"bert", "distilbert", "roberta", "xlm-roberta"}) {
      EncoderConfig config = read_encoder_config(small_config())->config;
      config.family = std::string_view(type) == "bert"         ? Family::bert
                      : std::string_view(type) == "distilbert" ? Family::distilbert
                      : std::string_view(type) == "roberta"    ? Family::roberta
                                                               : Family::xlm_roberta;
      if (config.family == Family::distilbert) config.types = 0;
      config.classifier_dropout = 0.25;
      const auto again = read_encoder_config(to_json(config, {{"kept", 7}, {"torch_dtype", "float16"}}));
      QVERIFY2(again.has_value(), again ? "" : message_of(again.error()).c_str());
      QVERIFY(again->unsupported.empty());
      QCOMPARE(again->model_type, std::string(type));
      QVERIFY(again->config.head == Head::sequence && again->config.labels == config.labels);
      QCOMPARE(again->config.classifier_dropout, 0.25);
      QCOMPARE(parameters_of(again->config), parameters_of(config));
      QCOMPARE(to_json(config, {{"kept", 7}})["kept"].get<int>(), 7);
    }
  }
};

QTEST_GUILESS_MAIN(TestEncoderFolder)
#include "test_encoder_folder.moc"
