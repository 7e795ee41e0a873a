// predict: a classifier at work for another program, which asks line by line and gets a line for each. What is asked is
// {"texts": […]}; the answer is {"probabilities": [[…], …]}, or {"error": {…}}. Asked for no text it says what it is:
// {"labels": […], "about": {…}}.
#include <algorithm>
#include <cmath>
#include <iostream>

#include "base/files.h"
#include "base/json.h"
#include "engine/encoder_weights.h"
#include "engine/linear_training.h"
#include "engine/torch.h"
#include "engine/training_task.h"
#include "statistics/calibration.h"
#include "text/encoder_folder.h"
#include "text/tokenizer.h"
#include "verbs.h"

namespace millwright::app {
namespace {

constexpr size_t kLongestQuestion = size_t{1} << 30;  // bytes

Json error_json(const Error& error) {
  return {{"error", {{"code", error.code}, {"message", message_of(error)}, {"hint", hint_of(error)}}}};
}

class Classifier {
 public:
  static Result<Classifier> open(const text::EncoderFolder& folder, const std::string& device,
                                 const std::string& dtype) {
    MW_TRY(folder.usable());
    if (folder.config().head != text::Head::sequence || folder.config().problem != text::Problem::single_label)
      return fail(ErrorKind::bad_input, "model.no_labels", "The model in {folder} does not give a label to a text.",
                  {{"folder", folder.path().string()}});
    MW_TRY(engine::start_torch(engine::threads_for(0)));
    engine::EncoderLayout layout(folder.config());
    engine::EncoderSettings settings;
    settings.device = device;
    MW_ASSIGN(settings.dtype, engine::dtype_named(dtype));
    MW_ASSIGN(auto encoder, engine::make_encoder_model(layout, settings));
    MW_ASSIGN(const std::vector<float> weights, engine::load_weights(folder, layout));
    MW_TRY(encoder->set_weights(weights));
    MW_ASSIGN(text::Tokenizer tokenizer, text::Tokenizer::load(folder.path()));
    return Classifier(std::move(layout), std::move(encoder), std::move(tokenizer),
                      folder.config_json().value("millwright", Json::object()));
  }

  /// One question, one answer.
  Result<Json> answer(const std::string& line) {
    MW_ASSIGN(const Json question, parse_json(line, "the question"));
    const Json texts = question.is_object() ? question.value("texts", Json()) : Json();
    if (!texts.is_array())
      return fail(ErrorKind::bad_input, "predict.question", "A question is an object with a list \"texts\".");
    if (texts.empty()) return Json{{"labels", layout_.config.labels}, {"about", about_}};
    MW_ASSIGN(const auto encoded, encode(texts));
    MW_ASSIGN(const std::vector<float> logits,
              engine::run_model(*encoder_, layout_.config, encoded, engine::Output::logits, {}));
    const size_t classes = layout_.config.labels.size();
    Json rows = Json::array();
    std::vector<float> row;
    for (size_t i = 0; i < encoded.size(); ++i) {
      const auto from = logits.begin() + static_cast<ptrdiff_t>(i * classes);
      row.assign(from, from + static_cast<ptrdiff_t>(classes));
      statistics::softmax(row, temperature_);
      // Finite weights may be so large that what is computed with them is not.
      if (!std::all_of(row.begin(), row.end(), [](float p) { return std::isfinite(p); }))
        return fail(ErrorKind::job, "predict.not_finite",
                    "The model computes numbers that are not finite: its weights are damaged.");
      rows.push_back(row);
    }
    return Json{{"probabilities", std::move(rows)}};
  }

 private:
  Classifier(engine::EncoderLayout layout, std::unique_ptr<engine::EncoderModel> encoder, text::Tokenizer tokenizer,
             Json about)
      : layout_(std::move(layout)),
        encoder_(std::move(encoder)),
        tokenizer_(std::move(tokenizer)),
        about_(std::move(about)) {
    longest_ = layout_.config.longest();
    if (!about_.is_object()) return;
    if (const Json wanted = about_.value("max_length", Json()); wanted.is_number_integer())
      longest_ = std::clamp(wanted.get<int64_t>(), int64_t{1}, longest_);
    if (const Json wanted = about_.value("temperature", Json()); wanted.is_number() && wanted.get<double>() > 0)
      temperature_ = wanted.get<double>();
  }

  Result<std::vector<engine::EncodedText>> encode(const Json& texts) {
    text::EncodeOptions options;
    options.max_length = static_cast<size_t>(longest_);
    std::vector<engine::EncodedText> out;
    for (const Json& text : texts) {
      if (!text.is_string()) return fail(ErrorKind::bad_input, "predict.question", "A text is a string.");
      MW_TRY(tokenizer_.encode(text.get_ref<const std::string&>(), scratch_, encoding_, options));
      engine::EncodedText& encoded = out.emplace_back();
      encoded.ids.assign(encoding_.ids.begin(), encoding_.ids.end());
      encoded.types.assign(encoding_.type_ids.begin(), encoding_.type_ids.end());
      // A text without a token has to be something, as in training.
      if (encoded.ids.empty()) encoded = {{std::max(0, tokenizer_.special_ids().unknown)}, {0}};
      MW_TRY(engine::check_text(encoded, layout_.config));
    }
    return out;
  }

  engine::EncoderLayout layout_;
  std::unique_ptr<engine::EncoderModel> encoder_;
  text::Tokenizer tokenizer_;
  Json about_;
  int64_t longest_ = 0;
  double temperature_ = 1;
  text::TokenizerScratch scratch_;
  text::Encoding encoding_;
};

}  // namespace

int run_predict(std::span<char*> arguments) {
  constexpr std::string_view kWith[] = {"device", "dtype"};
  const auto given = take_apart(arguments, kWith, {});
  if (!given) return complain(given.error());
  if (given->places.size() != 1)
    return complain(fail(ErrorKind::usage, "usage", "predict takes one model folder.").value());
  const auto folder = text::EncoderFolder::open(given->places[0]);
  if (!folder) return complain(folder.error());
  auto classifier = Classifier::open(*folder, given->value("device", "auto"), given->value("dtype", "fp32"));
  if (!classifier) return complain(classifier.error());
  for (std::string line; read_line(std::cin, line, kLongestQuestion) == LineRead::line;) {
    const auto answer = classifier->answer(line);
    std::cout << to_text(answer ? *answer : error_json(answer.error())) << '\n' << std::flush;
  }
  return 0;
}

}  // namespace millwright::app
