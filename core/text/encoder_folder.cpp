#include "text/encoder_folder.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

namespace millwright::text {
namespace {

constexpr uintmax_t kLargestConfig = 16 << 20;  // id2label of 65,535 labels takes 3 MB
constexpr uintmax_t kLargestIndex = 64 << 20;
constexpr uintmax_t kLargestTokenizer = 512 << 20;  // XLM-R's tokenizer.json has 17 MB
constexpr size_t kMostShards = 1024;
constexpr size_t kMostComplaints = 8;  // of one sort in unsupported()

constexpr std::string_view kTokenizerFiles[] = {"tokenizer.json",
                                                "tokenizer_config.json",
                                                "special_tokens_map.json",
                                                "added_tokens.json",
                                                "vocab.txt",
                                                "vocab.json",
                                                "merges.txt",
                                                "sentencepiece.bpe.model",
                                                "spiece.model"};

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

Result<Json> read_json(const fs::path& path, uintmax_t largest) {
  MW_ASSIGN(const std::string text, read_file(path, largest));
  return parse_json(text, path.filename().string());
}

/// The first file by name that its ending calls a pickle; empty where there is none.
std::string pickle_in(const fs::path& folder) {
  constexpr std::string_view kEndings[] = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"};
  std::string first;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string(), ending = at->path().extension().string();
    const bool pickle = std::find(std::begin(kEndings), std::end(kEndings), ending) != std::end(kEndings);
    if (pickle && (first.empty() || name < first)) first = name;
  }
  return first;
}

/// Whether bytes begin as torch.save() writes them, which is as a zip archive or a bare pickle. As safetensors such a
/// beginning would mean a header of gigabytes.
bool begins_as_pickle(std::string_view bytes) {
  if (bytes.size() < 8 || bytes.substr(4, 4) == std::string_view("\0\0\0\0", 4)) return false;
  return bytes.starts_with("PK\x03\x04") || (bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5);
}

tl::unexpected<Error> is_pickle(const fs::path& folder, const std::string& file) {
  return fail(ErrorKind::bad_input, "model.pickle",
              "{folder} holds its weights as a pickle ({file}), which can run any program when it is read; it is not "
              "read.",
              {{"folder", folder.string()}, {"file", file}},
              "Get the model with model.safetensors, or save it so with transformers.");
}

Result<SafetensorsFile> open_weight_file(const fs::path& folder, const std::string& name) {
  {
    MW_ASSIGN(const MappedFile file, MappedFile::open(folder / name));
    if (begins_as_pickle(file.text())) return is_pickle(folder, name);
  }
  return SafetensorsFile::open(folder / name);
}

/// Finds "model": {"type": "…"} in a tokenizer.json and stops there.
class ModelType final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::string type;
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool string(string_t& value) override {
    if (!at_type_) return true;
    type = value;
    return false;
  }
  bool start_object(std::size_t) override {
    if (++depth_ == 2) in_model_ = at_model_;
    at_type_ = false;
    return true;
  }
  bool key(string_t& value) override {
    if (depth_ == 1) at_model_ = value == "model";
    at_type_ = in_model_ && depth_ == 2 && value == "type";
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    ++depth_;
    at_type_ = false;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

 private:
  int depth_ = 0;
  bool at_model_ = false, in_model_ = false, at_type_ = false;
};

std::string shape_text(std::span<const uint64_t> shape) {
  std::string out = "[";
  for (const uint64_t dimension : shape) out += (out.size() > 1 ? "," : "") + std::to_string(dimension);
  return out + "]";
}

bool same_shape(const TensorView& tensor, const Slot& slot) {
  return std::equal(tensor.shape.begin(), tensor.shape.end(), slot.shape.begin(), slot.shape.end());
}

bool is_real(TensorType type) {
  return type == TensorType::f16 || type == TensorType::bf16 || type == TensorType::f32 || type == TensorType::f64;
}

float half_to_float(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000U) << 16, exponent = (half >> 10) & 0x1FU;
  const uint32_t fraction = half & 0x3FFU;
  if (exponent == 0) {
    const float small = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -small : small;
  }
  const uint32_t bits = sign | ((exponent == 31 ? 255U : exponent + 112U) << 23) | (fraction << 13);
  float value = 0;
  std::memcpy(&value, &bits, 4);
  return value;
}

template <class T, class F>
void convert(std::span<const uint8_t> bytes, std::span<float> out, F&& to_float) {
  for (size_t i = 0; i < out.size(); ++i) {
    T value;  // the bytes need not be aligned
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    out[i] = to_float(value);
  }
}

}  // namespace

