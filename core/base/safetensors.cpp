#include "base/safetensors.h"

#include <algorithm>
#include <bit>
#include <set>

#include "base/json.h"

namespace millwright {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian, and so are the platforms");

constexpr uint64_t kLargestHeader = 100'000'000;
constexpr std::string_view kMetadata = "__metadata__";

struct TypeName {
  TensorType type;
  std::string_view name;
  size_t size;
};
constexpr TypeName kTypes[] = {
    {TensorType::boolean, "BOOL", 1},    {TensorType::u8, "U8", 1},           {TensorType::i8, "I8", 1},
    {TensorType::f8_e5m2, "F8_E5M2", 1}, {TensorType::f8_e4m3, "F8_E4M3", 1}, {TensorType::i16, "I16", 2},
    {TensorType::u16, "U16", 2},         {TensorType::f16, "F16", 2},         {TensorType::bf16, "BF16", 2},
    {TensorType::i32, "I32", 4},         {TensorType::u32, "U32", 4},         {TensorType::f32, "F32", 4},
    {TensorType::f64, "F64", 8},         {TensorType::i64, "I64", 8},         {TensorType::u64, "U64", 8},
};

tl::unexpected<Error> invalid(std::string reason) {
  return fail(ErrorKind::bad_input, "safetensors.invalid", "Not a valid safetensors file: {reason}.",
              {{"reason", std::move(reason)}});
}

/// A name as errors show it: a hostile one may have as many bytes as a header.
std::string in_quotes(std::string_view name) { return "\"" + std::string(name.substr(0, 200)) + "\""; }

/// What the header says of one tensor, before it is believed.
struct Entry {
  std::string name;
  std::optional<std::string> type;
  std::optional<std::vector<uint64_t>> shape;
  std::optional<std::vector<uint64_t>> offsets;
};

/// Reads the header as a stream of events: exactly the structure of the format and nothing else, each key once.
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;
  std::string reason;

  bool null() override { return refuse("null where the format has none"); }
  bool boolean(bool) override { return refuse("a boolean where the format has none"); }
  bool number_integer(number_integer_t) override { return refuse("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return refuse("a number that is no whole number"); }
  bool binary(binary_t&) override { return refuse("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ != Place::numbers) return refuse("a number where the format has none");
    if (numbers_->size() >= 64) return refuse("more than 64 dimensions");
    numbers_->push_back(value);
    return true;
  }
  bool string(string_t& value) override {
    if (place_ == Place::metadata) {
      metadata[key_] = value;
      return true;
    }
    if (place_ == Place::tensor && key_ == "dtype") {
      entries.back().type = value;
      return true;
    }
    return refuse("a string where the format has none");
  }
  bool start_object(std::size_t) override {
    if (place_ == Place::outside) return enter(Place::top);
    if (place_ != Place::top) return refuse("an object inside a tensor's entry");
    inner_.clear();
    if (key_ == kMetadata) return enter(Place::metadata);
    entries.push_back({key_, {}, {}, {}});
    return enter(Place::tensor);
  }
  bool key(string_t& value) override {
    if (place_ == Place::top && !names_.insert(value).second) return refuse("the name " + in_quotes(value) + " twice");
    if (place_ != Place::top && !inner_.insert(value).second) return refuse("the key " + in_quotes(value) + " twice");
    key_ = value;
    return true;
  }
  bool end_object() override {
    if (place_ == Place::tensor) {
      const Entry& entry = entries.back();
      if (!entry.type || !entry.shape || !entry.offsets) return refuse(in_quotes(entry.name) + " is incomplete");
    }
    return enter(place_ == Place::top ? Place::done : Place::top);
  }
  bool start_array(std::size_t) override {
    if (place_ != Place::tensor) return refuse("a list where the format has none");
    Entry& entry = entries.back();
    if (key_ == "shape") {
      numbers_ = &entry.shape.emplace();
    } else if (key_ == "data_offsets") {
      numbers_ = &entry.offsets.emplace();
    } else {
      return refuse("the unknown key " + in_quotes(key_));
    }
    return enter(Place::numbers);
  }
  bool end_array() override { return enter(Place::tensor); }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception&) override {
    return refuse("the header is not JSON near byte " + std::to_string(at));
  }

 private:
  enum class Place { outside, top, metadata, tensor, numbers, done };
  bool enter(Place place) {
    place_ = place;
    return true;
  }
  bool refuse(std::string why) {
    if (reason.empty()) reason = std::move(why);
    return false;
  }
  Place place_ = Place::outside;
  std::string key_;
  std::set<std::string> names_, inner_;
  std::vector<uint64_t>* numbers_ = nullptr;
};

Result<TensorView> check(const Entry& entry, std::span<const uint8_t> data) {
  const auto* known =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeName& t) { return t.name == *entry.type; });
  if (known == std::end(kTypes))
    return invalid(in_quotes(entry.name) + " is of the unknown type " + in_quotes(*entry.type));
  if (entry.offsets->size() != 2) return invalid(in_quotes(entry.name) + " has no two offsets");
  const uint64_t begin = (*entry.offsets)[0], end = (*entry.offsets)[1];
  if (begin > end || end > data.size()) return invalid(in_quotes(entry.name) + " lies outside the data");
  uint64_t size = known->size;
  for (const uint64_t dimension : *entry.shape)
    if (__builtin_mul_overflow(size, dimension, &size)) return invalid(in_quotes(entry.name) + " is too large");
  if (size != end - begin) return invalid("the shape of " + in_quotes(entry.name) + " does not fit its bytes");
  return TensorView{entry.name, known->type, *entry.shape, data.subspan(begin, end - begin)};
}

}  // namespace

