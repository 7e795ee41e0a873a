#include "detail/words.h"

#include <QCoreApplication>
#include <QHash>
#include <cmath>

namespace millwright::ui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("flywheel", text); }

struct Words {
  const char* code;
  const char* text;
};

constexpr Words kStages[] = {
    {"data", QT_TRANSLATE_NOOP("flywheel", "Data")},
    {"gate", QT_TRANSLATE_NOOP("flywheel", "Gate")},
    {"labels", QT_TRANSLATE_NOOP("flywheel", "Labels")},
    {"snapshot", QT_TRANSLATE_NOOP("flywheel", "Snapshot")},
    {"training", QT_TRANSLATE_NOOP("flywheel", "Training")},
    {"evaluation", QT_TRANSLATE_NOOP("flywheel", "Evaluation")},
    {"drift", QT_TRANSLATE_NOOP("flywheel", "Drift")},
};
// {n} is the figure; "" leaves a figure out.
constexpr Words kFigures[] = {
    {"records", QT_TRANSLATE_NOOP("flywheel", "{n} records")},
    {"batches", QT_TRANSLATE_NOOP("flywheel", "{n} batches")},
    {"failing", QT_TRANSLATE_NOOP("flywheel", "{n} failing")},
    {"warnings", QT_TRANSLATE_NOOP("flywheel", "{n} with warnings")},
    {"checked", QT_TRANSLATE_NOOP("flywheel", "{n} checked")},
    {"waiting", QT_TRANSLATE_NOOP("flywheel", "{n} waiting")},
    {"labels", QT_TRANSLATE_NOOP("flywheel", "{n} labels")},
    {"snapshot", QT_TRANSLATE_NOOP("flywheel", "{n}")},
    {"rows", QT_TRANSLATE_NOOP("flywheel", "{n} rows")},
    {"job", ""},
    {"progress", QT_TRANSLATE_NOOP("flywheel", "{n} done")},
    {"algorithm", QT_TRANSLATE_NOOP("flywheel", "{n}")},
    {"seconds", QT_TRANSLATE_NOOP("flywheel", "took {n}")},
    {"accuracy", QT_TRANSLATE_NOOP("flywheel", "{n} right")},
    {"micro_f1", QT_TRANSLATE_NOOP("flywheel", "micro-F1 {n}")},
    {"f1", QT_TRANSLATE_NOOP("flywheel", "F1 {n}")},
    {"r2", QT_TRANSLATE_NOOP("flywheel", "R² {n}")},
    {"macro_f1", QT_TRANSLATE_NOOP("flywheel", "macro-F1 {n}")},
    {"drifted", QT_TRANSLATE_NOOP("flywheel", "{n} moved")},
    {"fields", QT_TRANSLATE_NOOP("flywheel", "{n} fields judged")},
};
constexpr Words kActions[] = {
    {"import_data", QT_TRANSLATE_NOOP("flywheel", "Bring data in")},
    {"create_task", QT_TRANSLATE_NOOP("flywheel", "Say what is to be labeled")},
    {"queue_items", QT_TRANSLATE_NOOP("flywheel", "Queue items for labeling")},
    {"fix_gate", QT_TRANSLATE_NOOP("flywheel", "Open the gate")},
    {"label", QT_TRANSLATE_NOOP("flywheel", "Label {waiting} items")},
    {"snapshot", QT_TRANSLATE_NOOP("flywheel", "Freeze a snapshot")},
    {"train", QT_TRANSLATE_NOOP("flywheel", "Train on the newest snapshot")},
    {"look_at_job", QT_TRANSLATE_NOOP("flywheel", "See why the job failed")},
    {"promote", QT_TRANSLATE_NOOP("flywheel", "Make the newest model the champion")},
    {"look_at_drift", QT_TRANSLATE_NOOP("flywheel", "Look at what drifted")},
    {"compare_batches", QT_TRANSLATE_NOOP("flywheel", "Compare the newest batch with the first")},
};
constexpr Words kReasons[] = {
    {"no_data", QT_TRANSLATE_NOOP("flywheel", "The project is empty.")},
    {"no_task", QT_TRANSLATE_NOOP("flywheel", "There is data, but no task that asks for labels.")},
    {"no_labels", QT_TRANSLATE_NOOP("flywheel", "{records} records, none labeled.")},
    {"batch_gate_fails", QT_TRANSLATE_NOOP("flywheel", "The gate of batch {batch} fails: no training on its rows.")},
    {"snapshot_gate_fails", QT_TRANSLATE_NOOP("flywheel", "The gate of snapshot {snapshot} fails: no training on it.")},
    {"queue_waits", QT_TRANSLATE_NOOP("flywheel", "Queue “{queue}”: {waiting} of {items} wait.")},
    {"labels_not_frozen", QT_TRANSLATE_NOOP("flywheel", "{labels} labels, no snapshot that holds them.")},
    {"snapshot_not_trained", QT_TRANSLATE_NOOP("flywheel", "Snapshot {snapshot} has no run yet.")},
    {"job_failed", QT_TRANSLATE_NOOP("flywheel", "Job {job} failed.")},
    {"no_champion_yet", QT_TRANSLATE_NOOP("flywheel", "Model {model} is only a candidate.")},
    {"no_champion", QT_TRANSLATE_NOOP("flywheel", "Model {model} is only a candidate (test accuracy {accuracy}).")},
    {"fields_drifted", QT_TRANSLATE_NOOP("flywheel", "{drifted} fields moved, most of all {field} (effect {effect}).")},
    {"batches_not_compared", QT_TRANSLATE_NOOP("flywheel", "Two batches were never compared.")},
};
constexpr Words kVerbs[] = {
    {"import_data", QT_TRANSLATE_NOOP("flywheel", "Import…")},
    {"create_task", QT_TRANSLATE_NOOP("flywheel", "Decide")},
    {"queue_items", QT_TRANSLATE_NOOP("flywheel", "Queue")},
    {"fix_gate", QT_TRANSLATE_NOOP("flywheel", "Look")},
    {"label", QT_TRANSLATE_NOOP("flywheel", "Label")},
    {"snapshot", QT_TRANSLATE_NOOP("flywheel", "Freeze")},
    {"train", QT_TRANSLATE_NOOP("flywheel", "Train")},
    {"look_at_job", QT_TRANSLATE_NOOP("flywheel", "Look")},
    {"promote", QT_TRANSLATE_NOOP("flywheel", "Review")},
    {"look_at_drift", QT_TRANSLATE_NOOP("flywheel", "Look")},
    {"compare_batches", QT_TRANSLATE_NOOP("flywheel", "Compare")},
};

