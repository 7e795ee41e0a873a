#include <QTest>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/ids.h"

using namespace millwright;

class TestIds : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // RFC 9562, section 5.7: 48 bits of Unix milliseconds, version 7, variant 10.
  void layout_is_uuidv7() {
    const int64_t before = now_ms();
    const Uuid id = new_uuid();
    const int64_t after = now_ms();
    int64_t ms = 0;
    for (size_t i = 0; i < 6; ++i) ms = ms << 8 | id.bytes[i];
    QVERIFY(ms >= before && ms <= after + 1);
    QCOMPARE(id.bytes[6] >> 4, 7);
    QCOMPARE(id.bytes[8] >> 6, 2);
    const std::string text = to_string(id);
    QCOMPARE(text.size(), size_t{36});
    QCOMPARE(text[14], '7');
    QCOMPARE(*uuid_from_string(text), id);
  }
  // The example of RFC 9562, appendix A.6.
  void reads_the_example_of_the_rfc() {
    const auto id = uuid_from_string("017F22E2-79B0-7CC3-98C4-DC0C0C07398F");
    QVERIFY(id);
    int64_t ms = 0;
    for (size_t i = 0; i < 6; ++i) ms = ms << 8 | id->bytes[i];
    QCOMPARE(ms, int64_t{1645557742000});  // Tuesday, February 22, 2022 2:22:22.00 PM GMT-05:00
    QVERIFY(!uuid_from_string("017F22E2-79B0-7CC3-98C4-DC0C0C07398"));
    QVERIFY(!uuid_from_string("017F22E279B0-7CC3-98C4-DC0C0C07398F-"));
    QVERIFY(!uuid_from_string("017F22E2-79B0-7CC3-98C4-DC0C0C07398G"));
  }
  void increase_within_a_process_and_are_unique_over_threads() {
    std::vector<std::vector<Uuid>> made(4);
    std::vector<std::thread> threads;
    for (auto& list : made)
      threads.emplace_back([&list] {
        for (int i = 0; i < 20'000; ++i) list.push_back(new_uuid());
      });
    for (auto& thread : threads) thread.join();
    std::set<Uuid> all;
    for (const auto& list : made) {
      QVERIFY(std::is_sorted(list.begin(), list.end()));
      all.insert(list.begin(), list.end());
    }
    QCOMPARE(all.size(), size_t{80'000});
  }
  // 0x123456789abcdef in Crockford's base32 is 28T5CY4TQKFF (any calculator).
  void tail_is_crockford_base32_of_the_low_60_bits() {
    const auto id = uuid_from_string("017F22E2-79B0-7CC3-8123-456789abcdef");
    QVERIFY(id);
    QCOMPARE(tail(*id), std::string("28t5cy4tqkff"));
    QCOMPARE(*normalise_tail("28T5CY4TQKFF"), std::string("28t5cy4tqkff"));
    QCOMPARE(*normalise_tail("OIl"), std::string("011"));
    QVERIFY(!normalise_tail("u"));
    QVERIFY(!normalise_tail("a-b"));
  }
};

QTEST_GUILESS_MAIN(TestIds)
#include "test_ids.moc"
