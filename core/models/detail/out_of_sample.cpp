#include "detail/out_of_sample.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "detail/job_inputs.h"

namespace millwright::models {
namespace detail {
namespace {

using statistics::OutOfSample;
using Kind = store::FactsColumn::Kind;

/// The number of a label among the sorted names; nullopt where it is none of them.
std::optional<int32_t> number_of(const std::vector<std::string>& names, const Json& name) {
  if (!name.is_string()) return std::nullopt;
  const auto& text = name.get_ref<const std::string&>();
  const auto found = std::lower_bound(names.begin(), names.end(), text);
  if (found == names.end() || *found != text) return std::nullopt;
  return static_cast<int32_t>(found - names.begin());
}

bool is_probability(const Json& value) {
  return value.is_number() && value.get<double>() >= 0 && value.get<double>() <= 1;
}

Status take_line(const Json& line, const snapshots::SnapshotRows& rows, OutOfSampleRows& out) {
  const size_t row = out.records.size();
  if (row >= rows.size() || !line.is_object()) return damaged_cross_validation("it has rows that nobody asked for");
  const auto record = record_from(line.value("record", std::string()));
  const auto label = number_of(out.labels, line.value("label", Json()));
  if (!record || *record != rows.records[row] || !label || *label != rows.label[row])
    return damaged_cross_validation("row " + std::to_string(row + 1) + " is of another record or label");
  const auto predicted = number_of(out.labels, line.value("predicted", Json()));
  const Json confident_name = line.value("confident", Json());
  const auto confident = number_of(out.labels, confident_name);
  const Json fold = line.value("fold", Json());
  if (!predicted || (!confident && !confident_name.is_null()) || !fold.is_number_unsigned() ||
      !is_probability(line.value("label_confidence", Json())) || !is_probability(line.value("confidence", Json())))
    return damaged_cross_validation("row " + std::to_string(row + 1) + " is incomplete");
  out.records.push_back(*record);
  out.said.push_back({*label, line["label_confidence"].get<double>(), *predicted, line["confidence"].get<double>(),
                      confident.value_or(-1)});
  out.fold.push_back(fold.get<int32_t>());
  return {};
}

}  // namespace

tl::unexpected<Error> damaged_cross_validation(std::string reason) {
  return fail(ErrorKind::bad_input, "cross_validate.damaged_result",
              "The result of the cross-validation cannot be used: {reason}.", {{"reason", std::move(reason)}});
}

Result<OutOfSampleRows> read_lines(const fs::path& path, const snapshots::SnapshotRows& rows, const Json& outputs) {
  OutOfSampleRows out;
  out.labels = rows.labels;
  const Json thresholds = outputs.value("thresholds", Json());
  if (!thresholds.is_array() || thresholds.size() != out.labels.size() ||
      !std::all_of(thresholds.begin(), thresholds.end(), is_probability))
    return damaged_cross_validation("it lacks the labels' thresholds");
  out.thresholds = thresholds.get<std::vector<double>>();
  MW_ASSIGN(const MappedFile file, MappedFile::open(path));
  std::string_view rest = file.text();
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    MW_ASSIGN(const Json line, parse_json(rest.substr(0, end), "out_of_sample.jsonl"));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    MW_TRY(take_line(line, rows, out));
  }
  if (out.records.size() != rows.size()) return damaged_cross_validation("rows are missing");
  return out;
}

Result<store::WrittenFile> write_out_of_sample(store::Project& project, const OutOfSampleRows& said,
                                               const std::string& snapshot) {
  store::Facts facts;
  facts.what = "cross_validation";
  facts.about = {{"snapshot", snapshot}, {"thresholds", said.thresholds}};
  facts.rows = static_cast<int64_t>(said.records.size());
  store::FactsColumn batch{"batch", Kind::integer, {}, {}, {}, {}}, ordinal{"ordinal", Kind::integer, {}, {}, {}, {}};
  store::FactsColumn label{"label", Kind::text, {}, {}, said.labels, {}};
  store::FactsColumn label_confidence{"label_confidence", Kind::real, {}, {}, {}, {}};
  store::FactsColumn predicted{"predicted", Kind::text, {}, {}, said.labels, {}};
  store::FactsColumn confidence{"confidence", Kind::real, {}, {}, {}, {}};
  store::FactsColumn confident{"confident", Kind::text, {}, {}, said.labels, {}};
  store::FactsColumn fold{"fold", Kind::integer, {}, {}, {}, {}};
  for (size_t i = 0; i < said.records.size(); ++i) {
    const OutOfSample& row = said.said[i];
    batch.integers.push_back(said.records[i].batch);
    ordinal.integers.push_back(said.records[i].ordinal);
    label.integers.push_back(row.label);
    label_confidence.reals.push_back(row.label_confidence);
    predicted.integers.push_back(row.predicted);
    confidence.reals.push_back(row.confidence);
    confident.integers.push_back(row.confident);
    fold.integers.push_back(said.fold[i]);
  }
  facts.columns = {std::move(batch),     std::move(ordinal),    std::move(label),     std::move(label_confidence),
                   std::move(predicted), std::move(confidence), std::move(confident), std::move(fold)};
  return store::write_facts(project, facts);
}

}  // namespace detail

Result<OutOfSampleRows> read_out_of_sample(const store::Project& project, const CrossValidation& made) {
  using Kind = store::FactsColumn::Kind;
  MW_ASSIGN(const store::Facts facts, store::read_facts(project, made.file));
  const auto* batch = facts.find("batch", Kind::integer);
  const auto* ordinal = facts.find("ordinal", Kind::integer);
  const auto* label = facts.find("label", Kind::text);
  const auto* label_confidence = facts.find("label_confidence", Kind::real);
  const auto* predicted = facts.find("predicted", Kind::text);
  const auto* confidence = facts.find("confidence", Kind::real);
  const auto* confident = facts.find("confident", Kind::text);
  const auto* fold = facts.find("fold", Kind::integer);
  const Json thresholds = facts.about.is_object() ? facts.about.value("thresholds", Json()) : Json();
  const auto damaged = [] {
    return fail(ErrorKind::store, "store.damaged", "A file of a cross-validation is damaged.");
  };
  for (const auto* column : {batch, ordinal, label, label_confidence, predicted, confidence, confident, fold})
    if (column == nullptr) return damaged();
  if (predicted->dictionary != label->dictionary || confident->dictionary != label->dictionary ||
      !thresholds.is_array() || thresholds.size() != label->dictionary.size())
    return damaged();
  OutOfSampleRows out;
  out.labels = label->dictionary;
  for (const Json& threshold : thresholds) {
    if (!threshold.is_number()) return damaged();
    out.thresholds.push_back(threshold.get<double>());
  }
  for (size_t i = 0; i < static_cast<size_t>(facts.rows); ++i) {
    if (label->integers[i] < 0 || predicted->integers[i] < 0) return damaged();
    out.records.push_back({batch->integers[i], ordinal->integers[i]});
    out.said.push_back({static_cast<int32_t>(label->integers[i]), label_confidence->reals[i],
                        static_cast<int32_t>(predicted->integers[i]), confidence->reals[i],
                        static_cast<int32_t>(confident->integers[i])});
    out.fold.push_back(static_cast<int32_t>(fold->integers[i]));
  }
  return out;
}

}  // namespace millwright::models
