// `profile P`: a look at the fields of a batch or an asset.
#include "quality/profile.h"

#include <iostream>

#include "records/asset.h"
#include "records/batch.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, asset, batch;
};

void print(std::ostream& out, const quality::Profile& profile) {
  out << grouped(profile.rows) << " rows\n";
  Table table({"field", "type", "missing", "distinct", "min", "mean", "max", "most frequent"});
  for (const auto& field : profile.fields) {
    const bool text = field.type == "text" || field.type == "category";
    std::string top;
    for (size_t i = 0; i < field.top.size() && i < 3; ++i) {
      std::string value = field.top[i].value;
      if (value.size() > 24) value = value.substr(0, 23) + "…";
      top += (i == 0 ? "" : ", ") + value + " (" + grouped(field.top[i].count) + ")";
    }
    const std::string note = text ? " (characters)" : "";
    table.row({field.name, field.type, grouped(field.missing), grouped(field.distinct), fixed(field.min, 0) + note,
               fixed(field.mean, 1), fixed(field.max, 0), top});
  }
  table.print(out);
}

Result<int> run(Context& context, const Options& options) {
  if (!options.asset.empty() && !options.batch.empty())
    return fail(ErrorKind::usage, "profile.which", "Give --asset or --batch, not both.");
  MW_ASSIGN(const auto project, context.open(options.project, true));
  quality::Profile profile;
  if (!options.batch.empty()) {
    MW_ASSIGN(const auto batch, records::find_batch(project, options.batch));
    MW_ASSIGN(profile, quality::profile_batch(project, batch.id, context.work("Profile")));
  } else {
    MW_ASSIGN(const auto asset, records::find_asset(project, options.asset));
    MW_ASSIGN(profile, quality::profile_asset(project, asset.id, context.work("Profile")));
  }
  context.answer(quality::to_json(profile), [&](std::ostream& out) { print(out, profile); });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      context.verb(app, "profile", "Look at the fields of a batch or an asset", "profile demo --batch latest");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--asset", options->asset, "Records of this asset, each once")->type_name("A");
  verb->add_option("--batch", options->batch, "Arrivals of this batch")->type_name("B");
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(60, add);

}  // namespace
}  // namespace millwright::cli
