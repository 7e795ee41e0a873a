#include "detail/training_position.h"

namespace millwright::engine::detail {
namespace {

constexpr int kFormat = 1;
constexpr double kMostCounted = 1e15;

/// Calls `visit(name, place)` for each number, so that writing and reading name them once.
template <class P, class F>
void each_number(P& position, F&& visit) {
  visit("epoch", position.epoch);
  visit("batch", position.batch);
  visit("step", position.step);
  visit("parts", position.parts);
  visit("loss_steps", position.loss_steps);
  visit("best_epoch", position.best_epoch);
  visit("idle_epochs", position.idle_epochs);
  visit("loss_sum", position.loss_sum);
  visit("best_score", position.best_score);
  visit("best_loss", position.best_loss);
}

}  // namespace

Json Position::to_json() const {
  Json json = {
      {"format", kFormat}, {"identity", identity}, {"environment", environment}, {"micro_schedule", micro_schedule},
      {"curve", curve},    {"done", done}};
  each_number(*this, [&](const char* name, auto value) { json[name] = value; });
  return json;
}

Result<Position> Position::from_json(const Json& json) {
  const auto bad = [](std::string_view what) {
    return fail(ErrorKind::bad_input, "train.bad_checkpoint", "The checkpoint cannot be used: {reason}.",
                {{"reason", std::string(what)}});
  };
  const auto has = [&](const char* name, auto check) { return json.contains(name) && check(json.at(name)); };
  if (!has("format", [](const Json& v) { return v == kFormat; })) return bad("it is of another format");
  if (!has("identity", [](const Json& v) { return v.is_string(); }) ||
      !has("curve", [](const Json& v) { return v.is_array(); }) ||
      !has("micro_schedule", [](const Json& v) { return v.is_array(); }) ||
      !has("done", [](const Json& v) { return v.is_boolean(); }) || !json.contains("environment"))
    return bad("it is incomplete");
  Position out;
  out.identity = json.at("identity").get<std::string>();
  out.environment = json.at("environment");
  out.curve = json.at("curve");
  out.micro_schedule = json.at("micro_schedule");
  out.done = json.at("done").get<bool>();
  bool complete = true;
  each_number(out, [&](const char* name, auto& place) {
    const auto found = json.find(name);
    using Number = std::remove_reference_t<decltype(place)>;
    const bool counts = std::is_integral_v<Number>;
    if (found == json.end() || !found->is_number() ||
        (counts && !(found->template get<double>() >= 0 && found->template get<double>() <= kMostCounted)))
      complete = false;
    else
      place = found->template get<Number>();
  });
  if (!complete || out.parts < 1) return bad("a number is missing or out of range");
  return out;
}

}  // namespace millwright::engine::detail
