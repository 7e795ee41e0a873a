// The stored form of columns, and files that were tampered with.
#include <sqlite3.h>

#include <cmath>

#include "project_fixture.h"
#include "store/batch_file.h"

using namespace millwright;
using namespace millwright::records;
using store::ColumnChunk;

class TestBatchFile : public QObject {
  Q_OBJECT

  static ColumnChunk there_and_back(const ColumnChunk& chunk, size_t dictionary = 0) {
    const Bytes stored = store::encode_chunk(chunk);
    auto back = store::decode_chunk(stored, chunk.type, chunk.rows, dictionary);
    if (!back) qFatal("%s", message_of(back.error()).c_str());
    return std::move(*back);
  }

 private Q_SLOTS:
  void integers_of_every_width() {
    Random random(1);
    for (unsigned bits = 0; bits <= 64; ++bits) {
      ColumnChunk chunk;
      chunk.type = FieldType::integer;
      chunk.rows = 1000;
      for (int i = 0; i < 1000; ++i)
        chunk.integers.push_back(bits == 0 ? -5 : static_cast<int64_t>(random.next() >> (64 - bits)) - 17);
      QVERIFY(there_and_back(chunk).integers == chunk.integers);
    }
  }

  void reals_bit_by_bit() {
    Random random(2);
    const std::vector<double> awkward = {0.0, -0.0, 0.1, 1e300, -5e-324, 1.0 / 3, 123456.78, 1e15, 9007199254740993.0};
    for (const int kind : {0, 1, 2}) {
      ColumnChunk chunk;
      chunk.type = FieldType::real;
      chunk.rows = 5000;
      chunk.valid.assign(79, ~uint64_t{0});
      chunk.valid[1] = 0xF0;
      for (size_t i = 0; i < 5000; ++i) {
        double value = static_cast<double>(random.below(1000000)) / 100;  // decimals: become scaled integers
        if (kind == 1) value = random.normal();
        if (kind == 2 && i % 100 == 99) value = awkward[i / 100 % awkward.size()];
        chunk.reals.push_back(chunk.has(static_cast<int64_t>(i)) ? value : std::nan(""));
      }
      const Bytes stored = store::encode_chunk(chunk);
      if (kind == 0) QVERIFY2(stored.size() < 5000 * 4, "two decimals up to 10,000 fit three bytes");
      const ColumnChunk back = there_and_back(chunk);
      for (size_t i = 0; i < 5000; ++i)
        if (std::bit_cast<uint64_t>(back.reals[i]) != std::bit_cast<uint64_t>(chunk.reals[i]) &&
            !(std::isnan(back.reals[i]) && std::isnan(chunk.reals[i])))
          QFAIL(std::to_string(chunk.reals[i]).c_str());
    }
  }

  void texts_and_codes() {
    ColumnChunk text;
    text.type = FieldType::text;
    text.rows = 4;
    text.valid = {0b1011};
    text.offsets = {0, 1, 1, 1, 6};
    text.bytes = "ahello";
    const ColumnChunk back = there_and_back(text);
    QCOMPARE(std::string(back.text(3)), std::string("hello"));
    QVERIFY(back.has(1) && !back.has(2));
    ColumnChunk codes;
    codes.type = FieldType::category;
    codes.rows = 3;
    codes.valid = {0b101};
    codes.codes = {2, store::kMissingCode, 0};
    QVERIFY(there_and_back(codes, 3).codes == codes.codes);
    // A code that the dictionary does not have.
    QVERIFY(!store::decode_chunk(store::encode_chunk(codes), FieldType::category, 3, 2));
  }

  // Every prefix and many changed bytes of stored chunks: an error or values, never a crash (the sanitizers look on).
  void damaged_chunks_are_refused_or_read() {
    Random random(3);
    ColumnChunk chunk;
    chunk.type = FieldType::text;
    chunk.rows = 300;
    chunk.offsets = {0};
    for (int i = 0; i < 300; ++i) {
      chunk.bytes += "text number " + std::to_string(random.below(50));
      chunk.offsets.push_back(static_cast<uint32_t>(chunk.bytes.size()));
    }
    const Bytes stored = store::encode_chunk(chunk);
    for (size_t size = 0; size < stored.size(); ++size)
      QVERIFY(!store::decode_chunk(std::span(stored).first(size), chunk.type, chunk.rows, 0));
    for (int i = 0; i < 5000; ++i) {
      Bytes changed = stored;
      changed[random.below(changed.size())] = static_cast<uint8_t>(random.next());
      const auto type = static_cast<FieldType>(1 + random.below(6));
      (void)store::decode_chunk(changed, random.below(2) == 0 ? chunk.type : type, chunk.rows, 10);
    }
    QVERIFY(!store::decode_chunk(stored, chunk.type, 301, 0));
    QVERIFY(!store::decode_chunk(stored, chunk.type, -1, 0));
    QVERIFY(!store::decode_chunk(stored, FieldType::integer, 300, 0));
  }