std::string_view to_string(TensorType type) { return kTypes[static_cast<size_t>(type)].name; }
size_t size_of(TensorType type) { return kTypes[static_cast<size_t>(type)].size; }

Status parse_safetensors(std::span<const uint8_t> bytes, std::vector<TensorView>& tensors,
                         std::map<std::string, std::string>& metadata) {
  if (bytes.size() < 8) return invalid("shorter than its header's length");
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  if (length > kLargestHeader) return invalid("a header of more than 100 MB");
  if (length > bytes.size() - 8) return invalid("the header ends after the file");
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + 8, length);
  if (header.empty() || header.front() != '{') return invalid("the header does not begin with {");

  HeaderReader reader;
  if (!nlohmann::json::sax_parse(header.begin(), header.end(), &reader))
    return invalid(reader.reason.empty() ? "the header cannot be read" : reader.reason);

  const auto data = bytes.subspan(8 + length);
  tensors.clear();
  for (const Entry& entry : reader.entries) {
    MW_ASSIGN(TensorView view, check(entry, data));
    tensors.push_back(std::move(view));
  }
  std::stable_sort(tensors.begin(), tensors.end(), [](const TensorView& a, const TensorView& b) {
    return std::pair(a.bytes.data(), a.bytes.size()) < std::pair(b.bytes.data(), b.bytes.size());
  });
  const uint8_t* at = data.data();
  for (const TensorView& view : tensors) {
    if (view.bytes.data() != at) return invalid(in_quotes(view.name) + " leaves a hole or overlaps");
    at += view.bytes.size();
  }
  if (at != data.data() + data.size()) return invalid("bytes that belong to no tensor");
  metadata = std::move(reader.metadata);
  return {};
}

Result<SafetensorsFile> SafetensorsFile::open(const fs::path& path) {
  MW_ASSIGN(MappedFile mapped, MappedFile::open(path));
  SafetensorsFile file(std::move(mapped));
  MW_TRY(parse_safetensors(file.file_.bytes(), file.tensors_, file.metadata_));
  return file;
}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  for (const TensorView& view : tensors_)
    if (view.name == name) return &view;
  return nullptr;
}

Result<const TensorView*> SafetensorsFile::expect(std::string_view name, TensorType type,
                                                  std::span<const uint64_t> shape) const {
  const TensorView* view = find(name);
  if (view == nullptr) return invalid("the tensor " + in_quotes(name) + " is missing");
  if (view->type != type)
    return invalid(in_quotes(view->name) + " is " + std::string(to_string(view->type)) + ", not " +
                   std::string(to_string(type)));
  if (!std::equal(shape.begin(), shape.end(), view->shape.begin(), view->shape.end()))
    return invalid(in_quotes(view->name) + " is of another shape");
  return view;
}

namespace {

/// Sorts the tensors as they are to lie in the file and gives what stands before them.
Result<std::string> header_of(std::vector<TensorToWrite>& tensors, const std::map<std::string, std::string>& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorToWrite& a, const TensorToWrite& b) {
    return a.type != b.type ? a.type > b.type : a.name < b.name;
  });
  Json header = Json::object();
  if (!metadata.empty()) header[std::string(kMetadata)] = metadata;
  uint64_t offset = 0;
  for (const TensorToWrite& tensor : tensors) {
    uint64_t size = size_of(tensor.type);
    for (const uint64_t dimension : tensor.shape)
      if (__builtin_mul_overflow(size, dimension, &size)) return invalid("\"" + tensor.name + "\" is too large");
    if (size != tensor.bytes.size() || tensor.name == kMetadata || header.contains(tensor.name))
      return fail(ErrorKind::usage, "safetensors.tensor", "The tensor {name} cannot be written.",
                  {{"name", tensor.name}});
    header[tensor.name] = {
        {"dtype", to_string(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + size}}};
    offset += size;
  }
  std::string text = to_text(header);
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + text;
}

std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<std::string> safetensors_bytes(std::vector<TensorToWrite> tensors,
                                      const std::map<std::string, std::string>& metadata) {
  MW_ASSIGN(std::string out, header_of(tensors, metadata));
  for (const TensorToWrite& tensor : tensors) out += as_text(tensor.bytes);
  return out;
}

Status write_safetensors(const fs::path& path, std::vector<TensorToWrite> tensors,
                         const std::map<std::string, std::string>& metadata) {
  MW_ASSIGN(const std::string header, header_of(tensors, metadata));
  std::vector<std::string_view> pieces{header};
  for (const TensorToWrite& tensor : tensors) pieces.push_back(as_text(tensor.bytes));
  return write_file_atomically(path, pieces);
}

}  // namespace millwright
