#include <QTest>
#include <cerrno>
#include <cmath>

#include "base/json.h"
#include "base/result.h"

using namespace millwright;

namespace {
Status refuses() { return fail(ErrorKind::refused, "test.no", "No {what}.", {{"what", "way"}}); }
Result<int> passes_on() {
  MW_TRY(refuses());
  return 1;
}
Result<int> adds_one(Result<int> from) {
  MW_ASSIGN(const int value, std::move(from));
  return value + 1;
}
}  // namespace

class TestResult : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // The contract of the command line: 0 done, 1 refused, 2 usage, 3 bad input, 4 store, 5 job, 6 cancelled.
  void kinds_have_their_exit_codes() {
    const std::pair<ErrorKind, int> table[] = {{ErrorKind::refused, 1},   {ErrorKind::usage, 2},
                                               {ErrorKind::bad_input, 3}, {ErrorKind::store, 4},
                                               {ErrorKind::job, 5},       {ErrorKind::cancelled, 6}};
    for (const auto& [kind, code] : table) QCOMPARE(exit_code(kind), code);
  }
  void errors_are_passed_on() {
    const auto result = passes_on();
    QVERIFY(!result);
    QCOMPARE(message_of(result.error()), std::string("No way."));
    QCOMPARE(*adds_one(1), 2);
    QVERIFY(!adds_one(passes_on()));
  }
  void names_are_filled_in_once() {
    QCOMPARE(fill("{a} and {b} and {c}", {{"a", "{b}"}, {"b", "2"}}), std::string("{b} and 2 and {c}"));
    QCOMPARE(fill("open { and {a", {{"a", "1"}}), std::string("open { and {a"));
  }
  void what_strangers_wrote_is_cut_and_does_not_speak_to_the_terminal() {
    QCOMPARE(fill("{a}", {{"a", "x\x1b[31m\a\ty\n"}}), std::string("x?[31m?\ty\n"));
    const std::string shown = fill("{a}.", {{"a", std::string(4095, 'x') + "é" + std::string(1 << 20, 'y')}});
    QCOMPARE(shown, std::string(4095, 'x') + "….");
  }
  void errno_has_words() {
    const Status full = fail_errno("write", "/x", ENOSPC);
    QCOMPARE(full.error().code, std::string("file.disk_full"));
    QCOMPARE(message_of(full.error()), std::string("Cannot write /x: the disk is full."));
    const Status denied = fail_errno("write", "/x", EROFS);
    QCOMPARE(denied.error().code, std::string("file.no_permission"));
  }
  void json_is_canonical() {
    QCOMPARE(canonical(Json{{"b", 1}, {"a", {{"d", 0.1}, {"c", "é"}}}}),
             std::string(R"({"a":{"c":"é","d":0.1},"b":1})"));
    QCOMPARE(to_text(Json{{"b", 1}, {"a", NAN}}), std::string(R"({"b":1,"a":null})"));
    QCOMPARE(to_text(Json("\xff")), std::string("\"\xEF\xBF\xBD\""));
    const auto bad = parse_json("{\"a\": }", "the spec");
    QVERIFY(!bad);
    QCOMPARE(bad.error().code, std::string("json.invalid"));
    QVERIFY(message_of(bad.error()).find("the spec") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(TestResult)
#include "test_result.moc"
