// forward: texts through a model, one line in, one line out.
#include <charconv>
#include <fstream>
#include <iostream>
#include <optional>

#include "base/json.h"
#include "engine/encoder_input.h"
#include "engine/encoder_weights.h"
#include "engine/linear_training.h"
#include "engine/torch.h"
#include "text/encoder_folder.h"
#include "text/tokenizer.h"
#include "text_lines.h"
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

Result<Model> open_model(const Arguments& given, const text::EncoderFolder& folder) {
  MW_TRY(folder.usable());
  MW_ASSIGN(const engine::Dtype dtype, engine::dtype_named(given.value("dtype", "fp32")));
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

/// Lines of input as tokens: plain text, or objects with "text" (and "pair"), or with "ids" (and "type_ids").
class LineReader {
 public:
  LineReader(const text::EncoderFolder& folder, int64_t longest) : folder_(folder.path()) {
    options_.max_length = static_cast<size_t>(longest);
  }

  Result<engine::EncodedText> read(const std::string& line, int64_t number) {
    const auto parsed = line.starts_with('{') ? parse_json(line, "the line") : Json();
    if (!parsed || !parsed->is_object()) return encode(line, {}, number);
    const Json& json = *parsed;
    if (json.contains("ids"))
      return engine::EncodedText{whole_numbers(json["ids"]), whole_numbers(json.value("type_ids", Json()))};
    const Json first = json.value("text", Json()), second = json.value("pair", Json());
    if (!first.is_string() || !(second.is_string() || second.is_null()))
      return fail(ErrorKind::bad_input, "forward.bad_line", "Line {line} has neither \"text\" nor \"ids\".",
                  {{"line", std::to_string(number)}});
    return encode(first.get<std::string>(),
                  second.is_string() ? std::optional(second.get<std::string>()) : std::nullopt, number);
  }

 private:
  Result<engine::EncodedText> encode(const std::string& text, const std::optional<std::string>& pair, int64_t number) {
    if (!tokenizer_) {
      MW_ASSIGN(text::Tokenizer loaded, text::Tokenizer::load(folder_));
      tokenizer_.emplace(std::move(loaded));
    }
    const auto run = [&](const text::EncodeOptions& options) {
      return pair ? tokenizer_->encode_pair(text, *pair, scratch_, encoding_, options)
                  : tokenizer_->encode(text, scratch_, encoding_, options);
    };
    MW_TRY(run({}));
    if (const size_t had = encoding_.size(); had > options_.max_length) {
      MW_TRY(run(options_));
      std::cerr << "line " << number << ": cut from " << had << " to " << encoding_.size() << " tokens\n";
    }
    engine::EncodedText out;
    out.ids.assign(encoding_.ids.begin(), encoding_.ids.end());
    out.types.assign(encoding_.type_ids.begin(), encoding_.type_ids.end());
    return out;
  }

  fs::path folder_;
  text::EncodeOptions options_;
  std::optional<text::Tokenizer> tokenizer_;  ///< loaded at the first text
  text::TokenizerScratch scratch_;
  text::Encoding encoding_;
};

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

Status forward_all(Model& model, LineReader& reader, std::istream& in) {
  engine::PackedBatch batch;
  int64_t number = 0;
  for (std::string line;;) {
    const LineRead read = read_line(in, line, kLongestTextLine);
    if (read == LineRead::end) break;
    ++number;
    if (read != LineRead::line)
      return fail(ErrorKind::bad_input, "forward.bad_line", "Line {line} is longer than 64 MB, or cannot be read.",
                  {{"line", std::to_string(number)}});
    MW_ASSIGN(engine::EncodedText text, reader.read(line, number));
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
    auto opened = open_texts(given->places[1]);
    if (!opened) return complain(opened.error());
    file = std::move(*opened);
  }
  LineReader reader(*folder, folder->config().longest());
  const Status done = forward_all(*model, reader, from_file ? file : std::cin);
  return done ? 0 : complain(done.error());
}

}  // namespace millwright::app
