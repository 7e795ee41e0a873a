// Losses and adapters against the same formulas computed here in double precision from the model's own outputs; their
// gradients against what a step of the loss in a straight line says.
#include <QTest>
#include <cmath>

#include "base/hash.h"
#include "engine/encoder_input.h"
#include "engine/encoder_weights.h"
#include "engine/torch.h"

using namespace millwright;
using namespace millwright::engine;

namespace {

text::EncoderConfig config_for(text::Head head, size_t labels) {
  text::EncoderConfig config;
  config.head = head;
  config.vocabulary = 40;
  config.hidden = 16;
  config.layers = 2;
  config.heads = 2;
  config.intermediate = 32;
  config.positions = 16;
  config.types = 2;
  config.initializer_range = 0.3;  // so that outputs differ
  config.hidden_dropout = config.attention_dropout = config.classifier_dropout = 0;
  for (size_t i = 0; i < labels; ++i) config.labels.push_back(std::to_string(i));
  return config;
}

MicroBatch texts_of(const text::EncoderConfig& config, const std::vector<size_t>& lengths) {
  Random random(3);
  MicroBatch out;
  for (const size_t length : lengths) {
    EncodedText text;
    for (size_t k = 0; k < length; ++k) text.ids.push_back(static_cast<int64_t>(1 + random.below(39)));
    append_text(out.texts, text, config);
    out.weight.push_back(static_cast<float>(1 + random.below(3)));
  }
  return out;
}

struct Made {
  EncoderLayout layout;
  std::unique_ptr<EncoderModel> model;
  std::vector<float> weights;
};
Made make(const text::EncoderConfig& config, const LossSettings& loss, bool trains = false, Lora lora = {}) {
  EncoderSettings settings;
  settings.dtype = Dtype::fp64;
  settings.loss = loss;
  settings.trains = trains;
  settings.optimizer.weight_decay = 0;
  Made out{EncoderLayout(config, lora), nullptr, {}};
  auto model = make_encoder_model(out.layout, settings);
  if (!model) qFatal("%s", message_of(model.error()).c_str());
  out.model = std::move(*model);
  Random random(7);
  out.weights = draw_weights(out.layout, random);
  // A head without a bias, and adapters that begin as nothing, would hide mistakes.
  for (float& value : out.weights)
    if (value == 0) value = static_cast<float>(random.normal() * 0.2);
  if (!out.model->set_weights(out.weights)) qFatal("cannot set the weights");
  return out;
}

double log_sum_exp(std::span<const float> row, double factor = 1) {
  double most = -INFINITY, sum = 0;
  for (const float value : row) most = std::max(most, value * factor);
  for (const float value : row) sum += std::exp(value * factor - most);
  return most + std::log(sum);
}

bool near(double a, double b) { return std::abs(a - b) < 1e-5 * (1 + std::abs(b)); }

}  // namespace

class TestLosses : public QObject {
  Q_OBJECT

  static double loss(EncoderModel& model, const MicroBatch& part) {
    const auto out = model.assess(part, 2);
    return out ? out->loss : NAN;
  }

 private Q_SLOTS:
  void initTestCase() { QVERIFY(start_torch(1).has_value()); }

  void classification() {
    for (const double smoothing : {0.0, 0.2}) {
      const auto config = config_for(text::Head::sequence, 3);
      const Made made = make(config, {.label_smoothing = smoothing});
      MicroBatch part = texts_of(config, {3, 5, 3});
      part.label = {2, 0, 1};
      const auto logits = *made.model->forward(part.texts, Output::logits);
      double expected = 0;
      for (size_t i = 0; i < 3; ++i) {
        const std::span<const float> row(logits.data() + i * 3, 3);
        const double all = log_sum_exp(row);
        const double own = all - row[static_cast<size_t>(part.label[i])];
        const double mean = all - (row[0] + row[1] + row[2]) / 3.0;
        expected += part.weight[i] * ((1 - smoothing) * own + smoothing * mean) / 2;
      }
      QVERIFY(near(loss(*made.model, part), expected));
    }
  }

