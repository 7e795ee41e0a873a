// Encoders as ONNX. Expected numbers: transformers (tests/fixtures/encoders/make.py), beside what the graph gives when
// its operators are computed from ONNX's specification; what a valid model is: libonnx's checker and shape inference.
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "base/files.h"
#include "encoder_weights.h"
#include "models/onnx.h"
#include "onnx_interpreter.h"
#include "store/project.h"

using namespace millwright;           // NOLINT: a test's own file
using namespace millwright::models;   // NOLINT
using namespace millwright::testing;  // NOLINT

namespace {

template <class T>
T need(Result<T> result) {
  if (!result) qFatal("%s", message_of(result.error()).c_str());
  return std::move(*result);
}

const Json& cases() {
  static const Json all =
      Json::parse(need(read_file(fs::path(MILLWRIGHT_SOURCE_DIR) / "tests/fixtures/encoders/expected.json")))["cases"];
  return all;
}
const Json& case_of(std::string_view family, std::string_view head) {
  for (const Json& one : cases())
    if (one["family"] == family && one["head"] == head) return one;
  qFatal("no such case");
}

/// 60 tokens, so that the folder can be entered in a project, too.
std::string vocabulary() {
  std::string lines = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  for (int i = 5; i < 60; ++i) lines += "word" + std::to_string(i) + "\n";
  return lines;
}

struct Exported {
  QTemporaryDir memory;
  fs::path folder, target;
  std::vector<ModelFile> files;
  onnx::ModelProto model;

  explicit Exported(const Json& one, uint64_t largest = kLargestOnnxFile)
      : folder(memory.path().toStdString()), target(folder / "onnx") {
    if (!write_encoder_folder(folder, one["config"], vocabulary())) qFatal("cannot make the fixture");
    const auto encoder = need(text::EncoderFolder::open(folder));
    files = need(write_onnx(encoder, target, {}, largest));
    if (!model.ParseFromString(need(read_file(target / "model.onnx")))) qFatal("no message of protobuf");
  }
  [[nodiscard]] std::string path() const { return (target / "model.onnx").string(); }
  [[nodiscard]] std::vector<std::string> inputs() const {
    std::vector<std::string> names;
    for (const auto& input : model.graph().input()) names.push_back(input.name());
    return names;
  }
};

/// [batch, sequence] of a case's texts, padded to the longest.
Array padded(const Json& rows, const Json& texts, double padding) {
  size_t longest = 0;
  for (const Json& text : texts) longest = std::max(longest, text.size());
  Array out{{static_cast<int64_t>(texts.size()), static_cast<int64_t>(longest)}, {}};
  for (size_t i = 0; i < texts.size(); ++i)
    for (size_t k = 0; k < longest; ++k)
      out.values.push_back(k < texts[i].size() ? (rows.is_null() ? 1 : rows[i][k].get<double>()) : padding);
  return out;
}

std::map<std::string, Array> inputs_of(const Json& one) {
  const Json& texts = one["texts"];
  std::map<std::string, Array> out = {{"input_ids", padded(texts, texts, one["config"]["pad_token_id"].get<double>())},
                                      {"attention_mask", padded({}, texts, 0)}};
  if (one["types"].is_array()) out["token_type_ids"] = padded(one["types"], texts, 0);
  return out;
}

/// The largest distance between what the graph gives for each text's real tokens and what is expected.
double distance(const Json& one, const Array& out) {
  double most = 0;
  const auto width = static_cast<size_t>(out.dim(-1));
  const auto compare = [&](size_t row, const Json& expected) {
    for (size_t i = 0; i < width; ++i)
      most = std::max(most, std::abs(out.values[row * width + i] - expected[i].get<double>()));
  };
  for (size_t text = 0; text < one["texts"].size(); ++text) {
    const size_t length = one["texts"][text].size(), first = text * static_cast<size_t>(out.dim(1));
    if (one["head"] == "sequence-classification") {
      compare(text, one["logits"][text]);
    } else if (one.contains("logits")) {
      for (size_t k = 0; k < length; ++k) compare(first + k, one["logits"][text][k]);
    } else {
      for (size_t i = 0; i < width; ++i) {
        double sum = 0;
        for (size_t k = 0; k < length; ++k) sum += out.values[(first + k) * width + i];
        most = std::max(most, std::abs(sum / static_cast<double>(length) - one["mean_hidden"][text][i].get<double>()));
      }
    }
  }
  return most;
}

onnx::TensorShapeProto inferred_output(onnx::ModelProto model) {
  // Without the shape that the file claims, inference has to find it.
  model.mutable_graph()->mutable_output(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), {true, 1, true});
  return model.graph().output(0).type().tensor_type().shape();
}

}  // namespace

