// How tags are read as spans. Expected spans: worked out by the rules of conlleval (startOfChunk and endOfChunk of
// https://www.cnts.ua.ac.be/conll2000/chunking/conlleval.txt), for tokens of one character each.
#include <QTest>
#include <algorithm>
#include <cmath>

#include "engine/token_tags.h"

using namespace millwright;
using namespace millwright::engine;

namespace {

/// "0-2 PER, 3-4 LOC": what a classifier with these outputs finds where they are its best ones.
std::string read(const std::vector<std::string>& outputs, const std::vector<std::string>& best,
                 const std::vector<size_t>& special = {}) {
  std::vector<float> logits;
  std::vector<text::TokenOffsets> offsets;
  std::vector<uint8_t> passed_over;
  for (uint32_t k = 0; k < best.size(); ++k) {
    for (const std::string& output : outputs) logits.push_back(output == best[k] ? 1.0F : 0.0F);
    offsets.push_back({k, k + 1});
    passed_over.push_back(std::find(special.begin(), special.end(), k) != special.end() ? 1 : 0);
  }
  const TokenTags tags(outputs);
  std::string out;
  for (const FoundSpan& found : tags.spans_of(logits, offsets, passed_over))
    out += (out.empty() ? "" : ", ") + std::to_string(found.span.begin) + "-" + std::to_string(found.span.end) + " " +
           tags.labels()[static_cast<size_t>(found.span.label)];
  return out;
}

}  // namespace

class TestTokenTags : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void reads_what_conlleval_reads() {
    const std::vector<std::string> iob = {"O", "B-PER", "I-PER", "B-LOC", "I-LOC"};
    QCOMPARE(TokenTags(iob).labels(), std::vector<std::string>({"PER", "LOC"}));
    QCOMPARE(read(iob, {"O", "B-PER", "I-PER", "O", "B-LOC"}), std::string("1-3 PER, 4-5 LOC"));
    QCOMPARE(read(iob, {"B-PER", "B-PER", "I-LOC"}), std::string("0-1 PER, 1-2 PER, 2-3 LOC"));
    // IOB1: I- begins, and B- parts neighbours.
    QCOMPARE(read(iob, {"I-PER", "I-PER", "B-PER", "O", "I-LOC"}), std::string("0-2 PER, 2-3 PER, 4-5 LOC"));
    QCOMPARE(read(iob, {"O", "O"}), std::string());
  }

  void names_without_a_prefix_are_inside() {
    const std::vector<std::string> plain = {"PER", "o", "S-Bahn"};
    QCOMPARE(TokenTags(plain).labels(), std::vector<std::string>({"PER", "S-Bahn"}));
    QCOMPARE(read(plain, {"PER", "PER", "o", "PER", "S-Bahn", "S-Bahn"}), std::string("0-2 PER, 3-4 PER, 4-6 S-Bahn"));
    // Beside prefixes, a plain name goes on with what began.
    QCOMPARE(read({"O", "B-PER", "PER"}, {"B-PER", "PER", "O", "PER"}), std::string("0-2 PER, 3-4 PER"));
  }

  void last_and_single_tokens_end_a_span() {
    const std::vector<std::string> five = {"O", "B-PER", "I-PER", "E-PER", "S-PER"};
    QCOMPARE(TokenTags(five).labels(), std::vector<std::string>({"PER"}));
    QCOMPARE(read(five, {"B-PER", "I-PER", "E-PER", "S-PER", "S-PER", "I-PER"}),
             std::string("0-3 PER, 3-4 PER, 4-5 PER, 5-6 PER"));
  }

  void special_tokens_part_nothing() {
    QCOMPARE(read({"O", "B-PER", "I-PER"}, {"B-PER", "O", "I-PER"}, {1}), std::string("0-3 PER"));
  }

  // Softmax of (5, 1, 0) and of (0, 1, 0): the second token is the less certain one.
  void confidence_is_that_of_the_least_certain_token() {
    const std::vector<std::string> outputs = {"B-X", "I-X", "O"};
    const std::vector<float> logits = {5, 1, 0, 0, 1, 0};
    const auto found = TokenTags(outputs).spans_of(logits, {{0, 2}, {2, 4}}, {0, 0});
    QCOMPARE(found.size(), size_t{1});
    QVERIFY(found[0].span == (Span{0, 4, 0}));
    QVERIFY(std::abs(found[0].confidence - std::exp(1.0) / (std::exp(1.0) + 2)) < 1e-12);
  }
};

QTEST_GUILESS_MAIN(TestTokenTags)
#include "test_token_tags.moc"
