// Expected values: Unicode 15 data files (SpecialCasing, CaseFolding, NormalizationTest) and Python 3.11's str methods.
#include <QTest>

#include "text/unicode.h"

using namespace millwright::text;

class TestUnicode : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void lowers_as_python_does() {
    QCOMPARE(lower("HELLO World_9"), std::string("hello world_9"));
    QCOMPARE(lower("ÀÉÎ ÑÖ"), std::string("àéî ñö"));
    // SpecialCasing.txt: İ (U+0130) becomes i and a combining dot; a sigma at a word's end becomes final.
    QCOMPARE(lower("İ"), std::string("i\xCC\x87"));
    QCOMPARE(lower("ΟΔΥΣΣΕΥΣ"), std::string("οδυσσευς"));
    QCOMPARE(lower(std::string("A\xFF") + "B"), std::string("a\xEF\xBF\xBD") + "b");
  }

  void folds_case() {
    QCOMPARE(fold_case("Straße"), fold_case("STRASSE"));
    QCOMPARE(fold_case("Straße"), std::string("strasse"));
    QCOMPARE(fold_for_comparison("  Ｈｅｌｌｏ \t\n World "), std::string("hello world"));  // full-width letters: NFKC
    QCOMPARE(fold_for_comparison("\xE2\x80\x83"), std::string());                           // em space only
  }

  void normalises() {
    // NormalizationTest.txt: U+1E9B U+0323 in its four forms.
    const std::string source = "\xE1\xBA\x9B\xCC\xA3";
    QCOMPARE(normalise(source, NormalForm::nfc), std::string("\xE1\xBA\x9B\xCC\xA3"));
    QCOMPARE(normalise(source, NormalForm::nfd), std::string("\xC5\xBF\xCC\xA3\xCC\x87"));
    QCOMPARE(normalise(source, NormalForm::nfkc), std::string("\xE1\xB9\xA9"));
    QCOMPARE(normalise(source, NormalForm::nfkd), std::string("s\xCC\xA3\xCC\x87"));
  }

  void knows_word_characters_and_white_space() {
    for (const char32_t c : {U'a', U'Z', U'9', U'_', U'é', U'ß', U'½', U'²', U'中', U'Ⅷ'})
      QVERIFY(is_word_character(c));
    for (const char32_t c : {U' ', U'-', U'.', U'\'', U'\u0301', U'€', U'\u200b'}) QVERIFY(!is_word_character(c));
    for (const char32_t c : {U' ', U'\t', U'\n', U'\x1c', U'\u0085', U'\u00a0', U'\u2003', U'\u2028', U'\u3000'})
      QVERIFY(is_white_space(c));
    for (const char32_t c : {U'a', U'\u200b', U'\0', U'\u180e'}) QVERIFY(!is_white_space(c));
  }

  void walks_code_points() {
    const std::string text = "a\xC3\xA9\xF0\x9F\x98\x80z";
    QCOMPARE(count_code_points(text), size_t{4});
    QCOMPARE(byte_offset(text, 2), size_t{3});
    QCOMPARE(byte_offset(text, 3), size_t{7});
    QCOMPARE(byte_offset(text, 99), text.size());
    std::string copy;
    for (size_t at = 0; at < text.size();) append_utf8(copy, next_code_point(text, at));
    QCOMPARE(copy, text);
  }

  void mends_invalid_sequences_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("lone continuation") << QByteArray("\x80");
    QTest::newRow("overlong slash") << QByteArray("\xC0\xAF");
    QTest::newRow("surrogate") << QByteArray("\xED\xA0\x80");
    QTest::newRow("beyond the last") << QByteArray("\xF4\x90\x80\x80");
    QTest::newRow("cut off") << QByteArray("abc\xE2\x82");
    QTest::newRow("five bytes") << QByteArray("\xF8\x88\x80\x80\x80");
  }
  void mends_invalid_sequences() {
    QFETCH(QByteArray, bytes);
    const std::string_view text(bytes.constData(), static_cast<size_t>(bytes.size()));
    QVERIFY(!is_valid_utf8(text));
    const std::string mended = valid_utf8(text);
    QVERIFY(is_valid_utf8(mended));
    QVERIFY(mended.find("\xEF\xBF\xBD") != std::string::npos);
    for (size_t at = 0; at < text.size();) {
      const size_t before = at;
      (void)next_code_point(text, at);
      QVERIFY(at > before && at <= text.size());
    }
  }
};

QTEST_GUILESS_MAIN(TestUnicode)
#include "test_unicode.moc"
