#include "detail/encoder_start.h"

#include <algorithm>

#include "base/files.h"
#include "base/memory.h"
#include "detail/task_parts.h"
#include "engine/encoder_weights.h"
#include "text/encoder_folder.h"
#include "text/wordpiece_trainer.h"

namespace millwright::engine::detail {
namespace {

/// Where not even the weights fit into the memory there is, the system would end the engine without a word.
Status check_room(const EncoderLayout& layout) {
  const uint64_t needed = layout.size * sizeof(float), available = available_memory();
  if (needed <= available) return {};
  return fail(ErrorKind::job, "train.out_of_memory",
              "The model has {parameters} parameters, which take {needed} MB; there are {available} MB.",
              {{"parameters", std::to_string(layout.size)},
               {"needed", std::to_string(needed >> 20)},
               {"available", std::to_string(available >> 20)}},
              "Use a smaller model (layers, hidden, intermediate, vocabulary).");
}

/// With a model folder to begin from: its encoder, and its head too when that knows the same labels.
Result<EncoderStart> start_from_base(const EncoderStarting& from, EncoderOptions options, const TrainingRows& rows,
                                     Random& random) {
  MW_ASSIGN(const text::EncoderFolder base, text::EncoderFolder::open(from.base));
  MW_TRY(base.usable());
  text::EncoderConfig config = base.config();
  set_head(config, rows);
  if (options.dropout >= 0)
    config.hidden_dropout = config.attention_dropout = config.classifier_dropout = options.dropout;
  options.max_length = std::min(options.max_length, config.longest());
  options.optimizer.frozen_layers = std::min(options.optimizer.frozen_layers, config.layers);
  EncoderLayout layout(std::move(config), options.lora);
  MW_TRY(check_room(layout));
  MW_ASSIGN(std::vector<float> weights, load_weights(base, layout, &random));
  MW_ASSIGN(text::Tokenizer tokenizer, text::Tokenizer::load(base.path()));
  if (tokenizer.vocabulary_size() > layout.config.vocabulary)
    return fail(ErrorKind::bad_input, "model.unsupported", "The model in {folder} cannot be used: {reason}.",
                {{"folder", base.path().string()}, {"reason", "its tokenizer has more tokens than the model knows"}});
  MW_TRY(make_folders(from.model));
  for (const std::string& name : base.tokenizer_files()) {
    MW_ASSIGN(const MappedFile file, MappedFile::open(base.path() / name));
    MW_TRY(write_file_atomically(from.model / name, file.text()));
  }
  return EncoderStart{std::move(options),   std::move(layout),      std::move(weights),
                      std::move(tokenizer), base.tokenizer_files(), base.config_json()};
}

/// With nothing to begin from: a vocabulary from the training texts, and weights drawn by the seed.
Result<EncoderStart> start_fresh(const EncoderStarting& from, EncoderOptions options, const TrainingRows& rows,
                                 Random& random, const Work& work) {
  text::WordpieceOptions wanted;
  wanted.vocabulary = static_cast<size_t>(options.vocabulary);
  MW_ASSIGN(const auto vocabulary, text::train_wordpiece(rows.train.text, wanted, work));
  MW_TRY(make_folders(from.model));
  MW_ASSIGN(auto files, text::write_wordpiece_tokenizer(from.model, vocabulary, options.max_length));
  MW_ASSIGN(text::Tokenizer tokenizer, text::Tokenizer::load(from.model));
  text::EncoderConfig config = fresh_config(options, vocabulary.size());
  set_head(config, rows);
  if (options.dropout >= 0)
    config.hidden_dropout = config.attention_dropout = config.classifier_dropout = options.dropout;
  options.optimizer.frozen_layers = 0;
  EncoderLayout layout(std::move(config));
  MW_TRY(check_room(layout));
  std::vector<float> weights = draw_weights(layout, random);
  return EncoderStart{std::move(options),   std::move(layout), std::move(weights),
                      std::move(tokenizer), std::move(files),  Json()};
}

}  // namespace

void set_head(text::EncoderConfig& config, const TrainingRows& rows) {
  config.problem = text::Problem::single_label;
  config.head = text::Head::sequence;
  config.labels = rows.labels;
  switch (rows.objective) {
    case Objective::classification:
      break;
    case Objective::multi_label:
      config.problem = text::Problem::multi_label;
      break;
    case Objective::regression:
      config.problem = text::Problem::regression;
      config.labels = {"value"};  // a number has no name
      break;
    case Objective::token_classification:
      config.head = text::Head::token;
      config.labels = token_labels(rows.labels);
      break;
    case Objective::masked_lm:
      config.head = text::Head::masked_lm;
      config.labels.clear();
      break;
    case Objective::sentence_embedding:
      config.head = text::Head::none;
      config.labels.clear();
      break;
  }
}

Random draw_of_weights(uint64_t seed) { return Random(seed ^ 0x77656967687473ULL); }

Result<EncoderStart> start_encoder(const EncoderStarting& from, const Json& options, const TrainingRows& rows,
                                   const Work& work) {
  std::error_code error;
  const bool fresh = !fs::exists(from.base / "config.json", error);
  Random random = draw_of_weights(from.seed);
  MW_ASSIGN(EncoderOptions read, read_encoder_options(options, rows.train.size(), fresh, from.device == "cpu"));
  return fresh ? start_fresh(from, std::move(read), rows, random, work)
               : start_from_base(from, std::move(read), rows, random);
}

Result<std::unique_ptr<TrainingTask>> make_task(const TrainingRows& rows, const EncoderStart& start,
                                                const EncoderLayout& layout, uint64_t seed, const Work& work) {
  TaskSettings settings;
  settings.max_length = start.options.max_length;
  settings.balanced = start.options.balanced;
  settings.mask_probability = start.options.mask_probability;
  settings.seed = seed;
  return make_training_task(rows, start.tokenizer, layout, settings, work);
}

}  // namespace millwright::engine::detail
