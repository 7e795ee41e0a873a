// forward: texts through a model, one line in, one line out.
#include <charconv>
#include <fstream>
#include <iostream>

#include "base/json.h"
#include "engine/encoder_input.h"
#include "engine/encoder_weights.h"
#include "engine/linear_training.h"
#include "engine/torch.h"
#include "text/encoder_folder.h"
#include "verbs.h"

namespace millwright::app {
namespace {

constexpr size_t kTextsAtOnce = 64;
constexpr size_t kTokensAtOnce = 8192;

struct Model {
  engine::EncoderLayout layout;
  std::unique_ptr<engine::EncoderModel> encoder;
  engine::Output output;
};

Result<engine::Dtype> dtype_named(const std::string& name) {
  for (const auto dtype : {engine::Dtype::fp32, engine::Dtype::bf16, engine::Dtype::fp16, engine::Dtype::fp64})
    if (engine::name_of(dtype) == name) return dtype;
  return fail(ErrorKind::usage, "usage", "{name} is no type to compute in: it takes fp32, bf16, fp16 or fp64.",
              {{"name", name}});
}

Result<Model> open_model(const Arguments& given, const text::EncoderFolder& folder) {
  MW_TRY(folder.usable());
  MW_ASSIGN(const engine::Dtype dtype, dtype_named(given.value("dtype", "fp32")));
  int threads = 0;
  const std::string wish = given.value("threads", "0");
  (void)std::from_chars(wish.data(), wish.data() + wish.size(), threads);
  MW_TRY(engine::start_torch(engine::threads_for(threads)));
  engine::EncoderLayout layout(folder.config());
  engine::EncoderSettings settings;
  settings.device = given.value("device", "auto");
  settings.dtype = dtype;
  MW_ASSIGN(auto encoder, engine::make_encoder_model(layout, settings));
  MW_ASSIGN(const std::vector<float> weights, engine::load_weights(folder, layout));
  MW_TRY(encoder->set_weights(weights));
  const bool hidden = given.has("hidden") || folder.config().head == text::Head::none;
  return Model{std::move(layout), std::move(encoder), hidden ? engine::Output::mean_hidden : engine::Output::logits};
}

std::vector<int64_t> whole_numbers(const Json& list) {
  std::vector<int64_t> out;
  if (list.is_array())
    for (const Json& value : list) out.push_back(value.is_number_integer() ? value.get<int64_t>() : -1);
  return out;
}

/// A line of input as tokens: an object with "ids" (and "type_ids").
Result<engine::EncodedText> read_line(const std::string& line, int64_t number) {
  MW_ASSIGN(const Json json, parse_json(line, "line " + std::to_string(number)));
  if (!json.is_object() || !json.contains("ids"))
    return fail(ErrorKind::bad_input, "forward.bad_line", "Line {line} has no \"ids\".",
                {{"line", std::to_string(number)}});
  return engine::EncodedText{whole_numbers(json["ids"]), whole_numbers(json.value("type_ids", Json()))};
}

Json row(std::span<const float> values) {
  Json out = Json::array();
  for (const float value : values) out.push_back(number_or_null(value));
  return out;
}

Status flush(Model& model, engine::PackedBatch& batch) {
  if (batch.texts() == 0) return {};
  MW_ASSIGN(const std::vector<float> out, model.encoder->forward(batch, model.output));
  const bool logits = model.output == engine::Output::logits;
  const bool by_token = logits && model.layout.config.head != text::Head::sequence;
  const size_t width = out.size() / (by_token ? batch.tokens() : batch.texts());
  for (size_t i = 0; i < batch.texts(); ++i) {
    Json value = Json::array();
    if (by_token) {
      for (auto t = static_cast<size_t>(batch.begin[i]); t < static_cast<size_t>(batch.begin[i + 1]); ++t)
        value.push_back(row({out.data() + t * width, width}));
    } else {
      value = row({out.data() + i * width, width});
    }
    std::cout << to_text(Json{{logits ? "logits" : "hidden", value}}) << '\n';
  }
  batch = {};
  return {};
}

Status forward_all(Model& model, std::istream& in) {
  engine::PackedBatch batch;
  int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    MW_ASSIGN(engine::EncodedText text, read_line(line, number));
    const auto longest = static_cast<size_t>(model.layout.config.longest());
    if (const size_t had = text.size(); engine::cut_text(text, longest))
      std::cerr << "line " << number << ": cut from " << had << " to " << longest << " tokens\n";
    MW_TRY(engine::check_text(text, model.layout.config));
    engine::append_text(batch, text, model.layout.config);
    if (batch.texts() == kTextsAtOnce || batch.tokens() >= kTokensAtOnce) MW_TRY(flush(model, batch));
  }
  return flush(model, batch);
}

}  // namespace

int run_forward(std::span<char*> arguments) {
  constexpr std::string_view kWith[] = {"dtype", "device", "threads"};
  constexpr std::string_view kWithout[] = {"hidden", "json"};
  const auto given = take_apart(arguments, kWith, kWithout);
  if (!given) return complain(given.error());
  if (given->places.empty() || given->places.size() > 2)
    return complain(fail(ErrorKind::usage, "usage", "forward takes a model folder and, at most, one file.").value());
  const auto folder = text::EncoderFolder::open(given->places[0]);
  if (!folder) return complain(folder.error());
  auto model = open_model(*given, *folder);
  if (!model) return complain(model.error());
  std::ifstream file;
  const bool from_file = given->places.size() == 2 && given->places[1] != "-";
  if (from_file) {
    file.open(given->places[1]);
    if (!file)
      return complain(
          fail(ErrorKind::bad_input, "file.not_found", "Cannot read {path}.", {{"path", given->places[1]}}).value());
  }
  const Status done = forward_all(*model, from_file ? file : std::cin);
  return done ? 0 : complain(done.error());
}

}  // namespace millwright::app
