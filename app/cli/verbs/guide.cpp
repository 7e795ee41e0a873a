// `guide P show|add|edit|accept|reject|remove|history`: the rules for hard cases.
#include "labels/guide.h"

#include <iostream>

#include "base/clock.h"
#include "labels/task.h"
#include "store/lookup.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, task, rule, title, decision, example;
};

Result<Json> examples_json(const store::Project& project, const std::vector<RecordRef>& examples) {
  Json json = Json::array();
  for (const RecordRef& record : examples) {
    MW_ASSIGN(const std::string id, store::record_to_text(project, record));
    json.push_back(id);
  }
  return json;
}

Result<Json> guide_json(const store::Project& project, int64_t task) {
  MW_ASSIGN(const auto guide, labels::read_guide(project, task));
  Json rules = Json::array();
  for (const auto& rule : guide.rules) {
    MW_ASSIGN(Json examples, examples_json(project, rule.examples));
    rules.push_back({{"rule", tail(rule.id)},
                     {"title", rule.title},
                     {"decision", rule.decision},
                     {"state", labels::to_string(rule.state)},
                     {"examples", examples},
                     {"first_version", rule.first_version},
                     {"changed_version", rule.changed_version},
                     {"by", rule.by},
                     {"time", iso8601(rule.time_ms)}});
  }
  return Json{{"version", guide.version}, {"rules", rules}};
}

Result<int> answer(Context& context, const store::Project& project, int64_t task) {
  MW_ASSIGN(const Json document, guide_json(project, task));
  context.answer(document, [&](std::ostream& out) {
    out << "Guide, version " << document["version"].get<int>() << '\n';
    for (const Json& rule : document["rules"]) {
      out << "\n"
          << rule["title"].get<std::string>() << "  [" << rule["rule"].get<std::string>().substr(0, kShortTail)
          << (rule["state"] == "draft" ? ", draft" : "") << "]\n"
          << rule["decision"].get<std::string>() << '\n';
    }
  });
  return 0;
}

Result<int> show(Context& context, const Options& options) {
  MW_ASSIGN(const auto project, context.open(options.project, true));
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  return answer(context, project, task.id);
}

Result<int> history(Context& context, const Options& options) {
  MW_ASSIGN(const auto project, context.open(options.project, true));
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  MW_ASSIGN(const auto events, labels::guide_history(project, task.id));
  Json list = Json::array();
  Table table({"version", "what", "rule", "title", "by", "time"});
  for (const auto& event : events) {
    list.push_back({{"version", event.version},
                    {"what", event.kind},
                    {"rule", tail(event.rule)},
                    {"title", event.title},
                    {"decision", event.decision},
                    {"by", event.by},
                    {"time", iso8601(event.time_ms)}});
    table.row({std::to_string(event.version), event.kind, tail(event.rule).substr(0, kShortTail), event.title, event.by,
               iso8601(event.time_ms)});
  }
  MW_ASSIGN(Json document, guide_json(project, task.id));
  document["history"] = std::move(list);
  context.answer(document, [&](std::ostream& out) { table.print(out); });
  return 0;
}

Result<int> change(Context& context, const Options& options, const std::string& what) {
  MW_ASSIGN(auto project, context.open(options.project));
  project.set_actor(context.actor());
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  labels::RuleText text{options.title, options.decision, std::nullopt};
  if (!options.example.empty()) {
    MW_ASSIGN(const RecordRef record, store::record_from_text(project, options.example));
    text.example = record;
  }
  if (what == "add") {
    text.title = options.rule;
    MW_TRY(labels::add_rule(project, task.id, text));
    return answer(context, project, task.id);
  }
  MW_ASSIGN(const auto rule, labels::find_rule(project, task.id, options.rule));
  if (what == "edit") MW_TRY(labels::edit_rule(project, task.id, rule.id, text));
  if (what == "accept") MW_TRY(labels::accept_rule(project, task.id, rule.id, text));
  if (what == "reject") MW_TRY(labels::reject_rule(project, task.id, rule.id));
  if (what == "remove") MW_TRY(labels::remove_rule(project, task.id, rule.id));
  return answer(context, project, task.id);
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = context.verb(app, "guide", "Rules for hard cases", "guide demo show");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--task", options->task, "The task; the only one otherwise")->type_name("T");
  verb->require_subcommand(1);
  CLI::App* all = context.verb(*verb, "show", "The guide as it is", "guide demo show --task section");
  context.action(all, [options](Context& c) { return show(c, *options); });
  CLI::App* past = context.verb(*verb, "history", "How it came to be", "guide demo history");
  context.action(past, [options](Context& c) { return history(c, *options); });
  const std::pair<const char*, const char*> changes[] = {{"add", "A new rule"},
                                                         {"edit", "Change a rule"},
                                                         {"accept", "A draft becomes a rule"},
                                                         {"reject", "A draft goes"},
                                                         {"remove", "A rule goes"}};
  for (const auto& [name, description] : changes) {
    CLI::App* one = context.verb(
        *verb, name, description,
        std::string("guide demo ") + name + " --rule \"Bindings\" --decision \"File under the language.\"");
    one->add_option("--rule", options->rule, "Title of a new rule; else its id or the beginning of its title")
        ->type_name("RULE")
        ->required();
    one->add_option("--decision", options->decision, "What to do, in Markdown")->type_name("TEXT");
    one->add_option("--title", options->title, "A new title")->type_name("TEXT");
    one->add_option("--example", options->example, "A record that shows it")->type_name("R");
    context.action(one, [options, what = std::string(name)](Context& c) { return change(c, *options, what); });
  }
}
const Registration kRegistration(120, add);

}  // namespace
}  // namespace millwright::cli
