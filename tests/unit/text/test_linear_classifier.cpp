// A model small enough to score by hand, its folder, and folders that were tampered with.
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "base/safetensors.h"
#include "text/linear_classifier.h"

using namespace millwright;
using namespace millwright::text;

namespace {

/// Two words, no characters, idf 1: "red" and "blue" are unit vectors. Three labels.
LinearClassifier small_model() {
  TfidfOptions options;
  options.ngrams.character_max = 0;
  options.ngrams.word_max = 1;
  auto vectorizer = TfidfVectorizer::restore(options, "red\nblue\n", 2, {1, 1});
  SparseWeights weights;
  weights.begin = {0, 2, 3};
  weights.label = {0, 2, 1};
  weights.weight = {2, -1, 3};
  return LinearClassifier(
      {std::move(*vectorizer), {"warm", "cold", "none"}, weights, {0.5F, -0.5F, 0}, 2, Json{{"seed", 7}}});
}

/// The same scores read otherwise.
LinearClassifier read_as(const LinearReading& reading, std::vector<std::string> labels) {
  TfidfOptions options;
  options.ngrams.character_max = 0;
  options.ngrams.word_max = 1;
  auto vectorizer = TfidfVectorizer::restore(options, "red\nblue\n", 2, {1, 1});
  const bool one = labels.size() == 1;
  SparseWeights weights;
  weights.begin = {0, one ? 1U : 2U, one ? 2U : 3U};
  weights.label = one ? std::vector<uint16_t>{0, 0} : std::vector<uint16_t>{0, 2, 1};
  weights.weight = one ? std::vector<float>{2, -1} : std::vector<float>{2, -1, 3};
  std::vector<float> bias = one ? std::vector<float>{0.5F} : std::vector<float>{0.5F, -0.5F, 0};
  return LinearClassifier({std::move(*vectorizer), std::move(labels), weights, bias, 1, Json::object(), reading});
}

LinearReading many_labels() {
  LinearReading reading;
  reading.problem = Problem::multi_label;
  reading.slope = 2;
  reading.offset = -1;
  reading.threshold = 0.25;
  return reading;
}

LinearReading number() {
  LinearReading reading;
  reading.problem = Problem::regression;
  reading.mean = 1e9;
  reading.deviation = 10;
  return reading;
}

struct Folder {
  QTemporaryDir memory;
  fs::path path;
  explicit Folder(const LinearClassifier& model) : path(fs::path(memory.path().toStdString()) / "model") {
    if (!model.save(path)) qFatal("cannot save");
  }
  Folder() : path(fs::path(memory.path().toStdString()) / "model") {
    if (!small_model().save(path)) qFatal("cannot save");
  }
  void replace(const char* file, std::string_view content) const {
    if (!write_file_atomically(path / file, content)) qFatal("cannot write");
  }
  [[nodiscard]] Json config() const { return *parse_json(*read_file(path / "config.json"), "config"); }
  [[nodiscard]] bool loads() const { return LinearClassifier::load(path).has_value(); }
};

}  // namespace

