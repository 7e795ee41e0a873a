// The bytes of the first test were written by the reference implementation (Python package safetensors 0.8.0, numpy
// flavour). The refusals follow the format's own list: https://github.com/huggingface/safetensors#format.
#include <QTemporaryDir>
#include <QTest>
#include <cstring>
#include <fstream>

#include "base/files.h"
#include "base/safetensors.h"

using namespace millwright;

namespace {

// safetensors.numpy.save({"w": float32 [[1, 2], [3, 4]], "b": uint16 [1, 2, 3], "a": int64 [7]}, {"format": "x"})
constexpr std::string_view kReference =
    "c8000000000000007b225f5f6d657461646174615f5f223a7b22666f726d6174223a2278227d2c2261223a7b226474797065223a22493634"
    "222c227368617065223a5b315d2c22646174615f6f666673657473223a5b302c385d7d2c2277223a7b226474797065223a22463332222c22"
    "7368617065223a5b322c325d2c22646174615f6f666673657473223a5b382c32345d7d2c2262223a7b226474797065223a22553136222c22"
    "7368617065223a5b335d2c22646174615f6f666673657473223a5b32342c33305d7d7d202020202007000000000000000000803f00000040"
    "0000404000008040010002000300";

/// A file of a header and so many zero bytes.
[[gnu::noinline]] Bytes file_of(std::string_view header, size_t data, std::optional<uint64_t> length = {}) {
  const uint64_t n = length.value_or(header.size());
  Bytes bytes(8);
  std::memcpy(bytes.data(), &n, 8);
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.resize(bytes.size() + data);
  return bytes;
}

[[gnu::noinline]] Status parse(const Bytes& bytes) {
  std::vector<TensorView> tensors;
  std::map<std::string, std::string> metadata;
  return parse_safetensors(bytes, tensors, metadata);
}

}  // namespace

