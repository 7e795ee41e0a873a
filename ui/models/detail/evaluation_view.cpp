#include "evaluation_view.h"

#include <QLabel>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "records/asset.h"
#include "records/batch.h"
#include "ui_charts/heatmap_chart.h"
#include "ui_charts/reliability_chart.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "ui_widgets/figure_words.h"
#include "ui_widgets/paged_table.h"

namespace millwright::ui::detail {

QString share_text(double share) { return std::isfinite(share) ? QString::number(share, 'f', 3) : QStringLiteral("–"); }

QString interval_text(const statistics::Estimate& estimate) {
  if (!std::isfinite(estimate.low) || !std::isfinite(estimate.high)) return QStringLiteral("–");
  return share_text(estimate.low) + QStringLiteral(" – ") + share_text(estimate.high);
}

double number_from(const Json& metrics, const char* key) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (!metrics.is_object()) return kNone;
  const auto found = metrics.find(key);
  return found != metrics.end() && found->is_number() ? found->get<double>() : kNone;
}

statistics::Estimate estimate_from(const Json& metrics, const char* key) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (!metrics.is_object()) return {kNone, kNone, kNone};
  const auto found = metrics.find(key);
  if (found == metrics.end()) return {kNone, kNone, kNone};
  if (found->is_number()) return {found->get<double>(), kNone, kNone};
  return {number_from(*found, "value"), number_from(*found, "low"), number_from(*found, "high")};
}

Cell headline_cell(const Json& metrics, bool with_interval) {
  const auto headline = models::headline_of(metrics);
  if (!headline) return {QStringLiteral("–")};
  const bool accuracy = headline->name == "accuracy";
  const QString value = share_text(headline->value.value);
  Cell cell = with_interval
                  ? Cell::two_lines(accuracy ? value : figure_title(headline->name) + QLatin1Char(' ') + value,
                                    interval_text(headline->value))
              : accuracy ? Cell{value}
                         : Cell::two_lines(value, figure_title(headline->name));
  cell.tool_tip = figure_title(headline->name);
  return cell;
}

QString figures_words(const models::Evaluation& evaluation) {
  if (evaluation.figures.empty())
    return QObject::tr("accuracy %1 (%2) · macro-F1 %3 · ECE %4")
        .arg(share_text(evaluation.accuracy.value), interval_text(evaluation.accuracy),
             share_text(evaluation.macro_f1.value), share_text(evaluation.ece));
  QStringList words;
  for (const auto& figure : evaluation.figures) {
    QString one = figure_title(figure.name) + QLatin1Char(' ') + share_text(figure.value.value);
    if (words.isEmpty()) one += QStringLiteral(" (") + interval_text(figure.value) + QLatin1Char(')');
    words << one;
  }
  return words.join(QStringLiteral(" · "));
}

QString on_what_words(const std::string& on_what) {
  const QString text = text_of(on_what);
  const auto split = text.section(QLatin1Char(' '), 0, 0).section(QLatin1Char(':'), 1);
  if (split == QLatin1String("test")) return QObject::tr("test split");
  if (split == QLatin1String("validation")) return QObject::tr("validation split");
  if (split == QLatin1String("train")) return QObject::tr("training split");
  return text;
}

EvaluationView::EvaluationView(QWidget* parent) : QWidget(parent) {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  modes_ = new SegmentedControl({tr("Errors"), tr("Reliability"), tr("By class")});
  modes_->setAccessibleName(tr("View of the evaluation"));
  stack_ = new QStackedWidget;
  words_ = make_label({}, FontRole::body, Tone::muted);
  words_->setAlignment(Qt::AlignCenter);
  words_->setWordWrap(true);
  matrix_ = new HeatmapChart;
  matrix_->setObjectName(QStringLiteral("models.matrix"));
  reliability_ = new ReliabilityChart;
  classes_ = new PagedTable;
  classes_->setAccessibleName(tr("Figures by class"));
  classes_->set_columns({{.title = tr("Class"), .stretch = true},
                         {.title = tr("F1"), .kind = Column::Kind::meter, .width = 110},
                         {.title = tr("Precision"), .kind = Column::Kind::figure, .width = 80},
                         {.title = tr("Recall"), .kind = Column::Kind::figure, .width = 72},
                         {.title = tr("Rows"), .kind = Column::Kind::figure, .width = 72}});
  for (auto* widget : std::initializer_list<QWidget*>{words_, matrix_, reliability_, classes_})
    stack_->addWidget(widget);
  all->addWidget(stack_, 1);
  connect(modes_, &SegmentedControl::changed, this, [this](int mode) {
    if (evaluation_) stack_->setCurrentIndex(mode + 1);
  });
  connect(matrix_, &HeatmapChart::cell_chosen, this, [this](int row, int column) {
    if (row >= 0 && column >= 0 && static_cast<size_t>(std::max(row, column)) < order_.size())
      Q_EMIT cell_chosen(order_[static_cast<size_t>(row)], order_[static_cast<size_t>(column)]);
  });
}

