// `quarantine P`: rows that could not be taken, and why, as a stream.
#include "records/batch.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, batch;
};

Result<int> stream(Context& context, const Options& options) {
  context.set_streams();
  MW_ASSIGN(const store::Project project, context.open(options.project, true));
  std::vector<records::BatchInfo> batches;
  if (options.batch.empty()) {
    MW_ASSIGN(batches, records::list_batches(project));
  } else {
    MW_ASSIGN(records::BatchInfo one, records::find_batch(project, options.batch));
    batches.push_back(std::move(one));
  }
  constexpr int64_t kPage = 1000;
  for (const records::BatchInfo& batch : batches)
    for (int64_t first = 0; first < batch.rows_quarantined; first += kPage) {
      MW_ASSIGN(const auto rows, records::quarantined_rows(project, batch.id, first, kPage));
      for (const auto& row : rows) {
        context.line(Json{{"line", row.line},
                          {"reason", row.reason},
                          {"raw", row.raw},
                          {"code", row.code},
                          {"batch", tail(batch.uuid)}});
        if (context.output_gone()) return 0;
      }
    }
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "quarantine", "Rows that could not be taken, and why (a stream)",
                                "quarantine demo --batch k3f9x2");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--batch", options->batch, "Only this batch's")->type_name("B");
  context.action(verb, [options](Context& c) { return stream(c, *options); });
}
const Registration kRegistration(50, add);

}  // namespace
}  // namespace millwright::cli
