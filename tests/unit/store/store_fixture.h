// A project in a temporary folder with just enough in it to label: an asset, a published batch file, a batch, a task.
#pragma once

#include <sqlite3.h>

#include <QTemporaryDir>
#include <QTest>
#include <string>

#include "store/audit.h"
#include "store/blobs.h"
#include "store/facts_file.h"
#include "store/project.h"
#include "store/publishing.h"
#include "store/verify.h"

namespace millwright::store::testing {

inline const Actor kAnn{"ann", "device-one"};
inline const Actor kBob{"bob", "device-two"};

/// Says what went wrong where a Result holds an error.
template <class T>
std::string why(const T& result) {
  return result ? std::string() : result.error().code + ": " + message_of(result.error());
}
#define MW_OK(expression)                                                                    \
  do {                                                                                       \
    auto&& mw_checked = (expression);                                                        \
    QVERIFY2(mw_checked.has_value(), ::millwright::store::testing::why(mw_checked).c_str()); \
  } while (false)
#define MW_FAILS(expression, expected)                        \
  do {                                                        \
    auto&& mw_checked = (expression);                         \
    QVERIFY(!mw_checked.has_value());                         \
    QCOMPARE(mw_checked.error().code, std::string(expected)); \
  } while (false)

inline fs::path path_of(const QTemporaryDir& folder, const char* name) {
  return fs::path(folder.path().toStdString()) / name;
}

/// A small file under batches/, written the way that batches are.
inline Result<WrittenFile> write_small_batch_file(Project& project, int rows) {
  MW_ASSIGN(TemporaryFile file, TemporaryFile::begin(project, "batch"));
  {
    MW_ASSIGN(const Database db, file.create_database(4096));
    MW_TRY(db.execute("CREATE TABLE line(id INTEGER PRIMARY KEY, raw TEXT) STRICT; BEGIN"));
    MW_ASSIGN(Statement insert, db.prepare("INSERT INTO line(raw) VALUES (?)"));
    for (int i = 0; i < rows; ++i) MW_TRY(insert.with(std::string_view("row " + std::to_string(i))).run());
    MW_TRY(db.execute("COMMIT"));
  }
  return file.finish(rows, sha256(std::string_view("root")));
}

inline Status publish_small_batch(Transaction& t, const WrittenFile& written, int rows, const std::string& source) {
  MW_ASSIGN(const int64_t file, publish(t, written));
  MW_ASSIGN(Statement batch,
            t.db().prepare("INSERT INTO batch(uuid, asset, file, source, source_sha256, connector, schema_version, "
                           "rows_read, arrivals, rows_kept, rows_duplicate, rows_same_content, rows_quarantined, "
                           "source_bytes, time_ms, actor, device) VALUES "
                           "(?, 1, ?, ?, ?, 'csv', 1, ?, ?, ?, 0, 0, 0, 1, ?, ?, ?)"));
  MW_TRY(batch
             .with(written.uuid, file, std::string_view(source), sha256(source), rows, rows, rows, t.time_ms(),
                   std::string_view(t.actor().name), std::string_view(t.actor().device))
             .run());
  return t.audit("batch.import", tail(written.uuid), Json{{"rows", rows}});
}

/// Asset 1, batch 1 with `rows` records, task 1.
inline Status prepare_labeling(Project& project, int rows) {
  MW_ASSIGN(const WrittenFile written, write_small_batch_file(project, rows));
  return project.write([&](Transaction& t) -> Status {
    MW_TRY(
        t.db().execute("INSERT INTO asset(id, uuid, name, roles, created_ms) VALUES (1, x'00', 'a', '{}', 0);"
                       "INSERT INTO asset_schema(asset, version, fields, change, actor, device, time_ms) "
                       "VALUES (1, 1, '[]', 'first', 'ann', 'd', 0);"));
    MW_TRY(publish_small_batch(t, written, rows, "small"));
    return t.db().execute(
        "INSERT INTO task(id, uuid, name, asset, kind, text_field, fields, created_ms) "
        "VALUES (1, x'00', 't', 1, 'single_label', 'text', '[]', 0)");
  });
}

/// One label as one durable transaction; its uuid.
inline Result<Uuid> add_label(Project& project, int64_t ordinal) {
  const Uuid uuid = new_uuid();
  MW_TRY(project.write([&](Transaction& t) -> Status {
    MW_ASSIGN(Statement insert,
              t.db().prepare("INSERT INTO annotation(uuid, task, batch, ordinal, status, label, actor, "
                             "device, time_ms, schema_version, guide_version) "
                             "VALUES (?, 1, 1, ?, 'label', 'yes', ?, ?, ?, 1, 0)"));
    MW_TRY(insert.with(uuid, ordinal, std::string_view(t.actor().name), std::string_view(t.actor().device), t.time_ms())
               .run());
    return t.audit("label.add", tail(uuid), Json{{"ordinal", ordinal}});
  }));
  return uuid;
}

inline Facts some_facts(int64_t rows) {
  Facts facts;
  facts.what = "labels";
  facts.about = Json{{"task", "t"}};
  facts.rows = rows;
  facts.columns.resize(5);
  facts.columns[0].name = "batch";
  facts.columns[1].name = "ordinal";
  facts.columns[2] = {
      .name = "label", .kind = FactsColumn::Kind::text, .dictionary = {"yes", "", std::string("n\0x", 3), "long"}};
  facts.columns[3] = {.name = "score", .kind = FactsColumn::Kind::real};
  facts.columns[4] = {.name = "id", .kind = FactsColumn::Kind::digest};
  Random random(static_cast<uint64_t>(rows));
  for (int64_t i = 0; i < rows; ++i) {
    facts.columns[0].integers.push_back(1);
    facts.columns[1].integers.push_back(i % 7 == 0 ? static_cast<int64_t>(random.next()) : i);
    facts.columns[2].integers.push_back(static_cast<int64_t>(random.below(5)) - 1);
    facts.columns[3].reals.push_back(random.normal());
    facts.columns[4].digests.push_back(sha256(std::to_string(i)));
  }
  return facts;
}

}  // namespace millwright::store::testing
