// Who says what about which record now: the step before labels are joined over persons.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "labels/current.h"

namespace millwright::labels::detail {

/// The newest confirmed label of one person for one record.
struct Said {
  RecordRef record;
  int64_t time_ms = 0;
  int64_t source = 0;  ///< row of the annotation, or minus the row of the label file
  int64_t row = 0;     ///< in the label file
  int32_t person = 0;
  int32_t label = 0;
  int32_t schema_version = 0;
  int32_t guide_version = 0;
};

struct Saids {
  std::vector<std::string> names;
  std::vector<std::string> people;
  std::vector<Said> rows;  ///< by record, then by the order in which persons were met
  int64_t annotation_through = 0;
  int64_t file_through = 0;
};
[[nodiscard]] Result<Saids> what_people_say(const store::Project& project, const CurrentRequest& request,
                                            const Work& work);

/// A row of label_file.
struct LabelFile {
  int64_t id = 0;
  int64_t file = 0;
  Uuid uuid;  ///< of the facts file
  std::string source;
  std::string by;
  std::string device;
  bool confirmed = true;
  int32_t schema_version = 0;
  int32_t guide_version = 0;
  int64_t rows = 0;
  int64_t time_ms = 0;
};
/// Oldest first, up to and with row `through`.
[[nodiscard]] Result<std::vector<LabelFile>> label_files(const store::Project& project, int64_t task,
                                                         std::optional<int64_t> through = std::nullopt);

/// The columns of a label file, checked to belong together.
struct LabelFacts {
  std::vector<int64_t> batch;
  std::vector<int64_t> ordinal;
  std::vector<int64_t> label;
  std::vector<std::string> names;
};
[[nodiscard]] Result<LabelFacts> read_label_file(const store::Project& project, int64_t data_file);

}  // namespace millwright::labels::detail
