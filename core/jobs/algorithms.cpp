#include "jobs/algorithms.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace millwright::jobs {
namespace {

constexpr std::string_view kCalibrations[] = {"auto", "validation", "internal"};

constexpr OptionDeclaration kLinearOptions[] = {
    {"c", OptionType::real, "1", 1e-6, 1e6, {}, "", "Weight of the errors against small weights; less fits less."},
    {"tolerance",
     OptionType::real,
     "0.03",
     1e-6,
     10,
     {},
     "",
     "Training of a class stops when its projected gradients span less than this."},
    {"max_epochs", OptionType::whole, "200", 1, 100000, {}, "epochs", "At most so many passes over the training rows."},
    {"word_ngrams",
     OptionType::whole,
     "2",
     0,
     5,
     {},
     "words",
     "Longest run of words that counts as one feature; 0: none."},
    {"character_min", OptionType::whole, "2", 1, 10, {}, "characters", "Shortest piece of a word that is a feature."},
    {"character_max", OptionType::whole, "5", 0, 10, {}, "characters", "Longest piece of a word; 0: no pieces."},
    {"word_weight",
     OptionType::real,
     "0.7",
     0.01,
     100,
     {},
     "",
     "Length of the words' part of a text's vector beside that of the characters' part, which is 1."},
    {"min_df", OptionType::whole, "1", 1, 1000000, {}, "texts", "Features in fewer training texts are left out."},
    {"sublinear_tf", OptionType::boolean, "true", 0, 0, {}, "", "Count a repeated feature by the logarithm."},
    {"smallest_weight",
     OptionType::real,
     "0.003",
     0,
     1,
     {},
     "",
     "Weights up to this size are left out of the model file: they change no answer that is not a toss-up."},
    {"calibration", OptionType::choice, "auto", 0, 0, kCalibrations, "",
     "What the probabilities are fitted on: the validation split, or a part of the training rows held out once more."},
    {"threads",
     OptionType::whole,
     "0",
     0,
     256,
     {},
     "threads",
     "0: one for each core. The weights do not depend on it."},
};

constexpr std::string_view kSchedules[] = {"linear", "cosine", "constant"};
constexpr std::string_view kClassWeights[] = {"none", "balanced"};
constexpr std::string_view kDtypes[] = {"fp32", "bf16"};
constexpr std::string_view kGrouping[] = {"auto", "yes", "no"};

constexpr std::string_view kObjectives[] = {"classification", "multi-label", "token-classification",
                                            "regression",     "masked-lm",   "sentence-embedding"};

constexpr OptionDeclaration kEncoderOptions[] = {
    {"objective", OptionType::choice, "classification", 0, 0, kObjectives, "",
     "What is learned: a label a row, any number of labels, labeled stretches of the text, a number, words that are "
     "hidden (needs no labels), or which texts belong together."},
    {"epochs",
     OptionType::whole,
     "0",
     0,
     10000,
     {},
     "epochs",
     "Passes over the training rows; 0: by the number of rows, more for a model that begins from nothing."},
    {"batch_size", OptionType::whole, "32", 1, 4096, {}, "texts", "Texts that are computed at once."},
    {"accumulation",
     OptionType::whole,
     "1",
     1,
     1024,
     {},
     "batches",
     "Batches whose gradients are added up before the weights change: a larger batch in the same memory."},
    {"learning_rate",
     OptionType::real,
     "0",
     0,
     1,
     {},
     "",
     "Highest learning rate; 0: 0.00005 for a model that was trained before, 0.0005 for one that begins from nothing."},
    {"schedule", OptionType::choice, "linear", 0, 0, kSchedules, "",
     "How the learning rate falls after the warm-up: in a straight line, as half a cosine, or not at all."},
    {"warmup", OptionType::real, "0.1", 0, 0.9, {}, "", "Share of the steps in which the learning rate rises from 0."},
    {"weight_decay",
     OptionType::real,
     "0.01",
     0,
     10,
     {},
     "",
     "How strongly AdamW draws weights towards 0; biases and LayerNorms are left alone."},
    {"clip_norm", OptionType::real, "1", 0, 1000, {}, "", "Gradients longer than this are scaled down to it; 0: none."},
    {"label_smoothing",
     OptionType::real,
     "0",
     0,
     0.9,
     {},
     "",
     "Share of the target that is spread over all labels: less certain, often better calibrated."},
    {"class_weights", OptionType::choice, "none", 0, 0, kClassWeights, "",
     "balanced: rows of rare labels weigh more, so that each label counts as much as any other."},
    {"half_life",
     OptionType::real,
     "0",
     0,
     100000,
     {},
     "days",
     "Rows that are so much older than the newest weigh half as much, by the asset's time field; 0: age does not "
     "count."},
    {"dropout",
     OptionType::real,
     "-1",
     -1,
     0.9,
     {},
     "",
     "Share of the numbers set to 0 while training; -1: what the model's configuration says."},
    {"layer_decay",
     OptionType::real,
     "1",
     0.1,
     1,
     {},
     "",
     "Learning rate of a layer beside that of the layer above it; less than 1 spares what the lower layers know."},
    {"freeze_layers",
     OptionType::whole,
     "0",
     0,
     256,
     {},
     "layers",
     "The embeddings and so many of the lowest layers keep their weights; 0: everything is trained."},
    {"lora_rank",
     OptionType::whole,
     "0",
     0,
     256,
     {},
     "",
     "Train low-rank adapters of this rank beside the matrices, and the head, in place of everything; 0: none. They "
     "are "
     "merged into the model at the end, and kept by themselves in the job's folder."},
    {"lora_alpha", OptionType::real, "16", 0.01, 10000, {}, "", "Adapters count alpha divided by their rank."},
    {"pretrain_epochs",
     OptionType::whole,
     "0",
     0,
     10000,
     {},
     "epochs",
     "Before anything else, so many passes over the training texts in which hidden words are to be told; not counted "
     "in "
     "max_minutes."},
    {"mask_probability", OptionType::real, "0.15", 0.01, 0.9, {}, "", "Share of the words that are hidden to be told."},
    {"teacher_weight",
     OptionType::real,
     "0.5",
     0,
     1,
     {},
     "",
     "With a teacher model: share of what it says beside the labels in what is learned."},
    {"teacher_temperature",
     OptionType::real,
     "2",
     0.1,
     100,
     {},
     "",
     "With a teacher model: the higher, the more its second and third choices count."},
    {"max_length", OptionType::whole, "128", 4, 8192, {}, "tokens", "Longer texts are cut at their end."},
    {"patience",
     OptionType::whole,
     "0",
     0,
     1000,
     {},
     "epochs",
     "Stop when the validation figure has not risen for so many epochs; 0: never. The best weights are kept anyway."},
    {"dtype", OptionType::choice, "fp32", 0, 0, kDtypes, "",
     "Type to multiply in. bf16 is faster where the processor or GPU has it; weights and moments stay in fp32."},
    {"group_by_length", OptionType::choice, "auto", 0, 0, kGrouping, "",
     "Whether texts of like length share a batch; auto: where texts are padded, which on the processor they are not."},
    {"max_minutes",
     OptionType::real,
     "0",
     0,
     100000,
     {},
     "minutes",
     "Time for the training; the schedule is made to fit into it, by the speed of its first steps. 0: no limit."},
    {"max_steps", OptionType::whole, "0", 0, 100000000, {}, "steps", "At most so many steps; 0: as the epochs say."},
    {"checkpoint_seconds",
     OptionType::real,
     "60",
     0,
     86400,
     {},
     "seconds",
     "Time between two checkpoints, from which a killed run goes on; 0: one after each step."},
    {"layers", OptionType::whole, "6", 1, 48, {}, "layers", "Layers of a model that begins from nothing."},
    {"hidden", OptionType::whole, "384", 16, 4096, {}, "", "Numbers that such a model keeps for each token."},
    {"heads", OptionType::whole, "12", 1, 64, {}, "", "Attention heads of such a model; they divide its hidden size."},
    {"intermediate", OptionType::whole, "1536", 16, 16384, {}, "", "Width of such a model's feed-forward layers."},
    {"vocabulary",
     OptionType::whole,
     "8000",
     100,
     1000000,
     {},
     "tokens",
     "Most word pieces of such a model; they are learned from the training texts."},
    {"threads",
     OptionType::whole,
     "0",
     0,
     256,
     {},
     "threads",
     "0: one for each core. Sums are in another order with another number: the weights depend on it."},
};

constexpr Algorithm kAlgorithms[] = {
    {"linear", "Linear baseline",
     "A linear support vector machine on n-grams of words and characters: trains in seconds, runs anywhere, and is the "
     "figure that any other model has to beat.",
     kLinearOptions},
    {"encoder", "Transformer encoder",
     "A BERT-like encoder, fine-tuned from a model folder or trained from nothing: reads words in their order and "
     "context; "
     "takes minutes to hours, and is worth it where the baseline leaves errors that a person would not make.",
     kEncoderOptions, true},
};

std::string shown(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, end.ptr};
}

