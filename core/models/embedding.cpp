#include "models/embedding.h"

#include <algorithm>
#include <map>

#include "detail/input_text.h"
#include "detail/job_inputs.h"
#include "detail/vector_file.h"
#include "models/registry.h"
#include "records/asset.h"
#include "records/batch.h"
#include "records/columns.h"
#include "records/window.h"
#include "store/blobs.h"

namespace millwright::models {
namespace {

using detail::VectorFile;

constexpr size_t kBuffer = 1 << 20;

tl::unexpected<Error> all_done(const Model& model) {
  return fail(ErrorKind::refused, "embed.done", "Every record has its vector by {model} already.",
              {{"model", model.name}});
}

struct Plan {
  Model model;
  records::Asset asset;
  std::vector<std::string> fields;
  std::vector<int64_t> batches;  ///< that have no vectors yet
};

Result<bool> has_vectors(const store::Project& project, const Model& model, const std::vector<std::string>& fields,
                         int64_t batch) {
  MW_ASSIGN(auto select, project.db().prepare("SELECT 1 FROM embedding_file WHERE model = ? AND batch = ? AND fields = "
                                              "? AND preprocessing = ?"));
  return select.with(model.id, batch, to_text(Json(fields)), detail::kPreprocessing).step();
}

Result<Plan> make_plan(const store::Project& project, const EmbedRequest& request) {
  Plan plan;
  MW_ASSIGN(plan.model, find_model(project, request.model));
  if (!is_encoder(plan.model))
    return fail(ErrorKind::usage, "embed.no_encoder", "{model} is no encoder: it has no vectors for texts.",
                {{"model", plan.model.name}}, "Add an encoder first: models P add FOLDER.");
  std::vector<records::BatchInfo> batches;
  if (request.batch.empty()) {
    MW_ASSIGN(plan.asset, records::find_asset(project, request.asset));
    MW_ASSIGN(batches, records::list_batches(project, plan.asset.id));
  } else {
    MW_ASSIGN(batches.emplace_back(), records::find_batch(project, request.batch));
    MW_ASSIGN(plan.asset, records::asset_by_id(project, batches.front().asset));
  }
  MW_ASSIGN(plan.fields, detail::fields_to_read(project, plan.model, plan.asset));
  for (const records::BatchInfo& batch : batches) {
    MW_ASSIGN(const bool there, has_vectors(project, plan.model, plan.fields, batch.id));
    if (!there) plan.batches.push_back(batch.id);
  }
  if (plan.batches.empty()) return all_done(plan.model);
  return plan;
}

/// inputs/rows.jsonl: records that arrived in the batch first, batch by batch.
Status write_rows(const store::Project& project, const Plan& plan, const fs::path& path, const Work& work) {
  MW_ASSIGN(AppendFile file, AppendFile::open(path));
  std::string buffer;
  size_t written = 0;
  for (const int64_t batch : plan.batches) {
    MW_ASSIGN(const records::Window window, records::window_of_batches(project, {batch}));
    MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, records::Count::records));
    MW_ASSIGN(const std::vector<RecordRef> all, scan.records());
    std::vector<int64_t> rows;
    for (size_t i = 0; i < all.size(); ++i)
      if (all[i].batch == batch) rows.push_back(static_cast<int64_t>(i));
    written += rows.size();
    MW_ASSIGN(const std::vector<std::string> texts, detail::input_texts(scan, plan.fields, rows));
    for (size_t i = 0; i < rows.size(); ++i) {
      const RecordRef& record = all[static_cast<size_t>(rows[i])];
      buffer += R"({"record":")" + std::to_string(record.batch) + "-" + std::to_string(record.ordinal) +
                R"(","text":)" + to_text(Json(texts[i])) + "}\n";
      if (buffer.size() < kBuffer) continue;
      if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped; nothing was queued.");
      MW_TRY(file.append(buffer));
      buffer.clear();
    }
  }
  if (written == 0) return all_done(plan.model);  // what is left arrived in other batches first
  MW_TRY(file.append(buffer));
  MW_TRY(file.sync());
  return sync_folder(path.parent_path());
}

/// A run of rows of one batch in the file.
struct Stretch {
  int64_t batch = 0, first = 0, rows = 0;
};

std::vector<Stretch> stretches_of(const VectorFile& vectors) {
  std::vector<Stretch> out;
  for (int64_t row = 0; row < vectors.rows(); ++row) {
    const int64_t batch = vectors.records[static_cast<size_t>(2 * row)];
    if (out.empty() || out.back().batch != batch) out.push_back({batch, row, 0});
    ++out.back().rows;
  }
  return out;
}

