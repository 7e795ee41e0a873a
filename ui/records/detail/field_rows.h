// The fields of a window as rows of a table.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "records/columns.h"
#include "store/batch_file.h"
#include "store/project.h"
#include "ui_widgets/paged_table.h"

namespace millwright::ui::detail {

[[nodiscard]] std::vector<Column> field_columns();
/// Key: the field's name.
[[nodiscard]] Result<std::vector<Row>> read_field_rows(store::Project& project, const records::Window& window,
                                                       const Work& work);
/// The field whose picture says most at first sight: a number, else a category.
[[nodiscard]] QString first_interesting(const std::vector<Row>& rows);
[[nodiscard]] std::vector<Row> quarantine_rows(const std::vector<store::QuarantinedRow>& rows, qint64 first);

}  // namespace millwright::ui::detail