std::string allowed(const OptionDeclaration& option) {
  switch (option.type) {
    case OptionType::boolean:
      return "true or false";
    case OptionType::choice: {
      std::string out;
      for (const std::string_view choice : option.choices) (out += out.empty() ? "" : ", ") += choice;
      return "one of " + out;
    }
    case OptionType::whole:
      return "a whole number from " + shown(option.low) + " to " + shown(option.high);
    case OptionType::real:
      return "a number from " + shown(option.low) + " to " + shown(option.high);
  }
  return {};
}

tl::unexpected<Error> bad_option(const OptionDeclaration& option, std::string value) {
  return fail(ErrorKind::usage, "train.bad_option", "{value} is no value for {name}: it takes {allowed}.",
              {{"name", std::string(option.name)}, {"value", std::move(value)}, {"allowed", allowed(option)}});
}

Result<Json> parse_value(const OptionDeclaration& option, std::string_view typed) {
  if (option.type == OptionType::boolean) {
    if (typed == "true" || typed == "yes" || typed == "1") return Json(true);
    if (typed == "false" || typed == "no" || typed == "0") return Json(false);
    return bad_option(option, std::string(typed));
  }
  if (option.type == OptionType::choice) return Json(typed);
  const char* const end = typed.data() + typed.size();
  if (option.type == OptionType::whole) {
    int64_t value = 0;
    const auto parsed = std::from_chars(typed.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end) return bad_option(option, std::string(typed));
    return Json(value);
  }
  double value = 0;
  const auto parsed = std::from_chars(typed.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return bad_option(option, std::string(typed));
  return Json(value);
}

Status check_value(const OptionDeclaration& option, const Json& value) {
  const auto bad = [&] { return bad_option(option, value.is_string() ? value.get<std::string>() : to_text(value)); };
  switch (option.type) {
    case OptionType::boolean:
      if (!value.is_boolean()) return bad();
      return {};
    case OptionType::choice:
      if (!value.is_string() ||
          std::find(option.choices.begin(), option.choices.end(), value.get<std::string>()) == option.choices.end())
        return bad();
      return {};
    case OptionType::whole:
      if (!value.is_number_integer()) return bad();
      break;
    case OptionType::real:
      if (!value.is_number()) return bad();
      break;
  }
  const auto number = value.get<double>();
  if (!(number >= option.low && number <= option.high)) return bad();
  return {};
}

const OptionDeclaration* find_option(const Algorithm& algorithm, std::string_view name) {
  for (const OptionDeclaration& option : algorithm.options)
    if (option.name == name) return &option;
  return nullptr;
}

tl::unexpected<Error> no_such_option(const Algorithm& algorithm, std::string_view name) {
  std::string known;
  for (const OptionDeclaration& option : algorithm.options) (known += known.empty() ? "" : ", ") += option.name;
  return fail(ErrorKind::usage, "train.no_such_option", "{algorithm} has no option {name}.",
              {{"algorithm", std::string(algorithm.name)}, {"name", std::string(name)}, {"known", known}},
              "Its options are {known}.");
}

}  // namespace

