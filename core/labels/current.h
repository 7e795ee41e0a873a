// What the labels of a task are now: the newest confirmed one of each person for each record, over acts and label
// files. Where persons differ it is a conflict.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/work.h"
#include "labels/label_value.h"
#include "store/project.h"

namespace millwright::labels {

/// Where a label comes from.
struct LabelSource {
  int64_t annotation = 0;  ///< row of the annotation, or 0
  int64_t file = 0;        ///< row of the label file, or 0
};

struct CurrentLabel {
  RecordRef record;
  int32_t label = -1;  ///< into CurrentLabels::names; of a conflict the first person's
  int32_t schema_version = 0;
  int32_t guide_version = 0;
  int32_t people = 1;     ///< who labeled it
  bool conflict = false;  ///< they differ
  LabelSource source;     ///< of the newest label that agrees
};

/// 48 bytes a record; sorted by record.
struct CurrentLabels {
  std::vector<std::string> names;
  std::vector<CurrentLabel> rows;
  int64_t conflicts = 0;
  int64_t annotation_through = 0;  ///< acts up to this row are in
  int64_t file_through = 0;        ///< label files up to this row are in
  /// nullptr when the record has no confirmed label.
  [[nodiscard]] const CurrentLabel* find(const RecordRef& record) const;
};

struct CurrentRequest {
  int64_t task = 0;
  std::span<const int64_t> batches;   ///< empty: all
  std::optional<std::string> person;  ///< only this person's
  /// As it was when these rows were the last: what a rebuild asks for.
  std::optional<int64_t> annotation_through;
  std::optional<int64_t> file_through;
};
[[nodiscard]] Result<CurrentLabels> current_labels(const store::Project& project, const CurrentRequest& request,
                                                   const Work& work = {});

/// Records of a task that name each label, most first, conflicts apart; nothing of a number. Quick figure for pages.
struct LabelCount {
  std::string label;
  int64_t records = 0;
};
[[nodiscard]] std::vector<LabelCount> count_by_label(const CurrentLabels& labels,
                                                     TaskKind kind = TaskKind::single_label);

/// Figures for the first page, some milliseconds at any size: acts by persons and rows in label files.
struct LabelTotals {
  int64_t by_persons = 0;     ///< acts 'label', undone ones not counted out
  int64_t in_bulk = 0;        ///< rows of confirmed label files
  int64_t since = 0;          ///< acts 'label' since the given time
  double median_seconds = 0;  ///< over the newest 1,000 labels with a time; NaN without any
};
[[nodiscard]] Result<LabelTotals> label_totals(const store::Project& project, std::optional<int64_t> task,
                                               int64_t since_ms);

}  // namespace millwright::labels
