// `records P`: rows as they came, as a stream.
#include "records/reading.h"

#include "records/batch.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, asset, where, format = "jsonl";
  std::vector<std::string> batches;
  int64_t limit = 0;
};

/// Batches that are named are seen arrival by arrival; without any, each record of the asset once.
Result<records::ReadRequest> request_of(const store::Project& project, const Options& options) {
  records::ReadRequest request;
  request.limit = options.limit;
  MW_ASSIGN(request.where, records::Where::parse(options.where));
  if (options.batches.empty()) {
    MW_ASSIGN(const records::Asset asset, records::find_asset(project, options.asset));
    MW_ASSIGN(request.window, records::whole_asset(project, asset));
    return request;
  }
  std::vector<int64_t> ids;
  for (const std::string& typed : options.batches) {
    MW_ASSIGN(const records::BatchInfo batch, records::find_batch(project, typed));
    ids.push_back(batch.id);
  }
  MW_ASSIGN(request.window, records::window_of_batches(project, ids));
  request.count = records::Count::arrivals;
  return request;
}

Result<int> stream(Context& context, const Options& options) {
  context.set_streams();
  if (options.format != "jsonl" && options.format != "csv")
    return fail(ErrorKind::usage, "records.format", "“{format}” is no format of this verb.",
                {{"format", options.format}}, "Say jsonl or csv.");
  MW_ASSIGN(const store::Project project, context.open(options.project, true));
  MW_ASSIGN(const records::ReadRequest request, request_of(project, options));
  std::vector<records::SchemaField> fields;
  if (options.format == "csv") {
    MW_ASSIGN(const records::ColumnScan scan, records::ColumnScan::open(project, request.window, request.count));
    fields = scan.fields();
    context.raw(records::csv_header(fields) + "\r\n");
  }
  std::optional<Error> failed;
  MW_TRY(records::for_each_record(project, request, [&](records::RecordReader& reader, const records::Record& record) {
    auto text = options.format == "csv" ? reader.csv_line(record, fields) : reader.json_line(record);
    if (!text) {
      failed = std::move(text).error();
      return false;
    }
    context.raw(*text + (options.format == "csv" ? "\r\n" : "\n"));
    return !context.output_gone();
  }));
  if (failed) return tl::make_unexpected(std::move(*failed));
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "records", "Rows as they came (a stream)",
                                "records demo --where \"section = 'games'\" --limit 5");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--asset", options->asset, "Which asset; the only one otherwise")->type_name("A");
  verb->add_option("--batch", options->batches, "Rows that arrived in this batch; may be repeated")->type_name("B");
  verb->add_option("--where", options->where, "Choose rows")->type_name("EXPR");
  verb->add_option("--limit", options->limit, "So many rows at most")->type_name("N")->check(CLI::NonNegativeNumber);
  verb->add_option("--format", options->format, "jsonl or csv")->type_name("FORMAT");
  context.action(verb, [options](Context& c) { return stream(c, *options); });
}
const Registration kRegistration(40, add);

}  // namespace
}  // namespace millwright::cli
