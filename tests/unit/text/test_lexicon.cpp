// Phrases found as they stand. Expected spans, counts and shares: worked out by hand from the six training texts below.
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "text/lexicon.h"

using namespace millwright;
using namespace millwright::text;

namespace {

enum : uint32_t { kPlace, kTeam };
const std::vector<std::string> kLabels = {"place", "team"};

const std::vector<std::string_view> kTexts = {
    "York lies north of New York",  // 0-4 place, 19-27 place
    "York beat Leeds",              // 0-4 team, 10-15 team
    "from York to New\tYork",       // 5-9 place, 13-21 place: white space of any kind parts words
    "may rains in May",             // 13-16 place
    "May, May and May",             // none: "May" is unlabeled three times, and labeled once
    "Zürich-West and Leeds",        // 0-11 place
};
const std::vector<std::vector<LexiconExample>> kExamples = {{{0, 4, kPlace}, {19, 27, kPlace}},
                                                            {{0, 4, kTeam}, {10, 15, kTeam}},
                                                            {{5, 9, kPlace}, {13, 21, kPlace}},
                                                            {{13, 16, kPlace}},
                                                            {},
                                                            {{0, 11, kPlace}}};

struct Learned {
  LexiconCounts counts;
  Lexicon lexicon;
};

Learned learned(uint64_t least = 1) {
  LexiconCounts counts;
  auto lexicon = Lexicon::learn(kTexts, kExamples, kLabels, least, {}, counts);
  if (!lexicon) qFatal("%s", message_of(lexicon.error()).c_str());
  return {counts, std::move(*lexicon)};
}

/// "5-9 place 0.75".
std::string found(const Lexicon& lexicon, std::string_view text) {
  std::string out;
  for (const LexiconSpan& span : lexicon.spans(text))
    out += (out.empty() ? "" : ", ") + std::to_string(span.begin) + "-" + std::to_string(span.end) + " " +
           lexicon.labels()[span.label] + " " + QString::number(span.confidence, 'g', 3).toStdString();
  return out;
}

struct Folder {
  QTemporaryDir memory;
  fs::path path;
  Folder() : path(fs::path(memory.path().toStdString()) / "model") {
    if (!learned().lexicon.save(path)) qFatal("cannot save");
  }
  void replace(const char* file, std::string_view content) const {
    if (!write_file_atomically(path / file, content)) qFatal("cannot write");
  }
  [[nodiscard]] std::string refusal() const {
    const auto lexicon = Lexicon::load(path);
    return lexicon ? "" : lexicon.error().code;
  }
};

}  // namespace

