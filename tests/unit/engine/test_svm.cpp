// Expected weights: scikit-learn 1.9.1, LinearSVC(C, tol=1e-12, max_iter=2000000) on the twelve rows below; the sum of
// the three primal objectives computed from them with numpy.
#include <QTest>
#include <cmath>

#include "engine/svm.h"

using namespace millwright;
using namespace millwright::engine;

namespace {

const std::vector<std::vector<float>> kRows = {
    {1, 0, .5F, 0},   {.9F, .1F, 0, 0},   {.8F, 0, .4F, .1F}, {0, 1, 0, .3F},   {.1F, .9F, .2F, 0}, {0, .7F, .1F, .4F},
    {.3F, .2F, 1, 0}, {0, .1F, .9F, .2F}, {.2F, 0, .8F, .1F}, {.5F, .5F, 0, 0}, {0, .4F, .6F, 0},   {.6F, 0, .6F, .3F}};
const std::vector<int32_t> kLabels = {0, 0, 0, 1, 1, 1, 2, 2, 2, 1, 2, 0};

text::SparseMatrix matrix_of(const std::vector<std::vector<float>>& rows) {
  text::SparseMatrix matrix;
  matrix.columns = static_cast<uint32_t>(rows.front().size());
  for (const auto& row : rows) {
    for (uint32_t f = 0; f < row.size(); ++f) {
      if (row[f] == 0) continue;
      matrix.column.push_back(f);
      matrix.value.push_back(row[f]);
    }
    matrix.begin.push_back(matrix.column.size());
  }
  return matrix;
}

double weight(const SvmResult& svm, size_t feature, size_t label) {
  for (uint32_t k = svm.weights.begin[feature]; k < svm.weights.begin[feature + 1]; ++k)
    if (svm.weights.label[k] == label) return svm.weights.weight[k];
  return 0;
}

SvmResult train(const SvmOptions& options) {
  auto svm = train_svm(matrix_of(kRows), kLabels, 3, {}, {}, options, {});
  if (!svm) qFatal("%s", message_of(svm.error()).c_str());
  return std::move(*svm);
}

/// Rows of pseudo-random words in many classes, more than one block of sixteen.
struct Many {
  text::SparseMatrix matrix;
  std::vector<int32_t> labels;
  Many(size_t rows, int32_t classes) {
    Random random(5);
    matrix.columns = 300;
    for (size_t i = 0; i < rows; ++i) {
      labels.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(classes))));
      for (uint32_t f = 0; f < matrix.columns; ++f) {
        const bool own = static_cast<int32_t>(f) % classes == labels.back();
        if (random.uniform() > (own ? 0.5 : 0.03)) continue;
        matrix.column.push_back(f);
        matrix.value.push_back(static_cast<float>(0.1 + 0.2 * random.uniform()));
      }
      matrix.begin.push_back(matrix.column.size());
    }
  }
};

}  // namespace