void EvaluationView::clear(const QString& text) {
  evaluation_.reset();
  words_->setText(text);
  stack_->setCurrentIndex(0);
}

void EvaluationView::show_evaluation(std::shared_ptr<const models::Evaluation> evaluation) {
  evaluation_ = std::move(evaluation);
  // One label a row has a matrix and a confidence that can be held against what was right; others go by class.
  const bool one_label = evaluation_->kind == labels::TaskKind::single_label;
  modes_->setVisible(one_label);
  show_classes();
  if (!one_label) {
    words_->setText(tr("Each record is judged by how far its number is away: the figures above say it."));
    stack_->setCurrentWidget(evaluation_->kind == labels::TaskKind::number ? static_cast<QWidget*>(words_) : classes_);
    return;
  }
  const size_t classes = evaluation_->labels.size();
  order_.resize(classes);
  std::iota(order_.begin(), order_.end(), 0);
  const auto rows_of = [this](int label) { return evaluation_->per_class[static_cast<size_t>(label)].support; };
  if (evaluation_->per_class.size() == classes)
    std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) { return rows_of(a) > rows_of(b); });
  MatrixData data;
  data.row_name = tr("true label");
  data.column_name = tr("predicted");
  for (const int label : order_) data.rows << text_of(evaluation_->labels[static_cast<size_t>(label)]);
  data.columns = data.rows;
  for (const int row : order_)
    for (const int column : order_)
      data.counts.push_back(static_cast<double>(
          evaluation_->confusion[static_cast<size_t>(row) * classes + static_cast<size_t>(column)]));
  matrix_->set_title(tr("Confusion matrix"));
  matrix_->set_data(std::move(data));
  std::vector<ReliabilityBin> bins;
  for (const auto& bin : evaluation_->reliability) bins.push_back({bin.confidence, bin.accuracy, bin.count});
  reliability_->set_title(tr("Reliability"));
  reliability_->set_data(std::move(bins), evaluation_->ece);
  stack_->setCurrentIndex(modes_->current() + 1);
}

void EvaluationView::show_classes() {
  std::vector<Row> rows;
  auto sorted = evaluation_->per_class;
  // The weakest first; classes that no row of this evaluation has come last and have no figures.
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    if ((a.support == 0) != (b.support == 0)) return b.support == 0;
    return a.f1 < b.f1;
  });
  for (const auto& one : sorted) {
    const State state = one.support == 0 ? State::neutral
                        : one.f1 < 0.5   ? State::fail
                        : one.f1 < 0.8   ? State::warning
                                         : State::pass;
    rows.push_back({QVariant(text_of(one.label)),
                    {text_of(one.label), Cell::meter(one.f1, share_text(one.f1), state), share_text(one.precision),
                     share_text(one.recall), figure(static_cast<qint64>(one.support))}});
  }
  classes_->set_rows(std::move(rows));
  stack_->setCurrentIndex(modes_->current() + 1);
}

Result<std::shared_ptr<RecordSource>> records_of_cell(store::Project& project, const models::Evaluation& evaluation,
                                                      int truth, int predicted) {
  MW_ASSIGN(auto judged, models::judged_rows(project, evaluation));
  auto& rows = judged.rows;
  std::erase_if(rows, [=](const models::Judged& row) { return row.truth != truth || row.predicted != predicted; });
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.confidence < b.confidence; });
  std::vector<RecordRef> records;
  auto confidence = std::make_shared<std::vector<double>>();
  for (const auto& row : rows) {
    records.push_back({row.batch, row.ordinal});
    confidence->push_back(row.confidence);
  }
  std::vector<records::SchemaField> fields;
  RecordLook look;
  if (!records.empty()) {
    MW_ASSIGN(const auto batch, records::batch_by_id(project, records.front().batch));
    MW_ASSIGN(const auto asset, records::asset_by_id(project, batch.asset));
    fields = asset.schema.fields;
    for (const auto& name : {asset.roles.id, asset.roles.text})
      if (!name.empty()) look.first_fields.push_back(name);
    for (const auto& field : fields)
      if (look.first_fields.size() < 3 && field.type == records::FieldType::text &&
          std::find(look.first_fields.begin(), look.first_fields.end(), field.name) == look.first_fields.end())
        look.first_fields.push_back(field.name);
    look.only = true;
  }
  const auto name_of = [&evaluation](int label) { return text_of(evaluation.labels[static_cast<size_t>(label)]); };
  std::vector<ExtraColumn> extras;
  extras.push_back({{.title = QObject::tr("Label")}, [name = name_of(truth)](int64_t) { return Cell(name); }});
  extras.push_back({{.title = QObject::tr("Predicted")}, [name = name_of(predicted)](int64_t) { return Cell(name); }});
  extras.push_back({{.title = QObject::tr("Confidence"), .kind = Column::Kind::figure}, [confidence](int64_t place) {
                      return Cell(QString::number((*confidence)[static_cast<size_t>(place)], 'f', 2));
                    }});
  return make_list_source(project, std::move(fields), std::move(records), std::move(extras), look);
}

}  // namespace millwright::ui::detail
