#include "models/onnx.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/ids.h"
#include "detail/onnx_graph.h"

namespace millwright::models {
namespace {

constexpr std::string_view kModelFile = "model.onnx", kDataFile = "model.onnx.data";
constexpr uint64_t kPage = 4096;  // external data is mapped by who reads it

/// A file under a temporary name, which becomes the file when it is whole and goes when it never does.
class NewFile {
 public:
  static Result<NewFile> make(const fs::path& path) {
    fs::path temporary = path.string() + ".tmp-" + tail(new_uuid());
    MW_ASSIGN(AppendFile file, AppendFile::open(temporary));
    return NewFile(path, std::move(temporary), std::move(file));
  }
  NewFile(NewFile&& other) noexcept
      : path_(std::move(other.path_)),
        temporary_(std::exchange(other.temporary_, {})),
        file_(std::move(other.file_)),
        hash_(std::move(other.hash_)),
        bytes_(other.bytes_) {}
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile() {
    if (!temporary_.empty()) (void)remove_file(temporary_);
  }

  Status write(std::string_view bytes) {
    MW_TRY(file_.append(bytes));
    hash_.update(bytes);
    bytes_ += bytes.size();
    return {};
  }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  Result<ModelFile> publish() {
    MW_TRY(file_.sync());
    MW_TRY(rename_durably(temporary_, path_));
    temporary_.clear();
    return ModelFile{path_.filename().string(), hash_.finish(), static_cast<int64_t>(bytes_)};
  }

 private:
  NewFile(fs::path path, fs::path temporary, AppendFile file)
      : path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}
  fs::path path_, temporary_;
  AppendFile file_;
  Sha256 hash_;
  uint64_t bytes_ = 0;
};

/// The weights one after the other, as floats, as the graph wants them.
class WeightReader {
 public:
  WeightReader(const text::EncoderFolder& encoder, const detail::OnnxGraph& graph, const Work& work)
      : encoder_(encoder), work_(work) {
    for (const detail::OnnxWeight& weight : graph.weights) total_ += bytes_of(weight);
  }
  static uint64_t bytes_of(const detail::OnnxWeight& weight) { return weight.slot.elements() * sizeof(float); }
  [[nodiscard]] uint64_t total() const { return total_; }

