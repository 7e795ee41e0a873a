// A model folder as people download it: config.json, model.safetensors (or its shards), a tokenizer's files. Opened
// here without libtorch and without reading a weight; nothing in it is trusted. Pickles (pytorch_model.bin) are never
// read.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/result.h"
#include "base/safetensors.h"
#include "base/work.h"
#include "text/encoder_config.h"

namespace millwright::text {

class EncoderFolder {
 public:
  /// Reads config.json, maps the weights and compares names and shapes. What this program cannot run is listed in
  /// unsupported(), missing and misshapen tensors too, and is no error here. Errors: bad_input "file.not_found",
  /// "file.not_regular", "file.too_large", "model.bad_config", "model.pickle" (weights only as a pickle),
  /// "model.no_weights", "model.bad_index", "safetensors.invalid".
  [[nodiscard]] static Result<EncoderFolder> open(const fs::path& path);

  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] const std::string& model_type() const { return model_type_; }
  [[nodiscard]] const EncoderConfig& config() const { return config_; }
  [[nodiscard]] const Json& config_json() const { return json_; }
  /// "WordPiece", "BPE", "Unigram"; empty when there is none that is known.
  [[nodiscard]] const std::string& tokenizer() const { return tokenizer_; }
  [[nodiscard]] const std::vector<std::string>& unsupported() const { return unsupported_; }
  /// The tokenizer's files and generation of tokens as they lie in the folder: what a trained model takes along.
  [[nodiscard]] const std::vector<std::string>& tokenizer_files() const { return tokenizer_files_; }
  [[nodiscard]] const std::vector<std::string>& weight_files() const { return weight_files_; }
  /// An error that names what stands in unsupported(), if anything does: bad_input "model.unsupported".
  [[nodiscard]] Status usable() const;

  /// The tensor for a slot of this folder's family, under whatever name it has; nullptr when there is none.
  [[nodiscard]] const TensorView* find(const EncoderConfig& config, const Slot& slot) const;
  /// Converts a slot's tensor to float into `out`, which has slot.elements() places. Errors: bad_input
  /// "model.missing_tensor", "model.wrong_shape", "model.wrong_type", "model.not_finite".
  [[nodiscard]] Status read(const EncoderConfig& config, const Slot& slot, std::span<float> out) const;

  /// Looks at every number that the model consists of. Errors: bad_input "model.not_finite" with the tensor's name;
  /// cancelled.
  [[nodiscard]] Status check_numbers(const Work& work = {}) const;

 private:
  explicit EncoderFolder(fs::path path) : path_(std::move(path)) {}
  Status open_weights();
  Status open_shards(const fs::path& index);
  Status find_tokenizer();
  void compare_tensors();

  fs::path path_;
  Json json_;
  std::string model_type_, tokenizer_;
  EncoderConfig config_;
  std::vector<std::string> unsupported_, tokenizer_files_, weight_files_;
  std::vector<SafetensorsFile> weights_;
  std::map<std::string, const TensorView*, std::less<>> tensors_;
};

/// {"family","task","layers","hidden","heads","intermediate","vocabulary","longest","parameters","tokenizer","labels",
/// "unsupported"}: what `millwright-engine info` prints. `parameters` is null where the configuration is not
/// understood.
[[nodiscard]] Json describe(const EncoderFolder& folder);

/// Numbers of a tensor as floats; false when its type holds no real numbers, or when one is not finite.
enum class Converted : uint8_t { ok, wrong_type, not_finite };
[[nodiscard]] Converted convert_to_float(const TensorView& tensor, std::span<float> out);

}  // namespace millwright::text
