// Every text of clinc150 and every sentence of wnut17, against digests of the reference (PyPI tokenizers) made by
// tests/fixtures/tokenizers/make_fixtures.py.
#include <QTest>
#include <algorithm>

#include "base/files.h"
#include "base/json.h"
#include "fuzz_texts.h"
#include "text/tokenizer.h"

using namespace millwright;
using namespace millwright::text;

namespace {

fs::path data_folder() {
  const char* const given = std::getenv("MILLWRIGHT_DATA");
  return given != nullptr ? fs::path(given) : fs::path(MILLWRIGHT_SOURCE_DIR) / "../shared/data";
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

template <class Each>
void each_line(const fs::path& path, Each&& each) {
  const auto content = read_file(path);
  QVERIFY(content);
  for (size_t at = 0; at <= content->size();) {
    const size_t end = std::min(content->find('\n', at), content->size());
    each(std::string_view(*content).substr(at, end - at));
    at = end + 1;
  }
}

std::vector<std::string> all_texts() {
  std::vector<std::string> texts;
  for (const fs::path& path : files_in(data_folder() / "clinc150"))
    if (path.extension() == ".jsonl")
      each_line(path, [&](std::string_view line) {
        if (!line.empty()) texts.push_back(Json::parse(line)["text"]);
      });
  for (const fs::path& path : files_in(data_folder() / "wnut17")) {
    std::string sentence;
    each_line(path, [&](std::string_view line) {
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
        if (!sentence.empty()) texts.push_back(std::move(sentence));
        sentence.clear();
        return;
      }
      if (!sentence.empty()) sentence += ' ';
      sentence += line.substr(0, line.find('\t'));
    });
  }
  return texts;
}

}  // namespace

class TestTokenizerData : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void agrees_on_real_text() {
    std::error_code missing;
    if (!fs::exists(data_folder() / "wnut17", missing) || !fs::exists(data_folder() / "clinc150", missing))
      QSKIP("the data sets are not there");
    const fs::path fixtures = fs::path(MILLWRIGHT_SOURCE_DIR) / "tests/fixtures/tokenizers";
    const Json expected = Json::parse(*read_file(fixtures / "data.json"));
    const std::vector<std::string> texts = all_texts();
    QCOMPARE(texts.size(), expected["texts"].get<size_t>());
    for (const char* family : {"bert", "bert-cased", "roberta", "roberta-files", "xlm-roberta"}) {
      const auto tokenizer = Tokenizer::load(fixtures / family);
      QVERIFY(tokenizer);
      TokenizerScratch scratch;
      Encoding encoding;
      fuzz::Digest digest;
      for (const std::string& text : texts) {
        QVERIFY(tokenizer->encode(text, scratch, encoding));
        digest.add(encoding);
      }
      QCOMPARE(std::pair(family, digest.hex()), std::pair(family, expected[family].get<std::string>()));
    }
  }
};

QTEST_GUILESS_MAIN(TestTokenizerData)
#include "test_tokenizer_data.moc"
