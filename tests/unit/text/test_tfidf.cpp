// Expected values: scikit-learn 1.9.1, TfidfVectorizer with sublinear_tf=True and otherwise its defaults (smooth_idf,
// norm="l2"), ngram_range (1, 2) for words and analyzer="char_wb", ngram_range (3, 5) for characters.
#include <QTest>
#include <cmath>
#include <map>

#include "text/ngrams.h"
#include "text/tfidf.h"

using namespace millwright;
using namespace millwright::text;

namespace {

const std::vector<std::string_view> kTexts = {"The cat sat on the mat", "the dog sat on the log, the LOG!",
                                              "a cat and a Straße: 12 naïve cats"};

TfidfOptions words_only() {
  TfidfOptions options;
  options.ngrams.character_max = 0;
  return options;
}
TfidfOptions characters_only() {
  TfidfOptions options;
  options.ngrams.word_max = 0;
  return options;
}

FittedTfidf fit(const TfidfOptions& options, int threads = 1) {
  auto fitted = TfidfVectorizer::fit(kTexts, options, threads);
  if (!fitted) qFatal("%s", message_of(fitted.error()).c_str());
  return std::move(*fitted);
}

std::map<std::string, double> row(const FittedTfidf& fitted, size_t r) {
  std::map<std::string, double> out;
  for (uint64_t i = fitted.matrix.begin[r]; i < fitted.matrix.begin[r + 1]; ++i)
    out[std::string(fitted.vectorizer.term(fitted.matrix.column[i]))] = fitted.matrix.value[i];
  return out;
}
double sum(const SparseMatrix& matrix, size_t r) {
  double total = 0;
  for (uint64_t i = matrix.begin[r]; i < matrix.begin[r + 1]; ++i) total += matrix.value[i];
  return total;
}
bool close(double a, double b) { return std::abs(a - b) < 2e-6; }

}  // namespace

