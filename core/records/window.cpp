#include "records/window.h"

#include <algorithm>

#include "base/clock.h"
#include "records/batch.h"

namespace millwright::records {
namespace {

std::string joined_tails(const std::vector<BatchInfo>& all, const std::vector<int64_t>& ids) {
  std::string text;
  for (const int64_t id : ids)
    for (const BatchInfo& batch : all)
      if (batch.id == id) text += (text.empty() ? "" : ",") + tail(batch.uuid);
  return text;
}

Result<Window> parse_range(const store::Project& project, const Asset& asset, std::string_view from,
                           std::string_view to, std::string_view text) {
  if (asset.roles.time.empty())
    return fail(ErrorKind::bad_input, "window.no_time_field",
                "“{window}” is a range of time, but asset “{asset}” has no time field.",
                {{"window", std::string(text)}, {"asset", asset.name}},
                "Name one with `import --time FIELD`, or give batches.");
  MW_ASSIGN(Window window, whole_asset(project, asset));
  window.text = text;
  const auto read = [&](std::string_view side, std::optional<int64_t>& bound) -> Status {
    if (side.empty()) return {};
    bound = parse_timestamp_us(side);
    if (bound) return {};
    return fail(ErrorKind::bad_input, "window.bad_time", "“{time}” is no time.", {{"time", std::string(side)}},
                "Write ISO 8601, for example 2026-03-01 or 2026-03-01T12:00:00Z.");
  };
  MW_TRY(read(from, window.from_us));
  MW_TRY(read(to, window.to_us));
  if (window.from_us && window.to_us && *window.from_us >= *window.to_us)
    return fail(ErrorKind::bad_input, "window.empty", "The range {window} is empty: it ends where it begins or before.",
                {{"window", std::string(text)}});
  return window;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

Result<Window> parse_window(const store::Project& project, const Asset& asset, std::string_view text) {
  const size_t dots = text.find("..");
  if (dots != std::string_view::npos)
    return parse_range(project, asset, trimmed(text.substr(0, dots)), trimmed(text.substr(dots + 2)), text);
  Window window;
  window.asset = asset.id;
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view one = trimmed(text.substr(0, comma));
    if (one.empty())
      return fail(ErrorKind::bad_input, "window.syntax", "A window names no batch.", {},
                  "Give B, B1,B2 or FROM..TO, for example 2026-01-01..2026-02-01.");
    MW_ASSIGN(const BatchInfo batch, find_batch(project, one));
    if (batch.asset != asset.id)
      return fail(ErrorKind::bad_input, "window.other_asset", "Batch {batch} belongs to asset “{asset}”.",
                  {{"batch", tail(batch.uuid)}, {"asset", batch.asset_name}});
    if (std::find(window.batches.begin(), window.batches.end(), batch.id) == window.batches.end()) {
      window.batches.push_back(batch.id);
      window.text += (window.text.empty() ? "" : ",") + tail(batch.uuid);
    }
    if (comma == std::string_view::npos) return window;
    text.remove_prefix(comma + 1);
  }
}

Result<Window> whole_asset(const store::Project& project, const Asset& asset) {
  MW_ASSIGN(const auto all, list_batches(project, asset.id));
  Window window;
  window.asset = asset.id;
  for (const BatchInfo& batch : all) window.batches.push_back(batch.id);
  window.text = joined_tails(all, window.batches);
  return window;
}

Result<Window> window_of_batches(const store::Project& project, const std::vector<int64_t>& batches) {
  Window window;
  std::vector<BatchInfo> all;
  for (const int64_t id : batches) {
    MW_ASSIGN(BatchInfo batch, batch_by_id(project, id));
    if (!all.empty() && batch.asset != all.front().asset)
      return fail(ErrorKind::bad_input, "window.other_asset", "Batch {batch} belongs to asset “{asset}”.",
                  {{"batch", tail(batch.uuid)}, {"asset", batch.asset_name}});
    window.asset = batch.asset;
    all.push_back(std::move(batch));
  }
  window.batches = batches;
  window.text = joined_tails(all, batches);
  return window;
}

}  // namespace millwright::records
