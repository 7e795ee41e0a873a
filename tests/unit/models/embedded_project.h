// A project whose records have embeddings that the test has chosen itself: it plays the engine, so that what the
// nearest neighbours are can be worked out beside the program.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/safetensors.h"
#include "models/embedding.h"
#include "models/registry.h"
#include "records/asset.h"
#include "small_project.h"
#include "tiny_encoder.h"

namespace millwright::testing {

using Vector = std::vector<float>;

template <class T>
T need(Result<T> result) {
  if (!result) qFatal("%s", message_of(result.error()).c_str());
  return std::move(*result);
}
inline void need(const Status& status) {
  if (!status) qFatal("%s", message_of(status.error()).c_str());
}

/// Vectors about some middles, as texts on some topics have them.
class Topics {
 public:
  Topics(size_t dimension, size_t topics, double spread, uint64_t seed) : random_(seed), spread_(spread) {
    for (size_t i = 0; i < topics; ++i) {
      Vector& middle = middles_.emplace_back(dimension);
      for (float& value : middle) value = static_cast<float>(random_.normal());
    }
  }
  Vector next() {
    Vector vector = middles_[random_.below(middles_.size())];
    for (float& value : vector) value += static_cast<float>(spread_ * random_.normal());
    return vector;
  }

 private:
  Random random_;
  double spread_;
  std::vector<Vector> middles_;
};

struct Embedded {
  fixtures::SmallProject small;
  store::Project project = need(small.create());
  std::map<RecordRef, Vector> vectors;  ///< of the model that was played last

  int64_t import(int from, int to) {
    records::Roles roles;
    roles.text = "text";
    return need(small.import_rows(project, fixtures::numbered_rows(from, to), {}, roles));
  }
  [[nodiscard]] records::Asset asset() const { return need(records::find_asset(project, "things")); }

  models::Model add_model(const std::string& name, int64_t hidden) {
    const fs::path folder = small.beside(name);
    need(fixtures::make_tiny_encoder(folder, {.hidden = hidden, .layers = 1, .seed = 1}));
    return need(models::add_model(project, folder, name));
  }

  /// Embeds what has no vector by the model yet; `vector_of` is the engine.
  template <class F>
  void embed(const models::Model& model, F vector_of) {
    const jobs::Job job = need(models::start_embedding(project, {tail(model.uuid), "things", {}, "cpu"}, {}));
    const auto folder = need(jobs::JobFolder::open(jobs::folder_of(project, job.uuid)));
    const std::string lines = need(read_file(folder.file("inputs/rows.jsonl")));
    std::vector<int64_t> records;
    std::vector<float> values;
    vectors.clear();
    for (std::string_view rest = lines; !rest.empty();) {
      const size_t end = rest.find('\n');
      const RecordRef record = record_in(rest.substr(0, end));
      rest.remove_prefix(end + 1);
      const Vector vector = vector_of(record);
      vectors[record] = vector;
      values.insert(values.end(), vector.begin(), vector.end());
      records.insert(records.end(), {record.batch, record.ordinal});
    }
    const uint64_t rows = records.size() / 2;
    const fs::path file = folder.file("embeddings.safetensors");
    need(write_safetensors(
        file, {tensor_to_write<float>("embeddings", {rows, values.size() / rows}, std::span<const float>(values)),
               tensor_to_write<int64_t>("record", {rows, 2}, std::span<const int64_t>(records))}));
    jobs::JobResult result;
    result.ok = true;
    result.outputs = {{"file", {{"name", "embeddings.safetensors"}, {"sha256", to_hex(need(sha256_of_file(file)))}}}};
    const jobs::Commit commit = need(models::harvest_embedding(project, job, folder, result));
    need(project.write([&](store::Transaction& transaction) { return commit(transaction); }));
  }

 private:
  static RecordRef record_in(std::string_view line) {
    const Json json = need(parse_json(line, "rows.jsonl"));
    const auto name = json["record"].get<std::string>();
    const size_t dash = name.find('-');
    return {std::stoll(name.substr(0, dash)), std::stoll(name.substr(dash + 1))};
  }
};

/// The cosine by its definition, in double.
inline double cosine(const Vector& a, const Vector& b) {
  double both = 0, first = 0, second = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    both += static_cast<double>(a[i]) * b[i];
    first += static_cast<double>(a[i]) * a[i];
    second += static_cast<double>(b[i]) * b[i];
  }
  return both / (std::sqrt(first) * std::sqrt(second));
}

/// The k nearest of a record by looking at every one.
inline std::vector<std::pair<RecordRef, double>> nearest(const std::map<RecordRef, Vector>& among,
                                                         const RecordRef& self, const Vector& vector, size_t k) {
  std::vector<std::pair<RecordRef, double>> all;
  for (const auto& [record, other] : among)
    if (record != self) all.emplace_back(record, cosine(vector, other));
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  all.resize(std::min(k, all.size()));
  return all;
}

}  // namespace millwright::testing
