#include "pages.h"

#include "ui_flywheel/flywheel_page.h"
#include "ui_labels/labels_page.h"
#include "ui_models/models_page.h"
#include "ui_models/training_page.h"
#include "ui_monitoring/drift_page.h"
#include "ui_quality/quality_page.h"
#include "ui_records/data_page.h"
#include "ui_snapshots/snapshots_page.h"

namespace millwright::ui {

namespace {
template <class P>
Page* make(PageContext context) {
  return new P(context);
}
}  // namespace

std::vector<PageFactory> all_pages() {
  return {make<FlywheelPage>,  make<DataPage>,     make<QualityPage>, make<LabelsPage>,
          make<SnapshotsPage>, make<TrainingPage>, make<ModelsPage>,  make<DriftPage>};
}

}  // namespace millwright::ui
