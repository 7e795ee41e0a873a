#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <cstring>
#include <fstream>

#include "base/files.h"
#include "base/hash.h"

using namespace millwright;

namespace {

/// Merkle tree hash as RFC 6962, section 2.1, defines it: by recursion, cut at the largest power of two below n.
/// Leaves are digests already, so the leaf prefix falls away.
Digest merkle_by_definition(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256(std::string_view());
  if (leaves.size() == 1) return leaves[0];
  size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const Digest left = merkle_by_definition(leaves.first(k)), right = merkle_by_definition(leaves.subspan(k));
  std::string text(1, '\x01');
  text.append(left.begin(), left.end());
  text.append(right.begin(), right.end());
  return sha256(text);
}

std::string hex128(const Hash128& hash) {
  uint8_t bytes[16];
  std::memcpy(bytes, &hash.low, 8);
  std::memcpy(bytes + 8, &hash.high, 8);
  return to_hex(bytes);
}

}  // namespace

class TestHash : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // FIPS 180-4's examples (NIST, "Examples with Intermediate Values"): "abc", the 448-bit message, a million of 'a'.
  void sha256_gives_nist_values() {
    QCOMPARE(to_hex(sha256(std::string_view("abc"))),
             std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    QCOMPARE(to_hex(sha256(std::string_view())),
             std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    QCOMPARE(to_hex(sha256(std::string_view("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
             std::string("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    Sha256 hash;
    const std::string piece(1000, 'a');
    for (int i = 0; i < 1000; ++i) hash.update(piece);
    QCOMPARE(to_hex(hash.finish()), std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
  }
  void sha256_of_a_file_is_that_of_its_bytes() {
    QTemporaryDir folder;
    const fs::path path = fs::path(folder.path().toStdString()) / "x";
    std::ofstream(path) << std::string(1'000'000, 'a');
    QCOMPARE(to_hex(*sha256_of_file(path)),
             std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
    const auto missing = sha256_of_file(path.string() + "-not");
    QVERIFY(!missing);
    QCOMPARE(missing.error().code, std::string("file.not_found"));
  }
  void merkle_root_is_that_of_rfc_6962() {
    std::vector<Digest> leaves;
    for (int n = 0; n <= 70; ++n) {
      QCOMPARE(to_hex(merkle_root(leaves)), to_hex(merkle_by_definition(leaves)));
      leaves.push_back(sha256(std::to_string(n)));
    }
  }
  // Expected with Python's hashlib, by the definition in hash.h: bytes 00 … ff again and again, 40 MiB + 5 of them.
  void the_root_of_a_file_is_over_its_pieces() {
    QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.filePath(QStringLiteral("long")).toStdString());
    std::string bytes(size_t{40 << 20} + 5, '\0');
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i);
    QVERIFY(write_file_atomically(path, bytes));
    QCOMPARE(to_hex(*merkle_root_of_file(path)),
             std::string("552d51443527c4ebadf0030811e1c68ed818539cfa7bbaad7f351be32e70e034"));
    QVERIFY(write_file_atomically(path, "abc"));  // one piece: its SHA-256
    QCOMPARE(to_hex(*merkle_root_of_file(path)), to_hex(sha256(std::string_view("abc"))));
    QVERIFY(write_file_atomically(path, ""));
    QCOMPARE(to_hex(*merkle_root_of_file(path)), to_hex(sha256(std::string_view())));
    QVERIFY(!merkle_root_of_file(folder.filePath(QStringLiteral("none")).toStdString()));
  }
  // vectors_sip128 of the authors' reference code (github.com/veorq/SipHash, vectors.h): key 00 01 … 0f, message of n
  // bytes 00 01 … n-1.
  void siphash128_gives_reference_vectors() {
    SipKey key;
    uint8_t bytes[16];
    for (int i = 0; i < 16; ++i) bytes[i] = static_cast<uint8_t>(i);
    std::memcpy(&key.k0, bytes, 8);
    std::memcpy(&key.k1, bytes + 8, 8);
    const std::pair<size_t, const char*> expected[] = {{0, "a3817f04ba25a8e66df67214c7550293"},
                                                       {1, "da87c1d86b99af44347659119b22fc45"},
                                                       {2, "8177228da4a45dc7fca38bdef60affe4"},
                                                       {3, "9c70b60c5267a94e5f33b6b02985ed51"},
                                                       {15, "5493e99933b0a8117e08ec0f97cfc3d9"}};
    std::string message;
    for (const auto& [length, hex] : expected) {
      while (message.size() < length) message += static_cast<char>(message.size());
      QCOMPARE(hex128(siphash128(key, message)), std::string(hex));
    }
  }
  void hex_comes_back() {
    QCOMPARE(to_hex(*from_hex("00fF7a")), std::string("00ff7a"));
    QVERIFY(!from_hex("0"));
    QVERIFY(!from_hex("0g"));
  }
  // Computed by a Python program from the authors' description (Blackman & Vigna 2018; its own check: from the state
  // 1, 2, 3, 4 the first values are 11520, 0, 1509978240, 1215971899390074240, as in Rust's rand_xoshiro).
  void random_is_xoshiro256_seeded_by_splitmix64() {
    Random random(42);
    for (const uint64_t expected :
         {0x15780b2e0c2ec716ULL, 0x6104d9866d113a7eULL, 0xae17533239e499a1ULL, 0xecb8ad4703b360a1ULL})
      QCOMPARE(random.next(), expected);
  }
  void random_below_is_uniform() {
    // Chi-square with 9 degrees of freedom: 99.99 % of samples lie below 33.72 (R: qchisq(0.9999, 9)).
    Random random(7);
    constexpr int kDraws = 100'000;
    std::array<int, 10> counts{};
    for (int i = 0; i < kDraws; ++i) ++counts[static_cast<size_t>(random.below(10))];
    double chi = 0;
    for (const int n : counts) chi += std::pow(n - kDraws / 10.0, 2) / (kDraws / 10.0);
    QVERIFY2(chi < 33.72, std::to_string(chi).c_str());
  }
  void random_normal_has_mean_zero_and_variance_one() {
    // Five standard errors of a mean (1/√n) and of a variance (√(2/n)).
    Random random(11);
    constexpr int kDraws = 200'000;
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = random.normal();
      sum += x;
      squares += x * x;
    }
    QVERIFY(std::abs(sum / kDraws) < 5 / std::sqrt(kDraws));
    QVERIFY(std::abs(squares / kDraws - 1) < 5 * std::sqrt(2.0 / kDraws));
  }
};

QTEST_GUILESS_MAIN(TestHash)
#include "test_hash.moc"
