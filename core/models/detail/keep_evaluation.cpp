#include "detail/keep_evaluation.h"

#include "base/ids.h"

namespace millwright::models::detail {

Result<store::WrittenFile> write_judged(store::Project& project, const Evaluation& evaluation,
                                        const std::vector<std::string>& labels, const std::vector<Judged>& rows) {
  store::Facts facts;
  facts.what = "evaluation";
  facts.about = {{"on", evaluation.on_what}};
  facts.rows = static_cast<int64_t>(rows.size());
  using Kind = store::FactsColumn::Kind;
  store::FactsColumn batch{"batch", Kind::integer, {}, {}, {}, {}}, ordinal{"ordinal", Kind::integer, {}, {}, {}, {}};
  store::FactsColumn truth{"label", Kind::text, {}, {}, labels, {}};
  store::FactsColumn predicted{"predicted", Kind::text, {}, {}, labels, {}};
  store::FactsColumn confidence{"confidence", Kind::real, {}, {}, {}, {}};
  for (const Judged& row : rows) {
    batch.integers.push_back(row.batch);
    ordinal.integers.push_back(row.ordinal);
    truth.integers.push_back(row.truth);
    predicted.integers.push_back(row.predicted);
    confidence.reals.push_back(row.confidence);
  }
  facts.columns = {std::move(batch), std::move(ordinal), std::move(truth), std::move(predicted), std::move(confidence)};
  return store::write_facts(project, facts);
}

Result<Evaluation> judge_kind(labels::TaskKind kind, const std::vector<std::string>& labels,
                              const std::vector<Judged>& rows) {
  if (kind == labels::TaskKind::single_label) return judge(labels, rows);
  return judge_values(kind, labels, rows);
}

Result<int64_t> enter_evaluation(store::Transaction& transaction, int64_t model, const Evaluation& evaluation,
                                 const store::WrittenFile& file) {
  MW_ASSIGN(const int64_t data_file, store::publish(transaction, file));
  MW_ASSIGN(auto insert, transaction.db().prepare(
                             "INSERT INTO evaluation(uuid, model, on_what, metrics, file, time_ms) VALUES(?, ?, ?, ?, "
                             "?, ?)"));
  const Uuid uuid = new_uuid();
  MW_TRY(insert.with(uuid, model, evaluation.on_what, to_text(to_json(evaluation)), data_file, transaction.time_ms())
             .run());
  const int64_t id = transaction.db().last_insert_id();
  MW_TRY(transaction.audit("model.evaluate", tail(uuid),
                           {{"on", evaluation.on_what},
                            {"n", evaluation.n},
                            {evaluation.figures.empty() ? "accuracy" : evaluation.figures.front().name,
                             number_or_null(evaluation.figures.empty() ? evaluation.accuracy.value
                                                                       : evaluation.figures.front().value.value)},
                            {"rows_root", to_hex(file.root)}}));
  return id;
}

}  // namespace millwright::models::detail