class TestSafetensors : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void writes_the_reference_bytes() {
    const std::vector<float> w = {1, 2, 3, 4};
    const std::vector<uint16_t> b = {1, 2, 3};
    const std::vector<int64_t> a = {7};
    const auto bytes =
        safetensors_bytes({tensor_to_write<float>("w", {2, 2}, w), tensor_to_write<uint16_t>("b", {3}, b),
                           tensor_to_write<int64_t>("a", {1}, a)},
                          {{"format", "x"}});
    QVERIFY(bytes.has_value());
    QCOMPARE(QByteArray::fromStdString(*bytes).toHex(), QByteArray(kReference.data(), kReference.size()));
  }

  void reads_the_reference_bytes() {
    const auto bytes = from_hex(kReference);
    QVERIFY(bytes.has_value());
    const QTemporaryDir folder;
    const fs::path path = fs::path(folder.path().toStdString()) / "x.safetensors";
    QVERIFY(write_file_atomically(path, {reinterpret_cast<const char*>(bytes->data()), bytes->size()}));
    const auto file = SafetensorsFile::open(path);
    QVERIFY(file.has_value());
    QCOMPARE(file->tensors().size(), size_t{3});
    QCOMPARE(file->metadata().at("format"), std::string("x"));
    const auto w = file->copy<float>("w", std::array<uint64_t, 2>{2, 2});
    QVERIFY(w.has_value());
    QCOMPARE(*w, (std::vector<float>{1, 2, 3, 4}));
    QCOMPARE(*file->copy<uint16_t>("b", std::array<uint64_t, 1>{3}), (std::vector<uint16_t>{1, 2, 3}));
    QVERIFY(!file->copy<float>("w", std::array<uint64_t, 1>{4}).has_value());      // another shape
    QVERIFY(!file->copy<double>("w", std::array<uint64_t, 2>{2, 2}).has_value());  // another type
    QVERIFY(!file->copy<float>("missing", std::array<uint64_t, 1>{1}).has_value());
  }

  void takes_what_is_valid_data() {
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<int>("data");
    QTest::newRow("no tensors") << QByteArray("{}") << 0;
    QTest::newRow("padded with blanks") << QByteArray("{}      ") << 0;
    QTest::newRow("a scalar") << QByteArray(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})") << 4;
    QTest::newRow("an empty tensor") << QByteArray(R"({"a":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}})") << 0;
    QTest::newRow("out of order in the header")
        << QByteArray(
               R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})")
        << 3;
  }
  void takes_what_is_valid() {
    QFETCH(QByteArray, header);
    QFETCH(int, data);
    const auto status =
        parse(file_of({header.constData(), static_cast<size_t>(header.size())}, static_cast<size_t>(data)));
    QVERIFY2(status.has_value(), status ? "" : message_of(status.error()).c_str());
  }

  void refuses_what_is_not_data() {
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<int>("data");
    const auto row = [](const char* name, const char* header, int data) {
      QTest::newRow(name) << QByteArray(header) << data;
    };
    row("no JSON", "{", 0);
    row("a list", "[]", 0);
    row("blank before the brace", " {}", 0);
    row("something after the object", "{}x", 0);
    row("invalid UTF-8", "{\"\xff\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1);
    row("the same name twice",
        R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
        1);
    row("the same key twice", R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1);
    row("the same metadata twice", R"({"__metadata__":{"k":"1","k":"2"}})", 0);
    row("metadata that is no text", R"({"__metadata__":{"k":1}})", 0);
    row("unknown type", R"({"a":{"dtype":"F12","shape":[1],"data_offsets":[0,1]}})", 1);
    row("no type", R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1);
    row("no shape", R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1);
    row("no offsets", R"({"a":{"dtype":"U8","shape":[1]}})", 1);
    row("unknown key", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":[1]}})", 1);
    row("three offsets", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}})", 1);
    row("offsets backwards", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1);
    row("beyond the end", R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 1);
    row("shape and bytes differ", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,2]}})", 2);
    row("a hole", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2);
    row("an overlap",
        R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
        3);
    row("the same bytes twice",
        R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
        1);
    row("bytes of nobody", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 2);
    row("negative shape", R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1);
    row("fractional shape", R"({"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}})", 1);
    row("size overflows", R"({"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0);
    row("a number larger than 64 bit", R"({"a":{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,1]}})",
        1);
    row("deep nesting", R"({"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}})", 1);
    row("a tensor that is text", R"({"a":"b"})", 0);
    row("null", R"({"a":null})", 0);
  }
  void refuses_what_is_not() {
    QFETCH(QByteArray, header);
    QFETCH(int, data);
    const auto status =
        parse(file_of({header.constData(), static_cast<size_t>(header.size())}, static_cast<size_t>(data)));
    QVERIFY(!status.has_value());
    QCOMPARE(status.error().code, std::string("safetensors.invalid"));
  }

  void refuses_lengths_that_lie() {
    QVERIFY(!parse({}).has_value());
    QVERIFY(!parse(Bytes(7)).has_value());
    QVERIFY(!parse(file_of("{}", 0, 3)).has_value());
    QVERIFY(!parse(file_of("{}", 0, 0)).has_value());
    QVERIFY(!parse(file_of("{}", 0, 100'000'001)).has_value());
    QVERIFY(!parse(file_of("{}", 0, UINT64_MAX)).has_value());
    QVERIFY(!parse(file_of("{}", 0, UINT64_MAX - 7)).has_value());
  }

  void survives_every_truncation_and_any_flipped_byte() {
    const auto good = from_hex(kReference);
    for (size_t n = 0; n < good->size(); ++n) {
      Bytes cut = *good;
      cut.resize(n);
      QVERIFY(!parse(cut));
    }
    for (size_t at = 0; at < good->size(); ++at)
      for (int bit = 0; bit < 8; ++bit) {
        Bytes changed = *good;
        changed[at] = static_cast<uint8_t>(changed[at] ^ (1 << bit));
        (void)parse(changed);  // valid or not: it must come back
      }
  }

  void does_not_write_what_cannot_be_read() {
    const std::vector<float> two = {1, 2};
    QVERIFY(!safetensors_bytes({tensor_to_write<float>("a", {3}, two)}).has_value());
    QVERIFY(
        !safetensors_bytes({tensor_to_write<float>("a", {2}, two), tensor_to_write<float>("a", {2}, two)}).has_value());
    QVERIFY(!safetensors_bytes({tensor_to_write<float>("__metadata__", {2}, two)}).has_value());
  }
};

QTEST_GUILESS_MAIN(TestSafetensors)
#include "test_safetensors.moc"
