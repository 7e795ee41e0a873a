// What a label says, by its kind. Expected texts are written by hand from the rules in labels/label_value.h.
#include "labels/label_value.h"

#include <QTest>

using namespace millwright;
using namespace millwright::labels;

namespace {

std::string code_of(TaskKind kind, const char* text) {
  const auto value = read_label(kind, text);
  return value ? "" : value.error().code;
}
/// The one text that it stands for.
std::string one(TaskKind kind, const char* text) {
  const auto value = read_label(kind, text);
  return value ? text_of(*value) : value.error().code;
}

}  // namespace

class TestLabelValue : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void names_of_kinds_go_there_and_back() {
    for (const TaskKind kind : kTaskKinds) QVERIFY(task_kind_from(name_of(kind)) == kind);
    QVERIFY(!task_kind_from("multi"));
  }

  void one_label_is_kept_as_it_stands() {
    QCOMPARE(one(TaskKind::single_label, " a, [b]"), std::string(" a, [b]"));
    QCOMPARE(code_of(TaskKind::single_label, ""), std::string("labels.no_label"));
    QCOMPARE(code_of(TaskKind::single_label, " \n"), std::string("labels.no_label"));
  }

  void several_labels() {
    const std::string both = R"(["a b","c"])";
    QCOMPARE(one(TaskKind::multi_label, R"(["c", "a b"])"), both);
    QCOMPARE(one(TaskKind::multi_label, "c , a b"), both);
    QCOMPARE(one(TaskKind::multi_label, "\ta b,c,a b,"), both);
    QCOMPARE(one(TaskKind::multi_label, both.c_str()), both);
    QCOMPARE(one(TaskKind::multi_label, "[]"), std::string("[]"));
    QCOMPARE(one(TaskKind::multi_label, R"(["a,b"])"), std::string(R"(["a,b"])"));
    for (const char* bad : {"[1]", R"([""])", R"(["a")", "[null]", R"({"a":1})"})
      if (*bad == '[') QCOMPARE(code_of(TaskKind::multi_label, bad), std::string("labels.bad_value"));
    QCOMPARE(code_of(TaskKind::multi_label, " "), std::string("labels.no_label"));
  }

  void spans() {
    const std::string two = R"([{"begin":0,"end":4,"label":"x"},{"begin":4,"end":9,"label":"y"}])";
    QCOMPARE(one(TaskKind::spans, R"([{"start":4,"end":9,"label":"y"},{"label":"x","end":4,"begin":0,"more":1}])"),
             two);
    QCOMPARE(one(TaskKind::spans, two.c_str()), two);
    QCOMPARE(one(TaskKind::spans, "[]"), std::string("[]"));
    const char* const bad[] = {"x",
                               "{}",
                               R"([{"begin":0,"end":4}])",
                               R"([{"begin":0.5,"end":4,"label":"x"}])",
                               R"([{"begin":4,"end":4,"label":"x"}])",
                               R"([{"begin":-1,"end":4,"label":"x"}])",
                               R"([{"begin":0,"end":5,"label":" "}])",
                               R"([{"begin":0,"end":5,"label":"x"},{"begin":4,"end":6,"label":"x"}])"};
    for (const char* text : bad) QCOMPARE(code_of(TaskKind::spans, text), std::string("labels.bad_value"));
    const auto value = read_label(TaskKind::spans, two);
    QVERIFY(value && fits(*value, 9) && !fits(*value, 8));
    QCOMPARE(describe(*value), std::string("x at 0–4, y at 4–9"));
  }

  void numbers() {
    QCOMPARE(one(TaskKind::number, " 1.50 "), std::string("1.5"));
    QCOMPARE(one(TaskKind::number, "+3"), std::string("3"));
    QCOMPARE(one(TaskKind::number, "-0"), std::string("0"));
    QCOMPARE(one(TaskKind::number, "1e3"), std::string("1000"));
    QCOMPARE(one(TaskKind::number, "0.1"), std::string("0.1"));
    for (const char* bad : {"one", "1,5", "1.5 kg", "nan", "inf", "1e999", "0x10"})
      QCOMPARE(code_of(TaskKind::number, bad), std::string("labels.bad_value"));
    QVERIFY(names_in(*read_label(TaskKind::number, "7")).empty());
  }

  void names_are_told_once() {
    const auto value = read_label(TaskKind::spans, R"([{"begin":0,"end":1,"label":"b"},{"begin":1,"end":2,"label":"a"},
                                                       {"begin":3,"end":4,"label":"b"}])");
    QVERIFY(value.has_value());
    QCOMPARE(names_in(*value), (std::vector<std::string>{"a", "b"}));
    QCOMPARE(describe(*read_label(TaskKind::multi_label, "[]")), std::string("none"));
  }
};

QTEST_APPLESS_MAIN(TestLabelValue)
#include "test_label_value.moc"
