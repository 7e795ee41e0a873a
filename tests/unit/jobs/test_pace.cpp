// How a training says how it goes: in its events, to people, and what becomes of it between two phases.
#include <QTemporaryDir>
#include <QTest>
#include <fstream>

#include "jobs/pace.h"

using namespace millwright;        // NOLINT: a test's own file
using namespace millwright::jobs;  // NOLINT

namespace {

Event parsed(const char* line) {
  Event event;
  event.body = Json::parse(line);
  event.type = event.body["type"].get<std::string>();
  return event;
}

constexpr auto kTold =
    R"({"type":"progress","phase":"train","done":3,"total":9,"unit":"steps","seconds_left":236.0,"tokens_per_second":2310.4,"memory":1288490189,"device":"cpu"})";
constexpr auto kValidate = R"({"type":"progress","phase":"validate","done":0,"total":9,"unit":"rows"})";
constexpr auto kWrite = R"({"type":"progress","phase":"write","done":0,"total":0,"unit":"files"})";

constexpr auto kHeartbeat = R"({"type":"heartbeat"})";
constexpr auto kTorn = "{\"type\":\"progress\",\"phase\":\"tr";  // being written
constexpr auto kMetric = R"({"type":"metric","tokens_per_second":5})";
constexpr auto kWord = R"({"type":"progress","tokens_per_second":"fast"})";
constexpr auto kNegative = R"({"type":"progress","tokens_per_second":-5})";
constexpr auto kStrange = R"({"type":"progress","tokens_per_second":5,"seconds_left":null,"memory":"much","device":7})";

}  // namespace

class TestPace : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void it_is_said_as_people_say_it() {
    const auto pace = pace_of(parsed(kTold));
    QVERIFY(pace.has_value());
    QCOMPARE(words_of(remarks_on(pace), " · "), std::string("4 min left · 2,310 tokens/s · 1.2 GiB · cpu"));
    QVERIFY(remarks_on(std::nullopt).empty());
    const Json json = to_json(pace);
    QCOMPARE(json["memory"].get<int64_t>(), int64_t{1288490189});
    QCOMPARE(json["device"].get<std::string>(), std::string("cpu"));
    const Json nothing = to_json(std::optional<Pace>());
    QCOMPARE(nothing.size(), size_t{4});
    for (const auto& [key, value] : nothing.items()) QVERIFY2(value.is_null(), key.c_str());
  }

  void what_is_strange_is_not_known() {
    QVERIFY(!pace_of(parsed(kWrite)));
    QVERIFY(!pace_of(parsed(kMetric)));
    QVERIFY(!pace_of(parsed(kWord)));
    const auto pace = pace_of(parsed(kStrange));
    QVERIFY(pace && !pace->seconds_left && pace->memory == 0 && pace->device.empty());
    QCOMPARE(words_of(remarks_on(pace), " · "), std::string("5 tokens/s"));
    QCOMPARE(pace_of(parsed(kNegative))->tokens_per_second, 0.0);
  }

  void the_newest_stands_until_another_phase() {
    const QTemporaryDir memory;
    const fs::path folder = memory.path().toStdString();
    QVERIFY(!newest_pace(folder));
    std::ofstream file(folder / "events.jsonl");
    const auto now = [&](const char* line) {
      file << line << '\n' << std::flush;
      return newest_pace(folder);
    };
    QVERIFY(!now("no json"));
    QVERIFY(now(kTold));
    QVERIFY(now(kHeartbeat));
    QVERIFY(now(kValidate));
    QVERIFY(now(kTorn));
    QVERIFY(!now(kWrite));
    QVERIFY(!now(kValidate));
    // Far behind other lines it is still found within the tail, and not looked for beyond it.
    QVERIFY(now(kTold));
    for (int i = 0; i < 100; ++i) file << kHeartbeat << '\n';
    QVERIFY(newest_pace(folder));
  }
};

QTEST_APPLESS_MAIN(TestPace)
#include "test_pace.moc"
