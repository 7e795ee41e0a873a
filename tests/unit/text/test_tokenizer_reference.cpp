// Expected values: the reference implementation (PyPI tokenizers), as tests/fixtures/tokenizers/make_fixtures.py wrote
// them: digests over ids and offsets for each 1,000 made-up texts, and some lists in full.
#include <QTest>

#include "base/files.h"
#include "base/json.h"
#include "fuzz_texts.h"
#include "text/tokenizer.h"

using namespace millwright;
using namespace millwright::text;

namespace {

const fs::path kFixtures = fs::path(MILLWRIGHT_SOURCE_DIR) / "tests/fixtures/tokenizers";
const std::vector<std::string> kFamilies{"bert", "bert-cased", "roberta", "roberta-files", "xlm-roberta"};

Json read(const fs::path& path) {
  const auto text = read_file(path);
  return text ? Json::parse(*text) : Json();
}

std::string digits(const auto& numbers) {
  std::string out;
  for (const auto number : numbers) out += std::to_string(static_cast<int>(number));
  return out;
}

}  // namespace

class TestTokenizerReference : public QObject {
  Q_OBJECT

  /// The digest of texts [begin, begin + 1000).
  static std::string thousand(const Tokenizer& tokenizer, TokenizerScratch& scratch, uint64_t begin) {
    fuzz::Digest digest;
    Encoding encoding;
    for (uint64_t number = begin; number < begin + 1000; ++number) {
      if (!tokenizer.encode(fuzz::text(number), scratch, encoding)) return "error";
      digest.add(encoding);
    }
    return digest.hex();
  }

 private Q_SLOTS:
  void gives_the_lists_in_full_data() {
    QTest::addColumn<QString>("family");
    for (const std::string& family : kFamilies) QTest::newRow(family.c_str()) << QString::fromStdString(family);
  }
  void gives_the_lists_in_full() {
    QFETCH(QString, family);
    const fs::path folder = kFixtures / family.toStdString();
    const auto tokenizer = Tokenizer::load(folder);
    QVERIFY2(tokenizer, tokenizer ? "" : message_of(tokenizer.error()).c_str());
    TokenizerScratch scratch;
    Encoding encoding;
    const Json rows = read(folder / "expected.json");
    QCOMPARE(rows.size(), size_t{24});
    for (const Json& row : rows) {
      const auto number = row["number"].get<uint64_t>();
      const std::string first = fuzz::text(7'000'000 + number), second = fuzz::text(8'000'000 + number);
      const EncodeOptions options{true, row["length"].get<size_t>()};
      QVERIFY(row["pair"].get<bool>() ? tokenizer->encode_pair(first, second, scratch, encoding, options)
                                      : tokenizer->encode(first, scratch, encoding, options));
      QCOMPARE(encoding.ids, row["ids"].get<std::vector<int32_t>>());
      std::vector<uint32_t> offsets;
      for (const TokenOffsets& offset : encoding.offsets) offsets.insert(offsets.end(), {offset.begin, offset.end});
      QCOMPARE(offsets, row["offsets"].get<std::vector<uint32_t>>());
      QCOMPARE(digits(encoding.type_ids), row["type_ids"].get<std::string>());
      QCOMPARE(digits(encoding.special), row["special"].get<std::string>());
    }
  }

  void agrees_on_made_up_texts_data() { gives_the_lists_in_full_data(); }
  void agrees_on_made_up_texts() {
    QFETCH(QString, family);
    const auto tokenizer = Tokenizer::load(kFixtures / family.toStdString());
    QVERIFY2(tokenizer, tokenizer ? "" : message_of(tokenizer.error()).c_str());
    TokenizerScratch scratch;
    const Json digests = read(kFixtures / "expected.json")["fuzz"][family.toStdString()];
    QCOMPARE(digests.size(), size_t{100});
    const size_t count = std::getenv("MILLWRIGHT_ALL_TEXTS") != nullptr ? digests.size() : 20;
    for (size_t i = 0; i < count; ++i)
      QCOMPARE(std::pair(i, thousand(*tokenizer, scratch, i * 1000)), std::pair(i, digests[i].get<std::string>()));
  }

  void agrees_on_every_part_data() {
    QTest::addColumn<QString>("name");
    const Json parts = read(kFixtures / "parts.json");
    for (const Json& variant : parts["variants"])
      QTest::newRow(variant["name"].get<std::string>().c_str())
          << QString::fromStdString(variant["name"].get<std::string>());
  }
  void agrees_on_every_part() {
    QFETCH(QString, name);
    static const Json kParts = read(kFixtures / "parts.json"), kExpected = read(kFixtures / "expected.json")["parts"];
    for (const Json& variant : kParts["variants"]) {
      if (variant["name"] != name.toStdString()) continue;
      Json file = {{"version", "1.0"}, {"model", kParts["models"][variant["model"].get<std::string>()]}};
      for (const char* part : {"added_tokens", "normalizer", "pre_tokenizer", "post_processor"})
        file[part] = variant[part];
      const auto tokenizer = Tokenizer::parse(to_text(file));
      QVERIFY2(tokenizer, tokenizer ? "" : message_of(tokenizer.error()).c_str());
      TokenizerScratch scratch;
      const Json& digests = kExpected[name.toStdString()];
      QCOMPARE(digests.size(), size_t{10});
      for (size_t i = 0; i < digests.size(); ++i)
        QCOMPARE(std::pair(i, thousand(*tokenizer, scratch, i * 1000)), std::pair(i, digests[i].get<std::string>()));
    }
  }
};

QTEST_GUILESS_MAIN(TestTokenizerReference)
#include "test_tokenizer_reference.moc"
