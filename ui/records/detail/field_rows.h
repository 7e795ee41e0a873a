// The fields of a window as rows of a table.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "records/columns.h"
#include "store/project.h"
#include "ui_widgets/paged_table.h"

namespace millwright::ui::detail {

[[nodiscard]] std::vector<Column> field_columns();
/// Key: the field's name.
[[nodiscard]] Result<std::vector<Row>> read_field_rows(store::Project& project, const records::Window& window,
                                                       const Work& work);
/// The field whose picture says most at first sight: a number, else a category.
[[nodiscard]] QString first_interesting(const std::vector<Row>& rows);

}  // namespace millwright::ui::detail
