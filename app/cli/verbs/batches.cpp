// `batches P` and `batch drop P B`: the catalogue.
#include "records/batch.h"

#include <iostream>
#include <map>

#include "base/clock.h"
#include "quality/gate_report.h"
#include "records/asset.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, asset, batch;
};

/// The newest verdict of each batch that the gate was asked about.
using Verdicts = std::map<int64_t, std::string>;

Json line_of(const records::BatchInfo& batch, const Verdicts& verdicts) {
  const auto verdict = verdicts.find(batch.id);
  return Json{{"batch", tail(batch.uuid)},
              {"asset", batch.asset_name},
              {"source", batch.source},
              {"rows", batch.arrivals},
              {"time", iso8601(batch.time_ms)},
              {"verdict", verdict == verdicts.end() ? Json() : Json(verdict->second)},
              {"records", batch.rows_kept},
              {"quarantined", batch.rows_quarantined},
              {"connector", batch.connector},
              {"split", batch.given_split.empty() ? Json() : Json(batch.given_split)},
              {"schema_version", batch.schema_version},
              {"by", batch.actor}};
}

Result<int> list(Context& context, const Options& options) {
  MW_ASSIGN(const store::Project project, context.open(options.project, true));
  std::optional<int64_t> only;
  if (!options.asset.empty()) {
    MW_ASSIGN(const records::Asset asset, records::find_asset(project, options.asset));
    only = asset.id;
  }
  MW_ASSIGN(const auto batches, records::list_batches(project, only));
  MW_ASSIGN(const auto newest, quality::latest_verdicts(project, quality::SubjectKind::batch));
  Verdicts verdicts;
  for (const auto& each : newest) verdicts[each.subject] = quality::to_string(each.verdict);
  Json lines = Json::array();
  for (const auto& batch : batches) lines.push_back(line_of(batch, verdicts));
  context.answer(Json{{"batches", lines}}, [&](std::ostream& out) {
    Table table({"batch", "asset", "rows", "quarantined", "time", "verdict", "source"});
    for (const auto& batch : batches) {
      const auto verdict = verdicts.find(batch.id);
      table.row({tail(batch.uuid).substr(0, kShortTail), batch.asset_name, grouped(batch.arrivals),
                 grouped(batch.rows_quarantined), iso8601(batch.time_ms),
                 verdict == verdicts.end() ? "–" : verdict->second, batch.source});
    }
    table.print(out);
  });
  return 0;
}

Result<int> drop(Context& context, const Options& options) {
  MW_ASSIGN(store::Project project, context.open(options.project));
  MW_ASSIGN(const records::BatchInfo batch, records::find_batch(project, options.batch));
  MW_TRY(records::drop_batch(project, batch.id));
  context.answer(Json{{"batch", tail(batch.uuid)}, {"dropped", true}}, [&](std::ostream& out) {
    out << "Dropped batch " << tail(batch.uuid) << " (" << grouped(batch.arrivals) << " rows of " << batch.source
        << ")\n";
  });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* all = context.verb(app, "batches", "What came in", "batches demo --asset packages");
  all->add_option("PROJECT", options->project, "Project folder")->required();
  all->add_option("--asset", options->asset, "Only this asset's")->type_name("A");
  context.action(all, [options](Context& c) { return list(c, *options); });

  CLI::App* one = context.verb(app, "batch", "Work on one batch", "batch drop demo k3f9x2");
  one->require_subcommand(1);
  CLI::App* gone =
      context.verb(*one, "drop", "Take a batch out, unless a snapshot holds rows of it", "batch drop demo k3f9x2");
  gone->add_option("PROJECT", options->project, "Project folder")->required();
  gone->add_option("BATCH", options->batch, "Its id, abbreviated or not")->required();
  context.action(gone, [options](Context& c) { return drop(c, *options); });
}
const Registration kRegistration(30, add);

}  // namespace
}  // namespace millwright::cli