std::span<const Algorithm> algorithms() { return kAlgorithms; }

const Algorithm* find_algorithm(std::string_view name) {
  for (const Algorithm& algorithm : kAlgorithms)
    if (algorithm.name == name) return &algorithm;
  return nullptr;
}

int64_t default_epochs(size_t rows, bool fresh) {
  const double wanted = fresh ? 120'000 : 75'000;  // texts
  const double epochs = std::ceil(wanted / static_cast<double>(std::max<size_t>(rows, 1)));
  return static_cast<int64_t>(std::clamp(epochs, fresh ? 8.0 : 3.0, fresh ? 100.0 : 20.0));
}

Result<Json> complete_options(const Algorithm& algorithm,
                              std::span<const std::pair<std::string, std::string>> settings) {
  Json values = Json::object();
  for (const auto& [name, typed] : settings) {
    const OptionDeclaration* option = find_option(algorithm, name);
    if (option == nullptr) return no_such_option(algorithm, name);
    MW_ASSIGN(values[name], parse_value(*option, typed));
  }
  return check_options(algorithm, values);
}

Result<uint64_t> seed_of(const Json& body) {
  const auto found = body.find("seed");
  if (found == body.end() || found->is_null()) return 0;
  if (!found->is_number_integer())
    return fail(ErrorKind::usage, "train.bad_option", "{value} is no value for seed: it takes a whole number.",
                {{"value", to_text(*found)}});
  return found->get<uint64_t>();
}