Converted convert_to_float(const TensorView& tensor, std::span<float> out) {
  if (tensor.elements() != out.size()) return Converted::wrong_type;
  switch (tensor.type) {
    case TensorType::f32:
      if (!out.empty()) std::memcpy(out.data(), tensor.bytes.data(), out.size_bytes());
      break;
    case TensorType::f64:
      convert<double>(tensor.bytes, out, [](double v) { return static_cast<float>(v); });
      break;
    case TensorType::f16:
      convert<uint16_t>(tensor.bytes, out, half_to_float);
      break;
    case TensorType::bf16:
      convert<uint16_t>(tensor.bytes, out, [](uint16_t v) {
        const uint32_t bits = static_cast<uint32_t>(v) << 16;
        float value = 0;
        std::memcpy(&value, &bits, 4);
        return value;
      });
      break;
    default:
      return Converted::wrong_type;
  }
  return std::all_of(out.begin(), out.end(), [](float v) { return std::isfinite(v); }) ? Converted::ok
                                                                                       : Converted::not_finite;
}

Result<EncoderFolder> EncoderFolder::open(const fs::path& path) {
  EncoderFolder folder(path);
  MW_ASSIGN(folder.json_, read_json(path / "config.json", kLargestConfig));
  MW_ASSIGN(ConfigReading reading, read_encoder_config(folder.json_));
  folder.model_type_ = std::move(reading.model_type);
  folder.config_ = std::move(reading.config);
  folder.unsupported_ = std::move(reading.unsupported);
  MW_TRY(folder.open_weights());
  MW_TRY(folder.find_tokenizer());
  if (folder.unsupported_.empty()) folder.compare_tensors();
  if (folder.tokenizer_.empty()) folder.unsupported_.emplace_back("no tokenizer that is known");
  return folder;
}

Status EncoderFolder::open_weights() {
  if (is_file(path_ / "model.safetensors")) {
    MW_ASSIGN(SafetensorsFile file, open_weight_file(path_, "model.safetensors"));
    weights_.push_back(std::move(file));
    weight_files_.emplace_back("model.safetensors");
  } else if (is_file(path_ / "model.safetensors.index.json")) {
    MW_TRY(open_shards(path_ / "model.safetensors.index.json"));
  } else if (const std::string pickle = pickle_in(path_); !pickle.empty()) {
    return is_pickle(path_, pickle);
  } else {
    return fail(ErrorKind::bad_input, "model.no_weights", "{folder} has no model.safetensors.",
                {{"folder", path_.string()}},
                "A model folder holds config.json, model.safetensors and the files of its tokenizer.");
  }
  for (const SafetensorsFile& file : weights_)
    for (const TensorView& tensor : file.tensors())
      if (!tensors_.emplace(tensor.name, &tensor).second)
        return fail(ErrorKind::bad_input, "model.bad_index", "The tensor {name} lies in two files.",
                    {{"name", tensor.name}});
  return {};
}

Status EncoderFolder::open_shards(const fs::path& index) {
  const auto bad = [](std::string reason) {
    return fail(ErrorKind::bad_input, "model.bad_index", "model.safetensors.index.json cannot be used: {reason}.",
                {{"reason", std::move(reason)}});
  };
  MW_ASSIGN(const Json json, read_json(index, kLargestIndex));
  const auto map = json.is_object() ? json.find("weight_map") : json.end();
  if (!json.is_object() || map == json.end() || !map->is_object()) return bad("it has no weight_map");
  std::set<std::string> names;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string()) return bad("a file that is no text");
    const auto& name = file.get_ref<const std::string&>();
    // A shard lies beside its index; a name that leads elsewhere is an attack.
    if (name.empty() || name.find('/') != std::string::npos || !name.ends_with(".safetensors"))
      return bad("\"" + name + "\" is no name of a shard");
    names.insert(name);
  }
  if (names.empty() || names.size() > kMostShards) return bad("it names no shard, or more than 1,024");
  for (const std::string& name : names) {
    if (!is_file(path_ / name)) return bad(name + " is missing");
    MW_ASSIGN(SafetensorsFile file, open_weight_file(path_, name));
    weights_.push_back(std::move(file));
    weight_files_.push_back(name);
  }
  return {};
}

Status EncoderFolder::find_tokenizer() {
  for (const std::string_view name : kTokenizerFiles)
    if (is_file(path_ / name)) tokenizer_files_.emplace_back(name);
  if (is_file(path_ / "tokenizer.json")) {
    std::error_code error;
    if (fs::file_size(path_ / "tokenizer.json", error) > kLargestTokenizer)
      return fail(ErrorKind::bad_input, "model.bad_tokenizer", "tokenizer.json is too large.");
    MW_ASSIGN(const MappedFile file, MappedFile::open(path_ / "tokenizer.json"));
    const std::string_view text = file.text();
    ModelType reader;
    (void)nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
    if (reader.type == "WordPiece" || reader.type == "BPE" || reader.type == "Unigram") {
      tokenizer_ = reader.type;
    } else {
      unsupported_.push_back("tokenizer model \"" + reader.type.substr(0, 40) + "\"");
      tokenizer_ = "unknown";
    }
  } else if (is_file(path_ / "vocab.txt")) {
    tokenizer_ = "WordPiece";
  } else if (is_file(path_ / "vocab.json") && is_file(path_ / "merges.txt")) {
    tokenizer_ = "BPE";
  }
  return {};
}