class TestSvm : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void finds_the_weights_of_linear_svc_data() {
    QTest::addColumn<double>("c");
    QTest::addColumn<QList<double>>("weights");  // class by class: four weights and the intercept
    QTest::addColumn<double>("objective");
    QTest::newRow("C = 1") << 1.0 << QList<double>{1.36554,  -0.95925, -0.44066, 0.34152,  -0.40188,
                                                   -0.42658, 1.18235,  -0.99078, 0.19213,  -0.16155,
                                                   -1.2294,  -0.54285, 1.32402,  -0.53574, -0.24027}
                           << 10.295535;
    QTest::newRow("C = 10") << 10.0 << QList<double>{2.55357,  -1.86359, -0.26916, 1.50728,  -1.15084,
                                                     -0.60326, 2.50875,  -2.32217, 0.0,      -0.41668,
                                                     -2.54529, -0.96008, 2.03504,  -1.17858, -0.10817}
                            << 26.893411;
  }
  void finds_the_weights_of_linear_svc() {
    QFETCH(double, c);
    QFETCH(QList<double>, weights);
    QFETCH(double, objective);
    SvmOptions options;
    options.c = c;
    options.tolerance = 1e-5;
    options.max_epochs = 20000;
    const SvmResult svm = train(options);
    QCOMPARE(svm.classes_not_converged, 0);
    for (size_t k = 0; k < 3; ++k) {
      for (size_t f = 0; f < 4; ++f)
        QVERIFY2(std::abs(weight(svm, f, k) - weights[static_cast<int>(5 * k + f)]) < 2e-4,
                 qPrintable(QString("class %1 feature %2: %3").arg(k).arg(f).arg(weight(svm, f, k))));
      QVERIFY(std::abs(svm.bias[k] - weights[static_cast<int>(5 * k + 4)]) < 2e-4);
    }
    // At the optimum the dual's objective equals the primal's.
    QVERIFY(std::abs(svm.curve.back().objective - objective) < 1e-3 * objective);
    for (size_t e = 1; e < svm.curve.size(); ++e)
      QVERIFY(svm.curve[e].objective >= svm.curve[e - 1].objective - 1e-4);  // ascent, up to float rounding
  }

  // Label 3 is on every row and label 4 on none. Weights: LinearSVC as above for each of the first three labels; for
  // the others, and for the sum of the objectives, scipy 1.17.1, minimize(method="BFGS") of the primal.
  void a_row_belongs_to_any_number_of_classes() {
    RowClasses labels;
    for (const std::vector<int32_t>& row : std::vector<std::vector<int32_t>>{
             {0, 3}, {0, 3}, {0, 2, 3}, {1, 3}, {1, 3}, {1, 2, 3}, {2, 3}, {2, 3}, {3}, {0, 1, 3}, {1, 2, 3}, {3}}) {
      labels.label.insert(labels.label.end(), row.begin(), row.end());
      labels.begin.push_back(labels.label.size());
    }
    const double expected[5][5] = {{1.31315, -0.45504, -0.98186, -0.63246, -0.18834},
                                   {-0.78812, 1.28982, -0.82904, -0.16499, 0.08952},
                                   {-0.7612, -0.31043, 0.66923, 0.19772, -0.09039},
                                   {0.21816, 0.24312, 0.23193, 0.08676, 0.71198},
                                   {-0.21816, -0.24312, -0.23193, -0.08676, -0.71198}};
    SvmOptions options;
    options.tolerance = 1e-5;
    options.max_epochs = 20000;
    const auto svm = train_svm(matrix_of(kRows), labels, 5, {}, {}, options, {});
    QVERIFY(svm.has_value());
    QCOMPARE(svm->classes_not_converged, 0);
    for (size_t k = 0; k < 5; ++k) {
      for (size_t f = 0; f < 4; ++f)
        QVERIFY2(std::abs(weight(*svm, f, k) - expected[k][f]) < 2e-4,
                 qPrintable(QString("label %1 feature %2: %3").arg(k).arg(f).arg(weight(*svm, f, k))));
      QVERIFY(std::abs(svm->bias[k] - expected[k][4]) < 2e-4);
    }
    QVERIFY(std::abs(svm->curve.back().objective - 16.920898) < 1e-3);
    QVERIFY(std::isnan(svm->curve.back().validation_accuracy));
  }

  // A row of one class is the same row whichever way it is said, in the second block of sixteen, too.
  void one_label_a_row_is_a_case_of_many() {
    const Many many(300, 40);
    RowClasses labels;
    for (const int32_t label : many.labels) {
      labels.label.push_back(label);
      labels.begin.push_back(labels.label.size());
    }
    const auto one = train_svm(many.matrix, many.labels, 40, {}, {}, {}, {});
    const auto other = train_svm(many.matrix, labels, 40, {}, {}, {}, {});
    QCOMPARE(other->weights.weight, one->weights.weight);
    QCOMPARE(other->bias, one->bias);
  }

  void gives_the_same_weights_for_any_number_of_threads() {
    const Many many(600, 40);
    SvmOptions options;
    options.seed = 3;
    const auto one = train_svm(many.matrix, many.labels, 40, {}, {}, options, {});
    QVERIFY(one.has_value());
    for (const int threads : {2, 5}) {
      options.threads = threads;
      const auto other = train_svm(many.matrix, many.labels, 40, {}, {}, options, {});
      QCOMPARE(other->weights.weight, one->weights.weight);
      QCOMPARE(other->bias, one->bias);
    }
    options.seed = 4;
    const auto reseeded = train_svm(many.matrix, many.labels, 40, {}, {}, options, {});
    QVERIFY(reseeded->weights.weight != one->weights.weight);
  }

  void gives_the_same_weights_on_any_processor() {
    const Many many(600, 40);
    SvmOptions options;
    const auto wide = train_svm(many.matrix, many.labels, 40, many.matrix, many.labels, options, {});
    options.plain_instructions = true;
    const auto plain = train_svm(many.matrix, many.labels, 40, many.matrix, many.labels, options, {});
    QCOMPARE(plain->weights.weight, wide->weights.weight);
    QCOMPARE(plain->bias, wide->bias);
    QCOMPARE(plain->curve.back().validation_accuracy, wide->curve.back().validation_accuracy);
  }

  void gives_the_same_weights_and_curve_in_little_memory() {
    const Many many(600, 40);
    SvmOptions options;
    const auto roomy = train_svm(many.matrix, many.labels, 40, many.matrix, many.labels, options, {});
    options.memory_bytes = 1;  // one block at a time
    std::vector<SvmEpoch> seen;
    const auto tight = train_svm(many.matrix, many.labels, 40, many.matrix, many.labels, options, {},
                                 [&](const SvmEpoch& epoch) { seen.push_back(epoch); });
    QCOMPARE(tight->weights.begin, roomy->weights.begin);
    QCOMPARE(tight->weights.label, roomy->weights.label);
    QCOMPARE(tight->weights.weight, roomy->weights.weight);
    QCOMPARE(tight->bias, roomy->bias);
    QCOMPARE(tight->curve.size(), roomy->curve.size());
    QCOMPARE(seen.size(), roomy->curve.size());
    for (size_t e = 0; e < tight->curve.size(); ++e) {
      QVERIFY(std::abs(tight->curve[e].objective - roomy->curve[e].objective) < 1e-9);
      QCOMPARE(tight->curve[e].validation_accuracy, roomy->curve[e].validation_accuracy);
      QCOMPARE(tight->curve[e].classes_left, roomy->curve[e].classes_left);
    }
    QVERIFY(roomy->curve.back().validation_accuracy > 0.95);  // rows that it was trained on
  }

  void leaves_small_weights_out() {
    const Many many(300, 20);
    SvmOptions options;
    const auto all = train_svm(many.matrix, many.labels, 20, {}, {}, options, {});
    options.smallest_weight = 0.05;
    const auto pruned = train_svm(many.matrix, many.labels, 20, {}, {}, options, {});
    QVERIFY(pruned->weights.weight.size() < all->weights.weight.size());
    for (const float w : pruned->weights.weight) QVERIFY(std::abs(w) > 0.05F);
  }

  void stops_when_asked() {
    std::stop_source source;
    int epochs = 0;
    const Many many(600, 40);
    SvmOptions options;
    options.tolerance = 1e-6;
    options.max_epochs = 100000;
    const auto svm =
        train_svm(many.matrix, many.labels, 40, {}, {}, options, Work{{}, source.get_token()}, [&](const SvmEpoch&) {
          if (++epochs == 3) source.request_stop();
        });
    QVERIFY(!svm.has_value());
    QVERIFY(svm.error().kind == ErrorKind::cancelled);
    QCOMPARE(epochs, 3);
  }
};

QTEST_GUILESS_MAIN(TestSvm)
#include "test_svm.moc"
