// `labels P …`: what persons, fields and files say about records.
#include <algorithm>
#include <iostream>

#include "base/clock.h"
#include "labels/exchange.h"
#include "labels/from_field.h"
#include "labels/labeling.h"
#include "models/earlier_items.h"
#include "records/batch.h"
#include "records/reading.h"
#include "store/lookup.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project, task, field, record, label, note, format, file;
  std::vector<std::string> batches;
  double seconds = 0;
  int64_t limit = 0;
  bool from_stdin = false, current = false;
};

Result<Json> annotation_json(const store::Project& project, const labels::Annotation& act) {
  MW_ASSIGN(const std::string record, store::record_to_text(project, act.record));
  return Json{{"annotation", tail(act.uuid)},
              {"record", record},
              {"status", labels::to_string(act.status)},
              {"label", act.label ? Json(*act.label) : Json(nullptr)},
              {"note", act.note ? Json(*act.note) : Json(nullptr)},
              {"by", act.by},
              {"time", iso8601(act.time_ms)},
              {"seconds", act.seconds ? number_or_null(*act.seconds) : Json(nullptr)},
              {"schema_version", act.schema_version},
              {"guide_version", act.guide_version}};
}

Json rejected_json(const labels::BulkLabels& outcome) {
  Json rejected = Json::array();
  for (const auto& row : outcome.sample)
    rejected.push_back({{"record", row.record}, {"label", row.label}, {"reason", row.reason}});
  return rejected;
}

void print(std::ostream& out, const labels::BulkLabels& outcome) {
  out << grouped(outcome.kept) << " labels kept, " << grouped(outcome.duplicate) << " there before, "
      << grouped(outcome.rejected) << " rejected";
  if (outcome.missing > 0) out << ", " << grouped(outcome.missing) << " records without one";
  out << '\n';
  for (size_t i = 0; i < outcome.sample.size() && i < 10; ++i)
    out << "  rejected: " << outcome.sample[i].record << " " << outcome.sample[i].label << " ("
        << outcome.sample[i].reason << ")\n";
}

Result<int> from_field(Context& context, const Options& options) {
  MW_TRY(context.require_by());
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  std::vector<int64_t> batches;
  for (const std::string& typed : options.batches) {
    MW_ASSIGN(const auto batch, records::find_batch(project, typed));
    batches.push_back(batch.id);
  }
  MW_ASSIGN(const auto outcome, labels::label_from_field(project, {task.id, options.field, context.given_by(), batches},
                                                         context.work("Labels")));
  const Json document = {{"labels_kept", outcome.kept},         {"labels_duplicate", outcome.duplicate},
                         {"labels_rejected", outcome.rejected}, {"labels_missing", outcome.missing},
                         {"rows_read", outcome.rows_read},      {"schema_version", outcome.schema_version},
                         {"rejected", rejected_json(outcome)}};
  context.answer(document, [&](std::ostream& out) { print(out, outcome); });
  return 0;
}

/// Opens the project, with the person who acts.
Result<store::Project> open_for_acts(const Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  project.set_actor(context.actor());
  return project;
}

Result<labels::Act> act_from_line(const store::Project& project, const std::string& line) {
  MW_ASSIGN(const Json json, parse_json(line, "standard input"));
  const auto text = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  labels::Act act;
  if (!json.is_object())
    return fail(ErrorKind::bad_input, "labels.bad_line", "A line is a JSON object with record and label.");
  MW_ASSIGN(act.record, store::record_from_text(project, text("record")));
  act.label = text("label");
  if (const auto found = json.find("label"); found != json.end() && (found->is_array() || found->is_number()))
    act.label = to_text(*found);
  act.note = text("note");
  if (const auto status = labels::status_from(text("status"))) act.status = *status;
  if (const auto found = json.find("seconds"); found != json.end() && found->is_number())
    act.seconds = found->get<double>();
  return act;
}

Json error_json(const Error& error) {
  return {{"error", {{"code", error.code}, {"message", message_of(error)}, {"hint", hint_of(error)}}}};
}

Result<int> add_stream(Context& context, const Options& options) {
  context.set_streams();
  MW_ASSIGN(auto project, open_for_acts(context, options));
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  int64_t rejected = 0;
  std::vector<labels::Act> acts;
  std::optional<Error> trouble;
  const auto flush = [&]() -> Status {
    const auto done = labels::record_many(project, task.id, acts, [&](size_t, const Result<labels::Annotation>& made) {
      if (!made) return context.line(error_json(made.error()));
      const auto json = annotation_json(project, *made);
      if (json) context.line(*json);
    });
    acts.clear();
    if (!done) return tl::make_unexpected(done.error());
    rejected += done->rejected;
    return {};
  };
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto act = act_from_line(project, line);
    if (!act) {
      MW_TRY(flush());
      context.line(error_json(act.error()));
      ++rejected;
      continue;
    }
    acts.push_back(std::move(*act));
    if (acts.size() >= 256) MW_TRY(flush());
  }
  MW_TRY(flush());
  return rejected == 0 ? 0 : exit_code(ErrorKind::bad_input);
}