  /// The bytes live until the next call.
  Result<std::string_view> read(const detail::OnnxWeight& weight) {
    if (work_.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
    work_.report({"export", static_cast<int64_t>(done_), static_cast<int64_t>(total_), "bytes"});
    numbers_.resize(weight.slot.elements());
    MW_TRY(encoder_.read(encoder_.config(), weight.slot, numbers_));
    if (weight.transposed) transpose(weight.slot.shape[0], weight.slot.shape[1]);
    done_ += bytes_of(weight);
    return std::string_view(reinterpret_cast<const char*>(numbers_.data()), bytes_of(weight));
  }

 private:
  void transpose(uint64_t rows, uint64_t columns) {
    turned_.resize(numbers_.size());
    for (uint64_t r = 0; r < rows; ++r)
      for (uint64_t c = 0; c < columns; ++c) turned_[c * rows + r] = numbers_[r * columns + c];
    std::swap(numbers_, turned_);
  }
  const text::EncoderFolder& encoder_;
  const Work& work_;
  uint64_t total_ = 0, done_ = 0;
  std::vector<float> numbers_, turned_;
};

onnx::TensorProto without_numbers(const detail::OnnxWeight& weight) {
  onnx::TensorProto tensor;
  tensor.set_name(weight.name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const int64_t dimension : weight.shape()) tensor.add_dims(dimension);
  return tensor;
}

onnx::ModelProto model_without_graph() {
  onnx::ModelProto model;
  model.set_ir_version(detail::kOnnxFormat);
  model.set_producer_name("millwright");
  model.set_producer_version(MILLWRIGHT_VERSION);
  model.add_opset_import()->set_version(detail::kOnnxOperators);
  return model;
}

/// What stands before a field of so many bytes (Protocol Buffers, "Encoding": tag of wire type 2, length).
std::string field_header(int number, uint64_t bytes) {
  constexpr uint32_t kLengthDelimited = 2;
  std::string out;
  {
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.WriteTag(static_cast<uint32_t>(number) << 3 | kLengthDelimited);
    coded.WriteVarint64(bytes);
  }
  return out;
}

/// A weight inside the file: its field's header, what describes it, and the header of its numbers, which follow.
std::string weight_header(const detail::OnnxWeight& weight) {
  const uint64_t bytes = WeightReader::bytes_of(weight);
  const std::string inner =
      without_numbers(weight).SerializeAsString() + field_header(onnx::TensorProto::kRawDataFieldNumber, bytes);
  return field_header(onnx::GraphProto::kInitializerFieldNumber, inner.size() + bytes) + inner;
}

/// One message, written piece by piece: fields may come in any order, so the weights come last.
Result<std::vector<ModelFile>> write_in_one(const detail::OnnxGraph& graph, WeightReader& weights,
                                            const fs::path& folder) {
  const std::string nodes = graph.graph.SerializeAsString();
  uint64_t bytes = nodes.size();
  for (const detail::OnnxWeight& weight : graph.weights)
    bytes += weight_header(weight).size() + WeightReader::bytes_of(weight);
  MW_ASSIGN(NewFile file, NewFile::make(folder / kModelFile));
  MW_TRY(file.write(model_without_graph().SerializeAsString()));
  MW_TRY(file.write(field_header(onnx::ModelProto::kGraphFieldNumber, bytes)));
  MW_TRY(file.write(nodes));
  for (const detail::OnnxWeight& weight : graph.weights) {
    MW_TRY(file.write(weight_header(weight)));
    MW_ASSIGN(const std::string_view numbers, weights.read(weight));
    MW_TRY(file.write(numbers));
  }
  MW_ASSIGN(ModelFile written, file.publish());
  return std::vector{std::move(written)};
}

void set_place(onnx::TensorProto& tensor, uint64_t offset, uint64_t bytes) {
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  const std::pair<const char*, std::string> entries[] = {
      {"location", std::string(kDataFile)}, {"offset", std::to_string(offset)}, {"length", std::to_string(bytes)}};
  for (const auto& [key, value] : entries) {
    onnx::StringStringEntryProto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }
}

Result<std::vector<ModelFile>> write_in_two(detail::OnnxGraph& graph, WeightReader& weights, const fs::path& folder) {
  MW_ASSIGN(NewFile data, NewFile::make(folder / kDataFile));
  for (const detail::OnnxWeight& weight : graph.weights) {
    MW_TRY(data.write(std::string((kPage - data.bytes() % kPage) % kPage, '\0')));
    onnx::TensorProto& tensor = *graph.graph.add_initializer();
    tensor = without_numbers(weight);
    set_place(tensor, data.bytes(), WeightReader::bytes_of(weight));
    MW_ASSIGN(const std::string_view numbers, weights.read(weight));
    MW_TRY(data.write(numbers));
  }
  onnx::ModelProto model = model_without_graph();
  *model.mutable_graph() = std::move(graph.graph);
  MW_ASSIGN(NewFile file, NewFile::make(folder / kModelFile));
  MW_TRY(file.write(model.SerializeAsString()));
  std::vector<ModelFile> written(2);
  MW_ASSIGN(written[0], data.publish());
  MW_ASSIGN(written[1], file.publish());
  return written;
}

}  // namespace

Result<std::vector<ModelFile>> write_onnx(const text::EncoderFolder& encoder, const fs::path& folder, const Work& work,
                                          uint64_t largest) {
  MW_TRY(encoder.usable());
  MW_TRY(make_folders(folder));
  detail::OnnxGraph graph = detail::onnx_graph_of(encoder.config());
  WeightReader weights(encoder, graph, work);
  constexpr uint64_t kOfAWeight = 512;  // name, shape and headers
  const uint64_t bytes = weights.total() + graph.graph.ByteSizeLong() + graph.weights.size() * kOfAWeight;
  return bytes <= largest ? write_in_one(graph, weights, folder) : write_in_two(graph, weights, folder);
}

}  // namespace millwright::models