class TestLinearClassifier : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void scores_by_hand() {
    const LinearClassifier model = small_model();
    LinearScratch scratch;
    const auto red = model.scores("red", scratch);
    QCOMPARE(std::vector<float>(red.begin(), red.end()), (std::vector<float>{2.5F, -0.5F, -1}));
    const auto blue = model.scores("Blue!", scratch);
    QCOMPARE(std::vector<float>(blue.begin(), blue.end()), (std::vector<float>{0.5F, 2.5F, 0}));
    // "red blue": both 1/sqrt(2) long.
    const float half = static_cast<float>(1 / std::sqrt(2.0));
    const auto both = model.scores("red blue", scratch);
    QVERIFY(std::abs(both[0] - (0.5F + 2 * half)) < 1e-6);
    QVERIFY(std::abs(both[1] - (-0.5F + 3 * half)) < 1e-6);
    const auto nothing = model.scores("green", scratch);
    QCOMPARE(std::vector<float>(nothing.begin(), nothing.end()), (std::vector<float>{0.5F, -0.5F, 0}));
  }

  void probabilities_are_the_softmax_of_twice_the_scores() {
    const LinearClassifier model = small_model();
    LinearScratch scratch;
    const auto p = model.probabilities("red", scratch);
    const double a = std::exp(5.0), b = std::exp(-1.0), c = std::exp(-2.0);
    QVERIFY(std::abs(p[0] - a / (a + b + c)) < 1e-9);
    QVERIFY(std::abs(p[0] + p[1] + p[2] - 1) < 1e-12);
    const BestLabel best = model.predict("blue", scratch);
    QCOMPARE(best.label, 1U);
  }

  // Scores of "red": 2.5, -0.5 and -1.
  void labels_that_do_not_exclude_each_other_have_a_sigmoid_each() {
    const Folder folder(read_as(many_labels(), {"warm", "cold", "none"}));
    QCOMPARE(folder.config()["problem"].get<std::string>(), std::string("multi_label"));
    QCOMPARE(folder.config()["version"].get<int>(), 2);  // programs that know one label a text only must not read it
    const auto model = LinearClassifier::load(folder.path);
    QVERIFY(model.has_value() && model->problem() == Problem::multi_label);
    QCOMPARE(model->threshold(), 0.25);
    LinearScratch scratch;
    const auto p = model->probabilities("red", scratch);
    QCOMPARE(p.size(), size_t{3});
    QVERIFY(std::abs(p[0] - 1 / (1 + std::exp(-4.0))) < 1e-12);
    QVERIFY(std::abs(p[1] - 1 / (1 + std::exp(2.0))) < 1e-12);
    QVERIFY(std::abs(p[2] - 1 / (1 + std::exp(3.0))) < 1e-12);
    const BestLabel best = model->predict("red", scratch);
    QVERIFY(best.label == 0 && std::abs(best.confidence - 1 / (1 + std::exp(-4.0))) < 1e-12);
  }

  void a_number_is_told_in_its_own_unit() {
    const Folder folder(read_as(number(), {"value"}));
    const auto model = LinearClassifier::load(folder.path);
    QVERIFY(model.has_value() && model->problem() == Problem::regression);
    LinearScratch scratch;
    QCOMPARE(model->value("red", scratch), 1e9 + 25);
    QCOMPARE(model->value("blue", scratch), 1e9 - 5);
    QVERIFY(model->probabilities("red", scratch).empty());
  }

  void one_label_a_text_is_what_it_was() {
    const Folder folder;
    QVERIFY(!folder.config().contains("problem"));
    QCOMPARE(folder.config()["version"].get<int>(), 1);
    QVERIFY(LinearClassifier::load(folder.path)->problem() == Problem::single_label);
  }

  void refuses_readings_that_lie_data() {
    QTest::addColumn<bool>("is_number");
    QTest::addColumn<QByteArray>("pointer");
    QTest::addColumn<QByteArray>("value");
    const auto row = [](bool is_number, const char* pointer, const char* value) {
      QTest::addRow("%s %s = %s", is_number ? "number" : "labels", pointer, value)
          << is_number << QByteArray(pointer) << QByteArray(value);
    };
    row(false, "/problem", "\"other\"");
    row(false, "/problem", "null");
    row(false, "/problem", "\"regression\"");    // with three labels
    row(false, "/problem", "\"single_label\"");  // without a temperature
    row(false, "/calibration/slope", "1e7");
    row(false, "/calibration/slope", "\"2\"");
    row(false, "/calibration/offset", "-1e300");
    row(false, "/calibration/offset", "null");
    row(false, "/calibration/threshold", "1.5");
    row(false, "/calibration/threshold", "-0.5");
    row(false, "/calibration/threshold", "null");
    row(true, "/calibration/mean", "1e101");
    row(true, "/calibration/mean", "null");
    row(true, "/calibration/deviation", "0");
    row(true, "/calibration/deviation", "-1");
    row(true, "/calibration/deviation", "1e300");
    row(true, "/calibration", "[]");
  }
  void refuses_readings_that_lie() {
    QFETCH(bool, is_number);
    QFETCH(QByteArray, pointer);
    QFETCH(QByteArray, value);
    const Folder folder(is_number ? read_as(number(), {"value"}) : read_as(many_labels(), {"warm", "cold", "none"}));
    QVERIFY(folder.loads());
    Json config = folder.config();
    config[Json::json_pointer(pointer.toStdString())] = Json::parse(value.toStdString());
    folder.replace("config.json", to_text(config));
    QVERIFY(!folder.loads());
  }

  void comes_back_from_its_folder() {
    const Folder folder;
    const auto model = LinearClassifier::load(folder.path);
    QVERIFY(model.has_value());
    QCOMPARE(model->labels(), (std::vector<std::string>{"warm", "cold", "none"}));
    QCOMPARE(model->inverse_temperature(), 2.0);
    QCOMPARE(model->about()["seed"].get<int>(), 7);
    QCOMPARE(model->parameters(), uint64_t{6});
    LinearScratch a, b;
    const LinearClassifier original = small_model();
    for (const char* text : {"red", "blue red", "", "x y z"}) {
      const auto first = original.scores(text, a);
      const auto second = model->scores(text, b);
      QVERIFY(std::equal(first.begin(), first.end(), second.begin(), second.end()));
    }
  }

  void saves_the_same_bytes_each_time() {
    const Folder one, two;
    for (const char* file : {"config.json", "vocabulary.txt", "model.safetensors"})
      QCOMPARE(*read_file(one.path / file), *read_file(two.path / file));
  }

  void refuses_a_config_that_lies_data() {
    QTest::addColumn<QByteArray>("pointer");
    QTest::addColumn<QByteArray>("value");
    const auto row = [](const char* pointer, const char* value) {
      QTest::addRow("%s = %s", pointer, value) << QByteArray(pointer) << QByteArray(value);
    };
    row("/format", "\"other\"");
    row("/version", "3");
    row("/version", "\"1\"");
    row("/labels", "[]");
    row("/labels", "[\"a\"]");
    row("/labels", "[\"a\",\"a\",\"b\"]");
    row("/labels", "[1,2,3]");
    row("/labels", "[\"a\",\"b\",\"c\",\"d\"]");
    row("/vectorizer", "null");
    row("/vectorizer/word_min", "0");
    row("/vectorizer/word_max", "1000000");
    row("/vectorizer/word_max", "18446744073709551615");
    row("/vectorizer/character_min", "-1");
    row("/vectorizer/word_terms", "3");
    row("/vectorizer/word_terms", "-1");
    row("/vectorizer/sublinear_tf", "1");
    row("/vectorizer/word_weight", "0");
    row("/calibration", "[]");
    row("/calibration/inverse_temperature", "0");
    row("/calibration/inverse_temperature", "1e300");
    row("/calibration/inverse_temperature", "null");
  }
  void refuses_a_config_that_lies() {
    QFETCH(QByteArray, pointer);
    QFETCH(QByteArray, value);
    const Folder folder;
    Json config = folder.config();
    config[Json::json_pointer(pointer.toStdString())] = Json::parse(value.toStdString());
    folder.replace("config.json", to_text(config));
    QVERIFY(!folder.loads());
  }

  void refuses_weights_that_lie() {
    const std::vector<float> idf = {1, 1}, bias = {0, 0, 0}, values = {2, -1, 3};
    const std::vector<uint32_t> begin = {0, 2, 3};
    const std::vector<uint16_t> label = {0, 2, 1};
    const auto with = [&](auto change) {
      const Folder folder;
      auto i = idf, b = bias, v = values;
      auto g = begin;
      auto l = label;
      change(i, b, g, l, v);
      const auto bytes = safetensors_bytes({tensor_to_write<float>("idf", {i.size()}, i),
                                            tensor_to_write<float>("bias", {b.size()}, b),
                                            tensor_to_write<uint32_t>("weight.begin", {g.size()}, g),
                                            tensor_to_write<uint16_t>("weight.label", {l.size()}, l),
                                            tensor_to_write<float>("weight.value", {v.size()}, v)});
      folder.replace("model.safetensors", *bytes);
      return folder.loads();
    };
    QVERIFY(with([](auto&, auto&, auto&, auto&, auto&) {}));
    QVERIFY(!with([](auto& i, auto&, auto&, auto&, auto&) { i.push_back(1); }));
    QVERIFY(!with([](auto& i, auto&, auto&, auto&, auto&) { i[0] = -1; }));
    QVERIFY(!with([](auto&, auto& b, auto&, auto&, auto&) { b.pop_back(); }));
    QVERIFY(!with([](auto&, auto& b, auto&, auto&, auto&) { b[0] = std::nanf(""); }));
    QVERIFY(!with([](auto&, auto&, auto& g, auto&, auto&) { g[0] = 1; }));
    QVERIFY(!with([](auto&, auto&, auto& g, auto&, auto&) { g[1] = 4; }));
    QVERIFY(!with([](auto&, auto&, auto& g, auto&, auto&) { g[2] = 4000000000U; }));
    QVERIFY(!with([](auto&, auto&, auto& g, auto&, auto&) { g.pop_back(); }));
    QVERIFY(!with([](auto&, auto&, auto&, auto& l, auto&) { l[1] = 3; }));
    QVERIFY(!with([](auto&, auto&, auto&, auto& l, auto&) { l.pop_back(); }));
    QVERIFY(!with([](auto&, auto&, auto&, auto&, auto& v) { v[0] = INFINITY; }));
  }

  void refuses_a_vocabulary_that_lies() {
    for (const char* content : {"", "red\n", "red\nblue", "red\nred\n", "red\nblue\ngreen\n", "\n\n"}) {
      const Folder folder;
      folder.replace("vocabulary.txt", content);
      QVERIFY2(!folder.loads(), content);
    }
    const Folder folder;
    fs::remove(folder.path / "vocabulary.txt");
    QVERIFY(!folder.loads());
  }
};

QTEST_GUILESS_MAIN(TestLinearClassifier)
#include "test_linear_classifier.moc"
