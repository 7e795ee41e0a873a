#include "behind_brush.h"

#include <cmath>

#include "ui_records/words.h"

namespace millwright::ui::detail {

Result<std::shared_ptr<RecordSource>> records_behind_brush(const store::Project& project,
                                                           const BrushQuestion& question) {
  MW_ASSIGN(auto found, monitoring::look_behind(project, *question.report, question.part));
  const auto behind = std::make_shared<const monitoring::Behind>(std::move(found));
  RecordLook look;
  look.first_fields = question.first_fields;
  look.first_fields.push_back(question.part.field);
  look.only = true;
  std::vector<ExtraColumn> extras;
  if (behind->predicted) {
    extras.push_back({{.title = QObject::tr("Predicted")}, [behind](int64_t place) {
                        const int32_t label = behind->label[static_cast<size_t>(place)];
                        return Cell(label < 0 ? QString() : text_of(behind->labels[static_cast<size_t>(label)]));
                      }});
    extras.push_back({{.title = QObject::tr("Confidence"), .kind = Column::Kind::figure}, [behind](int64_t place) {
                        const double confidence = behind->confidence[static_cast<size_t>(place)];
                        return Cell(std::isnan(confidence) ? QString() : QString::number(confidence, 'f', 2));
                      }});
  }
  return make_list_source(project, behind->fields, behind->records, std::move(extras), look);
}

}  // namespace millwright::ui::detail
