// `import P SOURCE`: bring a file in as a batch.
#include <iostream>

#include "records/ingest.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project;
  std::vector<std::string> types, options;
  records::ImportRequest request;
};

/// "field=type" → the pair; the field's name may hold '='.
Result<std::pair<std::string, records::FieldType>> declared_type(const std::string& text) {
  const size_t at = text.rfind('=');
  const auto type = at == std::string::npos ? std::nullopt : records::field_type_from(text.substr(at + 1));
  if (!type || at == 0)
    return fail(ErrorKind::usage, "import.bad_type", "“{text}” declares no type.", {{"text", text}},
                "Write FIELD=TYPE with integer, real, timestamp, boolean, category or text.");
  return std::pair(text.substr(0, at), *type);
}

void print(std::ostream& out, const records::ImportReport& report, bool dry_run) {
  if (report.already_there)
    out << "This source was imported before, as batch " << tail(report.batch_uuid) << ": nothing was done.\n";
  else if (dry_run)
    out << "Nothing was published (--dry-run).\n";
  else
    out << "Batch " << tail(report.batch_uuid) << " of asset " << report.asset.name << '\n';
  out << grouped(report.rows_read) << " rows read, " << grouped(report.rows_kept) << " kept, "
      << grouped(report.rows_duplicate) << " were there already, " << grouped(report.rows_same_content)
      << " kept with content that was there, " << grouped(report.rows_quarantined) << " quarantined; "
      << fixed(report.seconds, 2) << " s\n";
  Table table({"field", "type", "missing", "distinct"});
  for (const auto& field : report.fields)
    table.row({field.name, records::name_of(field.type), grouped(field.missing),
               (field.distinct_exact ? "" : "≈ ") + grouped(field.distinct)});
  table.print(out);
  if (dry_run)
    for (const auto& row : report.first_quarantined) out << "line " << row.line << ": " << row.reason << '\n';
}

Result<int> import_source(Context& context, const Options& options) {
  records::ImportRequest request = options.request;
  for (const std::string& text : options.types) {
    MW_ASSIGN(auto type, declared_type(text));
    request.types.push_back(std::move(type));
  }
  for (const std::string& text : options.options) {
    const size_t at = text.find('=');
    if (at == std::string::npos)
      return fail(ErrorKind::usage, "import.bad_option", "“{text}” is no option.", {{"text", text}},
                  "Write KEY=VALUE.");
    request.options.emplace_back(text.substr(0, at), text.substr(at + 1));
  }
  MW_ASSIGN(store::Project project, context.open(options.project));
  MW_ASSIGN(const records::ImportReport report, records::import_source(project, request, context.work("Importing")));
  Json document = records::to_json(report);
  if (request.dry_run) {
    document["dry_run"] = true;
    Json rows = Json::array();
    for (const auto& row : report.first_quarantined)
      rows.push_back(Json{{"line", row.line}, {"reason", row.reason}, {"raw", row.raw}});
    document["quarantined"] = rows;
  }
  context.answer(document, [&](std::ostream& out) { print(out, report, request.dry_run); });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "import", "Bring a file in as a batch",
                                "import demo packages.csv --asset packages --text description --group source");
  records::ImportRequest& request = options->request;
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("SOURCE", request.source, "File to read; - is standard input")->required();
  verb->add_option("--asset", request.asset, "The asset it belongs to; made when there is none of that name")
      ->type_name("A");
  verb->add_option("--connector", request.connector, "How to read it; guessed from the content otherwise")
      ->type_name("C");
  verb->add_option("--option", options->options, "An option of the connector, e.g. delimiter=;")
      ->type_name("KEY=VALUE");
  verb->add_option("--text", request.roles.text, "The field that holds the text")->type_name("F");
  verb->add_option("--time", request.roles.time, "The field that says when")->type_name("F");
  verb->add_option("--id", request.roles.id, "The field that names the row")->type_name("F");
  verb->add_option("--group", request.roles.group, "The field whose equal rows belong together")->type_name("F");
  verb->add_option("--content", request.roles.content, "Fields that make the content; all but id and time otherwise")
      ->type_name("F…")
      ->delimiter(',');
  verb->add_option("--type", options->types, "Declare a field's type; rows that do not fit are quarantined")
      ->type_name("F=T");
  verb->add_option("--split", request.split, "The source gives the split: train, validation or test")->type_name("S");
  verb->add_flag("--dry-run", request.dry_run, "Say what would happen, publish nothing");
  context.action(verb, [options](Context& c) { return import_source(c, *options); });
}
const Registration kRegistration(20, add);

}  // namespace
}  // namespace millwright::cli
