// config.json of a model folder from a stranger: what is understood has sizes that add up, and is understood again when
// it was written down.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.h"
#include "text/encoder_config.h"

using namespace millwright;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto json = parse_json({reinterpret_cast<const char*>(data), size}, "config.json");
  if (!json) return 0;
  const auto reading = text::read_encoder_config(*json);
  if (!reading || !reading->unsupported.empty()) return 0;
  const text::EncoderConfig& config = reading->config;
  if (config.layers < 1 || config.hidden % config.heads != 0 || config.longest() > config.positions) std::abort();
  uint64_t parameters = 0;
  for (const text::Slot& slot : text::slots_of(config)) {
    parameters += slot.elements();
    if (text::names_in_the_wild(config, slot).empty()) std::abort();
  }
  if (parameters != text::parameters_of(config)) std::abort();
  const auto again = text::read_encoder_config(text::to_json(config, *json));
  if (!again || !again->unsupported.empty() || again->config.labels != config.labels ||
      text::parameters_of(again->config) != parameters || again->config.head != config.head)
    std::abort();
  return 0;
}