  // T² · Σ -p log q, p the teacher's probabilities and q the student's, both at temperature T.
  void distillation() {
    const auto config = config_for(text::Head::sequence, 3);
    const Made made = make(config, {.teacher_weight = 0.25, .teacher_temperature = 3});
    MicroBatch part = texts_of(config, {4, 2});
    part.label = {2, 0};
    part.target = {0.5F, 0.25F, 0.25F, 0.1F, 0.2F, 0.7F};
    const auto logits = *made.model->forward(part.texts, Output::logits);
    double expected = 0;
    for (size_t i = 0; i < 2; ++i) {
      const std::span<const float> row(logits.data() + i * 3, 3);
      double teacher = 0;
      for (size_t k = 0; k < 3; ++k) teacher += part.target[i * 3 + k] * (log_sum_exp(row, 1.0 / 3) - row[k] / 3.0);
      const double own = log_sum_exp(row) - row[static_cast<size_t>(part.label[i])];
      expected += part.weight[i] * (0.75 * own + 0.25 * 9 * teacher) / 2;
    }
    QVERIFY(near(loss(*made.model, part), expected));
  }

  void multi_label() {
    auto config = config_for(text::Head::sequence, 3);
    config.problem = text::Problem::multi_label;
    const Made made = make(config, {.objective = Objective::multi_label});
    MicroBatch part = texts_of(config, {3, 6});
    part.target = {1, 0, 1, 0, 0, 0};
    const auto logits = *made.model->forward(part.texts, Output::logits);
    double expected = 0;
    for (size_t i = 0; i < 6; ++i) {
      const double p = 1 / (1 + std::exp(-static_cast<double>(logits[i])));
      expected += part.weight[i / 3] * -(part.target[i] > 0 ? std::log(p) : std::log(1 - p)) / 3 / 2;
    }
    QVERIFY(near(loss(*made.model, part), expected));
  }

  void regression() {
    auto config = config_for(text::Head::sequence, 1);
    config.problem = text::Problem::regression;
    const Made made = make(config, {.objective = Objective::regression});
    MicroBatch part = texts_of(config, {3, 6});
    part.target = {1.5F, -2};
    const auto answer = *made.model->forward(part.texts, Output::logits);
    double expected = 0;
    for (size_t i = 0; i < 2; ++i) expected += part.weight[i] * std::pow(answer[i] - part.target[i], 2) / 2;
    QVERIFY(near(loss(*made.model, part), expected));
  }

  void tokens_and_hidden_words() {
    for (const auto head : {text::Head::token, text::Head::masked_lm}) {
      const size_t outputs = head == text::Head::token ? 5 : 40;
      const auto config = config_for(head, head == text::Head::token ? 5 : 0);
      const auto objective = head == text::Head::token ? Objective::token_classification : Objective::masked_lm;
      const Made made = make(config, {.objective = objective});
      MicroBatch part = texts_of(config, {3, 2});
      part.label = {-1, 4, 0, 2, -1};
      const auto logits = *made.model->forward(part.texts, Output::logits);
      double expected = 0;
      int64_t right = 0;
      for (size_t k = 0; k < 5; ++k) {
        if (part.label[k] < 0) continue;
        const std::span<const float> row(logits.data() + k * outputs, outputs);
        expected += part.weight[k < 3 ? 0 : 1] * (log_sum_exp(row) - row[static_cast<size_t>(part.label[k])]) / 2;
        right += std::max_element(row.begin(), row.end()) - row.begin() == part.label[k] ? 1 : 0;
      }
      const auto out = made.model->assess(part, 2);
      QVERIFY(near(out->loss, expected));
      QCOMPARE(out->right, right);
    }
  }

  // Three pairs; the second and third have the same label and are not held against each other.
  void sentence_pairs() {
    const auto config = config_for(text::Head::none, 0);
    const Made made = make(config, {.objective = Objective::sentence_embedding, .similarity_scale = 5});
    MicroBatch part = texts_of(config, {3, 4, 2, 5, 3, 3});
    part.weight = {1, 2, 3};
    part.label = {0, 1, 1};
    const auto means = *made.model->forward(part.texts, Output::mean_hidden);
    const auto cosine = [&](size_t a, size_t b) {
      double ab = 0, aa = 0, bb = 0;
      for (size_t k = 0; k < 16; ++k) {
        const double x = means[a * 16 + k], y = means[b * 16 + k];
        ab += x * y, aa += x * x, bb += y * y;
      }
      return ab / std::sqrt(aa * bb);
    };
    double expected = 0;
    for (size_t i = 0; i < 3; ++i) {
      std::vector<float> forth, back;
      for (size_t j = 0; j < 3; ++j) {
        if (i != j && part.label[i] == part.label[j]) continue;
        forth.push_back(static_cast<float>(5 * cosine(2 * i, 2 * j + 1)));
        back.push_back(static_cast<float>(5 * cosine(2 * j, 2 * i + 1)));
      }
      const double own = 5 * cosine(2 * i, 2 * i + 1);
      expected += part.weight[i] * (log_sum_exp(forth) - own + log_sum_exp(back) - own) / 2 / 2;
    }
    QVERIFY(near(loss(*made.model, part), expected));
  }

