#include <algorithm>
#include <iostream>

#include "verbs.h"

namespace millwright::app {

Result<Arguments> take_apart(std::span<char*> arguments, std::span<const std::string_view> with_value,
                             std::span<const std::string_view> without_value) {
  const auto among = [](std::span<const std::string_view> names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  Arguments out;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (!argument.starts_with("--")) {
      out.places.emplace_back(argument);
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string_view name = argument.substr(2, equals == std::string_view::npos ? equals : equals - 2);
    if (among(without_value, name) && equals == std::string_view::npos) {
      out.options[std::string(name)] = "";
    } else if (among(with_value, name) && equals != std::string_view::npos) {
      out.options[std::string(name)] = argument.substr(equals + 1);
    } else if (among(with_value, name) && i + 1 < arguments.size()) {
      out.options[std::string(name)] = arguments[++i];
    } else {
      return fail(ErrorKind::usage, "usage", "The option {option} is unknown, or lacks its value.",
                  {{"option", std::string(argument)}});
    }
  }
  return out;
}

int complain(const Error& error) {
  std::cerr << "millwright-engine: " << message_of(error) << '\n';
  if (const std::string hint = hint_of(error); !hint.empty()) std::cerr << hint << '\n';
  return exit_code(error.kind);
}

}  // namespace millwright::app