  void a_batch_that_was_tampered_with_is_found_out_data() {
    QTest::addColumn<QString>("sql");
    QTest::newRow("fewer arrivals") << "UPDATE batch SET arrivals = arrivals - 1, records = records - 1";
    QTest::newRow("impossible counts") << "UPDATE batch SET records = -1";
    QTest::newRow("newer format") << "UPDATE batch SET format = 99";
    QTest::newRow("another root") << "UPDATE batch SET root = randomblob(32)";
    QTest::newRow("field type") << "UPDATE field SET type = 'integer' WHERE position = 1";
    QTest::newRow("field name") << "UPDATE field SET name = 'n' WHERE position = 1";
    QTest::newRow("renamed field") << "UPDATE field SET name = 'other' WHERE position = 1";
    QTest::newRow("missing count") << "UPDATE field SET missing = missing + 1";
    QTest::newRow("chunk gone") << "DELETE FROM chunk WHERE id = 0";
    QTest::newRow("chunk noise") << "UPDATE chunk SET data = randomblob(1000)";
    QTest::newRow("summary noise") << "UPDATE chunk SET summary = randomblob(100)";
    QTest::newRow("chunk rows") << "UPDATE chunk_rows SET rows = rows + 1";
    QTest::newRow("dictionary") << "UPDATE dictionary SET entries = 1000000000";
    QTest::newRow("block gone") << "DELETE FROM block WHERE first = 512";
    QTest::newRow("block noise") << "UPDATE block SET data = randomblob(500) WHERE first = 0";
    QTest::newRow("block rows") << "UPDATE block SET rows = 2000000000 WHERE first = 0";
    QTest::newRow("salts") << "UPDATE identity SET salts = randomblob(length(salts))";
    QTest::newRow("leaves") << "UPDATE identity SET leaves = zeroblob(7)";
    QTest::newRow("a repeat before itself") << "UPDATE repeat SET data = randomblob(40)";
  }
  void a_batch_that_was_tampered_with_is_found_out() {
    QFETCH(QString, sql);
    ProjectFixture f;
    std::string csv = "n,c\n";
    for (int i = 0; i < 600; ++i) csv += std::to_string(i) + "," + (i % 3 == 0 ? "red" : "blue") + "\n";
    csv += "5,blue\n";
    const auto report = f.import("a.csv", csv);
    MW_REQUIRE(report);
    QCOMPARE(report->rows_duplicate, int64_t(1));
    QVERIFY(check_batch(*f.project, report->batch)->problems.empty());
    sqlite3* db = nullptr;
    const auto file = f.project->batches_folder() / (tail(report->batch_uuid) + ".db");
    QCOMPARE(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    QCOMPARE(sqlite3_exec(db, sql.toStdString().c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
    const auto check = check_batch(*f.project, report->batch);
    MW_REQUIRE(check);
    QVERIFY(!check->problems.empty());
  }

  // Every TEXT and BLOB column says its class.
  void columns_declare_their_class() {
    ProjectFixture f;
    const auto report = f.import("a.csv", "n\n1\n");
    MW_REQUIRE(report);
    sqlite3* db = nullptr;
    const auto file = f.project->batches_folder() / (tail(report->batch_uuid) + ".db");
    QCOMPARE(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    QCOMPARE(sqlite3_prepare_v2(db, "SELECT sql FROM sqlite_schema WHERE type = 'table'", -1, &statement, nullptr),
             SQLITE_OK);
    int tables = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      const QString sql = QString::fromUtf8(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
      ++tables;
      QRegularExpression column("\\b(TEXT|BLOB)\\b\\s*(/\\*(payload|derived|none)\\*/)?");
      auto found = column.globalMatch(sql);
      while (found.hasNext()) QVERIFY2(!found.next().captured(2).isEmpty(), qPrintable(sql));
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    QVERIFY(tables >= 10);
  }
};

QTEST_GUILESS_MAIN(TestBatchFile)
#include "test_batch_file.moc"
