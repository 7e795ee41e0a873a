// Files of strangers: what is damaged or not known is refused with a place and a reason. And what a tokenizer keeps to
// whatever it is given. Expected ids of valid files follow from the definitions of WordPiece and of the formats.
#include <QTemporaryDir>
#include <QTest>
#include <thread>

#include "base/files.h"
#include "base/json.h"
#include "fuzz_texts.h"
#include "text/tokenizer.h"

using namespace millwright;
using namespace millwright::text;

namespace {

Json wordpiece() {
  return {{"type", "WordPiece"},
          {"unk_token", "[UNK]"},
          {"continuing_subword_prefix", "##"},
          {"max_input_chars_per_word", 100},
          {"vocab", {{"[UNK]", 0}, {"[CLS]", 1}, {"[SEP]", 2}, {"ab", 3}, {"##c", 4}, {"é", 5}}}};
}
Json bpe() { return {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}}}, {"merges", Json::array({"a b"})}}; }
Json unigram() {
  const auto piece = [](const char* token, double score) { return Json::array({token, score}); };
  return {{"type", "Unigram"},
          {"unk_id", 0},
          {"vocab", Json::array({piece("<unk>", 0), piece("a", -1.5), piece("b", -2.5)})}};
}
Json added(int id, const char* content) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}
Json file(Json model) { return {{"version", "1.0"}, {"model", std::move(model)}}; }

/// Sets the value at a JSON pointer.
Json with(Json json, const char* pointer, Json value) {
  json[Json::json_pointer(pointer)] = std::move(value);
  return json;
}

void write(const fs::path& path, std::string_view content) { QVERIFY(write_file_atomically(path, content)); }

std::vector<int32_t> ids_of(const Tokenizer& tokenizer, std::string_view text) {
  TokenizerScratch scratch;
  Encoding encoding;
  return tokenizer.encode(text, scratch, encoding) ? encoding.ids : std::vector<int32_t>{-1};
}

}  // namespace

