// The five families beside the reference implementation. Expected numbers: transformers,
// tests/fixtures/encoders/make.py.
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "base/files.h"
#include "encoder_weights.h"
#include "engine/encoder_input.h"
#include "engine/encoder_weights.h"
#include "engine/torch.h"
#include "text/encoder_folder.h"

using namespace millwright;
using namespace millwright::engine;

namespace {

std::vector<double> flat(const Json& json) {
  if (!json.is_array()) return {json.get<double>()};
  std::vector<double> out;
  for (const Json& item : json)
    for (const double value : flat(item)) out.push_back(value);
  return out;
}

/// The largest difference; infinite when the sizes differ.
double distance(const std::vector<float>& ours, const std::vector<double>& theirs) {
  if (ours.size() != theirs.size()) return INFINITY;
  double most = 0;
  for (size_t i = 0; i < ours.size(); ++i) most = std::max(most, std::abs(static_cast<double>(ours[i]) - theirs[i]));
  return most;
}

Json expected() {
  const auto text = read_file(fs::path(MILLWRIGHT_SOURCE_DIR) / "tests/fixtures/encoders/expected.json");
  return Json::parse(*text);
}

PackedBatch batch_of(const Json& texts, const Json& types, const text::EncoderConfig& config) {
  PackedBatch batch;
  for (size_t i = 0; i < texts.size(); ++i) {
    EncodedText text{texts[i].get<std::vector<int64_t>>(), {}};
    if (types.is_array()) text.types = types[i].get<std::vector<int64_t>>();
    if (!check_text(text, config)) qFatal("a text that does not fit");
    append_text(batch, text, config);
  }
  return batch;
}

std::unique_ptr<EncoderModel> load(const text::EncoderFolder& folder, const EncoderLayout& layout, Dtype dtype) {
  EncoderSettings settings;
  settings.dtype = dtype;
  auto model = make_encoder_model(layout, settings);
  if (!model) qFatal("%s", message_of(model.error()).c_str());
  const auto weights = load_weights(folder, layout);
  if (!weights || !(*model)->set_weights(*weights)) qFatal("cannot load the weights");
  return std::move(*model);
}

}  // namespace

class TestEncoderForward : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const auto started = start_torch(2);
    QVERIFY2(started.has_value(), started ? "" : message_of(started.error()).c_str());
  }

  void gives_the_reference_numbers_data() {
    QTest::addColumn<int>("number");
    const Json all = expected();
    int number = 0;
    for (const Json& one : all["cases"])
      QTest::newRow((one["family"].get<std::string>() + " " + one["head"].get<std::string>()).c_str()) << number++;
  }
  void gives_the_reference_numbers() {
    QFETCH(int, number);
    const Json one = expected()["cases"][static_cast<size_t>(number)];
    const QTemporaryDir memory;
    const fs::path path = memory.path().toStdString();
    const Status written = testing::write_encoder_folder(path, one["config"]);
    QVERIFY2(written.has_value(), written ? "" : message_of(written.error()).c_str());
    const auto folder = text::EncoderFolder::open(path);
    QVERIFY2(folder.has_value(), folder ? "" : message_of(folder.error()).c_str());
    QVERIFY2(folder->usable().has_value(), folder->usable() ? "" : message_of(folder->usable().error()).c_str());
    QCOMPARE(std::string(text::name_of(folder->config().head)), one["head"].get<std::string>());
    const EncoderLayout layout(folder->config());
    const PackedBatch batch = batch_of(one["texts"], one["types"], folder->config());

    for (const Dtype dtype : {Dtype::fp32, Dtype::fp64, Dtype::bf16, Dtype::int8}) {
      const auto model = load(*folder, layout, dtype);
      const double limit = dtype == Dtype::bf16 || dtype == Dtype::int8 ? 5e-2 : 1e-4;
      const double hidden = distance(*model->forward(batch, Output::mean_hidden), flat(one["mean_hidden"]));
      QVERIFY2(
          hidden < limit,
          qPrintable(QString("%1 hidden %2").arg(QString::fromStdString(std::string(name_of(dtype)))).arg(hidden)));
      if (!one.contains("logits")) continue;
      const double logits = distance(*model->forward(batch, Output::logits), flat(one["logits"]));
      QVERIFY2(
          logits < limit,
          qPrintable(QString("%1 logits %2").arg(QString::fromStdString(std::string(name_of(dtype)))).arg(logits)));
    }
  }

  void a_text_alone_gives_the_same_as_in_company() {
    const Json one = expected()["cases"][1];
    const QTemporaryDir memory;
    const fs::path path = memory.path().toStdString();
    QVERIFY(testing::write_encoder_folder(path, one["config"]).has_value());
    const auto folder = text::EncoderFolder::open(path);
    const EncoderLayout layout(folder->config());
    const auto model = load(*folder, layout, Dtype::fp64);
    std::vector<float> alone;
    for (const Json& text : one["texts"]) {
      const auto row = model->forward(batch_of(Json::array({text}), Json(), folder->config()), Output::logits);
      alone.insert(alone.end(), row->begin(), row->end());
    }
    const auto together = model->forward(batch_of(one["texts"], Json(), folder->config()), Output::logits);
    QVERIFY(distance(*together, {alone.begin(), alone.end()}) < 1e-6);
  }
};

QTEST_GUILESS_MAIN(TestEncoderForward)
#include "test_encoder_forward.moc"
