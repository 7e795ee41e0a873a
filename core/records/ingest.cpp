#include "records/ingest.h"

#include <algorithm>

#include "base/clock.h"
#include "detail/asset_rows.h"
#include "detail/pipeline.h"
#include "detail/publish_batch.h"
#include "detail/source_reader.h"
#include "records/batch.h"
#include "records/connectors.h"

namespace millwright::records {
namespace {

/// What an import begins with.
struct Start {
  std::string asset_name;
  std::optional<Asset> asset;  // none: the import makes it
  std::vector<BatchInfo> batches;
};

std::string stem_of(const ImportRequest& request) {
  const std::string& name = request.source_name.empty() ? request.source : request.source_name;
  std::string stem = name == "-" ? "" : fs::path(name).stem().string();
  return stem.empty() ? "data" : stem;
}

Result<Start> look_around(const store::Project& project, const ImportRequest& request) {
  Start start;
  MW_ASSIGN(std::vector<Asset> all, list_assets(project));
  start.asset_name = request.asset;
  if (request.asset.empty()) {
    if (all.size() > 1) {
      MW_ASSIGN(const Asset which, find_asset(project, ""));  // says which there are
      (void)which;
    }
    start.asset_name = all.empty() ? stem_of(request) : all.front().name;
  }
  for (Asset& asset : all)
    if (asset.name == start.asset_name) start.asset = std::move(asset);
  if (start.asset) {
    MW_ASSIGN(start.batches, list_batches(project, start.asset->id));
  }
  return start;
}

Status check_request(const ImportRequest& request) {
  if (request.source.empty()) return fail(ErrorKind::usage, "import.no_source", "There is nothing to import.");
  if (!request.split.empty() && request.split != "train" && request.split != "validation" && request.split != "test")
    return fail(ErrorKind::usage, "import.bad_split", "“{split}” is no split.", {{"split", request.split}},
                "Say train, validation or test.");
  return {};
}

/// Hash of the source's bytes and of all that decides what rows come out of them.
Digest identity_of(const Digest& bytes, const ImportRequest& request, const std::string& connector) {
  Json options = Json::object();
  for (const auto& [key, value] : request.options) options[key] = value;
  Json types = Json::object();
  for (const auto& [name, type] : request.types) types[name] = name_of(type);
  const Json what{{"connector", connector},
                  {"options", options},
                  {"types", types},
                  {"mapping", static_cast<int>(request.mapping)},
                  {"limit", request.limit}};
  Sha256 hash;
  hash.update(bytes);
  hash.update(canonical(what));
  return hash.finish();
}

detail::RowOptions row_options(const store::Project& project, const ImportRequest& request,
                               const std::optional<Asset>& asset) {
  detail::RowOptions options;
  options.key = project.duplicate_key();
  const Roles roles = detail::merged(asset ? asset->roles : Roles(), request.roles);
  options.content = roles.content;
  for (const std::string& name : {roles.id, roles.time})
    if (!name.empty()) options.not_content.push_back(name);
  options.declared = request.types;
  if (asset)
    for (const SchemaField& field : asset->schema.fields) {
      const bool again =
          std::any_of(request.types.begin(), request.types.end(), [&](const auto& t) { return t.first == field.name; });
      if (field.declared && !again) options.declared.emplace_back(field.name, field.type);
    }
  options.limit = request.limit;
  return options;
}

std::function<detail::FieldWish(const std::string&)> wishes(const ImportRequest& request,
                                                            const std::optional<Asset>& asset) {
  const Roles roles = detail::merged(asset ? asset->roles : Roles(), request.roles);
  const SchemaVersion schema = asset ? asset->schema : SchemaVersion();
  return [roles, schema, types = request.types](const std::string& name) {
    detail::FieldWish wish;
    wish.never_category = name == roles.text || name == roles.id;
    if (const SchemaField* field = schema.find(name)) {
      wish.type = field->type;
      wish.declared = field->declared;
    }
    for (const auto& [declared, type] : types)
      if (declared == name) {
        wish.type = type;
        wish.declared = true;
      }
    if (wish.declared) wish.never_category = false;
    return wish;
  };
}

Result<std::vector<detail::KnownBatch>> load_known(const store::Project& project,
                                                   const std::vector<BatchInfo>& batches) {
  std::vector<detail::KnownBatch> known;
  for (const BatchInfo& info : batches) {
    MW_ASSIGN(const auto file, open_batch(project, info.id));
    detail::KnownBatch batch;
    batch.id = info.id;
    batch.uuid = info.uuid;
    MW_ASSIGN(batch.keys, file->keys());
    MW_ASSIGN(batch.content_keys, file->content_keys());
    MW_ASSIGN(const store::Repeats* repeats, file->repeats());
    batch.repeat_arrivals = repeats->arrivals;
    known.push_back(std::move(batch));
  }
  return known;
}

Status check_fields(const detail::PipelineResult& result, const ImportRequest& request) {
  std::vector<SchemaField> fields;
  for (const auto& field : result.fields) fields.push_back({field.name, field.type, false});
  std::vector<std::string> names{request.roles.text, request.roles.time, request.roles.id, request.roles.group};
  names.insert(names.end(), request.roles.content.begin(), request.roles.content.end());
  for (const auto& [name, type] : request.types) names.push_back(name);
  for (const std::string& name : names)
    if (!name.empty() && std::none_of(fields.begin(), fields.end(), [&](const auto& f) { return f.name == name; }))
      return detail::unknown_field(name, fields);
  return {};
}

ImportReport report_of_existing(const store::Project&, const BatchInfo& info, const Asset& asset) {
  ImportReport report;
  report.batch = info.id;
  report.batch_uuid = info.uuid;
  report.asset = asset;
  report.already_there = true;
  report.connector = info.connector;
  report.rows_read = info.rows_read;
  report.rows_kept = info.rows_kept;
  report.rows_duplicate = info.rows_duplicate;
  report.rows_same_content = info.rows_same_content;
  report.rows_quarantined = info.rows_quarantined;
  report.bytes = info.source_bytes;
  return report;
}

Result<ImportReport> already_there(const store::Project& project, int64_t batch, const Asset& asset) {
  MW_ASSIGN(const BatchInfo info, batch_by_id(project, batch));
  ImportReport report = report_of_existing(project, info, asset);
  MW_ASSIGN(const auto file, open_batch(project, batch));
  report.fields = file->fields();
  report.about = file->about();
  return report;
}

/// A file of the size of one that came in before is hashed first: the answer may be there already.
Result<std::optional<int64_t>> find_same_source(const store::Project& project, const Start& start,
                                                const detail::SourceReader& source, const ImportRequest& request,
                                                const std::string& connector) {
  if (!start.asset || source.size() < 0) return std::optional<int64_t>();
  if (std::none_of(start.batches.begin(), start.batches.end(),
                   [&](const BatchInfo& b) { return b.source_bytes == source.size(); }))
    return std::optional<int64_t>();
  MW_ASSIGN(const Digest bytes, sha256_of_file(request.source));
  return detail::batch_of_source(project.db(), start.asset->id, identity_of(bytes, request, connector));
}

/// About how many rows there are, by the lines of the first bytes: the table of keys is then made large enough at once.
int64_t expected_rows(const detail::SourceReader& source) {
  constexpr int64_t kMost = 1 << 26;
  const auto head = source.head();
  if (source.size() <= 0 || head.empty()) return 0;
  const auto lines = static_cast<double>(std::count(head.begin(), head.end(), uint8_t{'\n'}));
  const double rows = lines / static_cast<double>(head.size()) * static_cast<double>(source.size());
  return std::min(kMost, static_cast<int64_t>(rows));
}

enum class Outcome { done, again };

/// One try. `again`: somebody else's import into the same asset was published meanwhile.
Result<Outcome> try_import(store::Project& project, const ImportRequest& request, const Work& work,
                           ImportReport& report) {
  MW_ASSIGN(const Start start, look_around(project, request));
  MW_ASSIGN(const auto source, detail::SourceReader::open(request.source, work));
  const std::string name_hint = request.source_name.empty() ? source->file_name() : request.source_name;
  MW_ASSIGN(const ConnectorInfo* connector,
            choose_connector(request.connector, source->head(), source->head_is_whole(), name_hint));
  MW_ASSIGN(const std::optional<int64_t> same, find_same_source(project, start, *source, request, connector->name));
  if (same) {
    MW_ASSIGN(report, already_there(project, *same, *start.asset));
    return Outcome::done;
  }
  MW_ASSIGN(store::BatchWriter writer, store::BatchWriter::begin(project));
  detail::PipelineSetup setup;
  setup.connector = connector;
  setup.options = request.options;
  setup.mapping = request.mapping;
  setup.rows = row_options(project, request, start.asset);
  setup.wish = wishes(request, start.asset);
  MW_ASSIGN(setup.known, load_known(project, start.batches));
  setup.expected_rows = request.limit > 0 ? request.limit : expected_rows(*source);
  MW_ASSIGN(detail::PipelineResult result, detail::run_pipeline(project, *source, writer, std::move(setup), work));
  MW_ASSIGN(const Digest bytes, source->finish());

  report.connector = connector->name;
  report.about = result.about;
  report.rows_read = result.counts.read;
  report.rows_kept = result.counts.records;
  report.rows_duplicate = result.counts.repeated;
  report.rows_same_content = result.counts.same_content;
  report.rows_quarantined = result.counts.quarantined;
  report.bytes = source->bytes();
  report.fields = result.fields;
  report.first_quarantined = result.first_quarantined;
  if (result.counts.arrivals == 0)
    return fail(ErrorKind::bad_input, "import.no_rows", "{file} yields no row: {n} were read, all of them quarantined.",
                {{"file", request.source == "-" ? "Standard input" : request.source},
                 {"n", std::to_string(result.counts.read)},
                 {"why", result.first_quarantined.empty() ? "it is empty" : result.first_quarantined.front().reason}},
                "The first reason: {why}.");
  MW_TRY(check_fields(result, request));
  if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped; nothing was published.");
  detail::Publication publication{start.asset_name, start.asset,     {},
                                  request,          connector->name, identity_of(bytes, request, connector->name),
                                  source->bytes()};
  for (const BatchInfo& batch : start.batches) publication.known.push_back(batch.id);
  if (request.dry_run) {
    report.asset = detail::asset_after(publication, result);
    report.schema_change = detail::schema_change_of(publication, result);
    return Outcome::done;
  }
  work.report({"publish", 0, 0, ""});
  MW_ASSIGN(const detail::Published published, detail::publish_batch(project, writer, publication, result));
  if (published.outdated) return Outcome::again;
  if (published.already_there) {
    MW_ASSIGN(const Asset asset, find_asset(project, start.asset_name));
    MW_ASSIGN(report, already_there(project, published.batch, asset));
    return Outcome::done;
  }
  report.batch = published.batch;
  report.batch_uuid = published.uuid;
  report.schema_change = published.schema_change;
  MW_ASSIGN(report.asset, asset_by_id(project, published.asset));
  return Outcome::done;
}

}  // namespace

Result<ImportReport> import_source(store::Project& project, const ImportRequest& request, const Work& work) {
  MW_TRY(check_request(request));
  const double begun = steady_seconds();
  constexpr int kTries = 4;
  for (int tries = 0; tries < kTries; ++tries) {
    ImportReport report;
    MW_ASSIGN(const Outcome outcome, try_import(project, request, work, report));
    if (outcome == Outcome::done) {
      report.seconds = steady_seconds() - begun;
      return report;
    }
    if (request.source == "-") break;
  }
  return fail(ErrorKind::store, "import.concurrent", "Another import into the same asset was published meanwhile.", {},
              "Nothing was changed: import again.");
}

Json to_json(const ImportReport& report) {
  Json fields = Json::array();
  for (const store::BatchField& field : report.fields)
    fields.push_back(Json{{"name", field.name},
                          {"type", name_of(field.type)},
                          {"missing", field.missing},
                          {"distinct", Json{{"value", field.distinct}, {"exact", field.distinct_exact}}}});
  return Json{{"batch", report.batch == 0 ? Json() : Json(tail(report.batch_uuid))},
              {"asset", report.asset.name},
              {"rows_read", report.rows_read},
              {"rows_kept", report.rows_kept},
              {"rows_duplicate", report.rows_duplicate},
              {"rows_same_content", report.rows_same_content},
              {"rows_quarantined", report.rows_quarantined},
              {"bytes", report.bytes},
              {"seconds", report.seconds},
              {"fields", fields},
              {"already_there", report.already_there},
              {"connector", report.connector},
              {"schema_change", report.schema_change.empty() ? Json() : Json(report.schema_change)}};
}

}  // namespace millwright::records