class TestTokenizerFiles : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void refuses_what_is_not_valid_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("names");  // what the message must name
    const auto row = [](const char* name, const Json& json, const char* code, const char* names) {
      QTest::newRow(name) << QByteArray::fromStdString(to_text(json)) << code << names;
    };
    const char *invalid = "tokenizer.invalid", *unsupported = "tokenizer.unsupported";
    QTest::newRow("no JSON") << QByteArray("{\"model\": ") << "json.invalid"
                             << "near byte";
    QTest::newRow("empty") << QByteArray() << "json.invalid"
                           << "near byte";
    QTest::newRow("half a surrogate") << QByteArray(R"({"version": "\ud800"})") << "json.invalid"
                                      << "near byte";
    QTest::newRow("nested") << QByteArray(1'000'000, '[') << "json.invalid"
                            << "nested too deeply";
    QTest::newRow("a name twice") << QByteArray(R"({"model": 1, "model": 2})") << "json.invalid"
                                  << "\"model\" twice";
    QTest::newRow("a token twice") << QByteArray(R"({"model": {"vocab": {"a": 0, "a": 1}}})") << "json.invalid"
                                   << "\"a\" twice";
    QTest::newRow("score is NaN") << QByteArray(R"({"model": {"type": "Unigram", "vocab": [["a", NaN]]}})")
                                  << "json.invalid"
                                  << "near byte";
    QTest::newRow("score overflows") << QByteArray(
                                            R"({"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", -1e999]]}})")
                                     << "json.invalid"
                                     << "near byte";
    row("a list", Json::array(), invalid, "not an object");
    row("no model", {{"version", "1.0"}}, invalid, "\"model\" is missing");
    row("another version", with(file(bpe()), "/version", "2.0"), unsupported, "2.0");
    row("an unknown member", with(file(bpe()), "/mystery", 1), unsupported, "mystery");
    row("an unknown model", file({{"type", "WordLevel"}, {"vocab", Json::object()}}), unsupported, "WordLevel");
    row("an unknown normalizer",
        with(file(bpe()), "/normalizer",
             {{"type", "Sequence"}, {"normalizers", {{{"type", "NFC"}}, {{"type", "Magic"}}}}}),
        unsupported, "normalizer.normalizers[1]");
    row("an unknown pre-tokenizer", with(file(bpe()), "/pre_tokenizer", {{"type", "UnicodeScripts"}}), unsupported,
        "pre_tokenizer");
    row("an unknown post-processor", with(file(bpe()), "/post_processor", {{"type", "Other"}}), unsupported,
        "post_processor");
    row("an unknown option", with(file(wordpiece()), "/pre_tokenizer", {{"type", "BertPreTokenizer"}, {"new", 1}}),
        unsupported, "\"new\"");
    row("an unknown pattern",
        with(file(bpe()), "/pre_tokenizer",
             {{"type", "Split"}, {"pattern", {{"Regex", "(?<=a)b"}}}, {"behavior", "Isolated"}, {"invert", false}}),
        unsupported, "(?<=a)b");
    row("a pattern of nothing",
        with(file(bpe()), "/pre_tokenizer",
             {{"type", "Split"}, {"pattern", {{"Regex", "a*"}}}, {"behavior", "Isolated"}, {"invert", false}}),
        unsupported, "a*");
    row("dropout", with(file(bpe()), "/model/dropout", 0.1), unsupported, "model.dropout");
    row("a hole", with(file(wordpiece()), "/model/vocab/é", 17), invalid, "leaves a hole");
    row("an id twice", with(file(wordpiece()), "/model/vocab/é", 4), invalid, "the id of another token");
    row("a negative id", with(file(wordpiece()), "/model/vocab/é", -1), invalid, "not a whole number");
    row("an id with a fraction", with(file(wordpiece()), "/model/vocab/é", 1.5), invalid, "not a whole number");
    row("no unknown token", with(file(wordpiece()), "/model/unk_token", "[X]"), invalid, "[X]");
    row("a merge of nothing", with(file(bpe()), "/model/merges", {"a x"}), invalid, "model.merges[0]");
    row("a merge into nothing", with(file(bpe()), "/model/merges", {"b a"}), invalid, "\"ba\"");
    row("a merge of three", with(file(bpe()), "/model/merges", {"a b a"}), invalid, "not two tokens");
    row("a merge of numbers", with(file(bpe()), "/model/merges", {{1, 2}}), invalid, "not two tokens");
    row("no pieces", with(file(unigram()), "/model/vocab", Json::array()), invalid, "model.vocab");
    row("a piece twice", with(file(unigram()), "/model/vocab/2/0", "a"), invalid, "twice");
    row("no unknown piece", with(file(unigram()), "/model/unk_id", nullptr), invalid, "unk_id");
    row("an unknown piece outside", with(file(unigram()), "/model/unk_id", 3), invalid, "unk_id");
    row("a charsmap cut off",
        with(file(unigram()), "/normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "/////w=="}}), invalid,
        "precompiled_charsmap");
    row("an added id that is not next", with(file(bpe()), "/added_tokens", {added(9, "x")}), invalid,
        "added_tokens[0].id");
    row("an added id of another", with(file(bpe()), "/added_tokens", {added(0, "x")}), invalid, "added_tokens[0].id");
    row("a special id outside",
        with(file(bpe()), "/post_processor", {{"type", "BertProcessing"}, {"sep", {"b", 3}}, {"cls", {"a", 0}}}),
        invalid, "post_processor.sep");
    row("a template without its token",
        with(file(bpe()), "/post_processor",
             {{"type", "TemplateProcessing"},
              {"single", {{{"SpecialToken", {{"id", "X"}, {"type_id", 0}}}}}},
              {"pair", Json::array()},
              {"special_tokens", Json::object()}}),
        invalid, "\"X\" is missing");
  }
  void refuses_what_is_not_valid() {
    QFETCH(QByteArray, text);
    QFETCH(QString, code);
    QFETCH(QString, names);
    const auto tokenizer = Tokenizer::parse({text.constData(), static_cast<size_t>(text.size())});
    QVERIFY(!tokenizer);
    QCOMPARE(QString::fromStdString(tokenizer.error().code), code);
    QCOMPARE(tokenizer.error().kind, ErrorKind::bad_input);
    const QString message = QString::fromStdString(message_of(tokenizer.error()));
    QVERIFY2(message.contains(names), qPrintable(message));
  }

  void reads_vocab_txt() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    write(path / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nab\n##c\ne\né\n");
    const auto lower = Tokenizer::load(path);
    QVERIFY2(lower, lower ? "" : message_of(lower.error()).c_str());
    QCOMPARE(lower->source(), std::string_view("vocab.txt"));
    QCOMPARE(ids_of(*lower, "ABC é[MASK]"), (std::vector<int32_t>{2, 5, 6, 7, 4, 3}));
    QCOMPARE(lower->special_ids().pad, 0);
    QCOMPARE(lower->special_ids().cls, 2);
    QCOMPARE(lower->special_ids().mask, 4);
    write(path / "tokenizer_config.json", R"({"do_lower_case": false})");
    const auto cased = Tokenizer::load(path);
    QVERIFY(cased);
    QCOMPARE(ids_of(*cased, "ABC é"), (std::vector<int32_t>{2, 1, 8, 3}));
  }

  void refuses_damaged_folders() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    QCOMPARE(Tokenizer::load(path).error().code, std::string("tokenizer.missing"));
    write(path / "vocab.txt", "[UNK]\na\na\n");
    QCOMPARE(Tokenizer::load(path).error().code, std::string("tokenizer.invalid"));  // a line twice
    write(path / "vocab.txt", "[UNK]\na\n");
    QCOMPARE(Tokenizer::load(path).error().code, std::string("tokenizer.invalid"));  // neither [CLS] nor [SEP]
    write(path / "vocab.txt", "[UNK]\n\xFF\n");
    QCOMPARE(Tokenizer::load(path).error().code, std::string("tokenizer.invalid"));  // not UTF-8
    write(path / "vocab.json", R"({"<s>": 0, "</s>": 1, "a": 2})");
    write(path / "merges.txt", "#version: 0.2\na z\n");
    QCOMPARE(Tokenizer::load(path).error().code, std::string("tokenizer.invalid"));
    write(path / "tokenizer.json", "{}");
    QCOMPARE(Tokenizer::load(path).error().code, std::string("tokenizer.invalid"));
  }

  void takes_any_bytes_and_any_length() {
    const auto tokenizer =
        Tokenizer::parse(to_text(with(file(wordpiece()), "/pre_tokenizer", {{"type", "BertPreTokenizer"}})));
    QVERIFY(tokenizer);
    QCOMPARE(ids_of(*tokenizer, ""), std::vector<int32_t>());
    QCOMPARE(ids_of(*tokenizer, "abc\xFF ab"), (std::vector<int32_t>{0, 3}));
    TokenizerScratch scratch;
    Encoding encoding;
    std::string long_text;
    while (long_text.size() < 10'000'000) long_text += "ab abc x\xF0\x9F\x98\x80 ";
    QVERIFY(tokenizer->encode(long_text, scratch, encoding));
    const size_t words = count_code_points(long_text) / 10;
    QCOMPARE(encoding.size(), words * 4);
    QCOMPARE(encoding.offsets.back().end, static_cast<uint32_t>(words * 10 - 1));
    const std::string one_word(10'000'000, 'a');
    QVERIFY(tokenizer->encode(one_word, scratch, encoding));
    QCOMPARE(encoding.ids, std::vector<int32_t>{0});
  }

  void bounds_what_a_tokenizer_makes_of_a_text() {
    const Json book = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(100'000, 'a')}};
    const auto tokenizer = Tokenizer::parse(
        to_text(with(file(bpe()), "/normalizer", {{"type", "Sequence"}, {"normalizers", {book, book}}})));
    QVERIFY(tokenizer);
    TokenizerScratch scratch;
    Encoding encoding;
    const auto grown = tokenizer->encode("a", scratch, encoding);
    QVERIFY(!grown);
    QCOMPARE(grown.error().code, std::string("tokenizer.text_too_long"));
    QVERIFY(tokenizer->encode("b", scratch, encoding));
    QCOMPARE(encoding.ids, std::vector<int32_t>{1});
    QVERIFY(!tokenizer->encode(std::string(Tokenizer::kLongestText + 1, 'b'), scratch, encoding));
  }

  void one_long_piece_takes_no_quadratic_time() {
    TokenizerScratch scratch;
    Encoding encoding;
    std::string text;
    while (text.size() < 2'000'000) text += "ab";
    for (const Json& model : {bpe(), unigram()}) {
      const auto tokenizer = Tokenizer::parse(to_text(file(model)));
      QVERIFY(tokenizer);
      QVERIFY(tokenizer->encode(text, scratch, encoding));
      QCOMPARE(encoding.size(), tokenizer->kind() == "BPE" ? text.size() / 2 : text.size());
    }
  }

  void cuts_the_longer_first() {
    Json json = file(bpe());
    json["post_processor"] = {{"type", "BertProcessing"}, {"sep", {"b", 1}}, {"cls", {"a", 0}}};
    json["pre_tokenizer"] = {{"type", "WhitespaceSplit"}};
    const auto tokenizer = Tokenizer::parse(to_text(json));
    QVERIFY(tokenizer);
    TokenizerScratch scratch;
    Encoding encoding;
    // The reference's lengths: shorter first text kept whole while it fits, both halved otherwise.
    for (const auto& [longest, size] : {std::pair(size_t{3}, size_t{3}), {7, 7}, {9, 9}, {100, 12}, {1, 3}}) {
      QVERIFY(tokenizer->encode_pair("ab ab ab", "ab ab ab ab ab ab", scratch, encoding, {true, longest}));
      QCOMPARE(encoding.size(), size);
    }
    QVERIFY(tokenizer->encode_pair("ab ab", "ab ab ab ab", scratch, encoding, {true, 8}));
    QCOMPARE(encoding.type_ids, (std::vector<int32_t>{0, 0, 0, 0, 1, 1, 1, 1}));
    QCOMPARE(encoding.special, (std::vector<uint8_t>{1, 0, 0, 1, 0, 0, 0, 1}));
    QVERIFY(tokenizer->encode("ab ab ab", scratch, encoding, {false, 2}));
    QCOMPARE(encoding.ids, (std::vector<int32_t>{2, 2}));
  }

  void is_the_same_from_many_threads() {
    const auto tokenizer = Tokenizer::load(fs::path(MILLWRIGHT_SOURCE_DIR) / "tests/fixtures/tokenizers/xlm-roberta");
    QVERIFY(tokenizer);
    std::vector<std::string> digests(4);
    {
      std::vector<std::jthread> threads;
      for (std::string& digest : digests)
        threads.emplace_back([&] {
          TokenizerScratch scratch;
          Encoding encoding;
          fuzz::Digest sum;
          for (uint64_t number = 0; number < 1000; ++number)
            if (tokenizer->encode(fuzz::text(number), scratch, encoding)) sum.add(encoding);
          digest = sum.hex();
        });
    }
    for (const std::string& digest : digests) QCOMPARE(digest, digests[0]);
  }

  void a_scratch_may_change_tokenizers() {
    const auto a = Tokenizer::parse(to_text(file(bpe())));
    Json turned = bpe();
    turned["vocab"] = {{"b", 0}, {"a", 1}, {"ab", 2}};
    turned["merges"] = Json::array();
    const auto b = Tokenizer::parse(to_text(file(turned)));
    QVERIFY(a && b);
    TokenizerScratch scratch;
    Encoding encoding;
    for (int round = 0; round < 3; ++round) {
      QVERIFY(a->encode("ab", scratch, encoding));
      QCOMPARE(encoding.ids, std::vector<int32_t>{2});
      QVERIFY(b->encode("ab", scratch, encoding));
      QCOMPARE(encoding.ids, (std::vector<int32_t>{1, 0}));
    }
  }

  void names_its_tokens() {
    const auto tokenizer = Tokenizer::parse(to_text(with(file(bpe()), "/added_tokens", {added(3, "<mask>")})));
    QVERIFY(tokenizer);
    QCOMPARE(tokenizer->vocabulary_size(), 4);
    QCOMPARE(tokenizer->token(2), std::string_view("ab"));
    QCOMPARE(tokenizer->token(3), std::string_view("<mask>"));
    QCOMPARE(tokenizer->token(4), std::string_view());
    QCOMPARE(tokenizer->token(-1), std::string_view());
    QCOMPARE(tokenizer->find("<mask>"), 3);
    QCOMPARE(tokenizer->find("b"), 1);
    QCOMPARE(tokenizer->find("c"), -1);
    QCOMPARE(tokenizer->special_ids().mask, 3);
    QCOMPARE(tokenizer->special_ids().pad, -1);
  }
};

QTEST_GUILESS_MAIN(TestTokenizerFiles)
#include "test_tokenizer_files.moc"
