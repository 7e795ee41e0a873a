#include "jobs/algorithms.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace millwright::jobs {
namespace {

constexpr std::string_view kCalibrations[] = {"auto", "validation", "internal"};

constexpr OptionDeclaration kLinearOptions[] = {
    {"c", OptionType::real, "1", 1e-6, 1e6, {}, "", "Weight of the errors against small weights; less fits less."},
    {"tolerance",
     OptionType::real,
     "0.03",
     1e-6,
     10,
     {},
     "",
     "Training of a class stops when its projected gradients span less than this."},
    {"max_epochs", OptionType::whole, "200", 1, 100000, {}, "epochs", "At most so many passes over the training rows."},
    {"word_ngrams",
     OptionType::whole,
     "2",
     0,
     5,
     {},
     "words",
     "Longest run of words that counts as one feature; 0: none."},
    {"character_min", OptionType::whole, "2", 1, 10, {}, "characters", "Shortest piece of a word that is a feature."},
    {"character_max", OptionType::whole, "5", 0, 10, {}, "characters", "Longest piece of a word; 0: no pieces."},
    {"word_weight",
     OptionType::real,
     "0.7",
     0.01,
     100,
     {},
     "",
     "Length of the words' part of a text's vector beside that of the characters' part, which is 1."},
    {"min_df", OptionType::whole, "1", 1, 1000000, {}, "texts", "Features in fewer training texts are left out."},
    {"sublinear_tf", OptionType::boolean, "true", 0, 0, {}, "", "Count a repeated feature by the logarithm."},
    {"smallest_weight",
     OptionType::real,
     "0.003",
     0,
     1,
     {},
     "",
     "Weights up to this size are left out of the model file: they change no answer that is not a toss-up."},
    {"calibration", OptionType::choice, "auto", 0, 0, kCalibrations, "",
     "What the probabilities are fitted on: the validation split, or a part of the training rows held out once more."},
    {"threads",
     OptionType::whole,
     "0",
     0,
     256,
     {},
     "threads",
     "0: one for each core. The weights do not depend on it."},
};

constexpr Algorithm kAlgorithms[] = {
    {"linear", "Linear baseline",
     "A linear support vector machine on n-grams of words and characters: trains in seconds, runs anywhere, and is the "
     "figure that any other model has to beat.",
     kLinearOptions},
};

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

std::span<const Algorithm> algorithms() { return kAlgorithms; }

const Algorithm* find_algorithm(std::string_view name) {
  for (const Algorithm& algorithm : kAlgorithms)
    if (algorithm.name == name) return &algorithm;
  return nullptr;
}

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

}  // namespace millwright::jobs