void EncoderFolder::compare_tensors() {
  size_t missing = 0, misshapen = 0;
  for (const Slot& slot : slots_of(config_)) {
    const TensorView* tensor = find(config_, slot);
    if (tensor == nullptr) {
      if (++missing <= kMostComplaints) unsupported_.push_back("missing tensor " + slot.name);
    } else if (!same_shape(*tensor, slot)) {
      if (++misshapen <= kMostComplaints)
        unsupported_.push_back("tensor " + tensor->name + " of shape " + shape_text(tensor->shape) + " instead of " +
                               shape_text(slot.shape));
    } else if (!is_real(tensor->type)) {
      if (++misshapen <= kMostComplaints)
        unsupported_.push_back("tensor " + tensor->name + " of type " + std::string(to_string(tensor->type)));
    }
  }
  if (missing > kMostComplaints)
    unsupported_.push_back(std::to_string(missing - kMostComplaints) + " more missing tensors");
  if (misshapen > kMostComplaints)
    unsupported_.push_back(std::to_string(misshapen - kMostComplaints) + " more tensors of another shape or type");
}

Status EncoderFolder::usable() const {
  if (unsupported_.empty()) return {};
  std::string all;
  for (const std::string& what : unsupported_) (all += all.empty() ? "" : ", ") += what;
  return fail(ErrorKind::bad_input, "model.unsupported", "The model in {folder} cannot be used: {reason}.",
              {{"folder", path_.string()}, {"reason", all}});
}

const TensorView* EncoderFolder::find(const EncoderConfig& config, const Slot& slot) const {
  for (const std::string& name : names_in_the_wild(config, slot))
    if (const auto found = tensors_.find(name); found != tensors_.end()) return found->second;
  return nullptr;
}

namespace {

tl::unexpected<Error> not_finite(const TensorView& tensor) {
  return fail(ErrorKind::bad_input, "model.not_finite",
              "The tensor {name} holds numbers that are not finite: the model is damaged.", {{"name", tensor.name}});
}

}  // namespace

Status EncoderFolder::check_numbers(const Work& work) const {
  constexpr size_t kAtOnce = 1 << 20;  // numbers
  std::vector<float> numbers;
  const std::vector<Slot> slots = slots_of(config_);
  for (size_t i = 0; i < slots.size(); ++i) {
    const TensorView* tensor = find(config_, slots[i]);
    if (tensor == nullptr) continue;
    work.report({"check", static_cast<int64_t>(i), static_cast<int64_t>(slots.size()), "tensors"});
    const size_t size = size_of(tensor->type);
    for (std::span<const uint8_t> rest = tensor->bytes; !rest.empty();) {
      if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
      const auto piece = rest.first(std::min(rest.size(), kAtOnce * size));
      rest = rest.subspan(piece.size());
      numbers.resize(piece.size() / size);
      const TensorView view{tensor->name, tensor->type, {numbers.size()}, piece};
      if (convert_to_float(view, numbers) == Converted::not_finite) return not_finite(*tensor);
    }
  }
  return {};
}

Status EncoderFolder::read(const EncoderConfig& config, const Slot& slot, std::span<float> out) const {
  const TensorView* tensor = find(config, slot);
  if (tensor == nullptr)
    return fail(ErrorKind::bad_input, "model.missing_tensor", "{folder} lacks the tensor {name}.",
                {{"folder", path_.string()}, {"name", slot.name}});
  if (!same_shape(*tensor, slot) || out.size() != slot.elements())
    return fail(ErrorKind::bad_input, "model.wrong_shape",
                "The tensor {name} has the shape {shape} instead of {wanted}.",
                {{"name", tensor->name}, {"shape", shape_text(tensor->shape)}, {"wanted", shape_text(slot.shape)}});
  switch (convert_to_float(*tensor, out)) {
    case Converted::ok:
      return {};
    case Converted::wrong_type:
      return fail(ErrorKind::bad_input, "model.wrong_type", "The tensor {name} holds {type}, no real numbers.",
                  {{"name", tensor->name}, {"type", std::string(to_string(tensor->type))}});
    case Converted::not_finite:
      break;
  }
  return not_finite(*tensor);
}

Json describe(const EncoderFolder& folder) {
  const EncoderConfig& config = folder.config();
  const bool understood = config.hidden > 0;
  Json json = {{"family", folder.model_type()}, {"task", name_of(config.head)}};
  for (const auto& [key, value] : {std::pair{"layers", config.layers},
                                   {"hidden", config.hidden},
                                   {"heads", config.heads},
                                   {"intermediate", config.intermediate},
                                   {"vocabulary", config.vocabulary},
                                   {"longest", understood ? config.longest() : 0}})
    json[key] = understood ? Json(value) : Json();
  json["parameters"] = understood ? Json(parameters_of(config)) : Json();
  json["tokenizer"] = folder.tokenizer().empty() ? Json() : Json(folder.tokenizer());
  json["labels"] = config.labels;
  json["unsupported"] = folder.unsupported();
  return json;
}

}  // namespace millwright::text
