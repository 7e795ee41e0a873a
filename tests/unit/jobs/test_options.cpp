// The one declaration of options: what forms, command line and engine make of it.
#include <QTest>

#include "jobs/algorithms.h"

using namespace millwright;
using namespace millwright::jobs;

using Settings = std::vector<std::pair<std::string, std::string>>;

class TestOptions : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void defaults_are_valid_and_complete() {
    for (const Algorithm& algorithm : algorithms()) {
      const auto complete = complete_options(algorithm, {});
      QVERIFY(complete.has_value());
      QCOMPARE(complete->size(), algorithm.options.size());
      const auto again = check_options(algorithm, *complete);
      QVERIFY(again.has_value() && *again == *complete);
    }
    QVERIFY(find_algorithm("linear") != nullptr);
    QVERIFY(find_algorithm("oracle") == nullptr);
  }

  // What an algorithm learns where nobody says.
  void each_algorithm_says_what_it_learns() {
    const std::vector<std::pair<const char*, const char*>> standards = {
        {"linear", "classification"}, {"encoder", "classification"}, {"lexicon", "token-classification"}};
    for (const auto& [name, objective] : standards)
      QCOMPARE((*complete_options(*find_algorithm(name), {}))["objective"].get<std::string>(), std::string(objective));
    for (const char* objective : {"classification", "multi-label", "regression"})
      QVERIFY(complete_options(*find_algorithm("linear"), Settings{{"objective", objective}}).has_value());
    for (const char* objective : {"token-classification", "masked-lm"})
      QVERIFY(!complete_options(*find_algorithm("linear"), Settings{{"objective", objective}}).has_value());
    QVERIFY(!complete_options(*find_algorithm("lexicon"), Settings{{"objective", "classification"}}).has_value());
  }

  void baselines_know_the_processor_only() {
    for (const char* name : {"linear", "lexicon"}) {
      QVERIFY(check_device(*find_algorithm(name), "cpu").has_value());
      const auto refused = check_device(*find_algorithm(name), "cuda:0");
      QVERIFY(!refused && refused.error().code == "train.device");
      QVERIFY(message_of(refused.error()).find(find_algorithm(name)->title) == 0);
    }
    QVERIFY(check_device(*find_algorithm("encoder"), "cuda:0").has_value());
  }

  // Folds are judged by the labels they tell, one a row.
  void folds_take_one_label_a_row() {
    for (const char* objective : {"multi-label", "regression"}) {
      const auto options = complete_options(*find_algorithm("linear"), Settings{{"objective", objective}});
      QCOMPARE(check_fold_options(*options, 5).error().code, std::string("train.bad_option"));
    }
    QVERIFY(check_fold_options(*complete_options(*find_algorithm("linear"), {}), 5).has_value());
  }

  void settings_become_typed_values() {
    const auto options = complete_options(
        *find_algorithm("linear"),
        Settings{{"c", "0.5"}, {"word_ngrams", "1"}, {"sublinear_tf", "no"}, {"calibration", "internal"}});
    QVERIFY(options.has_value());
    QCOMPARE((*options)["c"].get<double>(), 0.5);
    QCOMPARE((*options)["word_ngrams"].get<int>(), 1);
    QCOMPARE((*options)["sublinear_tf"].get<bool>(), false);
    QCOMPARE((*options)["calibration"].get<std::string>(), std::string("internal"));
  }

  void what_does_not_fit_is_refused_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("value");
    const auto row = [](const char* name, const char* value) { QTest::addRow("%s=%s", name, value) << name << value; };
    row("c", "0");
    row("c", "-1");
    row("c", "nan");
    row("c", "inf");
    row("c", "1x");
    row("c", "");
    row("max_epochs", "1.5");
    row("max_epochs", "0");
    row("max_epochs", "99999999999999999999");
    row("sublinear_tf", "maybe");
    row("calibration", "none");
    row("depth", "3");
  }
  void what_does_not_fit_is_refused() {
    QFETCH(QString, name);
    QFETCH(QString, value);
    const auto options =
        complete_options(*find_algorithm("linear"), Settings{{name.toStdString(), value.toStdString()}});
    QVERIFY(!options.has_value());
    QVERIFY(options.error().kind == ErrorKind::usage);
  }

  void a_seed_is_a_whole_number() {
    QCOMPARE(*seed_of(Json::object()), uint64_t{0});
    QCOMPARE(*seed_of({{"seed", 7}}), uint64_t{7});
    QCOMPARE(*seed_of({{"seed", UINT64_MAX}}), UINT64_MAX);
    for (const Json& seed : {Json("7"), Json(1e30), Json(0.5), Json::array({7}), Json(true)})
      QCOMPARE(seed_of({{"seed", seed}}).error().code, std::string("train.bad_option"));
  }
  void values_from_outside_are_checked_too() {
    const Algorithm& linear = *find_algorithm("linear");
    for (const char* text :
         {"[]", "null", R"({"c":"1"})", R"({"c":null})", R"({"max_epochs":1.0})", R"({"sublinear_tf":1})",
          R"({"calibration":7})", R"({"unknown":1})", R"({"max_epochs":1e30})"})
      QVERIFY2(!check_options(linear, Json::parse(text)).has_value(), text);
    QVERIFY(check_options(linear, Json::parse(R"({"c":2})")).has_value());
  }
};

QTEST_GUILESS_MAIN(TestOptions)
#include "test_options.moc"
