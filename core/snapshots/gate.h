// The gate: puts together what quality/, labels/ and this room check about a batch or a snapshot. Green = no check
// fails.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/work.h"
#include "quality/gate_report.h"
#include "quality/thresholds.h"
#include "store/project.h"

namespace millwright::snapshots {

/// Checks a batch and keeps the report: schema, missing values and duplicates over its arrivals; for each task of its
/// asset whose label field is known also completeness of labels and conflicting labels.
[[nodiscard]] Result<quality::GateReport> gate_batch(store::Project& project, int64_t batch, const Work& work = {},
                                                     const quality::Thresholds& thresholds = {});
/// Checks a snapshot and keeps the report: its batches' gates (those that were never asked are asked now), missing
/// values, conflicting labels, class balance, completeness of labels, leakage by input and by group.
[[nodiscard]] Result<quality::GateReport> gate_snapshot(store::Project& project, int64_t snapshot,
                                                        const Work& work = {},
                                                        const quality::Thresholds& thresholds = {});
/// Ok when training on it may start: its gate is open. Else refused "gate.closed" naming the checks that fail. The kept
/// report is taken where it must come out the same (the same rows, schema, limits and program, all batches' gates
/// open); else the gate is asked anew.
[[nodiscard]] Status require_open_gate(store::Project& project, int64_t snapshot);

}  // namespace millwright::snapshots
