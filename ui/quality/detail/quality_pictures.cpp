#include "quality_pictures.h"

#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "labels/current.h"
#include "labels/task.h"
#include "records/columns.h"
#include "ui_charts/bar_chart.h"
#include "ui_records/words.h"
#include "ui_widgets/buttons.h"

namespace millwright::ui::detail {

struct QualityPictures::Pictures {
  CategoryData missing, classes;
  QString task;
};

namespace {

Status missing_values(store::Project& project, const std::vector<int64_t>& batches, CategoryData& data) {
  MW_ASSIGN(const auto window, records::window_of_batches(project, batches));
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window));
  std::vector<std::pair<int64_t, std::string>> fields;
  for (const auto& field : scan.fields()) {
    MW_ASSIGN(const auto summary, scan.summary(field.name));
    fields.emplace_back(summary.missing(), field.name);
  }
  std::stable_sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [missing, name] : fields) {
    data.names.push_back(text_of(name));
    data.reference.push_back(static_cast<double>(missing));
  }
  return {};
}

Status class_sizes(store::Project& project, const std::vector<int64_t>& batches, int64_t task, const Work& work,
                   CategoryData& data) {
  labels::CurrentRequest request;
  request.task = task;
  request.batches = batches;
  MW_ASSIGN(const auto current, labels::current_labels(project, request, work));
  MW_ASSIGN(const auto asked, labels::read_task(project, task));
  auto counts = labels::count_by_label(current, asked.kind);
  std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.records > b.records; });
  for (const auto& one : counts) {
    data.names.push_back(text_of(one.label));
    data.reference.push_back(static_cast<double>(one.records));
  }
  return {};
}

void show_unless_empty(BarChart* chart, const CategoryData& data) {
  if (std::any_of(data.reference.begin(), data.reference.end(), [](double rows) { return rows > 0; }))
    chart->set_data(data);
  else
    chart->clear();
}

}  // namespace

QualityPictures::QualityPictures(ProjectSession& session, QWidget* parent)
    : Card(tr("Missing values"), parent), session_(session) {
  mode_ = new SegmentedControl({tr("Missing"), tr("Classes")});
  mode_->setAccessibleName(tr("Picture"));
  add_action(mode_);
  stack_ = new QStackedWidget;
  missing_ = new BarChart;
  missing_->set_title(tr("Missing values by field"));
  missing_->set_empty_text(tr("No value is missing."));
  classes_ = new BarChart;
  classes_->set_title(tr("Records by class"));
  classes_->set_empty_text(tr("Nothing is labeled yet."));
  stack_->addWidget(missing_);
  stack_->addWidget(classes_);
  body()->addWidget(stack_, 1);
  connect(mode_, &SegmentedControl::changed, this, [this](int mode) {
    stack_->setCurrentIndex(mode);
    set_title(mode == 0 ? tr("Missing values") : tr("Class sizes"));
  });
}

void QualityPictures::show_batches(const std::vector<int64_t>& batches, int64_t task, const QString& task_name) {
  session_.read(
      this, "pictures",
      [batches, task, task_name](store::Project& project, const Work& work) -> Result<Pictures> {
        Pictures pictures;
        pictures.missing.field = tr("rows without a value");
        pictures.classes.field = tr("records");
        pictures.task = task_name;
        MW_TRY(missing_values(project, batches, pictures.missing));
        if (task != 0) MW_TRY(class_sizes(project, batches, task, work, pictures.classes));
        return pictures;
      },
      [this](Result<Pictures> pictures) {
        if (pictures)
          take(*pictures);
        else
          Q_EMIT failed(pictures.error());
      });
}

void QualityPictures::take(const Pictures& pictures) {
  show_unless_empty(missing_, pictures.missing);
  show_unless_empty(classes_, pictures.classes);
  set_note(pictures.task.isEmpty() ? QString() : tr("task %1").arg(pictures.task));
}

}  // namespace millwright::ui::detail
