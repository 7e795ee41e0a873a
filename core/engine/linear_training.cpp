#include "engine/linear_training.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/hash.h"
#include "detail/judging.h"
#include "engine/ridge.h"
#include "statistics/calibration.h"

namespace millwright::engine {
namespace {

using text::SparseMatrix;
using text::SparseRow;

constexpr size_t kLeastForCalibration = 100;  // rows; with fewer, the training rows have to serve
constexpr size_t kMostForCalibration = 20000;
constexpr size_t kMostPairs = 20'000'000;  // of row and label
constexpr double kGradientShare = 0.01;    // of the tolerance, for numbers: each weight counts in each answer
constexpr double kSteepest = 1e6;          // of a sigmoid, as a model folder may have it
constexpr double kLargestNumber = 1e100;   // that can be learned: its square is finite

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

/// What a training works with once its texts are vectors.
struct Setting {
  const TrainingRows& rows;
  const Json& options;
  const SvmOptions& svm;
  const SparseMatrix& train;
  const SparseMatrix& validation;
  const Work& work;
  const std::function<void(const SvmEpoch&)>& on_epoch;
  [[nodiscard]] size_t classes() const { return rows.labels.size(); }
  [[nodiscard]] bool many_labels() const { return rows.objective == Objective::multi_label; }
};

/// Rows to calibrate on, and the scores of a model that was not fitted to them.
struct Scored {
  std::vector<size_t> rows;
  std::vector<float> scores;  ///< rows × classes
};

/// At most kMostForCalibration of the rows, evenly chosen.
Scored score(const SvmResult& svm, const SparseMatrix& matrix, std::span<const size_t> known, bool many) {
  size_t stride = known.size() / kMostForCalibration + 1;
  if (many) stride = std::max(stride, known.size() * svm.bias.size() / kMostPairs + 1);  // all pairs are sorted
  Scored out;
  for (size_t i = 0; i < known.size(); i += stride) {
    add_scores(svm.weights, svm.bias, row_of(matrix, known[i]), out.scores);
    out.rows.push_back(known[i]);
  }
  return out;
}

RowClasses classes_of(const SplitRows& rows, std::span<const size_t> chosen, bool many) {
  RowClasses out;
  for (const size_t row : chosen) {
    if (many)
      out.label.insert(out.label.end(), rows.labels[row].begin(), rows.labels[row].end());
    else
      out.label.push_back(rows.label[row]);
    out.begin.push_back(out.label.size());
  }
  return out;
}

std::vector<size_t> all_of(size_t count) {
  std::vector<size_t> out(count);
  std::iota(out.begin(), out.end(), size_t{0});
  return out;
}

/// A fifth of the rows of each label (of several, the first; none is one more), drawn by the seed: for a calibration on
/// rows that the scores were not fitted to.
void hold_out(const Setting& setting, std::vector<size_t>& rest, std::vector<size_t>& held) {
  const SplitRows& rows = setting.rows.train;
  std::vector<size_t> order = all_of(rows.size());
  Random(setting.svm.seed ^ 0x686F6C64).shuffle(order.begin(), order.end());
  std::vector<size_t> seen(setting.classes() + 1);
  for (const size_t row : order) {
    const size_t label = !setting.many_labels()     ? static_cast<size_t>(rows.label[row])
                         : rows.labels[row].empty() ? setting.classes()
                                                    : static_cast<size_t>(rows.labels[row].front());
    (++seen[label] % 5 == 0 ? held : rest).push_back(row);
  }
  std::sort(rest.begin(), rest.end());
  std::sort(held.begin(), held.end());
}

Result<Scored> score_held_out(const Setting& setting) {
  std::vector<size_t> rest, held;
  hold_out(setting, rest, held);
  if (held.empty()) return Scored{};
  const SparseMatrix part = select_rows(setting.train, rest);
  const Work& work = setting.work;
  const Work quiet{[&](const Progress& p) { work.report({"calibrate", p.done, p.total, p.unit}); }, work.stop};
  MW_ASSIGN(const SvmResult svm, train_svm(part, classes_of(setting.rows.train, rest, setting.many_labels()),
                                           setting.classes(), SparseMatrix{}, {}, setting.svm, quiet));
  return score(svm, setting.train, held, setting.many_labels());
}

/// Validation rows that have a label the model knows; of many labels, all.
std::vector<size_t> known_rows(const Setting& setting) {
  std::vector<size_t> out = all_of(setting.rows.validation.size());
  if (!setting.many_labels()) std::erase_if(out, [&](size_t row) { return setting.rows.validation.label[row] < 0; });
  return out;
}

/// The one temperature that fits the scores.
statistics::Temperature fit_temperature(const Setting& setting, const SplitRows& rows, const Scored& scored) {
  if (scored.rows.empty()) return {};
  std::vector<int32_t> truth;
  for (const size_t row : scored.rows) truth.push_back(rows.label[row]);
  return statistics::fit_temperature(scored.scores, setting.classes(), truth);
}

/// One sigmoid for all pairs of row and label, and the threshold that suits its probabilities.
text::LinearReading fit_sigmoid(const Setting& setting, const SplitRows& rows, const Scored& scored) {
  text::LinearReading out;
  out.problem = text::Problem::multi_label;
  if (scored.rows.empty()) return out;
  const std::vector<double> scores(scored.scores.begin(), scored.scores.end());
  std::vector<bool> real;
  for (const size_t row : scored.rows)
    for (size_t label = 0; label < setting.classes(); ++label) real.push_back(detail::has_label(rows, row, label));
  const auto fit = statistics::fit_sigmoid(scores, std::vector<uint8_t>(real.begin(), real.end()));
  // Scores that hardly differ may ask for a step: the plain sigmoid serves them as well.
  if (std::abs(fit.a) <= kSteepest && std::abs(fit.b) <= kSteepest) {
    out.slope = -fit.a;
    out.offset = -fit.b;
  }
  std::vector<double> probabilities;
  for (const double score : scores) probabilities.push_back(out.probability(score));
  out.threshold = detail::best_threshold(probabilities, real);
  return out;
}

bool is_finite(const SvmResult& svm) {
  const auto finite = [](float v) { return std::isfinite(v); };
  return std::all_of(svm.bias.begin(), svm.bias.end(), finite) &&
         std::all_of(svm.weights.weight.begin(), svm.weights.weight.end(), finite) &&
         std::all_of(svm.curve.begin(), svm.curve.end(), [](const SvmEpoch& e) { return std::isfinite(e.objective); });
}

tl::unexpected<Error> diverged() {
  return fail(ErrorKind::job, "train.diverged", "The weights grew beyond all bounds.", {},
              "Try a smaller c, or look for rows that are far longer than the others.");
}

/// Trains a class or label against the rest each, and fits what their scores mean.
Result<LinearTraining> train_classes(const Setting& setting, text::TfidfVectorizer vectorizer) {
  const SplitRows& train = setting.rows.train;
  const SplitRows& validation = setting.rows.validation;
  const bool many = setting.many_labels();
  // The curve tells how often the best class is right, which there is only where a row has one.
  MW_ASSIGN(SvmResult svm, train_svm(setting.train, classes_of(train, all_of(train.size()), many), setting.classes(),
                                     setting.validation, many ? std::span<const int32_t>() : validation.label,
                                     setting.svm, setting.work, setting.on_epoch));
  if (!is_finite(svm)) return diverged();

  const std::vector<size_t> known = known_rows(setting);
  const auto& wish = setting.options.at("calibration").get_ref<const std::string&>();
  const bool on_validation = wish == "validation" || (wish == "auto" && known.size() >= kLeastForCalibration);
  setting.work.report({"calibrate", 0, 0, "rows"});
  Scored scored;
  if (on_validation) {
    scored = score(svm, setting.validation, known, many);
  } else {
    MW_ASSIGN(scored, score_held_out(setting));
  }
  const SplitRows& scored_rows = on_validation ? validation : train;
  text::LinearReading reading;
  statistics::Temperature temperature;
  if (many)
    reading = fit_sigmoid(setting, scored_rows, scored);
  else
    temperature = fit_temperature(setting, scored_rows, scored);
  return LinearTraining{
      text::LinearClassifier({std::move(vectorizer), setting.rows.labels, std::move(svm.weights), std::move(svm.bias),
                              1 / temperature.temperature, Json::object(), reading}),
      std::move(svm.curve),
      svm.classes_not_converged,
      on_validation ? "validation" : "internal",
      temperature.log_loss_before,
      temperature.log_loss_after};
}

/// Mean and standard deviation of the training rows' numbers. Error: bad_input "train.too_large".
Result<text::LinearReading> scale_of(const SplitRows& rows) {
  text::LinearReading out;
  out.problem = text::Problem::regression;
  const auto n = static_cast<double>(rows.size());
  for (const double value : rows.value) {
    if (std::abs(value) > kLargestNumber)
      return fail(ErrorKind::bad_input, "train.too_large", "The number {value} is too large to be learned.",
                  {{"value", to_text(Json(value))}}, "Train on its logarithm.");
    out.mean += value / n;
  }
  double squares = 0;
  for (const double value : rows.value) squares += (value - out.mean) * (value - out.mean);
  if (squares > 0) out.deviation = std::sqrt(squares / n);
  return out;
}

text::SparseWeights one_for_each_column(std::span<const double> weights) {
  text::SparseWeights out;
  for (const double weight : weights) {
    out.label.push_back(0);
    out.weight.push_back(static_cast<float>(weight));
    out.begin.push_back(static_cast<uint32_t>(out.weight.size()));
  }
  return out;
}

/// Trains for a number, in standard deviations from its mean.
Result<LinearTraining> train_numbers(const Setting& setting, text::TfidfVectorizer vectorizer) {
  MW_ASSIGN(const text::LinearReading reading, scale_of(setting.rows.train));
  std::vector<double> target;
  for (const double value : setting.rows.train.value) target.push_back((value - reading.mean) / reading.deviation);
  const auto as_epoch = [](const RidgeStep& step) {
    return SvmEpoch{step.step, step.objective, std::numeric_limits<double>::quiet_NaN(), 0};
  };
  const RidgeOptions options{setting.svm.c, kGradientShare * setting.svm.tolerance, setting.svm.max_epochs,
                             setting.svm.threads};
  MW_ASSIGN(const RidgeResult ridge,
            fit_ridge(setting.train, target, options, setting.work, [&](const RidgeStep& step) {
              if (setting.on_epoch) setting.on_epoch(as_epoch(step));
            }));
  SvmResult svm;
  svm.weights = one_for_each_column(ridge.weights);
  svm.bias = {static_cast<float>(ridge.bias)};
  for (const RidgeStep& step : ridge.curve) svm.curve.push_back(as_epoch(step));
  if (!is_finite(svm)) return diverged();
  return LinearTraining{
      text::LinearClassifier(
          {std::move(vectorizer), {"value"}, std::move(svm.weights), std::move(svm.bias), 1, Json::object(), reading}),
      std::move(svm.curve), ridge.converged ? 0 : 1};
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
  const SvmOptions svm = svm_options(options, seed);
  work.report({"vectorise", 0, 0, "rows"});
  MW_ASSIGN(text::FittedTfidf fitted,
            text::TfidfVectorizer::fit(rows.train.text, tfidf_options(options), svm.threads, work));
  SparseMatrix validation;
  const Setting setting{rows, options, svm, fitted.matrix, validation, work, on_epoch};
  if (rows.objective == Objective::regression) return train_numbers(setting, std::move(fitted.vectorizer));
  MW_ASSIGN(validation, fitted.vectorizer.transform_all(rows.validation.text, svm.threads, work));
  return train_classes(setting, std::move(fitted.vectorizer));
}

}  // namespace millwright::engine
