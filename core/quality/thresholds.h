// The limits of the gate, as the manual of the command line states them.
#pragma once

#include <cstdint>

namespace millwright::quality {

/// Shares are of rows, 0 to 1.
struct Thresholds {
  double missing_warn = 0.01;  ///< a required field missing in more than this warns
  double missing_fail = 0.05;
  double label_missing_warn = 0.0;  ///< labels missing or not in the schema
  double label_missing_fail = 0.05;
  double conflict_warn = 0.0;  ///< different labels on the same input
  double conflict_fail = 0.02;
  double leakage_warn = 0.0;     ///< test rows whose input is also in the training split
  double leakage_fail = 0.005;   ///< fails from here on, this limit included
  int64_t class_rows_warn = 10;  ///< a class with fewer training rows warns
};

}  // namespace millwright::quality
