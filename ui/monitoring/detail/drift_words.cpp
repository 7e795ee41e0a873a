#include "drift_words.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "ui_records/words.h"

namespace millwright::ui::detail {
namespace {

using monitoring::DriftVerdict;

QString tr(const char* text) { return QCoreApplication::translate("Drift", text); }

bool moved(const monitoring::FieldReport& field) { return field.drift.verdict == DriftVerdict::drift; }
bool small(const monitoring::FieldReport& field) {
  return std::isfinite(field.drift.effect) && field.drift.effect < kSmallEffect;
}

int rank(const monitoring::FieldReport& field) {
  switch (field.drift.verdict) {
    case DriftVerdict::drift:
      return 0;
    case DriftVerdict::none:
      return 1;
    case DriftVerdict::too_few:
      return 2;
    case DriftVerdict::unjudged:
      return 3;
  }
  return 4;
}

/// D of the Kolmogorov–Smirnov test, V of Cramér: named as the field names them.
QString effect_name(const monitoring::FieldReport& field) {
  return field.drift.effect_name.empty() ? QString() : text_of(field.drift.effect_name).toUpper();
}

QString number(double value) { return std::isfinite(value) ? QString::number(value, 'f', 3) : QStringLiteral("–"); }

std::vector<const monitoring::FieldReport*> ranked(const monitoring::DriftReport& report) {
  std::vector<const monitoring::FieldReport*> fields;
  for (const auto& field : report.fields) fields.push_back(&field);
  std::stable_sort(fields.begin(), fields.end(), [](const auto* a, const auto* b) {
    if (rank(*a) != rank(*b)) return rank(*a) < rank(*b);
    const double x = std::isfinite(a->drift.effect) ? a->drift.effect : -1;
    const double y = std::isfinite(b->drift.effect) ? b->drift.effect : -1;
    return x > y;
  });
  return fields;
}

QString scores_tip(const monitoring::FieldReport& field) {
  QStringList lines;
  for (const auto& score : field.drift.scores) {
    QString line = text_of(score.name) + QStringLiteral(" = ") + figure(score.value, 4);
    if (std::isfinite(score.p)) line += QStringLiteral(", p = ") + p_text(score.p);
    if (std::isfinite(score.threshold)) line += tr(", limit %1").arg(figure(score.threshold, 3));
    lines << line;
  }
  return lines.join(QLatin1Char('\n'));
}

}  // namespace

QString verdict_word(const monitoring::FieldReport& field) {
  switch (field.drift.verdict) {
    case DriftVerdict::drift:
      return small(field) ? tr("moved a little") : tr("moved");
    case DriftVerdict::none:
      return tr("steady");
    case DriftVerdict::too_few:
      return tr("too few rows");
    case DriftVerdict::unjudged:
      return tr("scores only");
  }
  return {};
}

State verdict_state(const monitoring::FieldReport& field) {
  switch (field.drift.verdict) {
    case DriftVerdict::drift:
      return small(field) ? State::warning : State::fail;
    case DriftVerdict::none:
      return State::pass;
    default:
      return State::neutral;
  }
}

QString kind_word(monitoring::FieldKind kind) {
  switch (kind) {
    case monitoring::FieldKind::numeric:
      return tr("number");
    case monitoring::FieldKind::categorical:
      return tr("category");
    case monitoring::FieldKind::time:
      return tr("time");
    case monitoring::FieldKind::text:
      return tr("text");
    case monitoring::FieldKind::id:
      return tr("id");
  }
  return {};
}

QString rules_word(monitoring::DriftRules rules) {
  switch (rules) {
    case monitoring::DriftRules::calibrated:
      return tr("calibrated");
    case monitoring::DriftRules::evidently:
      return QStringLiteral("Evidently");
    case monitoring::DriftRules::nannyml:
      return QStringLiteral("NannyML");
  }
  return {};
}

QString p_text(double p) {
  if (!std::isfinite(p)) return QStringLiteral("–");
  return p < 0.001 ? QStringLiteral("< 0.001") : QString::number(p, 'f', 3);
}

std::vector<Column> drift_columns() {
  return {{.title = tr("Field"), .stretch = true},
          {.title = tr("Effect"),
           .kind = Column::Kind::figure,
           .width = 88,
           .tool_tip = tr("D of Kolmogorov and Smirnov for numbers, V of Cramér for categories; below it the smallest "
                          "shift that so many rows could show")},
          {.title = tr("p adj."), .kind = Column::Kind::figure, .width = 80},
          {.title = tr("Verdict"), .kind = Column::Kind::badge, .width = 112}};
}

std::vector<Row> drift_rows(const monitoring::DriftReport& report) {
  std::vector<Row> rows;
  for (const auto* field : ranked(report)) {
    const auto& drift = field->drift;
    Cell effect = Cell::two_lines(
        std::isfinite(drift.effect) ? effect_name(*field) + QLatin1Char(' ') + number(drift.effect)
                                    : QStringLiteral("–"),
        std::isfinite(drift.smallest_detectable) ? tr("sees %1").arg(number(drift.smallest_detectable)) : QString());
    effect.tool_tip = scores_tip(*field);
    const double p = std::isfinite(drift.p_adjusted) ? drift.p_adjusted : drift.p;
    rows.push_back({QVariant(text_of(field->name)),
                    {Cell::two_lines(text_of(field->name), kind_word(field->kind)), effect, p_text(p),
                     Cell::badge(verdict_word(*field), verdict_state(*field))}});
  }
  return rows;
}

QString choice_sentence(const monitoring::DriftReport& report) {
  QStringList parts;
  if (!report.new_values_of.empty())
    parts << tr("Of the current rows only those with a new value of %1.").arg(text_of(report.new_values_of));
  if (!report.where_current.empty()) parts << tr("Of the current rows only: %1.").arg(text_of(report.where_current));
  if (!report.where.empty()) parts << tr("Of both windows only: %1.").arg(text_of(report.where));
  return parts.join(QLatin1Char(' '));
}

QString drift_sentence(const monitoring::DriftReport& report) {
  QStringList large, little;
  int steady = 0, few = 0;
  for (const auto* field : ranked(report)) {
    if (moved(*field)) (small(*field) ? little : large) << text_of(field->name);
    steady += field->drift.verdict == DriftVerdict::none;
    few += field->drift.verdict == DriftVerdict::too_few;
  }
  QStringList parts;
  if (const QString choice = choice_sentence(report); !choice.isEmpty()) parts << choice;
  parts << tr("%1 fields judged by %2 rules").arg(report.verdict.judged).arg(rules_word(report.rules)) +
               (report.rules == monitoring::DriftRules::calibrated
                    ? tr(", false discoveries held at %1.").arg(percent(report.alpha, 0))
                    : QStringLiteral("."));
  if (large.isEmpty() && little.isEmpty()) {
    parts << (few > 0 && steady == 0 ? tr("There are too few rows to tell.") : tr("Nothing moved."));
  } else if (large.isEmpty()) {
    parts << tr("Only small shifts, sure because there are many rows: %1.").arg(little.join(QStringLiteral(", ")));
  } else {
    parts << tr("Look at %1 first.").arg(large.mid(0, 3).join(QStringLiteral(", ")));
    if (!little.isEmpty())
      parts << tr("%1 moved too, but so little that it rarely matters.").arg(little.join(QStringLiteral(", ")));
  }
  if (few > 0 && !(steady == 0 && large.isEmpty() && little.isEmpty()))
    parts << tr("%1 with too few rows to tell.").arg(few);
  return parts.join(QLatin1Char(' '));
}

QString field_sentence(const monitoring::FieldReport& field) {
  const auto& drift = field.drift;
  const QString rows =
      tr("%1 against %2 values")
          .arg(figure(static_cast<qint64>(drift.n_reference)), figure(static_cast<qint64>(drift.n_current)));
  switch (drift.verdict) {
    case DriftVerdict::too_few:
      return tr("%1: too few to tell; only a shift of %2 or more would have been seen.")
          .arg(rows, number(drift.smallest_detectable));
    case DriftVerdict::unjudged:
      return tr("%1. Scores only: such a field gets no verdict.").arg(rows);
    case DriftVerdict::none:
      return std::isfinite(drift.smallest_detectable)
                 ? tr("%1: steady; a shift of %2 would have been seen.").arg(rows, number(drift.smallest_detectable))
                 : tr("%1: steady.").arg(rows);
    case DriftVerdict::drift:
      break;
  }
  const QString effect =
      std::isfinite(drift.effect) ? effect_name(field) + QStringLiteral(" = ") + number(drift.effect) : QString();
  if (small(field))
    return tr("%1: moved by %2, which is small: it is sure only because so many rows show anything above %3. What is "
              "new "
              "may have moved more: choose other arrivals above.")
        .arg(rows, effect, number(drift.smallest_detectable));
  return tr("%1: moved by %2. Brush what is new and see which records are behind it.").arg(rows, effect);
}

}  // namespace millwright::ui::detail