Result<int> act(Context& context, const Options& options, labels::ActStatus status) {
  if (options.from_stdin) return add_stream(context, options);
  if (options.record.empty())
    return fail(ErrorKind::usage, "labels.which", "Say which record.", {}, "Say it with --record R.");
  MW_ASSIGN(auto project, open_for_acts(context, options));
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  MW_ASSIGN(auto labeling, labels::Labeling::open(project, task.id));
  labels::Act wanted;
  MW_ASSIGN(wanted.record, store::record_from_text(project, options.record));
  wanted.status = status;
  wanted.label = options.label;
  wanted.note = options.note;
  if (options.seconds > 0) wanted.seconds = options.seconds;
  MW_ASSIGN(const auto recorded, labeling.record(wanted));
  MW_ASSIGN(Json document, annotation_json(project, recorded.annotation));
  if (recorded.draft) document["draft_rule"] = tail(recorded.draft->id);
  context.answer(document, [&](std::ostream& out) {
    out << document["record"].get<std::string>() << ": " << labels::to_string(status);
    if (recorded.annotation.label) out << " " << *recorded.annotation.label;
    if (recorded.draft) out << " (draft rule \"" << recorded.draft->title << "\")";
    out << '\n';
  });
  return 0;
}

Result<int> undo(Context& context, const Options& options) {
  MW_ASSIGN(auto project, open_for_acts(context, options));
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  MW_ASSIGN(auto labeling, labels::Labeling::open(project, task.id));
  MW_ASSIGN(const auto undone, labeling.undo());
  Json document = {{"annotation", nullptr}};
  if (undone) {
    MW_ASSIGN(document, annotation_json(project, undone->annotation));
    MW_ASSIGN(Json before, annotation_json(project, *undone->undone));
    document["undone"] = std::move(before);
  }
  context.answer(document, [&](std::ostream& out) {
    if (!undone)
      out << "There is nothing to undo.\n";
    else
      out << "Took back: " << document["undone"]["record"].get<std::string>() << " "
          << document["undone"]["status"].get<std::string>() << " " << undone->undone->label.value_or("") << '\n';
  });
  return undone ? 0 : 1;
}

Result<int> history(Context& context, const Options& options) {
  context.set_streams();
  MW_ASSIGN(const auto project, context.open(options.project, true));
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  std::optional<int64_t> before;
  int64_t shown = 0;
  while (true) {
    MW_ASSIGN(const auto page, labels::history_of(project, task.id, context.actor().name, before));
    for (const auto& entry : page.entries) {
      if (options.limit > 0 && shown >= options.limit) return 0;
      MW_ASSIGN(Json json, annotation_json(project, entry.act));
      json["replaced"] = entry.replaced;
      context.line(json);
      ++shown;
    }
    if (!page.next_before || context.output_gone()) return 0;
    before = page.next_before;
  }
}

/// Labeled records like one: what the labeling page shows beside an item.
Result<int> similar(Context& context, const Options& options) {
  MW_ASSIGN(const auto project, context.open(options.project, true));
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  MW_ASSIGN(const RecordRef record, store::record_from_text(project, options.record));
  MW_ASSIGN(auto reader, records::RecordReader::open(project));
  MW_ASSIGN(const records::Record read, reader.get(record));
  MW_ASSIGN(const auto earlier, models::EarlierItems::build(project, task.id, context.work("Similar")));
  const int limit = options.limit > 0 ? static_cast<int>(std::min<int64_t>(options.limit, 1000)) : 10;
  MW_ASSIGN(const auto answer, earlier.like(read.text(task.text_field), record, limit));
  Json items = Json::array();
  for (const labels::Similar& one : answer.items) {
    MW_ASSIGN(const std::string name, store::record_to_text(project, one.record));
    items.push_back({{"record", name}, {"label", one.label}, {"text", one.text}, {"similarity", one.similarity}});
  }
  const Json document = {{"by", answer.by_embedding ? "embedding" : "words"},
                         {"model", answer.by_embedding ? Json(earlier.model()) : Json(nullptr)},
                         {"among", answer.among},
                         {"items", items}};
  context.answer(document, [&](std::ostream& out) {
    out << "Of " << grouped(answer.among) << " labeled records, by "
        << (answer.by_embedding ? "embedding of model " + earlier.model() : "words") << ":\n";
    Table table({"record", "label", "alike", "text"});
    for (const Json& item : items)
      table.row({item["record"].get<std::string>(), item["label"].get<std::string>(),
                 percent(item["similarity"].get<double>()), item["text"].get<std::string>().substr(0, 80)});
    table.print(out);
  });
  return 0;
}

Result<labels::Format> format_of(const Options& options) {
  std::string name = options.format;
  if (name.empty())
    name = options.file.ends_with(".csv") ? "csv" : options.file.ends_with(".json") ? "label-studio" : "jsonl";
  const auto format = labels::format_from(name);
  if (!format)
    return fail(ErrorKind::usage, "labels.format", "There is no format {format}.", {{"format", name}},
                "Formats are jsonl, csv and label-studio.");
  return *format;
}

