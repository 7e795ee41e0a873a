#include "check_words.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <map>

#include "ui_records/words.h"

namespace millwright::ui::detail {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("Quality", text); }

QString amount(double value, const std::string& unit) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  if (unit == "share" && value == 0) return QStringLiteral("0 %");
  if (unit == "share") return percent(value, value > 0 && value < 0.01 ? 2 : 1);
  return figure(static_cast<qint64>(std::llround(value)));
}

}  // namespace

QString check_title(const std::string& name) {
  static const std::map<std::string, const char*> kTitles = {
      {"schema", QT_TRANSLATE_NOOP("Quality", "Schema unchanged")},
      {"missing_values", QT_TRANSLATE_NOOP("Quality", "Required fields present")},
      {"duplicates", QT_TRANSLATE_NOOP("Quality", "Exact duplicates")},
      {"conflicting_labels", QT_TRANSLATE_NOOP("Quality", "Conflicting labels")},
      {"class_balance", QT_TRANSLATE_NOOP("Quality", "Class balance")},
      {"label_completeness", QT_TRANSLATE_NOOP("Quality", "Labels complete")},
      {"leakage_exact", QT_TRANSLATE_NOOP("Quality", "Same input in two splits")},
      {"leakage_group", QT_TRANSLATE_NOOP("Quality", "Same group in two splits")},
      {"batches", QT_TRANSLATE_NOOP("Quality", "Gates of its batches")},
      {"reserved", QT_TRANSLATE_NOOP("Quality", "Reserved rows left out")}};
  const auto found = kTitles.find(name);
  if (found != kTitles.end()) return tr(found->second);
  QString words = text_of(name);
  return words.replace(QLatin1Char('_'), QLatin1Char(' '));
}

State state_of(quality::Verdict verdict) { return state_of_verdict(quality::to_string(verdict)); }
QString verdict_word(quality::Verdict verdict) { return word_of_verdict(quality::to_string(verdict)); }
QString found_text(const quality::Check& check) { return amount(check.value, check.unit); }

QString limit_text(const quality::Check& check) {
  const double limit = quality::deciding_limit(check);
  if (!std::isfinite(limit)) return {};
  const bool fails = std::isfinite(check.fail_above) && limit == check.fail_above;
  const QString sign = fails && check.fail_includes_limit ? QStringLiteral("≥ ") : QStringLiteral("> ");
  return sign + amount(limit, check.unit) + QLatin1Char(' ') + (fails ? tr("fails") : tr("warns"));
}

std::vector<Column> check_columns() {
  return {{.title = tr("Check"), .stretch = true},
          {.title = tr("Found"), .kind = Column::Kind::figure, .width = 72},
          {.title = tr("Limit"), .kind = Column::Kind::figure, .width = 124},
          {.title = tr("Verdict"), .kind = Column::Kind::badge, .width = 88},
          {.title = tr("Rows"), .kind = Column::Kind::action, .width = 86}};
}

std::vector<Row> check_rows(const quality::GateReport& report) {
  std::vector<int> order;
  for (int i = 0; i < static_cast<int>(report.checks.size()); ++i) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&report](int a, int b) {
    return static_cast<int>(report.checks[static_cast<size_t>(a)].verdict) >
           static_cast<int>(report.checks[static_cast<size_t>(b)].verdict);
  });
  std::vector<Row> rows;
  for (const int i : order) {
    const auto& check = report.checks[static_cast<size_t>(i)];
    Cell name = Cell::two_lines(check_title(check.name), text_of(quality::describe(check)));
    name.tool_tip = text_of(quality::describe(check));
    const QString show = check.sample.empty() ? (check.rows > 0 ? figure(static_cast<qint64>(check.rows)) : QString())
                                              : tr("Show %1").arg(figure(static_cast<qint64>(check.rows)));
    rows.push_back({QVariant(i),
                    {name, found_text(check), limit_text(check),
                     Cell::badge(verdict_word(check.verdict), state_of(check.verdict)), show}});
  }
  return rows;
}

QString gate_sentence(const quality::GateReport& report) {
  if (report.verdict == quality::Verdict::pass) return tr("Nothing stands in the way of training on this data.");
  if (report.verdict == quality::Verdict::warn)
    return tr("No check fails; the warnings go with the data wherever it goes.");
  if (report.open()) return tr("It fails, and somebody took the responsibility: training is allowed.");
  QStringList names;
  for (const auto& name : report.blocking()) names << check_title(name);
  return tr("Training is refused because of: %1.").arg(names.join(QStringLiteral(", ")));
}

}  // namespace millwright::ui::detail