Status check_device(const Algorithm& algorithm, const std::string& device) {
  if (device == "auto" || device == "cpu") return {};
  const bool gpu = device.starts_with("cuda:") && device.size() > 5 && device.size() < 9 &&
                   device.find_first_not_of("0123456789", 5) == std::string::npos;
  if (gpu && algorithm.needs_torch) return {};
  if (gpu)
    return fail(ErrorKind::usage, "train.device", "The linear baseline trains on the processor, not on {device}.",
                {{"device", device}}, "Leave --device out, or say --device cpu.");
  return fail(ErrorKind::usage, "train.device", "{device} is no device.", {{"device", device}},
              "Devices are auto, cpu and cuda:N.");
}

Result<Json> check_options(const Algorithm& algorithm, const Json& values) {
  if (!values.is_object())
    return fail(ErrorKind::usage, "train.bad_option", "The options of {name} are no list of names and values.",
                {{"name", std::string(algorithm.name)}});
  for (const auto& [name, value] : values.items())
    if (find_option(algorithm, name) == nullptr) return no_such_option(algorithm, name);
  Json complete = Json::object();
  for (const OptionDeclaration& option : algorithm.options) {
    const auto given = values.find(std::string(option.name));
    if (given == values.end()) {
      MW_ASSIGN(complete[std::string(option.name)], parse_value(option, option.standard));
    } else {
      complete[std::string(option.name)] = *given;
    }
    MW_TRY(check_value(option, complete[std::string(option.name)]));
  }
  return complete;
}

Status check_fold_options(const Json& options, int64_t folds) {
  const auto refused = [](const char* name, const std::string& value, const char* reason) {
    return fail(ErrorKind::usage, "train.bad_option", "{name} {value} does not go with cross-validation: {reason}.",
                {{"name", name}, {"value", value}, {"reason", reason}});
  };
  if (const auto objective = options.value("objective", std::string("classification")); objective != "classification")
    return refused("objective", objective, "it judges labels");
  if (const auto epochs = options.value("pretrain_epochs", int64_t{0}); epochs > 0)
    return refused("pretrain_epochs", std::to_string(epochs),
                   "train with objective=masked-lm once, and begin from that model");
  if (const auto patience = options.value("patience", int64_t{0}); patience > 0 && folds < 3)
    return refused("patience", std::to_string(patience), "one fold is judged and one stopped by, so it takes three");
  return {};
}

}  // namespace millwright::jobs
