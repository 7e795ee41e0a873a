// `audit P`: who did what, as a stream; --head prints the newest entry alone.
#include "store/audit.h"

#include "base/clock.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project;
  bool head = false;
};

Json line_of(const store::AuditEntry& entry) {
  const auto detail = parse_json(entry.detail, "detail");
  return {{"seq", entry.seq},       {"time", iso8601(entry.time_ms)}, {"who", entry.actor},
          {"what", entry.action},   {"subject", entry.subject},       {"detail", detail ? *detail : Json(entry.detail)},
          {"device", entry.device}, {"hash", to_hex(entry.hash)}};
}

Result<int> run(Context& context, const Options& options) {
  context.set_streams();
  MW_ASSIGN(const store::Project project, context.open(options.project, true));
  if (options.head) {
    MW_ASSIGN(const store::AuditEntry head, store::audit_head(project));
    if (head.seq > 0) context.line(line_of(head));
    return 0;
  }
  MW_TRY(store::read_audit(project, 0, [&](const store::AuditEntry& entry) {
    context.line(line_of(entry));
    return !context.output_gone();
  }));
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "audit", "Who did what, as a chain of hashes (JSON Lines)", "audit demo --head");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_flag("--head", options->head, "Only the newest entry: its hash stands for all before it");
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(920, add);

}  // namespace
}  // namespace millwright::cli
