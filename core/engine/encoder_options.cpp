#include "engine/encoder_options.h"

#include <algorithm>
#include <cmath>

#include "engine/linear_training.h"
#include "jobs/algorithms.h"

namespace millwright::engine {
namespace {

tl::unexpected<Error> excluded(const char* name, const char* why) {
  return fail(ErrorKind::usage, "train.bad_option", "{name} does not go with {why}.", {{"name", name}, {"why", why}});
}

}  // namespace

Result<EncoderOptions> read_encoder_options(const Json& options, size_t rows, bool fresh, bool packed) {
  const auto whole = [&](const char* name) { return options.at(name).get<int64_t>(); };
  const auto real = [&](const char* name) { return options.at(name).get<double>(); };
  const auto choice = [&](const char* name) { return options.at(name).get<std::string>(); };
  EncoderOptions out;
  out.batch_size = whole("batch_size");
  out.epochs = whole("epochs") > 0 ? whole("epochs") : jobs::default_epochs(rows, fresh);
  out.accumulation = whole("accumulation");
  out.max_length = whole("max_length");
  out.patience = whole("patience");
  out.max_steps = whole("max_steps");
  out.learning_rate = real("learning_rate") > 0 ? real("learning_rate") : fresh ? 5e-4 : 5e-5;
  out.warmup = real("warmup");
  out.clip_norm = real("clip_norm");
  out.dropout = real("dropout");
  if (out.dropout < 0 && out.dropout != -1)
    return fail(ErrorKind::usage, "train.bad_option", "{value} is no value for dropout: it takes -1, or 0 to 0.9.",
                {{"value", to_text(options.at("dropout"))}});
  out.max_minutes = real("max_minutes");
  out.checkpoint_seconds = real("checkpoint_seconds");
  const std::string schedule = choice("schedule"), grouping = choice("group_by_length");
  out.schedule = schedule == "linear"   ? Schedule::Shape::linear
                 : schedule == "cosine" ? Schedule::Shape::cosine
                                        : Schedule::Shape::constant;
  out.balanced = choice("class_weights") == "balanced";
  out.group_by_length = grouping == "yes" || (grouping == "auto" && !packed);
  out.dtype = choice("dtype") == "bf16" ? Dtype::bf16 : Dtype::fp32;
  out.threads = threads_for(whole("threads"));
  out.optimizer.weight_decay = real("weight_decay");
  out.optimizer.layer_decay = real("layer_decay");
  out.optimizer.frozen_layers = whole("freeze_layers");
  MW_ASSIGN(out.loss.objective, objective_named(choice("objective")));
  out.loss.label_smoothing = real("label_smoothing");
  out.loss.teacher_weight = real("teacher_weight");
  out.loss.teacher_temperature = real("teacher_temperature");
  out.mask_probability = real("mask_probability");
  out.pretrain_epochs = whole("pretrain_epochs");
  out.lora = {whole("lora_rank"), real("lora_alpha")};
  out.layers = whole("layers");
  out.hidden = whole("hidden");
  out.heads = whole("heads");
  out.intermediate = whole("intermediate");
  out.vocabulary = whole("vocabulary");
  if (fresh && out.hidden % out.heads != 0)
    return fail(ErrorKind::usage, "train.bad_option", "hidden ({hidden}) is no multiple of heads ({heads}).",
                {{"hidden", std::to_string(out.hidden)}, {"heads", std::to_string(out.heads)}});
  if (fresh && out.lora.rank > 0)
    return excluded("lora_rank", "a model that begins from nothing: it has nothing to keep");
  if (out.loss.objective == Objective::masked_lm && out.pretrain_epochs > 0)
    return excluded("pretrain_epochs", "objective masked-lm: it is that training already");
  if (out.loss.objective == Objective::masked_lm && out.lora.rank > 0)
    return excluded("lora_rank", "objective masked-lm: the word embeddings have to move");
  return out;
}

text::EncoderConfig fresh_config(const EncoderOptions& options, size_t vocabulary) {
  text::EncoderConfig config;
  config.vocabulary = static_cast<int64_t>(vocabulary);
  config.hidden = options.hidden;
  config.layers = options.layers;
  config.heads = options.heads;
  config.intermediate = options.intermediate;
  config.positions = std::max<int64_t>(options.max_length, 16);
  config.types = 2;
  return config;
}

}  // namespace millwright::engine
