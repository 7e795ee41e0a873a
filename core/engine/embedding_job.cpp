#include "engine/embedding_job.h"

#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/safetensors.h"
#include "detail/job_outputs.h"
#include "engine/encoder_input.h"
#include "engine/encoder_job.h"
#include "engine/encoder_weights.h"
#include "engine/linear_training.h"
#include "engine/run_job.h"
#include "engine/torch.h"
#include "text/encoder_folder.h"
#include "text/tokenizer.h"

namespace millwright::engine {
namespace {

/// Computed at once: enough tokens to keep the matrices busy, few enough to stay in the caches.
constexpr size_t kTextsAtOnce = 64, kTokensAtOnce = 4096;

struct Row {
  int64_t batch = 0, ordinal = 0;
  std::string text;
};

std::optional<Row> read_row(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const Json record = json.value("record", Json()), text = json.value("text", Json());
  if (!record.is_string() || !text.is_string()) return std::nullopt;
  const auto& name = record.get_ref<const std::string&>();
  const size_t dash = name.find('-');
  if (dash == std::string::npos) return std::nullopt;
  Row row;
  row.text = text.get<std::string>();
  const auto batch = std::from_chars(name.data(), name.data() + dash, row.batch);
  const auto ordinal = std::from_chars(name.data() + dash + 1, name.data() + name.size(), row.ordinal);
  const bool whole = batch.ptr == name.data() + dash && ordinal.ptr == name.data() + name.size();
  return batch.ec == std::errc() && ordinal.ec == std::errc() && whole ? std::optional(std::move(row)) : std::nullopt;
}

class Job {
 public:
  Job(const jobs::JobFolder& folder, jobs::EventWriter& events, const std::stop_token& stop)
      : folder_(folder), events_(events), stop_(stop) {}

  Result<Json> run() {
    const double began = steady_seconds();
    MW_ASSIGN(const std::string device, device_of(folder_.spec()));
    MW_ASSIGN(const text::EncoderFolder model, text::EncoderFolder::open(folder_.file("inputs/base")));
    MW_TRY(model.usable());
    MW_ASSIGN(const text::Tokenizer tokenizer, text::Tokenizer::load(model.path()));
    MW_ASSIGN(const Json torch, start_torch(threads_for(0)));
    // Only what turns tokens into hidden states: a head has nothing to say here.
    text::EncoderConfig config = model.config();
    config.head = text::Head::none;
    layout_.emplace(std::move(config));
    EncoderSettings settings;
    settings.device = device;
    MW_ASSIGN(encoder_, make_encoder_model(*layout_, settings));
    MW_ASSIGN(const std::vector<float> weights, load_weights(model, *layout_));
    MW_TRY(encoder_->set_weights(weights));
    MW_TRY(embed_all(tokenizer));
    MW_TRY(write());
    MW_ASSIGN(const Json file, detail::describe_file(folder_, "embeddings.safetensors"));
    Json environment = engine::environment(threads_for(0));
    environment["libtorch"] = torch.value("version", Json());
    return Json{{"file", file},     {"rows", records_.size() / 2},         {"dimension", layout_->config.hidden},
                {"device", device}, {"seconds", steady_seconds() - began}, {"environment", environment}};
  }

 private:
  Status embed_all(const text::Tokenizer& tokenizer) {
    MW_ASSIGN(const MappedFile file, MappedFile::open(folder_.file("inputs/rows.jsonl")));
    text::TokenizerScratch scratch;
    text::Encoding encoding;
    text::EncodeOptions options;
    options.max_length = static_cast<size_t>(layout_->config.longest());
    std::string_view rest = file.text();
    for (int64_t line = 1; !rest.empty(); ++line) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const auto json = parse_json(rest.substr(0, end), "rows.jsonl");
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const auto row = json ? read_row(*json) : std::nullopt;
      if (!row)
        return fail(ErrorKind::bad_input, "embed.bad_row", "Line {line} of the rows to embed cannot be used.",
                    {{"line", std::to_string(line)}});
      MW_TRY(tokenizer.encode(row->text, scratch, encoding, options));
      EncodedText text;
      text.ids.assign(encoding.ids.begin(), encoding.ids.end());
      text.types.assign(encoding.type_ids.begin(), encoding.type_ids.end());
      if (text.ids.empty()) text = {{std::max(0, tokenizer.special_ids().unknown)}, {0}};
      MW_TRY(check_text(text, layout_->config));
      append_text(batch_, text, layout_->config);
      records_.push_back(row->batch);
      records_.push_back(row->ordinal);
      if (batch_.texts() < kTextsAtOnce && batch_.tokens() < kTokensAtOnce) continue;
      MW_TRY(flush());
      if (stop_.stop_requested()) return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done.");
      events_.progress({"embed", static_cast<int64_t>(file.text().size() - rest.size()),
                        static_cast<int64_t>(file.text().size()), "bytes"});
    }
    return flush();
  }

  Status flush() {
    if (batch_.texts() == 0) return {};
    MW_ASSIGN(const std::vector<float> hidden, encoder_->forward(batch_, Output::mean_hidden));
    values_.insert(values_.end(), hidden.begin(), hidden.end());
    batch_ = {};
    return {};
  }

  Status write() {
    const uint64_t rows = records_.size() / 2;
    return write_safetensors(
        folder_.file("embeddings.safetensors"),
        {tensor_to_write<float>("embeddings", {rows, static_cast<uint64_t>(layout_->config.hidden)}, values_),
         tensor_to_write<int64_t>("record", {rows, 2}, records_)});
  }

  const jobs::JobFolder& folder_;
  jobs::EventWriter& events_;
  std::stop_token stop_;
  std::optional<EncoderLayout> layout_;
  std::unique_ptr<EncoderModel> encoder_;
  PackedBatch batch_;
  std::vector<float> values_;
  std::vector<int64_t> records_;
};

}  // namespace

Result<Json> run_embedding(const jobs::JobFolder& folder, jobs::EventWriter& events, const std::stop_token& stop) {
  return Job(folder, events, stop).run();
}

}  // namespace millwright::engine
