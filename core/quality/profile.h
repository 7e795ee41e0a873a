// A look at a batch's or an asset's fields: counts, missing values, distinct values, moments, quantiles, top values.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/work.h"
#include "store/project.h"

namespace millwright::quality {

struct TopValue {
  std::string value;
  int64_t count = 0;
};
struct Quantile {
  double at = 0;  ///< 0 to 1
  double value = 0;
};

/// Of one field. Numbers: min to quantiles over the values; timestamps: the same in microseconds since 1970, UTC;
/// texts: of their length in code points. `distinct` and `top` are exact up to `distinct_exact`.
struct FieldProfile {
  std::string name;
  std::string type;
  int64_t count = 0;    ///< rows
  int64_t missing = 0;  ///< of them without a value
  int64_t distinct = 0;
  bool distinct_exact = true;
  double min = std::numeric_limits<double>::quiet_NaN();
  double max = std::numeric_limits<double>::quiet_NaN();
  double mean = std::numeric_limits<double>::quiet_NaN();
  double std = std::numeric_limits<double>::quiet_NaN();  ///< sample standard deviation (n − 1)
  std::vector<Quantile> quantiles;                        ///< 0.01 0.05 0.25 0.5 0.75 0.95 0.99, linear (type 7)
  std::vector<TopValue> top;                              ///< most frequent first, ties by value; at most 10
};

struct Profile {
  int64_t rows = 0;  ///< arrivals of a batch, records of an asset
  std::vector<FieldProfile> fields;
};

[[nodiscard]] Result<Profile> profile_batch(const store::Project& project, int64_t batch, const Work& work = {});
[[nodiscard]] Result<Profile> profile_asset(const store::Project& project, int64_t asset, const Work& work = {});
/// The keys of `profile --json`.
[[nodiscard]] Json to_json(const Profile& profile);

}  // namespace millwright::quality
