// A GPU that is gone ends a job with a cause of its own. No GPU is needed: texts are those of NVIDIA's CUDA Runtime API
// reference (cudaGetErrorString), cuBLAS' and cuDNN's status names and libtorch's sources, and a training is failed by
// a module that throws them in libtorch's place.
#include <QTest>

#include "easy_rows.h"
#include "engine/device_trouble.h"
#include "engine/torch.h"

using namespace millwright;
using millwright::testing::easy_rows;
using Folder = millwright::testing::JobInFolder;

namespace {

Json body(const char* device = "cpu", Json more = Json::object()) {
  Json options = {{"layers", 1}, {"hidden", 32},     {"heads", 2},       {"intermediate", 64},      {"vocabulary", 200},
                  {"epochs", 2}, {"batch_size", 16}, {"max_length", 16}, {"checkpoint_seconds", 0}, {"threads", 1}};
  options.update(more);
  return {{"algorithm", "encoder"}, {"seed", 1}, {"device", device}, {"options", options}};
}

constexpr const char* kLost =
    "CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously reported at some other API "
    "call.";

struct Failure {
  Failure(const char* step, const char* text) {
    ::setenv("MILLWRIGHT_FAILS_AT", step, 1);
    ::setenv("MILLWRIGHT_FAILS_WITH", text, 1);
  }
  ~Failure() { ::unsetenv("MILLWRIGHT_FAILS_AT"); }
};

}  // namespace

class TestDeviceTrouble : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void errors_are_told_apart_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("gone");
    const auto row = [](const char* text, bool gone) { QTest::newRow(text) << QByteArray(text) << gone; };
    row("CUDA error: unspecified launch failure", true);
    row("CUDA error: no CUDA-capable device is detected", true);
    row("CUDA error: invalid device ordinal", true);
    row("CUDA error: the launch timed out and was terminated", true);
    row("CUDA error: an illegal memory access was encountered", true);
    row("CUDA error: uncorrectable ECC error encountered", true);
    row("CUDA error: CUDA-capable device(s) is/are busy or unavailable", true);
    row("CUDA error: CUDA driver version is insufficient for CUDA runtime version", true);
    row("CUDA error: unknown error", true);
    row("CUDA driver error: unknown error", true);
    row("CUDA error: driver shutting down", true);
    row("CUDA error: no kernel image is available for execution on the device", true);
    row("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle )`", true);
    row("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", true);
    row("Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU", true);
    row("PyTorch is not linked with support for cuda devices", true);
    row("Cannot initialize CUDA without ATen_cuda library.", true);
    row("CUDA error: out of memory", false);
    row("CUDA out of memory. Tried to allocate 2.00 GiB", false);
    row("CUDA error: device-side assert triggered", false);
    row("CUDA error: invalid argument", false);
    row("unknown error", false);
    row("misaligned address", false);
    row("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)", false);
  }
  void errors_are_told_apart() {
    QFETCH(QByteArray, text);
    QFETCH(bool, gone);
    QCOMPARE(engine::says_device_gone(text.toStdString()), gone);
  }

  void names_of_gpus() {
    QVERIFY(engine::gpu_number("cuda") == 0);
    QVERIFY(engine::gpu_number("cuda:3") == 3);
    for (const char* name : {"cpu", "auto", "", "gpu", "cuda:", "cuda:-1", "cuda:1x", "cuda:99999999999", "CUDA:0"})
      QVERIFY2(!engine::gpu_number(name), name);
  }

  void a_gpu_that_is_not_here() {
    for (const char* kind : {"train", "embed"}) {
      const Folder folder(easy_rows(10), body("cuda:77"), kind);
      QCOMPARE(folder.run(), 5);
      QVERIFY(folder.result().cause == jobs::Cause::device_gone);
      QVERIFY(folder.result().message.find("cuda:77") != std::string::npos);
      QVERIFY(folder.result().message.find("nvidia-smi") != std::string::npos);
    }
  }

  void a_training_goes_on_where_its_device_was_lost() {
    const Folder undisturbed(easy_rows(30), body()), lost(easy_rows(30), body());
    QCOMPARE(undisturbed.run(), 0);
    {
      const Failure failure("8", kLost);  // in the second epoch of six steps each
      QCOMPARE(lost.run(), 5);
    }
    QVERIFY(lost.result().cause == jobs::Cause::device_gone);
    const std::string message = lost.result().message;
    QVERIFY(message.starts_with("The device cannot be used: CUDA error: unspecified launch failure Go on from"));
    QVERIFY(fs::exists(lost.job->file("checkpoint")));
    QCOMPARE(lost.run(), 0);
    QVERIFY(lost.result().outputs["training"]["resumed"].get<bool>());
    QVERIFY(lost.result().outputs["weights_sha256"] == undisturbed.result().outputs["weights_sha256"]);
    QCOMPARE(lost.run(), 0);  // done is done
  }

  void other_failures_keep_their_cause_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("cause");
    QTest::newRow("memory") << QByteArray("CUDA error: out of memory") << QByteArray("out_of_memory");
    QTest::newRow("assertion") << QByteArray("CUDA error: device-side assert triggered") << QByteArray("crashed");
  }
  void other_failures_keep_their_cause() {
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, cause);
    const Failure failure("2", text.constData());
    const Folder folder(easy_rows(30), body());
    QCOMPARE(folder.run(), 5);
    QCOMPARE(std::string(jobs::name_of(folder.result().cause.value())), cause.toStdString());
    QCOMPARE(folder.run(), 5);  // and are not tried again
  }
};

QTEST_GUILESS_MAIN(TestDeviceTrouble)
#include "test_device_trouble.moc"
