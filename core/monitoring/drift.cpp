#include "monitoring/drift.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "detail/field_pair.h"
#include "detail/report_json.h"
#include "records/asset.h"

namespace millwright::monitoring {
namespace {

constexpr double kMicroseconds = 1e-6;
constexpr int64_t kLeastForCounter = 20;  // rows from which whole numbers without gaps look like a running number

/// Whole numbers none of which occurs twice in a window and that leave hardly a gap: they count rows. Sorted.
bool is_running_number(const std::vector<double>& reference, const std::vector<double>& current) {
  const auto counts = [](const std::vector<double>& sorted) {
    const auto n = static_cast<int64_t>(sorted.size());
    return n >= kLeastForCounter && sorted.back() - sorted.front() + 1 <= 2 * static_cast<double>(n) &&
           std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
  };
  return counts(reference) && (current.empty() || counts(current));
}

FieldReport compare(detail::FieldPair pair, std::string name, const statistics::DriftOptions& options,
                    std::vector<double>& scratch) {
  FieldReport report;
  report.name = std::move(name);
  report.kind = pair.kind;
  report.missing_reference = pair.reference.missing;
  report.missing_current = pair.current.missing;
  statistics::DriftOptions how = options;
  how.judge = pair.kind == FieldKind::numeric || pair.kind == FieldKind::categorical;
  if (pair.kind == FieldKind::categorical) {
    report.drift =
        statistics::compare_categories(pair.reference.codes, pair.current.codes, pair.categories.size(), how);
  } else {
    if (pair.kind == FieldKind::time)
      for (auto* values : {&pair.reference.numbers, &pair.current.numbers})
        for (double& v : *values) v *= kMicroseconds;
    report.drift = statistics::compare_numbers(pair.reference.numbers, pair.current.numbers, how, scratch);
    if (pair.kind == FieldKind::numeric && pair.whole_numbers &&
        is_running_number(pair.reference.numbers, pair.current.numbers)) {
      report.kind = FieldKind::id;
      statistics::leave_unjudged(report.drift);
    }
  }
  const int64_t rows_reference = report.drift.n_reference + report.missing_reference;
  const int64_t rows_current = report.drift.n_current + report.missing_current;
  if (report.missing_reference + report.missing_current > 0 && rows_reference > 0 && rows_current > 0) {
    const auto test =
        statistics::two_proportions(report.missing_reference, rows_reference, report.missing_current, rows_current);
    const double before = static_cast<double>(report.missing_reference) / static_cast<double>(rows_reference);
    const double now = static_cast<double>(report.missing_current) / static_cast<double>(rows_current);
    report.drift.scores.push_back({"missing", now - before, test.p});
  }
  return report;
}

std::vector<std::string> field_names(const detail::Side& reference, const detail::Side& current) {
  std::vector<std::string> names;
  for (const auto& field : reference.scan.fields()) names.push_back(field.name);
  for (const auto& field : current.scan.fields())
    if (reference.scan.find(field.name) == nullptr) names.push_back(field.name);
  return names;
}

/// Compares the fields on all processors; a thread takes the next one when it is done with its own.
class Comparison {
 public:
  Comparison(const detail::Side& reference, const detail::Side& current, const records::Roles& roles,
             const statistics::DriftOptions& options, const Work& work)
      : reference_(reference), current_(current), roles_(roles), options_(options), work_(work) {
    names_ = field_names(reference, current);
    reports_.resize(names_.size());
  }

  Result<std::vector<FieldReport>> run() {
    const size_t threads =
        std::clamp<size_t>(std::thread::hardware_concurrency(), 1, std::max<size_t>(1, names_.size()));
    std::vector<std::jthread> others;
    for (size_t t = 1; t < threads; ++t) others.emplace_back([this] { take_fields(); });
    take_fields();
    others.clear();
    if (work_.stopped()) return fail(ErrorKind::cancelled, "drift.cancelled", "The comparison was stopped.");
    if (error_) return tl::make_unexpected(std::move(*error_));
    return std::move(reports_);
  }

