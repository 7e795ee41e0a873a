#include <iostream>

#include "base/json.h"
#include "text/encoder_folder.h"
#include "verbs.h"

namespace millwright::app {

int run_info(std::span<char*> arguments) {
  constexpr std::string_view kWithout[] = {"json"};
  const auto given = take_apart(arguments, {}, kWithout);
  if (!given) return complain(given.error());
  if (given->places.size() != 1)
    return complain(fail(ErrorKind::usage, "usage", "info takes one model folder.").value());
  const auto folder = text::EncoderFolder::open(given->places[0]);
  if (!folder) return complain(folder.error());
  std::cout << to_text(text::describe(*folder)) << '\n';
  return 0;
}

}  // namespace millwright::app