  // The gradient's length, as a step reports it, is that of the differences of the loss along every coordinate.
  void gradients_are_those_of_the_loss_data() {
    QTest::addColumn<int>("objective");
    for (int i = 0; i < 6; ++i) QTest::newRow(name_of(static_cast<Objective>(i)).data()) << i;
    QTest::newRow("adapters") << 6;
  }
  void gradients_are_those_of_the_loss() {
    QFETCH(int, objective);
    const bool adapters = objective == 6;
    const auto which = adapters ? Objective::classification : static_cast<Objective>(objective);
    const text::Head heads[] = {text::Head::sequence, text::Head::sequence,  text::Head::token,
                                text::Head::sequence, text::Head::masked_lm, text::Head::none};
    const size_t labels[] = {3, 3, 5, 1, 0, 0};
    auto config = config_for(heads[static_cast<size_t>(which)], labels[static_cast<size_t>(which)]);
    config.layers = 1;
    const Lora lora{adapters ? 2 : 0, 4};
    Made made = make(config, {.objective = which}, true, lora);
    MicroBatch part = texts_of(config, {3, 2, 3, 2});
    part.target = std::vector<float>(which == Objective::multi_label ? 12 : which == Objective::regression ? 4 : 0, 1);
    part.label = {0, 2, 1, 0};
    if (which == Objective::token_classification || which == Objective::masked_lm)
      part.label = {-1, 4, 0, 2, -1, 3, 3, 1, -1, 2};
    if (which == Objective::sentence_embedding) {
      part.label = {0, 1};
      part.weight = {1, 2};
    }
    double squares = 0;
    for (const Parameter& p : made.layout.parameters) {
      const bool adapter = p.part == text::Part::lora_a || p.part == text::Part::lora_b;
      if (adapters && !adapter && p.role < text::Role::pooler) continue;
      for (uint64_t i = p.offset; i < p.offset + p.elements(); ++i) {
        constexpr float kStep = 1e-3F;
        std::vector<float> weights = made.weights;
        weights[i] = made.weights[i] + kStep;
        const double up_at = weights[i];
        QVERIFY(made.model->set_weights(weights).has_value());
        const double up = loss(*made.model, part);
        weights[i] = made.weights[i] - kStep;
        QVERIFY(made.model->set_weights(weights).has_value());
        const double down = loss(*made.model, part);
        squares += std::pow((up - down) / (up_at - weights[i]), 2);
      }
    }
    QVERIFY(made.model->set_weights(made.weights).has_value());
    const auto outcome = made.model->step(std::span(&part, 1), {.learning_rate = 0, .weight_sum = 2});
    QVERIFY2(outcome.has_value(), outcome ? "" : message_of(outcome.error()).c_str());
    const double expected = std::sqrt(squares);
    QVERIFY2(std::abs(outcome->gradient_norm - expected) < 1e-4 * expected,
             qPrintable(QString("%1 for %2").arg(outcome->gradient_norm).arg(expected)));
  }

  void merged_adapters_compute_the_same() {
    const auto config = config_for(text::Head::sequence, 3);
    const Made made = make(config, {}, false, {4, 8});
    const MicroBatch part = texts_of(config, {3, 7, 1});
    const auto apart = *made.model->forward(part.texts, Output::logits);
    const EncoderLayout plain(config);
    for (const Dtype dtype : {Dtype::fp64, Dtype::fp32}) {
      EncoderSettings settings;
      settings.dtype = dtype;
      const auto model = *make_encoder_model(plain, settings);
      QVERIFY(model->set_weights(merge_adapters(made.layout, made.weights)).has_value());
      const auto merged = *model->forward(part.texts, Output::logits);
      QCOMPARE(merged.size(), apart.size());
      for (size_t i = 0; i < apart.size(); ++i) QVERIFY(std::abs(merged[i] - apart[i]) < 1e-5);
      // And they do compute something.
      QVERIFY(model->set_weights({made.weights.data(), plain.size}).has_value());
      const auto without = *model->forward(part.texts, Output::logits);
      QVERIFY(std::abs(without[0] - apart[0]) > 1e-3);
    }
  }
};

QTEST_GUILESS_MAIN(TestLosses)
#include "test_losses.moc"
