// CSV: what RFC 4180 says, example by example, and what files do that never read it.
#include <QTest>
#include <random>

#include "harness.h"
#include "plugin_csv/csv_connector.h"

using namespace millwright;
using namespace millwright::test;

namespace {

using Table = std::vector<std::vector<std::optional<std::string>>>;

ReadResult read(std::string_view text, ReadSettings settings = {}) {
  return read_all(*plugin::csv_connector(), text, std::move(settings));
}

Table cells(const ReadResult& result) {
  Table table;
  for (const auto& row : result.rows) {
    auto& out = table.emplace_back();
    for (const auto& [name, cell] : row.cells) out.push_back(cell.text);
  }
  return table;
}

/// Everything that a reading found out, as one text to compare.
std::string told(const ReadResult& result) {
  std::string out = std::to_string(result.status) + result.error_code + "\n";
  for (const auto& name : result.fields) out += "[" + name + "]";
  for (const auto& row : result.rows) {
    out += "\n" + std::to_string(row.line) + ":" + row.raw + ":";
    for (const auto& [name, cell] : row.cells) out += cell.text ? "<" + *cell.text + ">" : "-";
  }
  for (const auto& bad : result.rejected)
    out += "\n!" + std::to_string(bad.line) + " " + bad.code + " " + bad.reason + " " + bad.raw;
  return out;
}

std::string utf16(std::u16string_view text, bool big) {
  std::string out;
  for (const char16_t unit : text) {
    const char high = static_cast<char>(unit >> 8);
    const char low = static_cast<char>(unit & 0xFF);
    out += big ? high : low;
    out += big ? low : high;
  }
  return out;
}

}  // namespace

