#include "store/migrations.h"

namespace millwright::store {
namespace {

// Conventions. Every TEXT and BLOB column says its class in a comment that SQLite keeps with the table: payload (came
// from a subject's data, must go on erasure), derived (computed from payload: must go or be made again), none (about
// the work, not about a subject). Times are UTC milliseconds. `uuid` is a UUIDv7 (16 bytes); the integer keys are local
// to this file. (batch, ordinal) is a record: the batch that it first arrived in and its arrival number there, from 0.
// JSON columns hold documents whose shape the owning room defines.
constexpr std::string_view kFirst = R"sql(
-- store ------------------------------------------------------------------------------------------------------------------
CREATE TABLE project(
  only INTEGER PRIMARY KEY CHECK(only = 1),
  uuid BLOB /*none*/ NOT NULL,
  name TEXT /*none*/ NOT NULL,
  created_ms INTEGER NOT NULL,
  duplicate_key BLOB /*none*/ NOT NULL,    -- 16 bytes: key of the hash that finds identical records and contents
  split_key BLOB /*none*/ NOT NULL         -- 16 bytes: reserved for secrets of splits that must not be guessed
) STRICT;
CREATE TABLE audit(
  seq INTEGER PRIMARY KEY,                 -- 1, 2, 3 … without gaps
  time_ms INTEGER NOT NULL,
  actor TEXT /*none*/ NOT NULL,
  device TEXT /*none*/ NOT NULL,
  action TEXT /*none*/ NOT NULL,           -- "batch.import", "label.file", "snapshot.create", "gate.override" …
  subject TEXT /*none*/ NOT NULL,          -- id of what it was done to, as shown
  detail TEXT /*none*/ NOT NULL,           -- canonical JSON: never a record's content
  hash BLOB /*none*/ NOT NULL              -- SHA-256(previous hash ‖ canonical JSON of the other columns)
) STRICT;
CREATE TABLE maintenance(                  -- at most one row: who has the project for itself
  only INTEGER PRIMARY KEY CHECK(only = 1),
  what TEXT /*none*/ NOT NULL,
  actor TEXT /*none*/ NOT NULL,
  device TEXT /*none*/ NOT NULL,
  pid INTEGER NOT NULL,
  until_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE data_file(                    -- catalogue of immutable files: batches/TAIL.db and facts/TAIL.db
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  kind TEXT /*none*/ NOT NULL CHECK(kind IN ('batch', 'facts')),
  bytes INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  root BLOB /*none*/ NOT NULL,             -- Merkle root over its rows' leaves
  bytes_root BLOB /*none*/ NOT NULL,       -- Merkle root over the file's pieces of 16 MiB, as published
  created_ms INTEGER NOT NULL,
  removed_ms INTEGER                       -- dropped or replaced; its file may be gone
) STRICT;
CREATE TABLE blob(
  sha256 BLOB /*none*/ PRIMARY KEY,
  bytes INTEGER NOT NULL,
  media TEXT /*none*/ NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT;

-- records ----------------------------------------------------------------------------------------------------------------
CREATE TABLE asset(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  name TEXT /*none*/ NOT NULL UNIQUE,
  roles TEXT /*none*/ NOT NULL,            -- {"text","time","id","group": field|null,"content": [field…]|null}
  created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE asset_schema(
  asset INTEGER NOT NULL REFERENCES asset(id),
  version INTEGER NOT NULL,
  fields TEXT /*none*/ NOT NULL,           -- [{"name","type","declared":bool}]
  change TEXT /*none*/ NOT NULL,           -- "first", "added", "widened", "breaking", "declared"
  actor TEXT /*none*/ NOT NULL,
  device TEXT /*none*/ NOT NULL,
  time_ms INTEGER NOT NULL,
  PRIMARY KEY(asset, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE batch(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,      -- the record ids' head; kept by the file that replaces it on erasure
  asset INTEGER NOT NULL REFERENCES asset(id),
  file INTEGER NOT NULL REFERENCES data_file(id),
  source TEXT /*none*/ NOT NULL,           -- path or name as given
  source_sha256 BLOB /*none*/ NOT NULL,    -- of the source's bytes, with connector and options: the same import twice makes one batch
  connector TEXT /*none*/ NOT NULL,
  given_split TEXT /*none*/,               -- train | validation | test
  schema_version INTEGER NOT NULL,
  rows_read INTEGER NOT NULL,
  arrivals INTEGER NOT NULL,               -- rows_kept + rows_duplicate
  rows_kept INTEGER NOT NULL,
  rows_duplicate INTEGER NOT NULL,
  rows_same_content INTEGER NOT NULL,
  rows_quarantined INTEGER NOT NULL,
  source_bytes INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  actor TEXT /*none*/ NOT NULL,
  device TEXT /*none*/ NOT NULL,
  dropped_ms INTEGER
) STRICT;
CREATE INDEX batch_by_asset ON batch(asset, id);
CREATE UNIQUE INDEX batch_by_source ON batch(asset, source_sha256) WHERE dropped_ms IS NULL;

-- quality ----------------------------------------------------------------------------------------------------------------
CREATE TABLE gate_report(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  subject_kind TEXT /*none*/ NOT NULL CHECK(subject_kind IN ('batch', 'snapshot')),
  subject INTEGER NOT NULL,
  verdict TEXT /*none*/ NOT NULL CHECK(verdict IN ('pass', 'warn', 'fail')),
  checks TEXT /*none*/ NOT NULL,           -- [{"name","verdict","value","threshold","rows"}]
  basis TEXT /*none*/ NOT NULL,            -- digest of all that the verdict rests on; empty where it is not known
  time_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX gate_report_by_subject ON gate_report(subject_kind, subject, id);
CREATE TABLE gate_override(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  subject_kind TEXT /*none*/ NOT NULL,
  subject INTEGER NOT NULL,
  report INTEGER NOT NULL REFERENCES gate_report(id),
  reason TEXT /*none*/ NOT NULL,
  actor TEXT /*none*/ NOT NULL,
  device TEXT /*none*/ NOT NULL,
  time_ms INTEGER NOT NULL
) STRICT;

-- labels -----------------------------------------------------------------------------------------------------------------
CREATE TABLE task(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  name TEXT /*none*/ NOT NULL UNIQUE,
  asset INTEGER NOT NULL REFERENCES asset(id),
  kind TEXT /*none*/ NOT NULL,             -- "single_label"
  text_field TEXT /*none*/ NOT NULL,
  fields TEXT /*none*/ NOT NULL,           -- the input fields, in order: what conflicts and leakage compare
  label_field TEXT /*none*/,               -- known after labels were taken from a field
  created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE label_schema(
  task INTEGER NOT NULL REFERENCES task(id),
  version INTEGER NOT NULL,
  labels TEXT /*none*/ NOT NULL,           -- [{"name","key":string|null,"definition"}]
  actor TEXT /*none*/ NOT NULL,
  device TEXT /*none*/ NOT NULL,
  time_ms INTEGER NOT NULL,
  PRIMARY KEY(task, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE guide_event(                  -- the guide is what these events make of it; each makes the next version
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  task INTEGER NOT NULL REFERENCES task(id),
  version INTEGER NOT NULL,
  rule BLOB /*none*/ NOT NULL,             -- the rule's own uuid, the same through its edits
  kind TEXT /*none*/ NOT NULL CHECK(kind IN ('draft', 'add', 'edit', 'accept', 'reject', 'remove')),
  title TEXT /*none*/ NOT NULL,
  decision TEXT /*none*/ NOT NULL,         -- Markdown
  example_batch INTEGER,
  example_ordinal INTEGER,
  actor TEXT /*none*/ NOT NULL,
  device TEXT /*none*/ NOT NULL,
  time_ms INTEGER NOT NULL,
  UNIQUE(task, version)
) STRICT;
CREATE TABLE annotation(                   -- one row for each act of a person on a record; never changed
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  task INTEGER NOT NULL REFERENCES task(id),
  batch INTEGER NOT NULL REFERENCES batch(id),
  ordinal INTEGER NOT NULL,
  status TEXT /*none*/ NOT NULL CHECK(status IN ('label', 'skip', 'unsure', 'flag', 'undo', 'suggestion')),
  label TEXT /*payload*/,
  undoes BLOB /*none*/,                    -- uuid of the annotation that an 'undo' takes back
  note TEXT /*payload*/,
  actor TEXT /*none*/ NOT NULL,
  device TEXT /*none*/ NOT NULL,
  time_ms INTEGER NOT NULL,
  seconds REAL,                            -- spent on it, without the time when nobody was there
  schema_version INTEGER NOT NULL,
  guide_version INTEGER NOT NULL,
  queue INTEGER,
  received_ms INTEGER                      -- when an import brought it; NULL: made here
) STRICT;
CREATE INDEX annotation_by_record ON annotation(task, batch, ordinal, id);
CREATE INDEX annotation_by_actor ON annotation(task, actor, id);
CREATE TABLE label_file(                   -- labels that came in bulk: facts/TAIL.db
  id INTEGER PRIMARY KEY,
  task INTEGER NOT NULL REFERENCES task(id),
  file INTEGER NOT NULL REFERENCES data_file(id),
  source TEXT /*none*/ NOT NULL,           -- "field:section" or a file's name
  batch INTEGER REFERENCES batch(id),      -- where it came from a field of one batch
  actor TEXT /*none*/ NOT NULL,            -- whose labels these are
  device TEXT /*none*/ NOT NULL,
  status TEXT /*none*/ NOT NULL CHECK(status IN ('label', 'suggestion')),
  schema_version INTEGER NOT NULL,
  guide_version INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  time_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE queue(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  task INTEGER NOT NULL REFERENCES task(id),
  name TEXT /*none*/ NOT NULL,
  item_order TEXT /*none*/ NOT NULL CHECK(item_order IN ('given', 'random', 'uncertain')),
  origin TEXT /*none*/ NOT NULL,           -- JSON: the question that filled it
  assigned TEXT /*none*/,
  items INTEGER NOT NULL DEFAULT 0,        -- counted in the transactions that add and settle items, so that nobody
  done INTEGER NOT NULL DEFAULT 0,         -- has to count a million rows to show how far a queue is
  created_ms INTEGER NOT NULL,
  UNIQUE(task, name)
) STRICT;
CREATE TABLE queue_item(
  queue INTEGER NOT NULL REFERENCES queue(id),
  position INTEGER NOT NULL,
  batch INTEGER NOT NULL REFERENCES batch(id),
  ordinal INTEGER NOT NULL,
  score REAL,                              -- confidence of the model that ordered it, where one did
  PRIMARY KEY(queue, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX queue_item_by_record ON queue_item(queue, batch, ordinal);
CREATE TABLE queue_lease(
  queue INTEGER NOT NULL,
  position INTEGER NOT NULL,
  actor TEXT /*none*/ NOT NULL,
  device TEXT /*none*/ NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY(queue, position, actor)
) STRICT, WITHOUT ROWID;

-- snapshots --------------------------------------------------------------------------------------------------------------
CREATE TABLE split_plan(                   -- made at a task's first snapshot, kept for ever
  task INTEGER PRIMARY KEY REFERENCES task(id),
  seed INTEGER NOT NULL,
  train INTEGER NOT NULL,                  -- parts of train + validation + test
  validation INTEGER NOT NULL,
  test INTEGER NOT NULL,
  group_field TEXT /*none*/,
  file INTEGER REFERENCES data_file(id)    -- facts file: split of each group of the first snapshot (keyed hash → split)
) STRICT;
CREATE TABLE snapshot(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  task INTEGER NOT NULL REFERENCES task(id),
  root BLOB /*none*/ NOT NULL,             -- its content id: SHA-256 over Merkle root and recipe
  file INTEGER NOT NULL REFERENCES data_file(id),
  recipe TEXT /*none*/ NOT NULL,           -- canonical JSON: batches, where, split, schema and guide versions
  counts TEXT /*none*/ NOT NULL,           -- {"train","validation","test","conflicts","unlabeled"}
  verdict TEXT /*none*/ NOT NULL,
  actor TEXT /*none*/ NOT NULL,
  device TEXT /*none*/ NOT NULL,
  program TEXT /*none*/ NOT NULL,
  time_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE snapshot_batch(
  snapshot INTEGER NOT NULL REFERENCES snapshot(id),
  batch INTEGER NOT NULL REFERENCES batch(id),
  rows INTEGER NOT NULL,
  PRIMARY KEY(snapshot, batch)
) STRICT, WITHOUT ROWID;

-- jobs -------------------------------------------------------------------------------------------------------------------
CREATE TABLE job(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,      -- runs/TAIL/
  kind TEXT /*none*/ NOT NULL,             -- "train"
  state TEXT /*none*/ NOT NULL CHECK(state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  spec TEXT /*none*/ NOT NULL,
  cause TEXT /*none*/,                     -- out_of_memory, diverged, bad_data, disk_full, device_gone, cancelled, crashed
  harvested_ms INTEGER,                    -- set in the transaction that takes its result over
  lease_holder TEXT /*none*/,
  lease_until_ms INTEGER,
  actor TEXT /*none*/ NOT NULL,
  device TEXT /*none*/ NOT NULL,
  created_ms INTEGER NOT NULL,
  finished_ms INTEGER
) STRICT;

-- models -----------------------------------------------------------------------------------------------------------------
CREATE TABLE run(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  job INTEGER NOT NULL UNIQUE REFERENCES job(id),
  task INTEGER NOT NULL REFERENCES task(id),
  snapshot INTEGER NOT NULL REFERENCES snapshot(id),
  algorithm TEXT /*none*/ NOT NULL,
  parameters TEXT /*none*/ NOT NULL,
  seed INTEGER NOT NULL,
  device_used TEXT /*none*/ NOT NULL,
  versions TEXT /*none*/ NOT NULL,         -- program, libtorch, BLAS, threads
  metrics TEXT /*none*/ NOT NULL,
  curve TEXT /*none*/ NOT NULL,            -- [{"step","name","value"}]
  gate_override TEXT /*none*/,             -- who allowed it and why, where the gate was not green
  seconds REAL NOT NULL,
  actor TEXT /*none*/ NOT NULL,
  time_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE model(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  task INTEGER REFERENCES task(id),
  run INTEGER REFERENCES run(id),
  name TEXT /*none*/ NOT NULL,
  family TEXT /*none*/ NOT NULL,           -- "linear"
  weights_sha256 BLOB /*none*/ NOT NULL,
  files TEXT /*none*/ NOT NULL,            -- [{"name","sha256","bytes"}]: in blobs/
  parameters INTEGER NOT NULL,
  time_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE stage_event(                  -- a model's stage is that of its newest event; without one: candidate
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  task INTEGER NOT NULL REFERENCES task(id),
  model INTEGER NOT NULL REFERENCES model(id),
  stage_from TEXT /*none*/ NOT NULL,
  stage_to TEXT /*none*/ NOT NULL,
  reason TEXT /*none*/,
  actor TEXT /*none*/ NOT NULL,
  device TEXT /*none*/ NOT NULL,
  time_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE evaluation(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  model INTEGER NOT NULL REFERENCES model(id),
  on_what TEXT /*none*/ NOT NULL,          -- "SNAPSHOT:test", "batch:B", with the where expression
  metrics TEXT /*none*/ NOT NULL,          -- the keys of `evaluate`
  file INTEGER REFERENCES data_file(id),   -- facts file: record, label, predicted, confidence of each row
  time_ms INTEGER NOT NULL
) STRICT;

-- monitoring -------------------------------------------------------------------------------------------------------------
CREATE TABLE prediction_file(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  model INTEGER NOT NULL REFERENCES model(id),
  batch INTEGER NOT NULL REFERENCES batch(id),
  file INTEGER NOT NULL REFERENCES data_file(id),
  rows INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  actor TEXT /*none*/ NOT NULL
) STRICT;
CREATE INDEX prediction_by_batch ON prediction_file(batch, model, id);
CREATE TABLE drift_report(
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  asset INTEGER NOT NULL REFERENCES asset(id),
  reference TEXT /*none*/ NOT NULL,        -- the window as it was asked for, and what it meant: batches and range
  current TEXT /*none*/ NOT NULL,
  rules TEXT /*none*/ NOT NULL,
  alpha REAL NOT NULL,
  verdict TEXT /*none*/ NOT NULL,
  report TEXT /*derived*/ NOT NULL,        -- the keys of `drift`
  time_ms INTEGER NOT NULL,
  actor TEXT /*none*/ NOT NULL
) STRICT;
)sql";

constexpr std::string_view kEmbeddings = R"sql(
CREATE TABLE embedding_file(                -- vectors of records by a model; can be made again
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  model INTEGER NOT NULL REFERENCES model(id),
  batch INTEGER NOT NULL REFERENCES batch(id), -- whose records these are: those that arrived in it first
  fields TEXT /*none*/ NOT NULL,            -- JSON: what was read of a record, in order
  preprocessing INTEGER NOT NULL,           -- version of how a text is made of the fields
  blob BLOB /*none*/ NOT NULL REFERENCES blob(sha256),
  first INTEGER NOT NULL,                   -- of this batch's rows in the blob's tensors
  rows INTEGER NOT NULL,
  dimension INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  actor TEXT /*none*/ NOT NULL
) STRICT;
CREATE INDEX embedding_by_model ON embedding_file(model, batch, id);
)sql";

constexpr std::string_view kCrossValidation = R"sql(
CREATE TABLE cross_validation(              -- labels of a snapshot judged by models that had not seen them
  id INTEGER PRIMARY KEY,
  uuid BLOB /*none*/ NOT NULL UNIQUE,
  job INTEGER NOT NULL UNIQUE REFERENCES job(id),
  task INTEGER NOT NULL REFERENCES task(id),
  snapshot INTEGER NOT NULL REFERENCES snapshot(id),
  algorithm TEXT /*none*/ NOT NULL,
  parameters TEXT /*none*/ NOT NULL,
  folds INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  versions TEXT /*none*/ NOT NULL,
  metrics TEXT /*none*/ NOT NULL,           -- JSON: of all rows, out of sample
  file INTEGER NOT NULL REFERENCES data_file(id), -- facts file: what was said of each row
  seconds REAL NOT NULL,
  actor TEXT /*none*/ NOT NULL,
  time_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX cross_validation_by_task ON cross_validation(task, id);
)sql";

constexpr Migration kMigrations[] = {{1, kFirst}, {2, kEmbeddings}, {3, kCrossValidation}};

std::span<const Migration> replaced;

}  // namespace

std::span<const Migration> migrations() { return replaced.empty() ? std::span(kMigrations) : replaced; }
int newest_version() { return migrations().back().version; }
void set_migrations(std::span<const Migration> replacement) { replaced = replacement; }

}  // namespace millwright::store
