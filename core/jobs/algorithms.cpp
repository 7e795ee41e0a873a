#include "jobs/algorithms.h"

#include <algorithm>
#include <cmath>

namespace millwright::jobs {
namespace {

constexpr std::string_view kCalibrations[] = {"auto", "validation", "internal"};

constexpr std::string_view kLinearObjectives[] = {"classification", "multi-label", "regression"};

constexpr OptionDeclaration kLinearOptions[] = {
    {"objective", OptionType::choice, "classification", 0, 0, kLinearObjectives, "",
     "What is learned: a label a row, any number of labels, or a number."},
    {"c", OptionType::real, "1", 1e-6, 1e6, {}, "", "Weight of the errors against small weights; less fits less."},
    {"tolerance",
     OptionType::real,
     "0.03",
     1e-6,
     10,
     {},
     "",
     "Training of a class stops when its projected gradients span less than this; for numbers, when the gradient is "
     "shorter than a hundredth of this, as a share of its first length."},
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
     "Weights up to this size are left out of the model file: they change no label that is not a toss-up. Of numbers "
     "all are kept."},
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

constexpr std::string_view kLexiconObjectives[] = {"token-classification"};

constexpr OptionDeclaration kLexiconOptions[] = {
    {"objective", OptionType::choice, "token-classification", 0, 0, kLexiconObjectives, "",
     "What is learned: labeled stretches of the text."},
    {"min_count",
     OptionType::whole,
     "1",
     1,
     1000000,
     {},
     "",
     "Phrases that are labeled less often in the training rows are left out."},
};

constexpr Algorithm kAlgorithms[] = {
    {"linear", "Linear baseline",
     "A linear support vector machine on n-grams of words and characters (for numbers, ridge regression): trains in "
     "seconds, runs anywhere, and is the figure that any other model has to beat.",
     kLinearOptions},
    {"encoder", "Transformer encoder",
     "A BERT-like encoder, fine-tuned from a model folder or trained from nothing: reads words in their order and "
     "context; "
     "takes minutes to hours, and is worth it where the baseline leaves errors that a person would not make.",
     kEncoderOptions, true},
    {"lexicon", "Lexicon baseline",
     "The phrases that the training rows label, each with its most frequent label, found wherever they stand as whole "
     "words, the longest first; one that stands without a label more often is left out. Trains in seconds, and is the "
     "figure that any other model of labeled stretches has to beat.",
     kLexiconOptions},
};

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

}  // namespace millwright::jobs