Status enter(store::Transaction& transaction, const jobs::Job& job, int64_t model, const store::BlobRef& blob,
             const std::vector<Stretch>& stretches, int64_t dimension) {
  MW_TRY(store::publish_blob(transaction, blob, "application/octet-stream"));
  int64_t rows = 0;
  for (const Stretch& stretch : stretches) {
    MW_ASSIGN(auto insert,
              transaction.db().prepare(
                  "INSERT INTO embedding_file(uuid, model, batch, fields, preprocessing, blob, first, rows, "
                  "dimension, time_ms, actor) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    MW_TRY(insert
               .with(new_uuid(), model, stretch.batch, to_text(job.spec.value("fields", Json::array())),
                     job.spec.value("preprocessing", detail::kPreprocessing), blob.sha256, stretch.first, stretch.rows,
                     dimension, transaction.time_ms(), job.actor)
               .run());
    rows += stretch.rows;
  }
  return transaction.audit("model.embed", tail(job.uuid),
                           {{"model", job.spec.value("model", Json())},
                            {"rows", rows},
                            {"dimension", dimension},
                            {"sha256", to_hex(blob.sha256)}});
}

Result<jobs::Commit> harvest_checked(store::Project& project, const jobs::Job& job, const jobs::JobFolder& folder,
                                     const jobs::JobResult& result) {
  const Json described = result.outputs.value("file", Json());
  const Json sha256 = described.is_object() ? described.value("sha256", Json()) : Json();
  if (!sha256.is_string()) return detail::damaged_vectors("it names no file");
  MW_ASSIGN(const Model model, find_model(project, job.spec.value("model", std::string())));
  MW_ASSIGN(const store::BlobRef blob, store::put_blob_file(project, folder.file("embeddings.safetensors")));
  if (to_hex(blob.sha256) != sha256.get<std::string>()) return detail::damaged_vectors("its file is another one");
  MW_ASSIGN(const VectorFile vectors, detail::open_vectors(store::path_of_blob(project, blob.sha256)));
  const std::vector<Stretch> stretches = stretches_of(vectors);
  // The folder may have been worked on elsewhere: it may speak of the batches that it was given, and each once.
  const Json wanted = job.spec.value("batches", Json::array());
  std::map<int64_t, int> seen;
  for (const Stretch& stretch : stretches)
    if (std::find(wanted.begin(), wanted.end(), Json(stretch.batch)) == wanted.end() || ++seen[stretch.batch] > 1)
      return detail::damaged_vectors("it has rows of another batch");
  return jobs::Commit(
      [job, model = model.id, blob, stretches, dimension = vectors.dimension()](store::Transaction& transaction) {
        return enter(transaction, job, model, blob, stretches, dimension);
      });
}

}  // namespace

Result<jobs::Job> start_embedding(store::Project& project, const EmbedRequest& request, const Work& work) {
  MW_ASSIGN(const Plan plan, make_plan(project, request));
  const Json body = {{"model", tail(plan.model.uuid)},
                     {"asset", plan.asset.name},
                     {"batches", plan.batches},
                     {"fields", plan.fields},
                     {"preprocessing", detail::kPreprocessing},
                     {"device", request.device}};
  return jobs::enqueue(project, "embed", body, [&](const jobs::JobFolder& folder) -> Status {
    MW_TRY(detail::put_base(project, plan.model, folder.file("inputs/base")));
    return write_rows(project, plan, folder.file("inputs/rows.jsonl"), work);
  });
}

Result<jobs::Commit> harvest_embedding(store::Project& project, const jobs::Job& job, const jobs::JobFolder& folder,
                                       const jobs::JobResult& result) {
  try {
    return harvest_checked(project, job, folder, result);
  } catch (const nlohmann::json::exception& e) {
    return detail::damaged_vectors(e.what());
  }
}

Result<EmbeddingResult> embeddings_of_job(const store::Project& project, const jobs::Job& job) {
  MW_ASSIGN(const Model model, find_model(project, job.spec.value("model", std::string())));
  MW_ASSIGN(auto select,
            project.db().prepare("SELECT sum(rows), max(dimension) FROM embedding_file WHERE model = ? AND "
                                 "batch IN (SELECT value FROM json_each(?)) AND fields = ? AND "
                                 "preprocessing = ?"));
  select.with(model.id, to_text(job.spec.value("batches", Json::array())),
              to_text(job.spec.value("fields", Json::array())),
              job.spec.value("preprocessing", detail::kPreprocessing));
  MW_ASSIGN(const bool there, select.step());
  return there ? EmbeddingResult{select.integer(0), select.integer(1)} : EmbeddingResult();
}

}  // namespace millwright::models