class TestTfidf : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void cuts_words_as_the_token_pattern_does() {
    // build_analyzer()("It's a test_case, ÀB ½x x² don't")
    const std::vector<std::string> expected = {"it",           "test_case",    "àb",    "½x",    "x²",    "don",
                                               "it test_case", "test_case àb", "àb ½x", "½x x²", "x² don"};
    QCOMPARE(word_ngrams("It's a test_case, ÀB ½x x² don't", 1, 2), expected);
    QVERIFY(word_ngrams("", 1, 2).empty());
    QVERIFY(word_ngrams("a b c", 1, 2).empty());
  }

  void cuts_characters_as_char_wb_does() {
    // build_analyzer()("ab  abcd\n x")
    const std::vector<std::string> expected = {" ab",  "ab ",  " ab ", " ab",   "abc",   "bcd", "cd ",
                                               " abc", "abcd", "bcd ", " abcd", "abcd ", " x "};
    QCOMPARE(character_ngrams("ab  abcd\n x", 3, 5), expected);
    QVERIFY(character_ngrams(" \t\n ", 3, 5).empty());
  }

  void weighs_words_like_scikit_learn() {
    const FittedTfidf fitted = fit(words_only());
    QCOMPARE(fitted.vectorizer.size(), 26U);
    const std::map<std::string, double> first = {
        {"cat", 0.2600925}, {"cat sat", 0.3419903}, {"mat", 0.3419903}, {"on", 0.2600925},      {"on the", 0.2600925},
        {"sat", 0.2600925}, {"sat on", 0.2600925},  {"the", 0.4403748}, {"the cat", 0.3419903}, {"the mat", 0.3419903}};
    const std::map<std::string, double> third = {
        {"12", 0.307461},         {"12 naïve", 0.307461}, {"and", 0.307461},      {"and straße", 0.307461},
        {"cat", 0.233832},        {"cat and", 0.307461},  {"cats", 0.307461},     {"naïve", 0.307461},
        {"naïve cats", 0.307461}, {"straße", 0.307461},   {"straße 12", 0.307461}};
    for (const auto& [r, expected] : {std::pair{size_t{0}, first}, std::pair{size_t{2}, third}}) {
      const auto got = row(fitted, r);
      QCOMPARE(got.size(), expected.size());
      for (const auto& [term, weight] : expected)
        QVERIFY2(got.contains(term) && close(got.at(term), weight), term.c_str());
    }
    for (uint32_t column = 0; column < fitted.vectorizer.size(); ++column)
      if (fitted.vectorizer.term(column) == "cat") QVERIFY(close(fitted.vectorizer.idf()[column], 1.2876821));
  }

  void weighs_characters_like_scikit_learn() {
    const FittedTfidf fitted = fit(characters_only());
    QCOMPARE(fitted.vectorizer.size(), 92U);
    QCOMPARE(fitted.matrix.column.size(), size_t{113});
    QVERIFY(close(row(fitted, 0).at(" cat "), 0.155228));
    QVERIFY(close(row(fitted, 2).at(" cat "), 0.1031638));
    QVERIFY(close(row(fitted, 1).at("the"), 0.2331539));
    QVERIFY(close(row(fitted, 2).at(" a "), 0.2296719));
    QVERIFY(close(row(fitted, 2).at("aße:"), 0.1356479));
    QVERIFY(close(sum(fitted.matrix, 0), 4.868421));
    QVERIFY(close(sum(fitted.matrix, 2), 7.144287));
  }

  void puts_both_side_by_side_with_min_df_and_weight() {
    // FeatureUnion of both with min_df=2, char_wb (2, 5), transformer_weights={"w": 0.7}
    TfidfOptions options;
    options.ngrams.character_min = 2;
    options.min_df = 2;
    options.word_weight = 0.7;
    const FittedTfidf fitted = fit(options);
    QCOMPARE(fitted.vectorizer.size(), 39U);
    QCOMPARE(fitted.matrix.column.size(), size_t{83});
    QVERIFY(close(sum(fitted.matrix, 0), 7.223318));
    QVERIFY(close(sum(fitted.matrix, 1), 6.203268));
    QVERIFY(close(sum(fitted.matrix, 2), 3.989988));
    TfidfScratch scratch;
    const SparseRow fresh = fitted.vectorizer.transform("the cat saw a log", scratch);
    QCOMPARE(fresh.column.size(), size_t{25});
    double total = 0;
    for (const float v : fresh.value) total += v;
    QVERIFY(close(total, 5.763444));
  }

  void transforms_what_it_was_fitted_on_to_the_same() {
    const FittedTfidf fitted = fit({});
    const auto again = fitted.vectorizer.transform_all(kTexts, 2);
    QVERIFY(again.has_value());
    QCOMPARE(again->begin, fitted.matrix.begin);
    QCOMPARE(again->column, fitted.matrix.column);
    QCOMPARE(again->value, fitted.matrix.value);
  }

  void does_not_depend_on_threads() {
    const FittedTfidf one = fit({}, 1);
    for (const int threads : {2, 3, 7}) {
      const FittedTfidf many = fit({}, threads);
      QCOMPARE(many.vectorizer.terms(), one.vectorizer.terms());
      QCOMPARE(many.matrix.column, one.matrix.column);
      QCOMPARE(many.matrix.value, one.matrix.value);
    }
  }

  void restores_from_its_parts() {
    const FittedTfidf fitted = fit({});
    const std::vector<float> idf(fitted.vectorizer.idf().begin(), fitted.vectorizer.idf().end());
    const std::string terms = fitted.vectorizer.terms();
    const uint32_t words = fitted.vectorizer.word_terms();
    const auto restored = TfidfVectorizer::restore({}, terms, words, idf);
    QVERIFY(restored.has_value());
    QCOMPARE(restored->transform_all(kTexts, 1)->value, fitted.matrix.value);

    auto short_idf = idf;
    short_idf.pop_back();
    QVERIFY(!TfidfVectorizer::restore({}, terms, words, short_idf).has_value());
    QVERIFY(!TfidfVectorizer::restore({}, terms + "more\n", words, idf).has_value());
    QVERIFY(!TfidfVectorizer::restore({}, terms.substr(0, terms.size() - 1), words, idf).has_value());
    QVERIFY(!TfidfVectorizer::restore({}, terms, static_cast<uint32_t>(idf.size()) + 1, idf).has_value());
    QVERIFY(!TfidfVectorizer::restore({}, "a\na\n", 2, {1, 1}).has_value());
    QVERIFY(!TfidfVectorizer::restore({}, "a\n\n", 2, {1, 1}).has_value());
    QVERIFY(!TfidfVectorizer::restore({}, "a\n", 1, {std::nanf("")}).has_value());
  }

  void says_when_there_is_nothing_to_learn() {
    const std::vector<std::string_view> nothing = {"", "  ", "\n"};
    const auto fitted = TfidfVectorizer::fit(nothing, {}, 2);
    QVERIFY(!fitted.has_value());
    QCOMPARE(fitted.error().code, std::string("text.no_terms"));
  }

  void stops_when_asked() {
    std::stop_source source;
    source.request_stop();
    const auto fitted = TfidfVectorizer::fit(kTexts, {}, 1, Work{{}, source.get_token()});
    QVERIFY(!fitted.has_value());
    QVERIFY(fitted.error().kind == ErrorKind::cancelled);
  }
};

QTEST_GUILESS_MAIN(TestTfidf)
#include "test_tfidf.moc"