class TestCsv : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// The examples of RFC 4180, section 2, rules 1 to 7, each with a header line before it.
  void rfc_4180_examples_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("rows");
    QTest::newRow("1: lines end with CRLF") << QByteArray("a,b,c\r\naaa,bbb,ccc\r\nzzz,yyy,xxx\r\n") << 2;
    QTest::newRow("2: last line may lack its end") << QByteArray("a,b,c\r\naaa,bbb,ccc\r\nzzz,yyy,xxx") << 2;
    QTest::newRow("5: quoted or not") << QByteArray("a,b,c\r\n\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx") << 2;
  }
  void rfc_4180_examples() {
    QFETCH(QByteArray, text);
    QFETCH(int, rows);
    const ReadResult result = read(text.toStdString());
    QCOMPARE(result.status, int32_t{MILLWRIGHT_END});
    QCOMPARE(result.broken_promise, std::string());
    QCOMPARE(result.rows.size(), static_cast<size_t>(rows));
    QCOMPARE(cells(result)[0], (Table{{"aaa", "bbb", "ccc"}}[0]));
    QCOMPARE(cells(result)[1], (Table{{"zzz", "yyy", "xxx"}}[0]));
    QVERIFY(result.rejected.empty());
  }

  void rfc_4180_rule_4_spaces_belong_to_the_field() {
    QCOMPARE(cells(read("a,b\n x , y \n")), (Table{{" x ", " y "}}));
  }
  void rfc_4180_rule_6_line_breaks_commas_quotes_within() {
    const ReadResult result = read("h1,h2,h3\r\n\"aaa\",\"b \r\nbb\",\"ccc\" \r\nzzz,yyy,xxx\r\n");
    // A space behind the closing mark is no part of the grammar. The line that the row begins in is rejected and
    // reading goes on with the next, which is then short of fields.
    QCOMPARE(result.rejected.size(), size_t{2});
    QCOMPARE(result.rejected[0].code, std::string("csv.text_after_quote"));
    QCOMPARE(result.rejected[0].line, int64_t{2});
    QCOMPARE(result.rejected[1].line, int64_t{3});
    QCOMPARE(cells(result), (Table{{"zzz", "yyy", "xxx"}}));
    const ReadResult good = read("h1,h2,h3\r\n\"aaa\",\"b \r\nbb\",\"ccc\"\r\nzzz,yyy,xxx\r\n");
    QCOMPARE(cells(good), (Table{{"aaa", "b \r\nbb", "ccc"}, {"zzz", "yyy", "xxx"}}));
    QCOMPARE(good.rows[1].line, int64_t{4});
  }
  void rfc_4180_rule_7_doubled_quotes() {
    QCOMPARE(cells(read("a,b,c\n\"aaa\",\"b\"\"bb\",\"ccc\"\n")), (Table{{"aaa", "b\"bb", "ccc"}}));
    QCOMPARE(cells(read("a,b\n\"\"\"\",\"\"\"x\"\"\"\n")), (Table{{"\"", "\"x\""}}));
  }

  void empty_cells_are_missing() {
    QCOMPARE(cells(read("a,b,c\n,\"\",x\n,,\n")),
             (Table{{std::nullopt, std::nullopt, "x"}, {std::nullopt, std::nullopt, std::nullopt}}));
  }
  void a_bare_quotation_mark_is_a_character() {
    QCOMPARE(cells(read("a,b\n5\" pipe,x\"\"y\n")), (Table{{"5\" pipe", "x\"\"y"}}));
  }
  void raw_bytes_come_back() {
    const ReadResult result = read("a,b\r\n\"x\"\"\",\"1\r\n2\"\r\ny,\r\n");
    QCOMPARE(result.rows[0].raw, std::string("\"x\"\"\",\"1\r\n2\""));
    QCOMPARE(result.rows[1].raw, std::string("y,"));
  }

  void delimiters_are_found_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("delimiter");
    QTest::newRow("tab") << QByteArray("a\tb\n1,5\t2\n") << QByteArray("\\u0009");
    QTest::newRow("semicolon") << QByteArray("a;b;c\n1,5;2,5;3\n1;2;3\n") << QByteArray(";");
    QTest::newRow("bar") << QByteArray("a|b\n1|2\n") << QByteArray("|");
    QTest::newRow("comma with semicolons in text") << QByteArray("id,text\n1,\"a;b;c\"\n2,x;y\n") << QByteArray(",");
    QTest::newRow("ragged is still comma") << QByteArray("a,b,c\n1,2\n1,2,3,4\n") << QByteArray(",");
  }
  void delimiters_are_found() {
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, delimiter);
    const ReadResult result = read(text.toStdString());
    QVERIFY2(result.description.find("\"delimiter\":\"" + delimiter.toStdString() + "\"") != std::string::npos,
             result.description.c_str());
  }
  void a_delimiter_can_be_said() {
    QCOMPARE(cells(read("a:b\n1:2\n", {.options = {{"delimiter", ":"}}})), (Table{{"1", "2"}}));
    QCOMPARE(read("a:b\n", {.options = {{"delimiter", "::"}}}).error_code, std::string("csv.bad_option"));
  }

  void headers_get_unique_names() {
    const ReadResult result = read("a,,a,a_2,\n1,2,3,4,5\n");
    QCOMPARE(result.fields, (std::vector<std::string>{"a", "column_2", "a_3", "a_2", "column_5"}));
    QVERIFY(result.description.find("Field 3 repeats the name a; it is called a_3.") != std::string::npos);
    QVERIFY(result.description.find("Field 2 has no name; it is called column_2.") != std::string::npos);
  }
  void a_file_without_header() {
    const ReadResult result = read("1,2\n3,4\n", {.options = {{"header", "no"}}});
    QCOMPARE(result.fields, (std::vector<std::string>{"column_1", "column_2"}));
    QCOMPARE(cells(result), (Table{{"1", "2"}, {"3", "4"}}));
    QCOMPARE(result.rows[0].line, int64_t{1});
  }

  void empty_and_nearly_empty_files() {
    for (const char* text : {"", "\n", "\r\n\r\n", "\xEF\xBB\xBF"}) {
      const ReadResult result = read(text);
      QCOMPARE(result.status, int32_t{MILLWRIGHT_END});
      QVERIFY(result.rows.empty() && result.rejected.empty() && result.fields.empty());
    }
    const ReadResult header_only = read("a,b\n");
    QCOMPARE(header_only.status, int32_t{MILLWRIGHT_END});
    QCOMPARE(header_only.fields, (std::vector<std::string>{"a", "b"}));
    QCOMPARE(header_only.batches, int64_t{1});
    QVERIFY(header_only.rows.empty());
    QCOMPARE(read("a,b").fields.size(), size_t{2});
  }
  void empty_lines_are_passed_over() {
    const ReadResult result = read("\n\na,b\n\n1,2\n\n\n3,4\n\n");
    QCOMPARE(cells(result), (Table{{"1", "2"}, {"3", "4"}}));
    QCOMPARE(result.rows[0].line, int64_t{5});
    QCOMPARE(result.rows[1].line, int64_t{8});
    QVERIFY(result.rejected.empty());
  }
  void one_column() { QCOMPARE(cells(read("name\nAda\nGrace\n")), (Table{{"Ada"}, {"Grace"}})); }

  void ragged_rows_are_rejected() {
    const ReadResult result = read("a,b,c\n1,2,3\n1,2\n1,2,3,4\n\"x\ny\",2\n4,5,6\n");
    QCOMPARE(cells(result), (Table{{"1", "2", "3"}, {"4", "5", "6"}}));
    QCOMPARE(result.rejected.size(), size_t{3});
    QCOMPARE(result.rejected[0].line, int64_t{3});
    QCOMPARE(result.rejected[0].code, std::string("csv.too_few_fields"));
    QCOMPARE(result.rejected[0].reason, std::string("2 fields where the header has 3"));
    QCOMPARE(result.rejected[0].raw, std::string("1,2"));
    QCOMPARE(result.rejected[1].line, int64_t{4});
    QCOMPARE(result.rejected[1].code, std::string("csv.too_many_fields"));
    QCOMPARE(result.rejected[2].line, int64_t{5});
    QCOMPARE(result.rejected[2].raw, std::string("\"x\ny\",2"));
    QCOMPARE(result.rows[1].line, int64_t{7});
  }

  void a_stray_quotation_mark_costs_one_line() {
    const ReadResult result = read("a,b\n1,2\n\"open,3\n4,5\n6,7\n");
    QCOMPARE(cells(result), (Table{{"1", "2"}, {"4", "5"}, {"6", "7"}}));
    QCOMPARE(result.rejected.size(), size_t{1});
    QCOMPARE(result.rejected[0].line, int64_t{3});
    QCOMPARE(result.rejected[0].code, std::string("csv.unterminated_quote"));
    QCOMPARE(result.rejected[0].raw, std::string("\"open,3"));
  }
  void text_behind_a_closing_mark() {
    const ReadResult result = read("a,b\n\"x\"y,2\n3,4\n\"x\" ,2\n5,6\n\"x\"\"y\"z\"\n7,8");
    QCOMPARE(cells(result), (Table{{"3", "4"}, {"5", "6"}, {"7", "8"}}));
    QCOMPARE(result.rejected.size(), size_t{3});
    for (const auto& bad : result.rejected) QCOMPARE(bad.code, std::string("csv.text_after_quote"));
    QCOMPARE(result.rejected[2].line, int64_t{6});
  }
  void unterminated_at_the_end() {
    for (const char* end : {"\"x", "\"x\n", "1,\"", "\"a\"\"", "1,\"x\r\n"}) {
      const ReadResult result = read(std::string("a,b\n1,2\n") + end);
      QCOMPARE(result.rows.size(), size_t{1});
      QCOMPARE(result.rejected.size(), size_t{1});
      QCOMPARE(result.rejected[0].code, std::string("csv.unterminated_quote"));
      QCOMPARE(result.rejected[0].line, int64_t{3});
    }
  }
  void bad_headers_are_refused() {
    QCOMPARE(read("a,\"b\n1,2\n").error_code, std::string("csv.bad_header"));
    QCOMPARE(read("a,\"b\"c\n1,2\n").error_code, std::string("csv.bad_header"));
    QCOMPARE(read("a,b,c\n", {.max_fields = 2}).error_code, std::string("csv.too_many_columns"));
  }

  void zero_bytes_are_rejected() {
    const ReadResult result = read(std::string_view("a,b\n1,\0\n2,3\n", 12));
    QCOMPARE(cells(result), (Table{{"2", "3"}}));
    QCOMPARE(result.rejected[0].code, std::string("csv.nul_byte"));
    QCOMPARE(result.rejected[0].raw, std::string("1,\0", 3));
  }

  void utf8_with_and_without_mark() {
    for (const std::string mark : {"", "\xEF\xBB\xBF"}) {
      const ReadResult result = read(mark + "n\xC3\xA4me,b\n\xE2\x82\xAC,\xF0\x9F\x98\x80\n");
      QCOMPARE(result.fields[0], std::string("n\xC3\xA4me"));
      QCOMPARE(cells(result), (Table{{"\xE2\x82\xAC", "\xF0\x9F\x98\x80"}}));
      QVERIFY(result.description.find("\"encoding\":\"utf-8\"") != std::string::npos);
    }
  }
  void a_damaged_row_of_a_utf8_file_is_rejected() {
    const ReadResult result = read("a,b\ncaf\xC3\xA9,1\n\xFF\xFE,2\nx\xE9y,3\nna\xC3\xAFve,4\n");
    QCOMPARE(cells(result), (Table{{"caf\xC3\xA9", "1"}, {"na\xC3\xAFve", "4"}}));
    QCOMPARE(result.rejected.size(), size_t{2});
    QCOMPARE(result.rejected[0].code, std::string("csv.invalid_encoding"));
    QCOMPARE(result.rejected[0].line, int64_t{3});
    QCOMPARE(result.rejected[0].raw, std::string("\xFF\xFE,2"));
  }
  void garbage_in_an_ascii_file_is_no_encoding() {
    const ReadResult result = read("a,b\n1,2\n\xFF\xFE,2\n");
    QCOMPARE(result.rows.size(), size_t{1});
    QCOMPARE(result.rejected.size(), size_t{1});
  }
  /// 0x80 is the euro sign and 0x93 a left double quotation mark in Windows-1252 (WHATWG Encoding Standard).
  void windows_1252_is_recognised() {
    const ReadResult result = read(
        "stra\xDF"
        "e,b\ncaf\xE9,5 \x80\n\x93na\xEFve\x94,\"M\xFCnchen, \"\"S\xFC"
        "d\"\"\"\n");
    QVERIFY(result.description.find("windows-1252") != std::string::npos);
    QCOMPARE(result.fields[0], std::string("stra\xC3\x9F"
                                           "e"));
    QCOMPARE(cells(result), (Table{{"caf\xC3\xA9", "5 \xE2\x82\xAC"},
                                   {"\xE2\x80\x9Cna\xC3\xAFve\xE2\x80\x9D",
                                    "M\xC3\xBCnchen, \"S\xC3\xBC"
                                    "d\""}}));
    QCOMPARE(result.rows[0].raw, std::string("caf\xE9,5 \x80"));
  }
  void windows_1252_far_behind_the_head() {
    std::string text = "a,b\n";
    for (int i = 0; i < 400'000; ++i) text += "plain,1\n";
    text += "caf\xE9,2\n";
    const ReadResult result = read(text);
    QCOMPARE(result.rows.size(), size_t{400'001});
    QCOMPARE(*result.rows.back()["a"], std::string("caf\xC3\xA9"));
  }
  void utf16_with_and_without_mark() {
    const std::u16string text = u"n\u00E4me,b\r\n\"x\r\ny\",\U0001F600\r\n\u20AC,2\r\n";
    for (const bool big : {false, true})
      for (const bool mark : {false, true}) {
        const std::string bytes = utf16((mark ? u"\uFEFF" : u"") + text, big);
        const ReadResult result = read(bytes, {.piece = 3});
        QCOMPARE(result.fields, (std::vector<std::string>{"n\xC3\xA4me", "b"}));
        QCOMPARE(cells(result), (Table{{"x\r\ny", "\xF0\x9F\x98\x80"}, {"\xE2\x82\xAC", "2"}}));
        QCOMPARE(result.rows[0].raw, utf16(u"\"x\r\ny\",\U0001F600", big));
        QCOMPARE(result.rows[1].line, int64_t{4});
        QVERIFY(result.description.find(big ? "utf-16be" : "utf-16le") != std::string::npos);
      }
  }
  void a_lone_surrogate_is_rejected_with_its_bytes() {
    std::u16string text = u"\uFEFFa,b\n1,2\n";
    text += u"x";
    text += static_cast<char16_t>(0xD800);
    text += u",3\n4,5\n";
    const ReadResult result = read(utf16(text, false));
    QCOMPARE(cells(result), (Table{{"1", "2"}, {"4", "5"}}));
    QCOMPARE(result.rejected.size(), size_t{1});
    QCOMPARE(result.rejected[0].raw, std::string("x\0\x00\xD8,\0"
                                                 "3\0",
                                                 8));
  }

  void old_mac_line_ends() {
    const ReadResult result = read("a,b\r1,\"x\ry\"\r\r3,4");
    QCOMPARE(cells(result), (Table{{"1", "x\ry"}, {"3", "4"}}));
    QCOMPARE(result.rows[1].line, int64_t{5});
    QVERIFY(result.description.find("\"line_end\":\"cr\"") != std::string::npos);
  }
  void a_carriage_return_within_a_field() {
    QCOMPARE(cells(read("a,b\n1\r2,3\n4,5\r\n")), (Table{{"1\r2", "3"}, {"4", "5"}}));
  }

  void long_rows_are_rejected_and_reading_goes_on() {
    const std::string big(5000, 'x');
    const std::string text = "a,b\n1,2\n" + big + ",2\n3,4\n\"" + big + "\n5,6\n";
    for (const size_t piece : {size_t{7}, SIZE_MAX})
      for (const int64_t batch : {int64_t{64}, int64_t{0}}) {
        const ReadResult result = read(text, {.piece = piece, .batch_bytes = batch, .max_row_bytes = 1000});
        QCOMPARE(cells(result), (Table{{"1", "2"}, {"3", "4"}, {"5", "6"}}));
        QCOMPARE(result.rejected.size(), size_t{2});
        QCOMPARE(result.rejected[0].code, std::string("csv.row_too_long"));
        QCOMPARE(result.rejected[0].line, int64_t{3});
        QCOMPARE(result.rejected[0].raw.size(), size_t{5002});
        QCOMPARE(result.rejected[1].line, int64_t{5});
        QCOMPARE(result.rows[2].line, int64_t{6});
      }
  }
  void a_long_row_is_cut_to_a_mebibyte() {
    const std::string text = "a,b\n" + std::string(size_t{3} << 20, 'x') + "\n1,2\n";
    const ReadResult result = read(text, {.batch_bytes = 1 << 16, .max_row_bytes = 1 << 20});
    QCOMPARE(result.rejected.size(), size_t{1});
    QCOMPARE(result.rejected[0].raw.size(), size_t{1} << 20);
    QVERIFY(result.rejected[0].reason.find("only the first") != std::string::npos);
    QCOMPARE(cells(result), (Table{{"1", "2"}}));
  }

  /// A writer of its own, by the RFC's grammar, and back: whatever the cells hold.
  void what_was_written_is_read() {
    std::mt19937 random(7);
    const std::string alphabet = "ab ,;\"\"\n\r\t|\xC3\xA9";
    for (int round = 0; round < 200; ++round) {
      const size_t columns = 1 + random() % 6;
      std::string text;
      Table expected;
      for (size_t c = 0; c < columns; ++c) text += (c > 0 ? ",f" : "f") + std::to_string(c);
      const std::string end = random() % 2 == 0 ? "\n" : "\r\n";
      text += end;
      for (size_t r = 0; r < 20; ++r) {
        auto& row = expected.emplace_back();
        for (size_t c = 0; c < columns; ++c) {
          std::string cell;
          for (size_t n = random() % 8; n > 0; --n) {
            const size_t pick = random() % (alphabet.size() - 1);
            cell += pick == alphabet.size() - 2 ? alphabet.substr(pick) : alphabet.substr(pick, 1);
          }
          if (columns == 1 && cell.empty()) cell = "x";
          std::string written;
          for (const char ch : cell) written += ch == '"' ? "\"\"" : std::string(1, ch);
          text += (c > 0 ? "," : "") + ("\"" + written + "\"");
          row.push_back(cell.empty() ? std::nullopt : std::optional(cell));
        }
        text += end;
      }
      const ReadResult result = read(text, {.options = {{"delimiter", ","}}});
      QCOMPARE(result.broken_promise, std::string());
      QVERIFY2(result.rejected.empty(), text.c_str());
      QCOMPARE(cells(result), expected);
    }
  }

  /// However the bytes arrive and however small the batches are, the same comes out. The window begins with a mebibyte:
  /// some long rows come first, so that what is tried lies behind it.
  void pieces_make_no_difference() {
    std::mt19937 random(11);
    std::string filler;
    for (int i = 0; i < 20; ++i) filler += "filler," + std::string(60'000, 'f') + "\n";
    const std::vector<std::string> parts = {"a",
                                            "b,",
                                            ",",
                                            "\"",
                                            "\"\"",
                                            "\n",
                                            "\r\n",
                                            "\r",
                                            "\xC3\xA9",
                                            "\xE9",
                                            "1,2\n",
                                            "\"x,y\",z\n",
                                            std::string(1, '\0')};
    for (int round = 0; round < 150; ++round) {
      std::string text = "h,i\n" + filler;
      for (size_t n = random() % 60; n > 0; --n) text += parts[random() % parts.size()];
      const ReadSettings base{.max_row_bytes = 65'000, .options = {{"delimiter", ","}, {"encoding", "utf-8"}}};
      ReadResult whole = read(text, base);
      QCOMPARE(whole.broken_promise, std::string());
      for (const int64_t batch : {int64_t{1}, int64_t{13}}) {
        ReadSettings settings = base;
        settings.piece = 1 + random() % 9;
        if (settings.piece > 5) settings.piece = 100'000;
        settings.batch_bytes = batch;
        settings.batch_rows = static_cast<int64_t>(random() % 3);
        const ReadResult small = read(text, settings);
        QCOMPARE(small.broken_promise, std::string());
        QVERIFY2(told(small) == told(whole),
                 (text.substr(4 + filler.size()) + "\n=== whole\n" +
                  told(whole).substr(told(whole).size() > 1'200'000 ? 1'200'000 : 0) + "\n=== small\n" +
                  told(small).substr(told(small).size() > 1'200'000 ? 1'200'000 : 0))
                     .c_str());
      }
    }
  }

  void carriage_return_pieces_make_no_difference() {
    std::mt19937 random(13);
    std::string filler;
    for (int i = 0; i < 20; ++i) filler += "filler," + std::string(60'000, 'f') + "\r";
    const std::vector<std::string> parts = {"a", ",", "\"", "\r", "\r\n", "\n", "1,2\r", "\"x\r\ny\",z\r"};
    for (int round = 0; round < 100; ++round) {
      std::string text = "h,i\r" + filler;
      for (size_t n = random() % 40; n > 0; --n) text += parts[random() % parts.size()];
      const ReadSettings base{.max_row_bytes = 65'000, .options = {{"delimiter", ","}}};
      ReadSettings settings = base;
      settings.batch_bytes = 1;
      QCOMPARE(told(read(text, settings)), told(read(text, base)));
    }
  }
};

QTEST_GUILESS_MAIN(TestCsv)
#include "test_csv.moc"
