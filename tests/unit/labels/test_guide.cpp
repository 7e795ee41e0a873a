#include "labels/guide.h"

#include <QTest>

#include "labels/labeling.h"
#include "labels/similar.h"
#include "small_project.h"

using namespace millwright;
using namespace millwright::labels;
using namespace millwright::fixtures;

class TestGuide : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void the_guide_is_what_its_events_make_of_it() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_OK(small.import_rows(project, numbered_rows(0, 9)));
    FX_GET(const auto asset, records::find_asset(project, "things"));
    FX_GET(const auto task, create_task(project, {"kinds", asset.id, {"text"}, {"a", "b"}}));
    FX_FAILS(add_rule(project, task.id, {" ", "x", {}}), "guide.no_title");
    FX_GET(const auto first, add_rule(project, task.id, {"Bindings", "Under the language.", RecordRef{1, 4}}));
    FX_GET(const auto draft, draft_rule(project, task.id, {"Games", "", {}}));
    FX_GET(const auto edited, edit_rule(project, task.id, first.id, {"", "Under *the* language.", RecordRef{1, 5}}));
    QCOMPARE(edited.title, std::string("Bindings"));
    QCOMPARE(edited.changed_version, 3);
    QCOMPARE(edited.examples.size(), size_t{2});
    FX_GET(const auto example, edit_rule(project, task.id, first.id, {"", "", RecordRef{1, 6}}));
    QCOMPARE(example.changed_version, 3);  // one more example changes no meaning
    FX_OK(accept_rule(project, task.id, draft.id, {"", "By what is played.", {}}));
    FX_FAILS(accept_rule(project, task.id, draft.id), "guide.no_draft");
    FX_OK(remove_rule(project, task.id, first.id));
    FX_FAILS(edit_rule(project, task.id, first.id, {"x", "", {}}), "guide.unknown_rule");
    FX_GET(const auto now, read_guide(project, task.id));
    QCOMPARE(now.version, 6);
    QCOMPARE(now.rules.size(), size_t{1});
    QCOMPARE(now.rules[0].decision, std::string("By what is played."));
    FX_GET(const auto then, read_guide(project, task.id, 2));
    QCOMPARE(then.version, 2);
    QCOMPARE(then.rules.size(), size_t{2});
    QCOMPARE(then.rules[0].decision, std::string("Under the language."));
    QCOMPARE(then.rules[1].state, RuleState::draft);
    FX_GET(const auto history, guide_history(project, task.id));
    QCOMPARE(history.size(), size_t{6});
    FX_GET(const auto found, find_rule(project, task.id, "Ga"));
    QCOMPARE(found.id, draft.id);
    FX_GET(const auto by_tail, find_rule(project, task.id, tail(draft.id).substr(0, 8)));
    QCOMPARE(by_tail.id, draft.id);
    FX_FAILS(find_rule(project, task.id, "Bindings"), "guide.unknown_rule");
  }

  void a_changed_rule_shows_the_labels_it_touches() {
    SmallProject small;
    FX_GET(auto project, small.create());
    FX_GET(const int64_t batch, small.import_rows(project, numbered_rows(0, 9)));
    FX_GET(const auto asset, records::find_asset(project, "things"));
    FX_GET(const auto task, create_task(project, {"kinds", asset.id, {"text"}, {"a", "b"}}));
    FX_GET(const auto rule, add_rule(project, task.id, {"One", "x", {}}));
    FX_GET(auto labeling, Labeling::open(project, task.id));
    const auto act = [&](int64_t ordinal) { return Act{{batch, ordinal}, ActStatus::label, "a", "", {}}; };
    FX_OK(labeling.record(act(0)));
    FX_OK(labeling.record(act(1)));
    FX_OK(labeling.undo());
    FX_OK(add_rule(project, task.id, {"Two", "y", {}}));
    FX_OK(edit_rule(project, task.id, rule.id, {"", "other", {}}));
    FX_OK(labeling.record(act(2)));
    FX_GET(const auto touched, labels_before_rule(project, task.id, rule.id));
    QCOMPARE(touched.records, std::vector<RecordRef>({{batch, 0}}));
    QCOMPARE(touched.by_persons, 1);
  }

  void the_rule_that_fits_comes_first() {
    std::vector<Rule> rules(3);
    rules[0].title = "Language bindings";
    rules[0].decision = "File Perl and Python bindings under the language, not the library.";
    rules[1].title = "Games with editors";
    rules[1].decision = "A level editor goes to games.";
    rules[2].title = "Documentation";
    const auto fits = rules_that_fit(rules, "Level EDITOR for the game of tanks");
    QCOMPARE(fits[0].rule, size_t{1});
    QVERIFY(fits[0].score > 0);
    const auto none = rules_that_fit(rules, "zzz");
    QCOMPARE(none[0].rule, size_t{0});
    QCOMPARE(none[0].score, 0.0);
    const auto by_example = rules_that_fit(rules, "zzz", {{}, {}, {"zzz yyy"}});
    QCOMPARE(by_example[0].rule, size_t{2});
  }

  void similar_items_are_those_with_the_same_rare_words() {
    SmallProject small;
    FX_GET(auto project, small.create());
    const char* texts[] = {"the red apple pie", "the green apple tart", "the fast car race", "the slow car",
                           "the apple"};
    std::vector<Json> rows;
    for (const char* text : texts)
      rows.push_back({{"text", text}, {"kind", std::string(text).find("car") == std::string::npos ? "food" : "cars"}});
    FX_GET(const int64_t batch, small.import_rows(project, rows));
    FX_GET(const auto asset, records::find_asset(project, "things"));
    FX_GET(const auto task, create_task(project, {"kinds", asset.id, {"text"}, {"food", "cars"}}));
    FX_GET(auto labeling, Labeling::open(project, task.id));
    for (int i = 0; i < 4; ++i) FX_OK(labeling.record({{batch, i}, ActStatus::label, i < 2 ? "food" : "cars", "", {}}));
    FX_GET(const auto index, SimilarItems::build(project, task.id));
    QCOMPARE(index.size(), 4);
    const auto like = index.like("apple tart", {batch, 4}, 2);
    QCOMPARE(like.size(), size_t{2});
    QCOMPARE(like[0].text, std::string("the green apple tart"));
    QCOMPARE(like[0].label, std::string("food"));
    QVERIFY(like[0].similarity > like[1].similarity && like[0].similarity <= 1.0);
    const auto self = index.like("the green apple tart", {batch, 1}, 5);
    for (const auto& entry : self) QVERIFY(entry.record != (RecordRef{batch, 1}));
  }
};

QTEST_GUILESS_MAIN(TestGuide)
#include "test_guide.moc"
