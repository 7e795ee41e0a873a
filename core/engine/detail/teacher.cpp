#include "detail/teacher.h"

#include <algorithm>

#include "detail/task_parts.h"
#include "engine/encoder_weights.h"
#include "engine/torch.h"
#include "statistics/calibration.h"
#include "text/encoder_folder.h"

namespace millwright::engine::detail {
namespace {

tl::unexpected<Error> no_teacher(std::string reason) {
  return fail(ErrorKind::bad_input, "train.teacher", "The model cannot teach here: {reason}.",
              {{"reason", std::move(reason)}});
}

}  // namespace

Result<std::vector<float>> teacher_probabilities(const fs::path& folder, const TrainingRows& rows, double temperature,
                                                 const std::string& device, const Work& work) {
  MW_ASSIGN(const text::EncoderFolder model, text::EncoderFolder::open(folder));
  MW_TRY(model.usable());
  const text::EncoderConfig& config = model.config();
  if (config.head != text::Head::sequence || config.problem != text::Problem::single_label)
    return no_teacher("it does not give one label to a text");
  std::vector<size_t> output;
  for (const std::string& label : rows.labels) {
    const auto found = std::find(config.labels.begin(), config.labels.end(), label);
    if (found == config.labels.end()) return no_teacher("it does not know the label " + label);
    output.push_back(static_cast<size_t>(found - config.labels.begin()));
  }
  MW_ASSIGN(const text::Tokenizer tokenizer, text::Tokenizer::load(folder));
  MW_ASSIGN(const auto texts, tokenise(tokenizer, config, rows.train.text, config.longest(), work));
  const EncoderLayout layout(config);
  EncoderSettings settings;
  settings.device = device;
  MW_ASSIGN(const auto encoder, make_encoder_model(layout, settings));
  MW_ASSIGN(const std::vector<float> weights, load_weights(model, layout));
  MW_TRY(encoder->set_weights(weights));
  MW_ASSIGN(const std::vector<float> logits, run_model(*encoder, config, texts, Output::logits, work.stop));
  std::vector<float> out, row(output.size());
  out.reserve(texts.size() * output.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    for (size_t k = 0; k < output.size(); ++k) row[k] = logits[i * config.labels.size() + output[k]];
    statistics::softmax(row, temperature);
    out.insert(out.end(), row.begin(), row.end());
  }
  return out;
}

}  // namespace millwright::engine::detail