class TestLexicon : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void phrases_take_their_most_frequent_label() {
    const Learned all = learned();
    // York: twice a place, once a team, and never alone without a label (inside New York it has one). Leeds: once a
    // team, once unlabeled, which is not more often.
    QCOMPARE(found(all.lexicon, "York and Leeds"), std::string("0-4 place 0.667, 9-14 team 0.5"));
    QCOMPARE(found(all.lexicon, "in May"), std::string());
    QCOMPARE(all.lexicon.parameters(), uint64_t{4});  // Leeds, New York, York, Zürich-West
    QCOMPARE(all.counts.spans, uint64_t{8});
    QCOMPARE(all.counts.mostly_unlabeled, uint64_t{1});
    QCOMPARE(all.counts.rare + all.counts.inside_words + all.counts.too_long, uint64_t{0});
  }

  void the_longest_phrase_is_found_first_from_left_to_right() {
    const Learned all = learned();
    QCOMPARE(found(all.lexicon, "New York York"), std::string("0-8 place 1, 9-13 place 0.667"));
    QCOMPARE(found(all.lexicon, "New  \n York"), std::string("0-11 place 1"));
    QCOMPARE(found(all.lexicon, "New Leeds"), std::string("4-9 team 0.5"));
    QCOMPARE(found(all.lexicon, ""), std::string());
  }

  void only_whole_words_are_found_and_places_count_characters() {
    const Learned all = learned();
    QCOMPARE(found(all.lexicon, "Yorkshire, NewYork, york, York2"), std::string());
    QCOMPARE(found(all.lexicon, "(York), \"Leeds\""), std::string("1-5 place 0.667, 9-14 team 0.5"));
    QCOMPARE(found(all.lexicon, "Köln, Zürich-West"), std::string("6-17 place 1"));
    QCOMPARE(found(all.lexicon, "Zürich West"), std::string());
  }

  void rare_phrases_can_be_left_out() {
    const Learned twice = learned(2);
    QCOMPARE(twice.lexicon.parameters(), uint64_t{2});
    QCOMPARE(twice.counts.rare, uint64_t{3});  // Leeds, May, Zürich-West
    QCOMPARE(found(twice.lexicon, "Leeds, York, New York"), std::string("7-11 place 0.667, 13-21 place 1"));
  }

  void spans_that_words_do_not_bound_are_counted() {
    const std::vector<std::string_view> texts = {"strawberry", "a berry"};
    LexiconCounts counts;
    const auto lexicon = Lexicon::learn(texts, std::vector<std::vector<LexiconExample>>{{{5, 10, 0}}, {{1, 7, 0}}},
                                        {"x"}, 1, {}, counts);
    QCOMPARE(counts.inside_words, uint64_t{2});
    QCOMPARE(lexicon->parameters(), uint64_t{0});
    QCOMPARE(found(*lexicon, "a berry"), std::string());
  }

  // Scripts that part no words: each character is one.
  void words_of_every_script() {
    const std::vector<std::string_view> texts = {"我在北京工作"};
    LexiconCounts counts;
    const auto lexicon =
        Lexicon::learn(texts, std::vector<std::vector<LexiconExample>>{{{2, 4, 0}}}, {"place"}, 1, {}, counts);
    QCOMPARE(found(*lexicon, "他去北京。"), std::string("2-4 place 1"));
  }

  void of_equally_frequent_labels_the_first_counts() {
    const std::vector<std::string_view> texts = {"Ada", "Ada"};
    LexiconCounts counts;
    const auto lexicon = Lexicon::learn(texts, std::vector<std::vector<LexiconExample>>{{{0, 3, 1}}, {{0, 3, 0}}},
                                        kLabels, 1, {}, counts);
    QCOMPARE(found(*lexicon, "Ada"), std::string("0-3 place 0.5"));
  }

  void comes_back_from_its_folder() {
    const Folder one, two;
    for (const char* file : {"config.json", "phrases.jsonl"})
      QCOMPARE(*read_file(one.path / file), *read_file(two.path / file));
    const auto lexicon = Lexicon::load(one.path);
    QVERIFY(lexicon.has_value());
    const Learned all = learned();
    QCOMPARE(lexicon->labels(), kLabels);
    QCOMPARE(lexicon->parameters(), uint64_t{4});
    for (const char* text : {"New York York", "Leeds", "Köln, Zürich-West", "May"})
      QCOMPARE(found(*lexicon, text), found(all.lexicon, text));
  }

  void refuses_files_that_lie_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("content");
    const auto add = [](const char* file, const std::string& content) {
      const QString name = QString::fromStdString(content).simplified();
      QTest::newRow(qPrintable(name)) << QByteArray(file) << QByteArray::fromStdString(content);
    };
    const auto config = [&](const char* content) { add("config.json", content); };
    const auto row = [&](const std::string& content) { add("phrases.jsonl", content); };
    config("[]");
    config(R"({"format":"other","version":1,"labels":["place","team"],"phrases":4})");
    config(R"({"format":"millwright-lexicon","version":0,"labels":["place","team"],"phrases":4})");
    config(R"({"format":"millwright-lexicon","version":1,"labels":["place"],"phrases":4})");
    config(R"({"format":"millwright-lexicon","version":1,"labels":["place","place"],"phrases":4})");
    config(R"({"format":"millwright-lexicon","version":1,"labels":[1,2],"phrases":4})");
    config(R"({"format":"millwright-lexicon","version":1,"labels":["place","team"],"phrases":3})");
    config(R"({"format":"millwright-lexicon","version":1,"labels":["place","team"]})");
    row("");
    row("{\"phrase\":\"a\",\"label\":0,\"labeled\":1,\"occurrences\":1}");
    for (const char* line : {R"([])", R"({"phrase":1,"label":0,"labeled":1,"occurrences":1})",
                             R"({"phrase":"","label":0,"labeled":1,"occurrences":1})",
                             R"({"phrase":"a","label":2,"labeled":1,"occurrences":1})",
                             R"({"phrase":"a","label":-1,"labeled":1,"occurrences":1})",
                             R"({"phrase":"a","label":0,"labeled":0,"occurrences":1})",
                             R"({"phrase":"a","label":0,"labeled":2,"occurrences":1})",
                             R"({"phrase":"a","label":0,"labeled":1.5,"occurrences":2})",
                             R"({"phrase":"a","label":0,"labeled":1,"occurrences":1e300})"})
      row(std::string(line) + "\n");
    const std::string good = R"({"phrase":"a  b","label":0,"labeled":1,"occurrences":1})";
    const std::string same = R"({"phrase":"a b","label":1,"labeled":1,"occurrences":1})";
    row(good + "\n" + same + "\n");
    std::string long_one = "a";
    for (size_t i = 0; i < Lexicon::kMostWords; ++i) long_one += " a";
    row(R"({"phrase":")" + long_one + R"(","label":0,"labeled":1,"occurrences":1})" + "\n");
  }
  void refuses_files_that_lie() {
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, content);
    const Folder folder;
    folder.replace(file.constData(), content.toStdString());
    if (file == "phrases.jsonl")  // the number of lines is not what is wrong
      folder.replace("config.json",
                     R"({"format":"millwright-lexicon","version":1,"labels":["place","team"],"phrases":)" +
                         std::to_string(content.isEmpty() ? 1 : content.count('\n')) + "}");
    QCOMPARE(folder.refusal(), std::string("model.damaged"));
  }

  void a_newer_format_is_told() {
    const Folder folder;
    folder.replace("config.json", R"({"format":"millwright-lexicon","version":2,"labels":["place"],"phrases":4})");
    QCOMPARE(folder.refusal(), std::string("model.too_new"));
  }
};

QTEST_GUILESS_MAIN(TestLexicon)
#include "test_lexicon.moc"
