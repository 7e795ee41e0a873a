// An encoder at work: the engine's `predict`, asked over its standard input and output.
#include <unistd.h>

#include <filesystem>

#include "base/process.h"
#include "detail/backend.h"
#include "detail/encoder_facts.h"
#include "detail/model_rows.h"
#include "jobs/foreman.h"
#include "store/blobs.h"
#include "text/encoder_folder.h"

namespace millwright::models::detail {
namespace {

/// Texts in one question: enough to fill a matrix multiplication, few enough to answer within a blink.
constexpr size_t kTextsAtOnce = 64;

tl::unexpected<Error> misunderstood(std::string_view why) {
  return fail(ErrorKind::job, "predict.engine", "The engine's answer cannot be understood: {why}",
              {{"why", std::string(why)}}, "Use an engine of the same version.");
}

/// An answer as JSON; what the engine calls an error is one here, too.
Result<Json> ask(Conversation& engine, const Json& question, const std::stop_token& stop) {
  MW_ASSIGN(const std::string line, engine.ask(to_text(question), stop));
  MW_ASSIGN(Json answer, parse_json(line, "the engine's answer"));
  if (!answer.is_object()) return misunderstood("it is no object");
  const Json error = answer.value("error", Json());
  if (error.is_object() && error.value("message", Json()).is_string())
    return fail(ErrorKind::job,
                error.value("code", Json()) == "train.device_gone" ? "train.device_gone" : "predict.engine_says",
                "The engine cannot do it: {why}", {{"why", error["message"].get<std::string>()}},
                error.value("hint", std::string()));
  return answer;
}

class Engine final : public Backend {
 public:
  Engine(ModelFolder folder, Conversation engine, labels::TaskKind kind, const Json& said)
      : folder_(std::move(folder)),
        engine_(std::move(engine)),
        kind_(kind),
        about_(said.value("about", Json::object())),
        threshold_(said.value("threshold", 0.5)) {
    for (const Json& label : said.value("labels", Json::array()))
      if (label.is_string()) labels_.push_back(label.get<std::string>());
  }
  labels::TaskKind kind() const override { return kind_; }
  const std::vector<std::string>& labels() const override { return labels_; }
  double threshold() const override { return threshold_; }
  const Json& about() const override { return about_; }
  size_t batch() const override { return kTextsAtOnce; }

  Status probabilities(std::span<const std::string> texts, std::vector<double>& out,
                       const std::stop_token& stop) override {
    if (kind_ == labels::TaskKind::spans || kind_ == labels::TaskKind::number) return no_probabilities();
    MW_ASSIGN(const Json rows, rows_of("probabilities", texts, stop));
    out.clear();
    for (const Json& row : rows) {
      if (!row.is_array() || row.size() != labels_.size()) return misunderstood("it has another number of labels");
      for (const Json& value : row) {
        if (!value.is_number()) return misunderstood("a probability is no number");
        out.push_back(value.get<double>());
      }
    }
    return {};
  }

  Status answer(std::span<const std::string> texts, std::vector<Answer>& out, const std::stop_token& stop) override {
    if (kind_ == labels::TaskKind::spans) return answer_spans(texts, out, stop);
    if (kind_ == labels::TaskKind::number) return answer_numbers(texts, out, stop);
    return Backend::answer(texts, out, stop);
  }

 private:
  /// A list with an entry for each text.
  Result<Json> rows_of(const char* key, std::span<const std::string> texts, const std::stop_token& stop) {
    MW_ASSIGN(const Json answer, ask(engine_, {{"texts", std::vector<std::string>(texts.begin(), texts.end())}}, stop));
    Json rows = answer.value(key, Json());
    if (!rows.is_array() || rows.size() != texts.size()) return misunderstood("it has another number of rows");
    return rows;
  }

  Status answer_spans(std::span<const std::string> texts, std::vector<Answer>& out, const std::stop_token& stop) {
    MW_ASSIGN(const Json rows, rows_of("spans", texts, stop));
    out.clear();
    for (const Json& row : rows) {
      auto value = labels::read_label(labels::TaskKind::spans, to_text(row));
      if (!value) return misunderstood(message_of(value.error()));
      std::vector<double> confidences;
      for (const Json& span : row)
        if (const Json found = span.value("confidence", Json()); found.is_number())
          confidences.push_back(found.get<double>());
      out.push_back(spans_answer(std::move(*value), confidences));
    }
    return {};
  }

  Status answer_numbers(std::span<const std::string> texts, std::vector<Answer>& out, const std::stop_token& stop) {
    MW_ASSIGN(const Json rows, rows_of("values", texts, stop));
    out.clear();
    for (const Json& value : rows) {
      if (!value.is_number()) return misunderstood("a value is no number");
      out.push_back(number_answer(value.get<double>()));
    }
    return {};
  }

  ModelFolder folder_;  // before the engine: it goes after it
  Conversation engine_;
  labels::TaskKind kind_;
  std::vector<std::string> labels_;
  Json about_;
  double threshold_;
};

}  // namespace

Result<ModelFolder> ModelFolder::make(const store::Project& project, const Model& model) {
  std::string pattern = (fs::temp_directory_path() / "millwright-model-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return fail_errno("write", pattern, errno);
  ModelFolder folder{fs::path(pattern)};
  for (const ModelFile& file : model.files) {
    MW_TRY(check_file_name(file.name));
    std::error_code error;
    fs::create_symlink(fs::absolute(store::path_of_blob(project, file.sha256)), folder.path_ / file.name, error);
    if (error) return fail_errno("write", (folder.path_ / file.name).string(), error.value());
  }
  return folder;
}

ModelFolder::~ModelFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<std::unique_ptr<Backend>> engine_backend(const store::Project& project, const Model& model) {
  MW_ASSIGN(const fs::path program, jobs::engine_program());
  MW_ASSIGN(ModelFolder folder, ModelFolder::make(project, model));
  MW_ASSIGN(const text::EncoderFolder opened, text::EncoderFolder::open(folder.path()));
  MW_TRY(opened.usable());
  MW_ASSIGN(const labels::TaskKind kind, require_kind(model, opened.config()));
  MW_ASSIGN(Conversation engine, Conversation::start({program.string(), "predict", folder.path().string()}));
  // Asked for nothing it says what it is.
  MW_ASSIGN(const Json about, ask(engine, {{"texts", Json::array()}}, {}));
  return std::unique_ptr<Backend>(std::make_unique<Engine>(std::move(folder), std::move(engine), kind, about));
}

}  // namespace millwright::models::detail
