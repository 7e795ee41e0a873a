#include "detail/tokenizer_file.h"

namespace millwright::text::detail {

std::optional<JsonPlace> JsonPlace::find(std::string_view name) const {
  const auto found = node.find(name);
  if (!found || found->is(JsonTree::Kind::null)) return std::nullopt;
  return JsonPlace{*found, path.empty() ? std::string(name) : path + "." + std::string(name)};
}

Result<JsonPlace> JsonPlace::at(std::string_view name) const {
  auto found = find(name);
  if (!found) return invalid_tokenizer(path.empty() ? "the file" : path, "\"" + std::string(name) + "\" is missing");
  return std::move(*found);
}

Result<std::string> JsonPlace::string() const {
  if (!node.is(JsonTree::Kind::string)) return invalid_tokenizer(path, "it must be a string");
  return std::string(node.text());
}

Result<bool> JsonPlace::boolean() const {
  if (!node.is(JsonTree::Kind::boolean)) return invalid_tokenizer(path, "it must be true or false");
  return node.truth();
}

Result<int32_t> JsonPlace::number() const {
  if (!node.is(JsonTree::Kind::integer) || node.integer() < 0 || node.integer() > 0x7FFFFFFF)
    return invalid_tokenizer(path, "it must be a whole number from 0 to 2147483647");
  return static_cast<int32_t>(node.integer());
}

Result<std::vector<JsonPlace>> JsonPlace::list() const {
  const bool object = node.is(JsonTree::Kind::object);
  if (!object && !node.is(JsonTree::Kind::list)) return invalid_tokenizer(path, "it must be a list");
  std::vector<JsonPlace> items;
  for (auto child = node.first(); child; child = child->next())
    items.push_back({*child, object ? path + "." + std::string(child->name().substr(0, 100))
                                    : path + "[" + std::to_string(items.size()) + "]"});
  return items;
}

Result<std::string> JsonPlace::type() const {
  if (!node.is(JsonTree::Kind::object)) return invalid_tokenizer(path, "it must be an object");
  MW_ASSIGN(const JsonPlace place, at("type"));
  return place.string();
}

Status JsonPlace::only(std::initializer_list<std::string_view> names) const {
  for (auto child = node.first(); child; child = child->next()) {
    bool known = child->name() == "type";
    for (const std::string_view name : names) known = known || child->name() == name;
    if (!known) return unsupported(path, "the member \"" + std::string(child->name().substr(0, 100)) + "\"");
  }
  return {};
}

tl::unexpected<Error> unsupported(std::string where, std::string what) {
  return fail(ErrorKind::bad_input, "tokenizer.unsupported", "The tokenizer has at {where} what is not known: {what}.",
              {{"where", std::move(where)}, {"what", std::move(what)}});
}

Result<std::vector<JsonPlace>> in_sequence(const JsonPlace& part, std::string_view members) {
  MW_ASSIGN(const std::string type, part.type());
  if (type != "Sequence") return std::vector<JsonPlace>{part};
  MW_TRY(part.only({members}));
  MW_ASSIGN(const JsonPlace list, part.at(members));
  MW_ASSIGN(const std::vector<JsonPlace> items, list.list());
  std::vector<JsonPlace> flat;
  for (const JsonPlace& item : items) {
    MW_ASSIGN(std::vector<JsonPlace> inner, in_sequence(item, members));
    for (JsonPlace& place : inner) flat.push_back(std::move(place));
    if (flat.size() > 100) return unsupported(part.path, "a sequence of more than 100 parts");
  }
  return flat;
}

}  // namespace millwright::text::detail