template <size_t N>
QString look_up(const Words (&table)[N], const std::string& code) {
  for (const auto& words : table)
    if (code == words.code) return *words.text == 0 ? QString() : tr(words.text);
  return QString::fromStdString(code);
}

QString number(const planning::Figure& f) {
  if (!f.text.empty()) return QString::fromStdString(f.text);
  if (!std::isfinite(f.number)) return QStringLiteral("–");
  if (f.name == "accuracy" || f.name == "progress") return percent(f.number, f.name == "progress" ? 0 : 1);
  if (f.name == "seconds") return duration(f.number);
  if (f.number == std::floor(f.number)) return figure(static_cast<qint64>(f.number));
  return figure(f.number, 3);
}

QString filled(QString text, const std::vector<planning::Figure>& figures) {
  for (const auto& f : figures) text.replace('{' + QString::fromStdString(f.name) + '}', number(f));
  return text;
}

}  // namespace

State state_of(planning::StageState state) {
  switch (state) {
    case planning::StageState::empty:
      return State::neutral;
    case planning::StageState::good:
      return State::pass;
    case planning::StageState::warn:
      return State::warning;
    case planning::StageState::fail:
      return State::fail;
    case planning::StageState::busy:
      return State::running;
  }
  return State::neutral;
}

QString word_of(planning::StageState state) {
  switch (state) {
    case planning::StageState::empty:
      return tr("empty");
    case planning::StageState::good:
      return tr("good");
    case planning::StageState::warn:
      return tr("warning");
    case planning::StageState::fail:
      return tr("red");
    case planning::StageState::busy:
      return tr("working");
  }
  return {};
}

QString stage_name(const std::string& stage) { return look_up(kStages, stage); }

QString stage_figures(const planning::Stage& stage) {
  QStringList parts;
  for (const auto& f : stage.figures) {
    if (f.text.empty() && (!std::isfinite(f.number) ||
                           (f.number == 0 && (f.name == "failing" || f.name == "warnings" || f.name == "waiting"))))
      continue;
    const QString text = look_up(kFigures, f.name);
    if (!text.isEmpty()) parts << QString(text).replace(QLatin1String("{n}"), number(f));
    if (parts.size() == 2) break;
  }
  if (parts.isEmpty()) return stage.state == planning::StageState::empty ? tr("nothing yet") : word_of(stage.state);
  return parts.join('\n');
}

QString rail_figure(const planning::Stage& stage) {
  const auto wanted = [&]() -> std::string {
    if (stage.name == "data") return "records";
    if (stage.name == "labels") return "waiting";
    if (stage.name == "drift") return "drifted";
    if (stage.name == "evaluation") return stage.figures.empty() ? "accuracy" : stage.figures.front().name;
    if (stage.name == "training") return "progress";
    if (stage.name == "gate") return "failing";
    return {};
  }();
  for (const auto& f : stage.figures)
    if (f.name == wanted && std::isfinite(f.number) && f.number != 0) return number(f);
  return {};
}

QString page_of_stage(const std::string& stage) {
  static const QHash<QString, QString> pages{
      {"data", "data"},         {"gate", "quality"},      {"labels", "labels"}, {"snapshot", "snapshots"},
      {"training", "training"}, {"evaluation", "models"}, {"drift", "drift"}};
  return pages.value(QString::fromStdString(stage));
}

QString title_of(const planning::NextAction& action) {
  return filled(look_up(kActions, action.action), action.figures);
}
QString reason(const planning::NextAction& action) { return filled(look_up(kReasons, action.why), action.figures); }
QString verb_of(const planning::NextAction& action) { return look_up(kVerbs, action.action); }

QVariantMap arguments_of(const planning::NextAction& action) {
  QVariantMap arguments;
  for (const auto& f : action.figures)
    if (!f.text.empty()) arguments.insert(QString::fromStdString(f.name), QString::fromStdString(f.text));
  arguments.insert(QStringLiteral("action"), QString::fromStdString(action.action));
  return arguments;
}

}  // namespace millwright::ui