Result<int> export_all(Context& context, const Options& options) {
  context.set_streams();
  MW_ASSIGN(const auto format, format_of(options));
  MW_ASSIGN(const auto project, context.open(options.project, true));
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  MW_TRY(labels::export_labels(
      project, {task.id, format, options.current},
      [&](std::string_view text) {
        context.raw(text);
        return !context.output_gone();
      },
      context.work("Export")));
  return 0;
}

Result<int> import_file(Context& context, const Options& options) {
  MW_ASSIGN(const auto format, format_of(options));
  MW_ASSIGN(auto project, context.open(options.project));
  MW_ASSIGN(const auto task, labels::find_task(project, options.task));
  labels::ImportRequest request{task.id, format, std::nullopt};
  if (!context.given_by().empty()) request.by = context.given_by();
  MW_ASSIGN(const auto outcome, labels::import_labels(project, request, options.file, context.work("Import")));
  const Json document = {{"rows_read", outcome.rows_read},
                         {"labels_kept", outcome.kept},
                         {"labels_duplicate", outcome.duplicate},
                         {"labels_rejected", outcome.rejected},
                         {"rejected", rejected_json(outcome)}};
  context.answer(document, [&](std::ostream& out) { print(out, outcome); });
  return 0;
}

void add_acts(CLI::App& verb, Context& context, const std::shared_ptr<Options>& options) {
  CLI::App* one =
      context.verb(verb, "add", "Label a record", "labels demo add --task section --record k3f9x2-17 --label net");
  one->add_option("--record", options->record, "The record")->type_name("R");
  one->add_option("--label", options->label, "The label; of other kinds of tasks names with commas, or JSON")
      ->type_name("L");
  one->add_option("--note", options->note, "A note")->type_name("TEXT");
  one->add_option("--seconds", options->seconds, "Time spent")->type_name("S");
  one->add_flag("--stdin", options->from_stdin, "Read JSON Lines with record and label");
  context.action(one, [options](Context& c) { return act(c, *options, labels::ActStatus::label); });
  const std::pair<const char*, labels::ActStatus> others[] = {
      {"skip", labels::ActStatus::skip}, {"flag", labels::ActStatus::flag}, {"unsure", labels::ActStatus::unsure}};
  for (const auto& [name, status] : others) {
    CLI::App* other =
        context.verb(verb, name,
                     status == labels::ActStatus::flag ? "Flag a record as an edge case: the note becomes a draft rule"
                                                       : "Leave a record without a label",
                     std::string("labels demo ") + name + " --task section --record k3f9x2-17 --note \"two in one\"");
    other->add_option("--record", options->record, "The record")->type_name("R")->required();
    other->add_option("--note", options->note, "A note")->type_name("TEXT");
    other->add_option("--seconds", options->seconds, "Time spent")->type_name("S");
    context.action(other, [options, status = status](Context& c) { return act(c, *options, status); });
  }
  CLI::App* back = context.verb(verb, "undo", "Take back the last act", "labels demo undo --task section");
  context.action(back, [options](Context& c) { return undo(c, *options); });
  CLI::App* own = context.verb(verb, "history", "Own acts, newest first", "labels demo history --task section");
  own->add_option("--limit", options->limit, "At most so many")->type_name("N");
  context.action(own, [options](Context& c) { return history(c, *options); });
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      context.verb(app, "labels", "What is said about records", "labels demo from-field section --by archive");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--task", options->task, "The task; the only one otherwise")->type_name("T");
  verb->require_subcommand(1);
  CLI::App* field = context.verb(*verb, "from-field", "Take over labels that a field holds",
                                 "labels demo from-field section --task section --by archive");
  field->add_option("FIELD", options->field, "The field")->required();
  field->add_option("--batch", options->batches, "A batch; may be repeated; all otherwise")->type_name("B");
  context.action(field, [options](Context& c) { return from_field(c, *options); });
  add_acts(*verb, context, options);
  CLI::App* like = context.verb(*verb, "similar", "Labeled records like one, by embedding where there are any",
                                "labels demo similar --task section --record k3f9x2-17");
  like->add_option("--record", options->record, "The record")->type_name("R")->required();
  like->add_option("--limit", options->limit, "At most so many, 10 otherwise")->type_name("N");
  context.action(like, [options](Context& c) { return similar(c, *options); });
  CLI::App* out =
      context.verb(*verb, "export", "Write all labels to standard output", "labels demo export --format csv");
  out->add_option("--format", options->format, "jsonl, csv or label-studio")->type_name("F");
  out->add_flag("--current", options->current, "Only what is said now");
  context.action(out, [options](Context& c) { return export_all(c, *options); });
  CLI::App* in = context.verb(*verb, "import", "Read labels from a file", "labels demo import labels.jsonl");
  in->add_option("FILE", options->file, "The file")->required();
  in->add_option("--format", options->format, "jsonl, csv or label-studio; by the file's name otherwise")
      ->type_name("F");
  context.action(in, [options](Context& c) { return import_file(c, *options); });
}
const Registration kRegistration(100, add);

}  // namespace
}  // namespace millwright::cli
