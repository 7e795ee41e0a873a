// Real intents (CLINC150, in scope, with its own splits). scikit-learn's LinearSVC on the same kind of features reaches
// 92.38 % on the test split; the requirement is 92.35 %.
#include <QTest>
#include <fstream>

#include "engine/linear_training.h"
#include "jobs/algorithms.h"
#include "statistics/classification.h"

using namespace millwright;

namespace {

fs::path data_folder() {
  if (const char* set = std::getenv("MILLWRIGHT_DATA"); set != nullptr) return fs::path(set) / "clinc150";
  return fs::path(MILLWRIGHT_SOURCE_DIR) / "../shared/data/clinc150";
}

}  // namespace

class TestClinc150 : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void reaches_the_accuracy_of_linear_svc() {
    if (!fs::exists(data_folder() / "train.jsonl")) QSKIP("clinc150 is not there");
    const QByteArray rows_path =
        QByteArray::fromStdString((fs::temp_directory_path() / "millwright-clinc150-rows.jsonl").string());
    {
      std::ofstream out(rows_path.constData());
      for (const auto& [file, split] : {std::pair{"train", "train"}, {"val", "validation"}, {"test", "test"}}) {
        std::ifstream in(data_folder() / (std::string(file) + ".jsonl"));
        for (std::string line; std::getline(in, line);) {
          Json row = Json::parse(line);
          row["record"] = "1-1";
          row["split"] = split;
          out << to_text(row) << '\n';
        }
      }
    }
    const auto rows = engine::read_training_rows(rows_path.toStdString(), engine::Objective::classification, {});
    QVERIFY(rows.has_value());
    QCOMPARE(rows->train.size(), size_t{15000});
    QCOMPARE(rows->test.size(), size_t{4500});
    QCOMPARE(rows->labels.size(), size_t{150});
    const auto options = jobs::check_options(*jobs::find_algorithm("linear"), Json::object());
    const auto trained = engine::train_linear(*rows, *options, 1, {});
    QVERIFY(trained.has_value());
    QCOMPARE(trained->classes_not_converged, 0);
    text::LinearScratch scratch;
    int right = 0;
    for (size_t i = 0; i < rows->test.size(); ++i)
      right += static_cast<int32_t>(trained->model.predict(rows->test.text[i], scratch).label) == rows->test.label[i]
                   ? 1
                   : 0;
    const double accuracy = right / 4500.0;
    qInfo("test accuracy %.4f", accuracy);
    QVERIFY(accuracy >= 0.9235);
    std::filesystem::remove(rows_path.toStdString());
  }
};

QTEST_GUILESS_MAIN(TestClinc150)
#include "test_clinc150.moc"