 private:
  void take_fields() {
    std::vector<double> scratch;
    for (size_t i = next_++; i < names_.size(); i = next_++) {
      if (work_.stopped()) return;
      auto pair = detail::load_pair(reference_, current_, roles_, names_[i]);
      if (pair) reports_[i] = compare(std::move(*pair), names_[i], options_, scratch);
      const std::scoped_lock lock(mutex_);
      if (!pair) {
        if (!error_) error_ = std::move(pair).error();
        next_ = names_.size();
        return;
      }
      work_.report({"compare", ++done_, static_cast<int64_t>(names_.size()), "fields"});
    }
  }

  const detail::Side& reference_;
  const detail::Side& current_;
  const records::Roles& roles_;
  const statistics::DriftOptions& options_;
  const Work& work_;
  std::vector<std::string> names_;
  std::vector<FieldReport> reports_;
  std::atomic<size_t> next_ = 0;
  std::mutex mutex_;
  std::optional<Error> error_;
  int64_t done_ = 0;
};

Status check(const DriftRequest& request) {
  if (!(request.alpha > 0 && request.alpha < 1))
    return fail(ErrorKind::usage, "drift.alpha", "alpha must lie between 0 and 1.", {},
                "Give for example --alpha 0.05.");
  if (request.reference.asset != request.current.asset)
    return fail(ErrorKind::usage, "drift.assets", "Both windows must be of the same asset.");
  return {};
}

Status check_rows(const detail::Side& side, const records::Window& window, const std::string& new_values_of) {
  if (side.rows() > 0) return {};
  if (!new_values_of.empty())
    return fail(ErrorKind::bad_input, "drift.nothing_new",
                "The window {window} has no rows with a new value of {field}: there is nothing to compare.",
                {{"window", window.text}, {"field", new_values_of}},
                "Compare all arrivals, or new values of another field.");
  return fail(ErrorKind::bad_input, "drift.no_rows", "The window {window} has no rows to compare.",
              {{"window", window.text}}, "Choose another window, or a wider --where.");
}

Status keep(store::Project& project, DriftReport& report) {
  report.id = new_uuid();
  return project.write([&](store::Transaction& transaction) -> Status {
    report.time_ms = transaction.time_ms();
    report.actor = transaction.actor().name;
    const Json document = to_json(report);
    MW_ASSIGN(auto insert, transaction.db().prepare("INSERT INTO drift_report(uuid, asset, reference, current, rules, "
                                                    "alpha, verdict, report, time_ms, actor) "
                                                    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    MW_TRY(insert
               .with(report.id, report.asset, to_text(detail::to_json(report.reference)),
                     to_text(detail::to_json(report.current)), statistics::name_of(report.rules), report.alpha,
                     statistics::name_of(report.verdict.verdict), to_text(document), report.time_ms, report.actor)
               .run());
    return transaction.audit("drift.report", tail(report.id),
                             {{"rules", statistics::name_of(report.rules)},
                              {"verdict", statistics::name_of(report.verdict.verdict)},
                              {"drifted", report.verdict.drifted},
                              {"judged", report.verdict.judged}});
  });
}

}  // namespace

Result<DriftReport> measure_drift(store::Project& project, const DriftRequest& request, const Work& work) {
  const double start = steady_seconds();
  MW_TRY(check(request));
  MW_ASSIGN(const auto asset, records::asset_by_id(project, request.current.asset));
  DriftReport report;
  report.asset = asset.id;
  report.asset_name = asset.name;
  report.reference = request.reference;
  report.current = request.current;
  report.where = request.where;
  report.where_current = request.where_current;
  report.new_values_of = request.new_values_of;
  MW_ASSIGN(const auto reference, detail::open_reference(project, report));
  MW_ASSIGN(const auto current, detail::open_current(project, report));
  MW_TRY(check_rows(reference, request.reference, {}));
  MW_TRY(check_rows(current, request.current, request.new_values_of));
  report.rows_reference = reference.rows();
  report.rows_current = current.rows();
  report.rules = request.rules;
  report.alpha = request.alpha;
  const statistics::DriftOptions options{request.rules, request.alpha, true};
  MW_ASSIGN(report.fields, Comparison(reference, current, asset.roles, options, work).run());
  std::vector<statistics::FieldDrift*> together;
  for (auto& field : report.fields) together.push_back(&field.drift);
  report.verdict = statistics::judge_together(together, options);
  report.seconds = steady_seconds() - start;
  report.time_ms = now_ms();
  report.actor = project.actor().name;
  if (request.keep) MW_TRY(keep(project, report));
  return report;
}

}  // namespace millwright::monitoring
