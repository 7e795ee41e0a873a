// predict: a model at work for another program, which asks line by line and gets a line for each. What is asked is
// {"texts": […]}; the answer depends on the problem that the model solves:
//   single_label, multi_label  {"probabilities": [[…], …]}, one for each label: of all labels together, or of each
//   alone regression                 {"values": […]} spans                      {"spans":
//   [[{"begin","end","label","confidence"}, …], …]}, in code points
// or {"error": {…}}. Asked for no text it says what it is: {"problem": …, "labels": […], "about": {…}}, and with
// multi_label the "threshold" from which on a label is said.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <iterator>

#include "base/files.h"
#include "base/json.h"
#include "engine/encoder_weights.h"
#include "engine/linear_training.h"
#include "engine/token_tags.h"
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

using text::Problem;

bool finds_spans(const text::EncoderConfig& config) { return config.head == text::Head::token; }

/// Whether it says what an answer can tell: labels, of a text or of stretches of it, or one number.
bool can_answer(const text::EncoderConfig& config) {
  if (finds_spans(config)) return !engine::TokenTags(config.labels).labels().empty();
  return config.head == text::Head::sequence && (config.problem != Problem::regression || config.labels.size() == 1);
}

/// A question's texts as tokens, and what each token stands for.
struct Asked {
  std::vector<engine::EncodedText> texts;
  std::vector<std::vector<text::TokenOffsets>> offsets;
  std::vector<std::vector<uint8_t>> special;
};

