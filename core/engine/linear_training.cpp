#include "engine/linear_training.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/hash.h"
#include "statistics/calibration.h"

namespace millwright::engine {
namespace {

using text::SparseMatrix;
using text::SparseRow;

constexpr size_t kLeastForCalibration = 100;  // rows; with fewer, the training rows have to serve
constexpr size_t kMostForCalibration = 20000;

text::TfidfOptions tfidf_options(const Json& options) {
  text::TfidfOptions out;
  out.ngrams.word_max = options.at("word_ngrams").get<int>();
  out.ngrams.character_min = options.at("character_min").get<int>();
  out.ngrams.character_max = options.at("character_max").get<int>();
  out.min_df = options.at("min_df").get<int>();
  out.word_weight = options.at("word_weight").get<double>();
  out.sublinear_tf = options.at("sublinear_tf").get<bool>();
  return out;
}

SvmOptions svm_options(const Json& options, uint64_t seed) {
  SvmOptions out;
  out.c = options.at("c").get<double>();
  out.tolerance = options.at("tolerance").get<double>();
  out.max_epochs = options.at("max_epochs").get<int>();
  out.smallest_weight = options.at("smallest_weight").get<double>();
  out.threads = threads_for(options.at("threads").get<int64_t>());
  out.seed = seed;
  return out;
}

SparseMatrix select_rows(const SparseMatrix& all, std::span<const size_t> chosen) {
  SparseMatrix out;
  out.columns = all.columns;
  for (const size_t row : chosen) {
    const auto begin = static_cast<ptrdiff_t>(all.begin[row]), end = static_cast<ptrdiff_t>(all.begin[row + 1]);
    out.column.insert(out.column.end(), all.column.begin() + begin, all.column.begin() + end);
    out.value.insert(out.value.end(), all.value.begin() + begin, all.value.begin() + end);
    out.begin.push_back(out.column.size());
  }
  return out;
}

SparseRow row_of(const SparseMatrix& matrix, size_t row) {
  const uint64_t begin = matrix.begin[row], size = matrix.begin[row + 1] - begin;
  return {{matrix.column.data() + begin, size}, {matrix.value.data() + begin, size}};
}

void add_scores(const text::SparseWeights& weights, std::span<const float> bias, const SparseRow& row,
                std::vector<float>& out) {
  const size_t from = out.size();
  out.insert(out.end(), bias.begin(), bias.end());
  for (size_t i = 0; i < row.column.size(); ++i)
    for (uint32_t k = weights.begin[row.column[i]]; k < weights.begin[row.column[i] + 1]; ++k)
      out[from + weights.label[k]] += row.value[i] * weights.weight[k];
}

/// The temperature that fits scores of rows whose label is known; at most kMostForCalibration of them, evenly chosen.
statistics::Temperature calibrate(const SvmResult& svm, const SparseMatrix& rows, std::span<const int32_t> labels) {
  std::vector<size_t> known;
  for (size_t row = 0; row < labels.size(); ++row)
    if (labels[row] >= 0) known.push_back(row);
  const size_t stride = known.size() / kMostForCalibration + 1;
  std::vector<float> scores;
  std::vector<int32_t> truth;
  for (size_t i = 0; i < known.size(); i += stride) {
    add_scores(svm.weights, svm.bias, row_of(rows, known[i]), scores);
    truth.push_back(labels[known[i]]);
  }
  return statistics::fit_temperature(scores, svm.bias.size(), truth);
}

/// A fifth of each label's rows, drawn by the seed: for a calibration on rows that the scores were not fitted to.
void hold_out(std::span<const int32_t> labels, size_t classes, uint64_t seed, std::vector<size_t>& rest,
              std::vector<size_t>& held) {
  std::vector<size_t> order(labels.size());
  std::iota(order.begin(), order.end(), size_t{0});
  Random(seed ^ 0x686F6C64).shuffle(order.begin(), order.end());
  std::vector<size_t> seen(classes);
  for (const size_t row : order) (++seen[static_cast<size_t>(labels[row])] % 5 == 0 ? held : rest).push_back(row);
  std::sort(rest.begin(), rest.end());
  std::sort(held.begin(), held.end());
}

std::vector<int32_t> select_labels(std::span<const int32_t> labels, std::span<const size_t> chosen) {
  std::vector<int32_t> out;
  for (const size_t row : chosen) out.push_back(labels[row]);
  return out;
}

Result<statistics::Temperature> calibrate_internally(const SparseMatrix& matrix, std::span<const int32_t> labels,
                                                     size_t classes, const SvmOptions& options, const Work& work) {
  std::vector<size_t> rest, held;
  hold_out(labels, classes, options.seed, rest, held);
  if (held.empty()) return statistics::Temperature{};
  const SparseMatrix part = select_rows(matrix, rest);
  const Work quiet{[&](const Progress& p) { work.report({"calibrate", p.done, p.total, p.unit}); }, work.stop};
  MW_ASSIGN(const SvmResult svm,
            train_svm(part, select_labels(labels, rest), classes, SparseMatrix{}, {}, options, quiet));
  return calibrate(svm, select_rows(matrix, held), select_labels(labels, held));
}

bool is_finite(const SvmResult& svm) {
  const auto finite = [](float v) { return std::isfinite(v); };
  return std::all_of(svm.bias.begin(), svm.bias.end(), finite) &&
         std::all_of(svm.weights.weight.begin(), svm.weights.weight.end(), finite) &&
         std::all_of(svm.curve.begin(), svm.curve.end(), [](const SvmEpoch& e) { return std::isfinite(e.objective); });
}

}  // namespace

int threads_for(int64_t option) {
  if (option > 0) return static_cast<int>(option);
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
  return 1;
}

Result<LinearTraining> train_linear(const TrainingRows& rows, const Json& options, uint64_t seed, const Work& work,
                                    const std::function<void(const SvmEpoch&)>& on_epoch) {
  const SvmOptions svm_settings = svm_options(options, seed);
  const size_t classes = rows.labels.size();
  work.report({"vectorise", 0, 0, "rows"});
  MW_ASSIGN(text::FittedTfidf fitted,
            text::TfidfVectorizer::fit(rows.train.text, tfidf_options(options), svm_settings.threads, work));
  MW_ASSIGN(const SparseMatrix validation,
            fitted.vectorizer.transform_all(rows.validation.text, svm_settings.threads, work));
  MW_ASSIGN(SvmResult svm, train_svm(fitted.matrix, rows.train.label, classes, validation, rows.validation.label,
                                     svm_settings, work, on_epoch));
  if (!is_finite(svm))
    return fail(ErrorKind::job, "train.diverged", "The weights grew beyond all bounds.", {},
                "Try a smaller c, or look for rows that are far longer than the others.");

  const auto known = static_cast<size_t>(
      std::count_if(rows.validation.label.begin(), rows.validation.label.end(), [](int32_t l) { return l >= 0; }));
  const auto& wish = options.at("calibration").get_ref<const std::string&>();
  const bool on_validation = wish == "validation" || (wish == "auto" && known >= kLeastForCalibration);
  statistics::Temperature temperature;
  work.report({"calibrate", 0, 0, "rows"});
  if (on_validation) {
    temperature = calibrate(svm, validation, rows.validation.label);
  } else {
    MW_ASSIGN(temperature, calibrate_internally(fitted.matrix, rows.train.label, classes, svm_settings, work));
  }
  text::LinearClassifier model({std::move(fitted.vectorizer), rows.labels, std::move(svm.weights), std::move(svm.bias),
                                1 / temperature.temperature, Json::object()});
  return LinearTraining{std::move(model),
                        std::move(svm.curve),
                        svm.classes_not_converged,
                        on_validation ? "validation" : "internal",
                        temperature.log_loss_before,
                        temperature.log_loss_after};
}

}  // namespace millwright::engine
