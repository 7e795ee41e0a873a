// `schema P show|set|history`: what an asset's fields are.
#include <iostream>

#include "base/clock.h"
#include "records/asset.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, asset;
  std::vector<std::string> types;
};

Json fields_json(const std::vector<records::SchemaField>& fields) {
  Json list = Json::array();
  for (const auto& field : fields)
    list.push_back(Json{{"name", field.name}, {"type", records::name_of(field.type)}, {"declared", field.declared}});
  return list;
}

Json schema_json(const records::SchemaVersion& schema) {
  return Json{{"version", schema.version},
              {"fields", fields_json(schema.fields)},
              {"change", records::name_of(schema.change)},
              {"by", schema.actor},
              {"time", iso8601(schema.time_ms)}};
}

void answer(Context& context, const records::SchemaVersion& schema) {
  context.answer(schema_json(schema), [&](std::ostream& out) {
    out << "Version " << schema.version << " (" << records::name_of(schema.change) << ")\n";
    Table table({"field", "type", ""});
    for (const auto& field : schema.fields)
      table.row({field.name, records::name_of(field.type), field.declared ? "declared" : ""});
    table.print(out);
  });
}

Result<int> show(Context& context, const Options& options) {
  MW_ASSIGN(const store::Project project, context.open(options.project, true));
  MW_ASSIGN(const records::Asset asset, records::find_asset(project, options.asset));
  answer(context, asset.schema);
  return 0;
}

Result<int> set(Context& context, const Options& options) {
  std::vector<std::pair<std::string, records::FieldType>> types;
  for (const std::string& text : options.types) {
    const size_t at = text.rfind('=');
    const auto type = at == std::string::npos ? std::nullopt : records::field_type_from(text.substr(at + 1));
    if (!type)
      return fail(ErrorKind::usage, "schema.bad_type", "“{text}” declares no type.", {{"text", text}},
                  "Write FIELD=TYPE with integer, real, timestamp, boolean, category or text.");
    types.emplace_back(text.substr(0, at), *type);
  }
  MW_ASSIGN(store::Project project, context.open(options.project));
  MW_ASSIGN(const records::Asset asset, records::find_asset(project, options.asset));
  MW_ASSIGN(const records::SchemaVersion schema, records::declare_types(project, asset, types));
  answer(context, schema);
  return 0;
}

Result<int> history(Context& context, const Options& options) {
  MW_ASSIGN(const store::Project project, context.open(options.project, true));
  MW_ASSIGN(const records::Asset asset, records::find_asset(project, options.asset));
  MW_ASSIGN(const auto versions, records::schema_history(project, asset));
  Json list = Json::array();
  for (const auto& version : versions) list.push_back(schema_json(version));
  const Json document{
      {"version", asset.schema.version}, {"fields", fields_json(asset.schema.fields)}, {"history", list}};
  context.answer(document, [&](std::ostream& out) {
    Table table({"version", "change", "fields", "by", "time"});
    for (const auto& version : versions)
      table.row({std::to_string(version.version), records::name_of(version.change),
                 std::to_string(version.fields.size()), version.actor, iso8601(version.time_ms)});
    table.print(out);
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "schema", "What an asset's fields are", "schema demo show --asset packages");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--asset", options->asset, "Which asset; the only one otherwise")->type_name("A");
  verb->require_subcommand(1);
  CLI::App* now = context.verb(*verb, "show", "The fields and their types", "schema demo show");
  CLI::App* declare =
      context.verb(*verb, "set", "Declare types for the imports to come", "schema demo set installed_size=integer");
  declare->add_option("TYPES", options->types, "FIELD=TYPE …")->required();
  CLI::App* past = context.verb(*verb, "history", "How it came to be", "schema demo history");
  for (CLI::App* one : {now, declare, past})
    one->add_option("--asset", options->asset, "Which asset; the only one otherwise")->type_name("A");
  context.action(now, [options](Context& c) { return show(c, *options); });
  context.action(declare, [options](Context& c) { return set(c, *options); });
  context.action(past, [options](Context& c) { return history(c, *options); });
}
const Registration kRegistration(70, add);

}  // namespace
}  // namespace millwright::cli