class ModelAtWork {
 public:
  static Result<ModelAtWork> open(const text::EncoderFolder& folder, const std::string& device,
                                  const std::string& dtype) {
    MW_TRY(folder.usable());
    if (!can_answer(folder.config()))
      return fail(ErrorKind::bad_input, "model.no_labels",
                  "The model in {folder} gives a text neither labels nor one number.",
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
    return ModelAtWork(std::move(layout), std::move(encoder), std::move(tokenizer),
                       folder.config_json().value("millwright", Json::object()));
  }

  /// One question, one answer.
  Result<Json> answer(const std::string& line) {
    MW_ASSIGN(const Json question, parse_json(line, "the question"));
    const Json texts = question.is_object() ? question.value("texts", Json()) : Json();
    if (!texts.is_array())
      return fail(ErrorKind::bad_input, "predict.question", "A question is an object with a list \"texts\".");
    if (texts.empty()) return introduction();
    MW_ASSIGN(const Asked asked, encode(texts));
    MW_ASSIGN(const std::vector<float> logits,
              engine::run_model(*encoder_, layout_.config, asked.texts, engine::Output::logits, {}));
    // Finite weights may be so large that what is computed with them is not.
    if (!std::all_of(logits.begin(), logits.end(), [](float x) { return std::isfinite(x); }))
      return fail(ErrorKind::job, "predict.not_finite",
                  "The model computes numbers that are not finite: its weights are damaged.");
    if (finds_spans(layout_.config)) return Json{{"spans", spans(asked, logits)}};
    if (layout_.config.problem == Problem::regression) return Json{{"values", logits}};
    return Json{{"probabilities", probabilities(logits)}};
  }

 private:
  ModelAtWork(engine::EncoderLayout layout, std::unique_ptr<engine::EncoderModel> encoder, text::Tokenizer tokenizer,
              Json about)
      : layout_(std::move(layout)),
        tags_(layout_.config.labels),
        encoder_(std::move(encoder)),
        tokenizer_(std::move(tokenizer)),
        about_(std::move(about)) {
    longest_ = layout_.config.longest();
    if (!about_.is_object()) return;
    if (const Json wanted = about_.value("max_length", Json()); wanted.is_number_integer())
      longest_ = std::clamp(wanted.get<int64_t>(), int64_t{1}, longest_);
    if (const Json wanted = about_.value("temperature", Json()); wanted.is_number() && wanted.get<double>() > 0)
      temperature_ = wanted.get<double>();
    if (const Json wanted = about_.value("threshold", Json());
        wanted.is_number() && wanted.get<double>() >= 0 && wanted.get<double>() <= 1)
      threshold_ = wanted.get<double>();
  }

  Json introduction() const {
    const bool spans = finds_spans(layout_.config);
    const Problem problem = layout_.config.problem;
    Json out = {{"problem", spans ? "spans" : text::name_of(problem)},
                {"labels", spans ? tags_.labels() : layout_.config.labels},
                {"about", about_}};
    if (!spans && problem == Problem::multi_label) out["threshold"] = threshold_;
    return out;
  }

  Json probabilities(const std::vector<float>& logits) const {
    const auto labels = static_cast<ptrdiff_t>(layout_.config.labels.size());
    Json rows = Json::array();
    for (auto from = logits.begin(); from != logits.end(); from += labels) {
      if (layout_.config.problem == Problem::multi_label) {
        std::vector<double> each;
        std::transform(from, from + labels, std::back_inserter(each),
                       [](float x) { return 1 / (1 + std::exp(-static_cast<double>(x))); });
        rows.push_back(std::move(each));
      } else {
        std::vector<float> together(from, from + labels);
        statistics::softmax(together, temperature_);
        rows.push_back(std::move(together));
      }
    }
    return rows;
  }

  Json spans(const Asked& asked, const std::vector<float>& logits) const {
    Json rows = Json::array();
    std::span<const float> rest = logits;
    for (size_t i = 0; i < asked.texts.size(); ++i) {
      const size_t numbers = asked.texts[i].size() * layout_.config.labels.size();
      Json& row = rows.emplace_back(Json::array());
      for (const engine::FoundSpan& found : tags_.spans_of(rest.first(numbers), asked.offsets[i], asked.special[i]))
        row.push_back({{"begin", found.span.begin},
                       {"end", found.span.end},
                       {"label", tags_.labels()[static_cast<size_t>(found.span.label)]},
                       {"confidence", found.confidence}});
      rest = rest.subspan(numbers);
    }
    return rows;
  }

  Result<Asked> encode(const Json& texts) {
    text::EncodeOptions options;
    options.max_length = static_cast<size_t>(longest_);
    Asked out;
    for (const Json& text : texts) {
      if (!text.is_string()) return fail(ErrorKind::bad_input, "predict.question", "A text is a string.");
      MW_TRY(tokenizer_.encode(text.get_ref<const std::string&>(), scratch_, encoding_, options));
      engine::EncodedText& encoded = out.texts.emplace_back();
      encoded.ids.assign(encoding_.ids.begin(), encoding_.ids.end());
      encoded.types.assign(encoding_.type_ids.begin(), encoding_.type_ids.end());
      out.offsets.push_back(encoding_.offsets);
      out.special.push_back(encoding_.special);
      if (encoded.ids.empty()) {
        // A text without a token has to be something, as in training.
        encoded = {{std::max(0, tokenizer_.special_ids().unknown)}, {0}};
        out.offsets.back() = {{}};
        out.special.back() = {1};
      }
      MW_TRY(engine::check_text(encoded, layout_.config));
    }
    return out;
  }

  engine::EncoderLayout layout_;
  engine::TokenTags tags_;
  std::unique_ptr<engine::EncoderModel> encoder_;
  text::Tokenizer tokenizer_;
  Json about_;
  int64_t longest_ = 0;
  double temperature_ = 1, threshold_ = 0.5;
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
  auto model = ModelAtWork::open(*folder, given->value("device", "auto"), given->value("dtype", "fp32"));
  if (!model) return complain(model.error());
  for (std::string line; read_line(std::cin, line, kLongestQuestion) == LineRead::line;) {
    const auto answer = model->answer(line);
    std::cout << to_text(answer ? *answer : error_json(answer.error())) << '\n' << std::flush;
  }
  return 0;
}

}  // namespace millwright::app
