// A task's labels out to a file; its name says the format.
#pragma once

#include <QString>

#include "labels/exchange.h"

namespace millwright::ui::detail {

/// .csv is CSV, .json Label Studio's, anything else JSON Lines.
[[nodiscard]] labels::Format format_of_file(const QString& path);
/// Every event of the task. The file is there whole or not at all. Errors (store): labels.file.
[[nodiscard]] Status export_labels_to(const store::Project& project, int64_t task, const QString& path,
                                      const Work& work);

}  // namespace millwright::ui::detail
