#include "detail/bulk.h"

#include "detail/schema_rows.h"
#include "store/facts_file.h"

namespace millwright::labels::detail {
namespace {

store::Facts facts_of(const Task& task, const BulkFile& about, const BulkRows& rows) {
  store::Facts facts;
  facts.what = "labels";
  facts.about = Json{{"task", to_string(task.uuid)}, {"source", about.source}, {"by", about.by}};
  facts.rows = static_cast<int64_t>(rows.records.size());
  facts.columns.resize(3);
  facts.columns[0].name = "batch";
  facts.columns[1].name = "ordinal";
  facts.columns[2].name = "label";
  facts.columns[2].kind = store::FactsColumn::Kind::text;
  facts.columns[2].dictionary = rows.names;
  for (size_t i = 0; i < rows.records.size(); ++i) {
    facts.columns[0].integers.push_back(rows.records[i].batch);
    facts.columns[1].integers.push_back(rows.records[i].ordinal);
    facts.columns[2].integers.push_back(rows.labels[i]);
  }
  return facts;
}

Status use_label_field(store::Transaction& t, const Task& task, const std::string& field) {
  MW_ASSIGN(auto update, t.db().prepare("UPDATE task SET label_field = ? WHERE id = ? AND label_field IS NULL"));
  update.with(field, task.id);
  return update.run();
}

}  // namespace

Result<int> publish_bulk(store::Project& project, const Task& task, const BulkFile& about, const BulkRows& rows) {
  std::optional<store::WrittenFile> written;
  if (!rows.records.empty()) {
    MW_ASSIGN(written, store::write_facts(project, facts_of(task, about, rows)));
  }
  return project.write([&](store::Transaction& t) -> Result<int> {
    MW_ASSIGN(int schema, schema_version(t.db(), task.id));
    if (about.make_schema && schema == 0) {
      schema = 1;
      MW_TRY(insert_schema(t, task.id, schema, *about.make_schema));
      MW_TRY(t.audit("schema.set", tail(task.uuid), Json{{"version", 1}, {"labels", about.make_schema->size()}}));
    }
    if (about.label_field) MW_TRY(use_label_field(t, task, *about.label_field));
    if (!written) return schema;
    MW_ASSIGN(const int guide, guide_version(t.db(), task.id));
    MW_ASSIGN(const int64_t file, store::publish(t, *written));
    MW_ASSIGN(auto insert, t.db().prepare("INSERT INTO label_file(task, file, source, batch, actor, device, status, "
                                          "schema_version, guide_version, rows, time_ms) "
                                          "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert.with(task.id, file, about.source, about.batch, about.by, t.actor().device,
                about.confirmed ? "label" : "suggestion", schema, guide, written->rows, t.time_ms());
    MW_TRY(insert.run());
    MW_TRY(t.audit("label.file", tail(written->uuid),
                   Json{{"task", tail(task.uuid)},
                        {"source", about.source},
                        {"by", about.by},
                        {"rows", written->rows},
                        {"schema_version", schema},
                        {"guide_version", guide},
                        {"root", to_hex(written->root)}}));
    return schema;
  });
}

}  // namespace millwright::labels::detail
