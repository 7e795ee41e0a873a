#include "models_page.h"

#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>
#include <cmath>

#include "base/clock.h"
#include "detail/evaluate_dialog.h"
#include "detail/evaluation_view.h"
#include "detail/model_work.h"
#include "ui_records/record_view.h"
#include "ui_records/words.h"
#include "ui_widgets/badge.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/dialogs.h"
#include "ui_widgets/error_banner.h"
#include "ui_widgets/page_header.h"
#include "ui_widgets/paged_table.h"
#include "ui_widgets/splitter.h"

namespace millwright::ui {
namespace {

State state_of(models::Stage stage) { return stage == models::Stage::champion ? State::pass : State::neutral; }

QString stage_word(models::Stage stage) {
  switch (stage) {
    case models::Stage::candidate:
      return QObject::tr("candidate");
    case models::Stage::champion:
      return QObject::tr("champion");
    case models::Stage::retired:
      return QObject::tr("retired");
  }
  return {};
}

qint64 size_of(const models::Model& model) {
  qint64 size = 0;
  for (const auto& file : model.files) size += file.bytes;
  return size;
}

}  // namespace

struct ModelsPage::Overview {
  std::vector<models::Model> models;
  std::vector<models::StageEvent> history;
  std::vector<snapshots::Snapshot> snapshots;
  std::vector<records::BatchInfo> batches;
};

struct ModelsPage::Evaluations {
  std::vector<std::shared_ptr<const models::Evaluation>> all;
};

ModelsPage::ModelsPage(PageContext context, QWidget* parent)
    : StandardPage({QStringLiteral("models"), tr("Models"), RailGroup::models, 1}, QStringLiteral("models"), context,
                   parent) {
  roll_back_ = secondary_button(tr("Roll back…"));
  auto* judge = secondary_button(tr("Evaluate…"), QStringLiteral("E"));
  promote_ = primary_button(tr("Promote…"), QStringLiteral("P"));
  auto* add = secondary_button(tr("Add a model folder…"), QStringLiteral("A"));
  for (auto* button : {add, roll_back_, judge, promote_}) header()->add_action(button);
  auto* list = new Card(tr("Registry"));
  list->set_flush(true);
  models_ = new PagedTable;
  models_->setObjectName(QStringLiteral("models.list"));
  models_->setAccessibleName(tr("Models"));
  models_->set_columns({{.title = tr("Model"), .stretch = true},
                        {.title = tr("Test"), .kind = Column::Kind::figure, .width = 80},
                        {.title = tr("Macro-F1"), .kind = Column::Kind::figure, .width = 82},
                        {.title = tr("Stage"), .kind = Column::Kind::badge, .width = 102}});
  list->setMinimumWidth(px(400));
  list->body()->addWidget(models_);
  set_content(make_split(Qt::Horizontal, list, build_right(), 480, 590), models_);
  connect(models_, &PagedTable::current_changed, this, [this](const QVariant& key) { show_model(key.toLongLong()); });
  connect(promote_, &QPushButton::clicked, this, &ModelsPage::promote);
  connect(roll_back_, &QPushButton::clicked, this, &ModelsPage::roll_back);
  connect(judge, &QPushButton::clicked, this, &ModelsPage::evaluate);
  works_ = new detail::ModelWork(session(), jobs(), this);
  connect(add, &QPushButton::clicked, works_, qOverload<>(&detail::ModelWork::add_folder));
  connect(works_, &detail::ModelWork::said, this, &ModelsPage::toast);
  connect(works_, &detail::ModelWork::failed, this, &ModelsPage::report);
  connect(works_, &detail::ModelWork::added, this, [this](const QString& model) {
    banner()->clear();
    wanted_ = model;
    refresh();
  });
  connect(works_, &detail::ModelWork::queued, this, [this] {
    banner()->clear();
    Q_EMIT toast(tr("The embedding is under way"), State::neutral);
  });
  setAcceptDrops(true);
  add_commands();
}

ModelsPage::~ModelsPage() = default;

QWidget* ModelsPage::build_right() {
  facts_card_ = new Card(tr("Model"));
  stage_ = new Badge;
  auto* save = secondary_button(tr("Export…"));
  embed_ = secondary_button(tr("Embed records…"));
  facts_card_->add_action(stage_);
  facts_card_->add_action(embed_);
  facts_card_->add_action(save);
  facts_ = make_label({}, FontRole::figure);
  facts_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  facts_->setWordWrap(true);
  facts_->setTextFormat(Qt::PlainText);
  history_ = make_label({}, FontRole::caption, Tone::muted);
  history_->setWordWrap(true);
  history_->setTextFormat(Qt::PlainText);
  facts_card_->body()->addWidget(facts_);
  facts_card_->body()->addWidget(history_);
  facts_card_->body()->addStretch(1);
  evaluation_card_ = new Card(tr("Evaluation"));
  on_ = new Picker(tr("On"));
  evaluation_ = new detail::EvaluationView;
  evaluation_->modes()->set_current(2);
  evaluation_->clear(tr("Choose a model."));
  auto* about = new QHBoxLayout;
  about->setSpacing(px(12));
  figures_ = make_label({}, FontRole::body, Tone::muted);
  figures_->setWordWrap(true);
  about->addWidget(on_);
  about->addWidget(figures_, 1);
  evaluation_card_->body()->addLayout(about);
  evaluation_card_->add_action(evaluation_->modes());
  evaluation_card_->body()->addWidget(evaluation_, 1);
  connect(save, &QPushButton::clicked, this, [this] { export_model(models::ModelFormat::hf); });
  connect(embed_, &QPushButton::clicked, this, &ModelsPage::embed);
  connect(on_, &Picker::picked, this, [this](const QString& id) { choose_evaluation(id.toLongLong()); });
  connect(evaluation_, &detail::EvaluationView::cell_chosen, this, &ModelsPage::show_cell);
  return make_split(Qt::Vertical, facts_card_, evaluation_card_, 190, 450);
}

void ModelsPage::add_commands() {
  const QString menu = tr("Models");
  add_command(QStringLiteral("models.promote"), tr("Promote the model, or retire the champion…"), menu,
              QKeySequence(QStringLiteral("P")), [this] { promote(); });
  add_command(QStringLiteral("models.roll_back"), tr("Roll back to the champion before…"), menu, {},
              [this] { roll_back(); });
  add_command(QStringLiteral("models.evaluate"), tr("Evaluate the model…"), menu, QKeySequence(QStringLiteral("E")),
              [this] { evaluate(); });
  add_command(QStringLiteral("models.add"), tr("Add a model folder…"), menu, QKeySequence(QStringLiteral("A")),
              [this] { works_->add_folder(); });
  embed_action_ =
      add_command(QStringLiteral("models.embed"), tr("Embed records with the model…"), menu, {}, [this] { embed(); });
  add_command(QStringLiteral("models.export"), tr("Export the model…"), menu, {},
              [this] { export_model(models::ModelFormat::hf); });
  add_command(QStringLiteral("models.export_onnx"), tr("Export the model as ONNX…"), menu, {},
              [this] { export_model(models::ModelFormat::onnx); });
}

void ModelsPage::activate(const QVariantMap& arguments) {
  if (arguments.contains(QStringLiteral("model"))) wanted_ = arguments[QStringLiteral("model")].toString();
}

void ModelsPage::refresh() {
  read_overview(
      [](store::Project& project, const Work&) -> Result<std::shared_ptr<Overview>> {
        auto overview = std::make_shared<Overview>();
        MW_ASSIGN(overview->models, models::list_models(project));
        MW_ASSIGN(overview->snapshots, snapshots::list_snapshots(project));
        MW_ASSIGN(overview->batches, records::list_batches(project));
        std::vector<int64_t> tasks;
        for (const auto& model : overview->models)
          if (model.task != 0 && std::find(tasks.begin(), tasks.end(), model.task) == tasks.end())
            tasks.push_back(model.task);
        for (const int64_t task : tasks) {
          MW_ASSIGN(const auto history, models::stage_history(project, task));
          overview->history.insert(overview->history.end(), history.begin(), history.end());
        }
        return overview;
      },
      [this](std::shared_ptr<Overview> overview) { take(std::move(overview)); });
}

void ModelsPage::take(std::shared_ptr<Overview> overview) {
  overview_ = std::move(overview);
  const auto& all = overview_->models;
  if (all.empty())
    show_empty(
        tr("There is no model yet"),
        tr("A finished training run puts its model here, with its figures and its proof. A model folder that you "
           "have is added above, or dropped here."),
        tr("Go to Training"), [this] { Q_EMIT navigate(QStringLiteral("training"), {}); });
  else
    show_content();
  promote_->setEnabled(!all.empty());
  roll_back_->setEnabled(!overview_->history.empty());
  int champions = 0;
  std::vector<Row> rows;
  int64_t wanted = model_;
  for (const auto& model : all) {
    champions += model.stage == models::Stage::champion;
    const QString id = text_of(tail(model.uuid));
    if (!wanted_.isEmpty() && (id.startsWith(wanted_) || text_of(model.name) == wanted_)) wanted = model.id;
    Cell name = Cell::two_lines(text_of(model.name.empty() ? model.family : model.name),
                                tr("%1 · %2").arg(short_id(model.uuid), ago(model.time_ms)));
    name.tool_tip = tr("%1 of task %2").arg(id, text_of(model.task_name));
    rows.push_back({QVariant(static_cast<qlonglong>(model.id)),
                    {name, detail::headline_cell(model.metrics),
                     detail::share_text(detail::estimate_from(model.metrics, "macro_f1").value),
                     Cell::badge(stage_word(model.stage), state_of(model.stage))}});
  }
  wanted_.clear();
  if (std::none_of(all.begin(), all.end(), [wanted](const auto& m) { return m.id == wanted; }))
    wanted = all.empty() ? 0 : all.front().id;
  header()->set_subtitle(all.empty() ? QString()
                                     : counted(static_cast<qint64>(all.size()), tr("1 model"), tr("%1 models")) +
                                           QStringLiteral(" · ") + tr("%1 in use").arg(champions));
  {
    const QSignalBlocker quiet(models_);
    models_->set_rows(std::move(rows));
    models_->select_key(QVariant(static_cast<qlonglong>(wanted)));
  }
  if (wanted != 0) show_model(wanted);
}

const models::Model* ModelsPage::chosen() const {
  if (!overview_) return nullptr;
  for (const auto& model : overview_->models)
    if (model.id == model_) return &model;
  return nullptr;
}

void ModelsPage::show_model(int64_t model) {
  const bool other = model != model_;
  model_ = model;
  const auto* about = chosen();
  if (!about) return;
  show_facts(*about);
  if (other || !evaluations_) show_evaluations(model);
}

void ModelsPage::show_facts(const models::Model& model) {
  facts_card_->set_title(text_of(model.name.empty() ? model.family : model.name));
  facts_card_->set_note(short_id(model.uuid));
  stage_->set(stage_word(model.stage), state_of(model.stage));
  // A linear model has no vectors for texts.
  embed_->setVisible(models::is_encoder(model));
  embed_action_->setEnabled(models::is_encoder(model));
  promote_->setText(model.stage == models::Stage::champion ? tr("Retire…") : tr("Promote…"));
  QString snapshot = model.run == 0 ? tr("none: it was added from a folder") : tr("not known");
  for (const auto& one : overview_->snapshots)
    if (one.id == model.snapshot)
      snapshot = tr("%1, %2 rows").arg(short_id(one.uuid), figure(static_cast<qint64>(one.counts.rows())));
  facts_->setText(tr("sha256    %1\n          %2\nsnapshot  %3\nweights   %4 parameters, %5, %6 in %7 files")
                      .arg(text_of(to_hex(model.weights_sha256)).left(32),
                           text_of(to_hex(model.weights_sha256)).mid(32), snapshot,
                           figure(static_cast<qint64>(model.parameters)), text_of(model.family), bytes(size_of(model)))
                      .arg(model.files.size()));
  QStringList lines;
  for (const auto& event : overview_->history) {
    if (event.model != model.id) continue;
    QString line = tr("%1 to %2 by %3, %4")
                       .arg(stage_word(event.from), stage_word(event.to), text_of(event.actor), ago(event.time_ms));
    if (!event.reason.empty()) line += QStringLiteral(": ") + text_of(event.reason);
    lines.prepend(line);
  }
  history_->setText(lines.mid(0, 4).join(QLatin1Char('\n')));
}

void ModelsPage::show_evaluations(int64_t model) {
  read(
      "evaluations",
      [model](store::Project& project, const Work&) -> Result<std::shared_ptr<Evaluations>> {
        MW_ASSIGN(auto found, models::evaluations_of(project, model));
        auto evaluations = std::make_shared<Evaluations>();
        for (auto& one : found) evaluations->all.push_back(std::make_shared<const models::Evaluation>(std::move(one)));
        return evaluations;
      },
      [this](std::shared_ptr<Evaluations> evaluations) {
        evaluations_ = std::move(evaluations);
        QVector<Picker::Item> items;
        int64_t best = 0;
        for (const auto& one : evaluations_->all) {
          items.push_back({QString::number(one->id), detail::on_what_words(one->on_what),
                           tr("%1 rows").arg(figure(static_cast<qint64>(one->n)))});
          if (best == 0 || one->on_what.ends_with(":test")) best = one->id;
        }
        on_->set_items(items);
        on_->setVisible(!items.isEmpty());
        if (evaluations_->all.empty()) {
          figures_->setText({});
          evaluation_->clear(tr("This model was not evaluated yet."));
          return;
        }
        choose_evaluation(best);
      });
}

void ModelsPage::choose_evaluation(int64_t evaluation) {
  on_->set_current(QString::number(evaluation));
  for (const auto& one : evaluations_->all) {
    if (one->id != evaluation) continue;
    QString note = detail::figures_words(*one);
    if (std::isfinite(one->latency_p50_ms))
      note += tr(" · p50 %1 ms, p95 %2 ms").arg(figure(one->latency_p50_ms, 2), figure(one->latency_p95_ms, 2));
    figures_->setText(note);
    evaluation_->show_evaluation(one);
  }
}

void ModelsPage::show_cell(int truth, int predicted) {
  const auto evaluation = evaluation_->evaluation();
  if (!evaluation) return;
  const auto name = [&evaluation](int label) { return text_of(evaluation->labels[static_cast<size_t>(label)]); };
  auto* dialog = new Dialog(tr("%1, predicted as %2").arg(name(truth), name(predicted)), tr("Close"), this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->resize(px(900), px(520));
  auto* view = new RecordView(session());
  dialog->body()->addWidget(view, 1);
  connect(view, &RecordView::failed, this, &ModelsPage::report);
  view->show_records([evaluation, truth, predicted](store::Project& project, const Work&) {
    return detail::records_of_cell(project, *evaluation, truth, predicted);
  });
  dialog->open();
}

void ModelsPage::promote() {
  const auto* model = chosen();
  if (!model) return;
  const bool is_champion = model->stage == models::Stage::champion;
  const auto to = is_champion ? models::Stage::retired : models::Stage::champion;
  const auto reason = ask_text(
      this, is_champion ? tr("Retire this champion?") : tr("Make this model the champion?"),
      is_champion ? tr("Nothing is in use for %1 then, until another is promoted.").arg(text_of(model->task_name))
                  : tr("It answers for %1 from now on; the champion before it is retired and can be put back. Say why: "
                       "the reason stays on record.")
                        .arg(text_of(model->task_name)),
      is_champion ? tr("Retire it") : tr("Promote it"), {}, false, 3);
  if (!reason) return;
  write([task = model->task, id = model->id, to,
         why = utf8_of(*reason)](store::Project& project) { return models::promote(project, task, id, to, why); },
        [this](const models::StageChange& change) {
          Q_EMIT toast(tr("%1 is now %2").arg(short_id(change.model.uuid), stage_word(change.to)), State::pass);
          refresh();
        });
}

void ModelsPage::roll_back() {
  const auto* model = chosen();
  if (!model) return;
  const auto reason = ask_text(
      this, tr("Put the champion before this one back?"),
      tr("The present champion of %1 is retired. Say why: the reason stays on record.").arg(text_of(model->task_name)),
      tr("Roll back"), {}, false, 3);
  if (!reason) return;
  write([task = model->task,
         why = utf8_of(*reason)](store::Project& project) { return models::roll_back(project, task, why); },
        [this](const models::StageChange& change) {
          Q_EMIT toast(tr("%1 is the champion again").arg(short_id(change.model.uuid)), State::pass);
          refresh();
        });
}

void ModelsPage::evaluate() {
  const auto* model = chosen();
  if (!model) return;
  detail::EvaluateDialog dialog(overview_->snapshots, overview_->batches, this);
  if (dialog.exec() != QDialog::Accepted) return;
  models::EvaluateRequest request{tail(model->uuid), dialog.on(), dialog.where()};
  work(
      tr("Evaluating the model"),
      [request](store::Project& project, const Work& work) { return models::evaluate(project, request, work); },
      [this](const models::Evaluation& evaluation) {
        Q_EMIT toast(tr("Accuracy %1 on %2 rows")
                         .arg(detail::share_text(evaluation.accuracy.value), figure(static_cast<qint64>(evaluation.n))),
                     State::pass);
        if (evaluation.model == model_ || evaluation.model == 0) show_evaluations(model_);
      });
}

void ModelsPage::export_model(models::ModelFormat format) {
  if (const auto* model = chosen()) works_->export_model(*model, format);
}

void ModelsPage::embed() {
  const auto* model = chosen();
  if (model && models::is_encoder(*model)) works_->embed(*model, overview_->batches);
}

void ModelsPage::dragEnterEvent(QDragEnterEvent* event) {
  if (!detail::ModelWork::folder_in(*event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void ModelsPage::dropEvent(QDropEvent* event) {
  const QString folder = detail::ModelWork::folder_in(*event->mimeData());
  if (folder.isEmpty()) return;
  event->acceptProposedAction();
  works_->add_folder(folder);
}

}  // namespace millwright::ui
