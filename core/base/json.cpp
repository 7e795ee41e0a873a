#include "base/json.h"

#include <cmath>

namespace millwright {

Result<Json> parse_json(std::string_view text, std::string_view where) {
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const nlohmann::json::parse_error& e) {
    return fail(ErrorKind::bad_input, "json.invalid", "{where} is not valid JSON (near byte {byte}).",
                {{"where", std::string(where)}, {"byte", std::to_string(e.byte)}});
  } catch (const nlohmann::json::exception& e) {
    return fail(ErrorKind::bad_input, "json.invalid", "{where} is not valid JSON: {reason}",
                {{"where", std::string(where)}, {"reason", e.what()}});
  }
}

std::string to_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string canonical(const Json& json) {
  // nlohmann::json (not ordered) keeps its keys in a std::map: sorted by bytes.
  return nlohmann::json(json).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace millwright
