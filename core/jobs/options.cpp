// Values of options: typed, completed and checked by their declarations.
#include <algorithm>
#include <charconv>

#include "jobs/algorithms.h"

namespace millwright::jobs {
namespace {

std::string shown(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, end.ptr};
}

std::string allowed(const OptionDeclaration& option) {
  switch (option.type) {
    case OptionType::boolean:
      return "true or false";
    case OptionType::choice: {
      std::string out;
      for (const std::string_view choice : option.choices) (out += out.empty() ? "" : ", ") += choice;
      return "one of " + out;
    }
    case OptionType::whole:
      return "a whole number from " + shown(option.low) + " to " + shown(option.high);
    case OptionType::real:
      return "a number from " + shown(option.low) + " to " + shown(option.high);
  }
  return {};
}

tl::unexpected<Error> bad_option(const OptionDeclaration& option, std::string value) {
  return fail(ErrorKind::usage, "train.bad_option", "{value} is no value for {name}: it takes {allowed}.",
              {{"name", std::string(option.name)}, {"value", std::move(value)}, {"allowed", allowed(option)}});
}

Result<Json> parse_value(const OptionDeclaration& option, std::string_view typed) {
  if (option.type == OptionType::boolean) {
    if (typed == "true" || typed == "yes" || typed == "1") return Json(true);
    if (typed == "false" || typed == "no" || typed == "0") return Json(false);
    return bad_option(option, std::string(typed));
  }
  if (option.type == OptionType::choice) return Json(typed);
  const char* const end = typed.data() + typed.size();
  if (option.type == OptionType::whole) {
    int64_t value = 0;
    const auto parsed = std::from_chars(typed.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end) return bad_option(option, std::string(typed));
    return Json(value);
  }
  double value = 0;
  const auto parsed = std::from_chars(typed.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return bad_option(option, std::string(typed));
  return Json(value);
}

Status check_value(const OptionDeclaration& option, const Json& value) {
  const auto bad = [&] { return bad_option(option, value.is_string() ? value.get<std::string>() : to_text(value)); };
  switch (option.type) {
    case OptionType::boolean:
      if (!value.is_boolean()) return bad();
      return {};
    case OptionType::choice:
      if (!value.is_string() ||
          std::find(option.choices.begin(), option.choices.end(), value.get<std::string>()) == option.choices.end())
        return bad();
      return {};
    case OptionType::whole:
      if (!value.is_number_integer()) return bad();
      break;
    case OptionType::real:
      if (!value.is_number()) return bad();
      break;
  }
  const auto number = value.get<double>();
  if (!(number >= option.low && number <= option.high)) return bad();
  return {};
}

const OptionDeclaration* find_option(const Algorithm& algorithm, std::string_view name) {
  for (const OptionDeclaration& option : algorithm.options)
    if (option.name == name) return &option;
  return nullptr;
}

tl::unexpected<Error> no_such_option(const Algorithm& algorithm, std::string_view name) {
  std::string known;
  for (const OptionDeclaration& option : algorithm.options) (known += known.empty() ? "" : ", ") += option.name;
  return fail(ErrorKind::usage, "train.no_such_option", "{algorithm} has no option {name}.",
              {{"algorithm", std::string(algorithm.name)}, {"name", std::string(name)}, {"known", known}},
              "Its options are {known}.");
}

}  // namespace

Result<Json> complete_options(const Algorithm& algorithm,
                              std::span<const std::pair<std::string, std::string>> settings) {
  Json values = Json::object();
  for (const auto& [name, typed] : settings) {
    const OptionDeclaration* option = find_option(algorithm, name);
    if (option == nullptr) return no_such_option(algorithm, name);
    MW_ASSIGN(values[name], parse_value(*option, typed));
  }
  return check_options(algorithm, values);
}

Result<uint64_t> seed_of(const Json& body) {
  const auto found = body.find("seed");
  if (found == body.end() || found->is_null()) return 0;
  if (!found->is_number_integer())
    return fail(ErrorKind::usage, "train.bad_option", "{value} is no value for seed: it takes a whole number.",
                {{"value", to_text(*found)}});
  return found->get<uint64_t>();
}

Status check_device(const Algorithm& algorithm, const std::string& device) {
  if (device == "auto" || device == "cpu") return {};
  const bool gpu = device.starts_with("cuda:") && device.size() > 5 && device.size() < 9 &&
                   device.find_first_not_of("0123456789", 5) == std::string::npos;
  if (gpu && algorithm.needs_torch) return {};
  if (gpu)
    return fail(ErrorKind::usage, "train.device", "{algorithm} trains on the processor, not on {device}.",
                {{"algorithm", std::string(algorithm.title)}, {"device", device}},
                "Leave --device out, or say --device cpu.");
  return fail(ErrorKind::usage, "train.device", "{device} is no device.", {{"device", device}},
              "Devices are auto, cpu and cuda:N.");
}

Result<Json> check_options(const Algorithm& algorithm, const Json& values) {
  if (!values.is_object())
    return fail(ErrorKind::usage, "train.bad_option", "The options of {name} are no list of names and values.",
                {{"name", std::string(algorithm.name)}});
  for (const auto& [name, value] : values.items())
    if (find_option(algorithm, name) == nullptr) return no_such_option(algorithm, name);
  Json complete = Json::object();
  for (const OptionDeclaration& option : algorithm.options) {
    const auto given = values.find(std::string(option.name));
    if (given == values.end()) {
      MW_ASSIGN(complete[std::string(option.name)], parse_value(option, option.standard));
    } else {
      complete[std::string(option.name)] = *given;
    }
    MW_TRY(check_value(option, complete[std::string(option.name)]));
  }
  return complete;
}

Status check_fold_options(const Json& options, int64_t folds) {
  const auto refused = [](const char* name, const std::string& value, const char* reason) {
    return fail(ErrorKind::usage, "train.bad_option", "{name} {value} does not go with cross-validation: {reason}.",
                {{"name", name}, {"value", value}, {"reason", reason}});
  };
  if (const auto objective = options.value("objective", std::string("classification")); objective != "classification")
    return refused("objective", objective, "it judges labels");
  if (const auto epochs = options.value("pretrain_epochs", int64_t{0}); epochs > 0)
    return refused("pretrain_epochs", std::to_string(epochs),
                   "train with objective=masked-lm once, and begin from that model");
  if (const auto patience = options.value("patience", int64_t{0}); patience > 0 && folds < 3)
    return refused("patience", std::to_string(patience), "one fold is judged and one stopped by, so it takes three");
  return {};
}

}  // namespace millwright::jobs