class TestOnnx : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void gives_the_reference_numbers_data() {
    QTest::addColumn<int>("number");
    int number = 0;
    for (const Json& one : cases())
      QTest::addRow("%s, %s", one["family"].get<std::string>().c_str(), one["head"].get<std::string>().c_str())
          << number++;
  }
  void gives_the_reference_numbers() {
    QFETCH(const int, number);
    const Json& one = cases()[static_cast<size_t>(number)];
    const Exported exported(one);
    QCOMPARE(exported.files.size(), size_t{1});
    QCOMPARE(exported.files[0].name, std::string("model.onnx"));
    onnx::checker::check_model(exported.path());
    const double most = distance(one, OnnxInterpreter(exported.model).run(inputs_of(one)));
    QVERIFY2(most < 1e-4, qPrintable(QString::number(most)));

    // What the reference's tokenizers of these families give (model_input_names).
    std::vector<std::string> inputs = {"input_ids", "attention_mask"};
    if (one["config"].value("type_vocab_size", 0) > 1) inputs.emplace_back("token_type_ids");
    QVERIFY(exported.inputs() == inputs);
    const auto& output = exported.model.graph().output(0);
    const bool hidden = one["head"] == "none", sequence = one["head"] == "sequence-classification";
    QCOMPARE(output.name(), std::string(hidden ? "last_hidden_state" : "logits"));
    const int64_t width = hidden ? 32 : one["head"] == "masked-lm" ? 60 : 3;
    const auto inferred = inferred_output(exported.model);
    for (const auto& shape : {inferred, output.type().tensor_type().shape()}) {
      QCOMPARE(shape.dim_size(), sequence ? 2 : 3);
      QCOMPARE(shape.dim(shape.dim_size() - 1).dim_value(), width);
    }
    QCOMPARE(output.type().tensor_type().shape().dim(0).dim_param(), std::string("batch"));
  }

  void large_ones_have_their_weights_beside_them() {
    const Json& one = case_of("bert", "masked-lm");
    const Exported whole(one), split(one, 10'000);
    QCOMPARE(split.files.size(), size_t{2});
    QCOMPARE(split.files[0].name, std::string("model.onnx.data"));
    QCOMPARE(static_cast<int64_t>(fs::file_size(split.target / "model.onnx")), split.files[1].bytes);
    onnx::checker::check_model(split.path());
    std::map<std::string, std::string> raw;
    for (const auto& tensor : whole.model.graph().initializer())
      if (tensor.has_raw_data()) raw[tensor.name()] = tensor.raw_data();
    const std::string data = need(read_file(split.target / "model.onnx.data"));
    size_t found = 0;
    for (const auto& tensor : split.model.graph().initializer()) {
      if (tensor.data_location() != onnx::TensorProto::EXTERNAL) continue;
      std::map<std::string, std::string> place;
      for (const auto& entry : tensor.external_data()) place[entry.key()] = entry.value();
      QCOMPARE(place["location"], std::string("model.onnx.data"));
      const size_t offset = std::stoul(place["offset"]), length = std::stoul(place["length"]);
      QCOMPARE(offset % 4096, size_t{0});  // ONNX, "External Data": so that it can be mapped
      QVERIFY(data.substr(offset, length) == raw.at(tensor.name()));
      ++found;
    }
    QCOMPARE(found, raw.size());
    QVERIFY(raw.size() > 40);
  }

  void what_was_stopped_leaves_nothing() {
    const Json& one = case_of("roberta", "none");
    const QTemporaryDir memory;
    const fs::path folder = memory.path().toStdString();
    QVERIFY(write_encoder_folder(folder, one["config"], vocabulary()).has_value());
    const auto encoder = need(text::EncoderFolder::open(folder));
    std::stop_source stop;
    int64_t reports = 0;
    Work work;
    work.stop = stop.get_token();
    work.progress = [&](const Progress& p) {
      if (p.unit != "bytes" || p.done > p.total) qFatal("a strange report");
      if (++reports == 5) stop.request_stop();
    };
    const auto done = write_onnx(encoder, folder / "onnx", work);
    QVERIFY(!done && done.error().kind == ErrorKind::cancelled);
    QVERIFY(fs::is_empty(folder / "onnx"));
  }

  void a_models_files_stand_beside_it() {
    const Json& one = case_of("distilbert", "token-classification");
    const QTemporaryDir memory;
    const fs::path folder = memory.path().toStdString();
    fs::create_directory(folder / "model");
    QVERIFY(write_encoder_folder(folder / "model", one["config"], vocabulary()).has_value());
    auto project = need(store::Project::create(folder / "p.millwright", {"Ada", "test"}, {}));
    const Model model = need(add_model(project, folder / "model", "tags"));
    const auto files = need(export_model(project, model.id, folder / "out", ModelFormat::onnx));
    std::set<std::string> names;
    for (const ModelFile& file : files) {
      names.insert(file.name);
      QCOMPARE(to_hex(need(sha256_of_file(folder / "out" / file.name))), to_hex(file.sha256));
    }
    QVERIFY(names == (std::set<std::string>{"config.json", "vocab.txt", "model.onnx"}));
    std::set<std::string> there;
    for (const auto& entry : fs::directory_iterator(folder / "out")) there.insert(entry.path().filename().string());
    QVERIFY(there == names);
  }
};

QTEST_GUILESS_MAIN(TestOnnx)
#include "test_onnx.moc"
