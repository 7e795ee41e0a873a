// A training job of the lexicon baseline: phrases of the training rows' spans, found in those of the other splits.
#include "base/clock.h"
#include "base/memory.h"
#include "detail/job_outputs.h"
#include "detail/judging.h"
#include "engine/run_job.h"
#include "jobs/algorithms.h"
#include "text/lexicon.h"

namespace millwright::engine {
namespace {

using detail::describe_file;

Result<text::Lexicon> learn(const TrainingRows& rows, const Json& options, const Work& work,
                            text::LexiconCounts& counts) {
  std::vector<std::vector<text::LexiconExample>> examples;
  for (const std::vector<Span>& spans : rows.train.spans) {
    auto& row = examples.emplace_back();
    for (const Span& span : spans) row.push_back({span.begin, span.end, static_cast<uint32_t>(span.label)});
  }
  return text::Lexicon::learn(rows.train.text, examples, rows.labels, options.at("min_count").get<uint64_t>(), work,
                              counts);
}

Json judge_split(const text::Lexicon& lexicon, const TrainingRows& all, Split split, std::string& lines) {
  const SplitRows& rows = all.of(split);
  std::vector<std::vector<FoundSpan>> found;
  std::vector<double> milliseconds;
  for (const std::string_view text : rows.text) {
    const double began = steady_seconds();
    const std::vector<text::LexiconSpan> spans = lexicon.spans(text);
    milliseconds.push_back((steady_seconds() - began) * 1000);
    auto& row = found.emplace_back();
    for (const text::LexiconSpan& span : spans)
      row.push_back({{span.begin, span.end, static_cast<int32_t>(span.label)}, span.confidence});
  }
  Json json = detail::judge_spans(rows, split, all.labels, found, lines);
  json["latency_ms"] = detail::latency_of(milliseconds);
  return json;
}

Json to_json(const text::LexiconCounts& counts, const text::Lexicon& lexicon) {
  return {{"memory", peak_resident_memory()},
          {"spans", counts.spans},
          {"phrases", lexicon.parameters()},
          {"left_out",
           {{"spans_inside_words", counts.inside_words},
            {"spans_too_long", counts.too_long},
            {"phrases_rare", counts.rare},
            {"phrases_mostly_unlabeled", counts.mostly_unlabeled}}}};
}

/// What is said while nothing is wrong yet, but might not be what was meant.
void tell(const text::LexiconCounts& counts, jobs::EventWriter& events) {
  if (counts.mostly_unlabeled > 0)
    events.log("info", "Some phrases were left out: in the training rows they stand without a label more often.",
               {{"phrases", counts.mostly_unlabeled}});
  if (counts.inside_words > 0)
    events.log("warning", "Some spans begin or end inside a word: a lexicon cannot find those.",
               {{"spans", counts.inside_words}});
}

struct Written {
  Json files = Json::array();
  Json predictions;
};

Result<Written> write(const jobs::JobFolder& folder, text::Lexicon& lexicon, const Json& options, uint64_t seed,
                      const std::string& lines) {
  const Json& body = folder.spec().body;
  lexicon.about() = {{"algorithm", "lexicon"},
                     {"options", options},
                     {"seed", seed},
                     {"snapshot", body.value("snapshot", Json())},
                     {"task", body.value("task", Json())},
                     {"fields", body.value("fields", Json())}};
  MW_TRY(lexicon.save(folder.file("model")));
  MW_TRY(write_file_atomically(folder.file("predictions.jsonl"), lines));
  Written out;
  for (const char* name : {"model/config.json", "model/phrases.jsonl"}) {
    MW_ASSIGN(out.files.emplace_back(), describe_file(folder, name));
  }
  MW_ASSIGN(out.predictions, describe_file(folder, "predictions.jsonl"));
  return out;
}

}  // namespace

Result<Json> run_lexicon_training(const jobs::JobFolder& folder, jobs::EventWriter& events,
                                  const std::stop_token& stop) {
  const double began = steady_seconds();
  const Json& body = folder.spec().body;
  MW_ASSIGN(const Json options,
            jobs::check_options(*jobs::find_algorithm("lexicon"), body.value("options", Json::object())));
  MW_ASSIGN(const uint64_t seed, jobs::seed_of(body));

  const Work work{[&](const Progress& progress) { events.progress(progress); }, stop};
  work.report({"read", 0, 0, "bytes"});
  MW_ASSIGN(const TrainingRows rows,
            read_training_rows(folder.file("inputs/rows.jsonl"), Objective::token_classification, work));
  text::LexiconCounts counts;
  MW_ASSIGN(text::Lexicon lexicon, learn(rows, options, work, counts));
  tell(counts, events);

  work.report({"evaluate", 0, 0, "rows"});
  std::string lines;
  Json metrics = Json::object();
  for (const Split split : {Split::validation, Split::test})
    if (rows.of(split).size() > 0) metrics[std::string(name_of(split))] = judge_split(lexicon, rows, split, lines);
  if (stop.stop_requested()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");

  work.report({"write", 0, 0, "files"});
  MW_ASSIGN(const Written written, write(folder, lexicon, options, seed, lines));
  return Json{{"family", "lexicon"},
              {"parameters", lexicon.parameters()},
              {"labels", rows.labels.size()},
              {"files", written.files},
              {"weights_sha256", written.files.back()["sha256"]},
              {"predictions", written.predictions},
              {"objective", name_of(rows.objective)},
              {"metrics", metrics},
              {"calibration", nullptr},
              {"curve", Json::array()},
              {"training", to_json(counts, lexicon)},
              {"options", options},
              {"seed", seed},
              {"device", "cpu"},
              {"seconds", steady_seconds() - began},
              {"environment", environment(1)}};
}

}  // namespace millwright::engine
