#include "base/json.h"

#include <cmath>
#include <unordered_set>

namespace millwright {
namespace {

/// Levels of lists and objects in one another. Copying and printing go down level by level, on the stack.
constexpr size_t kDeepest = 1024;

/// Builds a document from events, each key of an object once. Json's own parser looks through all keys of an object
/// for each new one, which takes hours for a hostile file of some megabytes, and lets the last of two like keys win.
class DocumentBuilder final : public nlohmann::json_sax<Json> {
 public:
  Json document;
  std::string reason;  ///< what is wrong with valid JSON
  size_t byte = 0;     ///< where it is not valid JSON

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return refuse("it holds binary data"); }
  bool start_object(std::size_t) override { return enter(Json::object()); }
  bool start_array(std::size_t) override { return enter(Json::array()); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    Open& open = open_.back();
    Members& members = open.value->get_ref<Json::object_t&>();
    if (!is_new(open, members, name)) return refuse("the name \"" + name.substr(0, 100) + "\" is there twice");
    members.emplace_back(std::move(name), nullptr);
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception& error) override {
    // A number too large for a double is the one error that is not one of syntax.
    if (error.id == 406) return refuse("it holds a number that is too large");
    byte = at;
    return false;
  }

 private:
  using Members = Json::object_t::Container;
  struct Open {
    Json* value;
    std::unordered_set<std::string> names;  ///< of an object with many members
  };

  static bool is_new(Open& open, const Members& members, const std::string& name) {
    constexpr size_t kFew = 16;
    if (members.size() < kFew) {
      for (const auto& member : members)
        if (member.first == name) return false;
      return true;
    }
    if (open.names.empty())
      for (const auto& member : members) open.names.insert(member.first);
    return open.names.insert(name).second;
  }
  Json* place(Json&& value) {
    if (open_.empty()) {
      document = std::move(value);
      return &document;
    }
    Json& parent = *open_.back().value;
    if (parent.is_array()) return &parent.get_ref<Json::array_t&>().emplace_back(std::move(value));
    Json& member = static_cast<Members&>(parent.get_ref<Json::object_t&>()).back().second;
    member = std::move(value);
    return &member;
  }
  bool add(Json value) {
    (void)place(std::move(value));
    return true;
  }
  bool enter(Json value) {
    if (open_.size() >= kDeepest) return refuse("it is nested too deeply");
    open_.push_back({place(std::move(value)), {}});
    return true;
  }
  bool leave() {
    open_.pop_back();
    return true;
  }
  bool refuse(std::string why) {
    reason = std::move(why);
    return false;
  }
  std::vector<Open> open_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view where) {
  DocumentBuilder builder;
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.document);
  if (!builder.reason.empty())
    return fail(ErrorKind::bad_input, "json.invalid", "{where} is not valid JSON: {reason}",
                {{"where", std::string(where)}, {"reason", builder.reason + "."}});
  return fail(ErrorKind::bad_input, "json.invalid", "{where} is not valid JSON (near byte {byte}).",
              {{"where", std::string(where)}, {"byte", std::to_string(builder.byte)}});
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
