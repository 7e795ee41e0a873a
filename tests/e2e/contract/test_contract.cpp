// The command line as scripts know it: verbs, keys and exit codes of the written contract, tried on the demo.
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QTest>

#include "cli_process.h"
#include "tiny_encoder.h"

using millwright::test::cli;
using millwright::test::Said;

class TestContract : public QObject {
  Q_OBJECT

  QTemporaryDir home_;
  QString project_;
  QJsonObject demo_;

  Said run(const QStringList& arguments, const QByteArray& input = {}) { return cli(home_, arguments, input); }
  static void has(const QJsonObject& object, const QStringList& keys) {
    for (const QString& key : keys) QVERIFY2(object.contains(key), qPrintable("missing key " + key));
  }
  QString write(const QString& name, const QByteArray& content) {
    QFile file(home_.filePath(name));
    if (!file.open(QIODevice::WriteOnly)) return {};
    file.write(content);
    return file.fileName();
  }

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(home_.isValid());
    project_ = home_.filePath("demo");
#ifdef MILLWRIGHT_HAS_ENGINE
    const Said said = run({"demo", project_, "--source", "generated", "--limit", "2500", "--json"});
    QVERIFY2(said.code == 0, said.err + said.out.right(2000));
    demo_ = said.json();
#endif
  }

  void every_verb_shows_an_example_that_names_it() {
    for (const char* verb :
         {"init",    "status",  "import", "batches", "batch",    "records",       "quarantine", "profile",
          "schema",  "gate",    "task",   "labels",  "queue",    "guide",         "snapshot",   "export",
          "train",   "jobs",    "runs",   "models",  "embed",    "crossvalidate", "suspects",   "evaluate",
          "compare", "predict", "drift",  "promote", "rollback", "verify",        "backup",     "restore",
          "lineage", "audit",   "demo",   "plugins", "version",  "neighbours"}) {
      const Said said = run({verb, "--help"});
      QVERIFY2(said.code == 0, verb);
      QVERIFY2(said.out.contains("Example") && said.out.contains(QByteArray("millwright-cli ") + verb), verb);
    }
  }

  void usage_errors_end_with_2() {
    QCOMPARE(run({}).code, 2);
    QCOMPARE(run({"no-such-verb"}).code, 2);
    QCOMPARE(run({"import"}).code, 2);
    const Said said = run({"import", "--json"});
    QCOMPARE(said.code, 2);
    has(said.json()["error"].toObject(), {"code", "message", "hint", "context"});
  }

  void what_is_no_project_ends_with_4() {
    for (const QString& typed : {home_.filePath("nowhere"), QString("/"), QString("/dev/null")}) {
      const Said said = run({"status", typed, "--json"});
      QVERIFY2(said.code == 4, qPrintable(typed + " " + QString::fromUtf8(said.out)));
      has(said.json()["error"].toObject(), {"code", "message", "hint", "context"});
    }
    QVERIFY(QDir(home_.path()).entryList({"nowhere*"}).isEmpty());
  }

  void init_makes_one_and_refuses_a_second() {
    const Said said = run({"init", home_.filePath("fresh"), "--name", "Fresh", "--json"});
    QVERIFY2(said.code == 0, said.err);
    has(said.json(), {"project", "id", "format_version"});
    QCOMPARE(run({"init", home_.filePath("fresh")}).code, 4);
    const Said status = run({"status", home_.filePath("fresh"), "--json"});
    QCOMPARE(status.code, 0);
    has(status.json(), {"counts", "stages", "next"});
    QCOMPARE(status.json()["next"].toArray().first().toObject()["action"].toString(), QString("import_data"));
  }

  void bad_input_ends_with_3_and_changes_nothing() {
    const QString empty = write("empty.csv", "");
    const QString fresh = home_.filePath("three");
    QCOMPARE(run({"init", fresh}).code, 0);
    QCOMPARE(run({"import", fresh, empty, "--json"}).code, 3);
    QCOMPARE(run({"import", fresh, home_.filePath("missing.csv"), "--json"}).code, 3);
    QCOMPARE(run({"batches", fresh, "--json"}).json()["batches"].toArray().size(), 0);
    QCOMPARE(run({"verify", fresh, "--json"}).code, 0);
  }

#ifdef MILLWRIGHT_HAS_ENGINE
  void the_demo_says_what_it_made() {
    has(demo_, {"steps", "asset", "batches", "task", "snapshot", "run", "model", "drift", "queue"});
    for (const auto& step : demo_["steps"].toArray()) has(step.toObject(), {"name", "seconds", "result"});
    const QJsonObject unseen = demo_["figures"].toObject()["never_seen_sources"].toObject();
    QVERIFY(unseen["n"].toInt() > 50);
  }

  void the_demo_run_again_makes_nothing_twice() {
    const QJsonObject before = run({"status", project_, "--json"}).json()["counts"].toObject();
    const Said again = run({"demo", project_, "--source", "generated", "--limit", "2500", "--json"});
    QVERIFY2(again.code == 0, again.err + again.out.right(2000));
    const QJsonObject after = run({"status", project_, "--json"}).json()["counts"].toObject();
    QCOMPARE(after, before);
    QCOMPARE(again.json()["model"], demo_["model"]);
  }

  void keys_of_the_verbs() {
    struct Expected {
      QStringList arguments;
      QStringList keys;
    };
    const QString batch = demo_["batches"].toArray().first().toString();
    const QString later = demo_["batches"].toArray().last().toString();
    const QList<Expected> all{
        {{"batches", project_}, {"batches"}},
        {{"profile", project_, "--batch", batch}, {"rows", "fields"}},
        {{"schema", project_, "show"}, {"version", "fields"}},
        {{"gate", project_, "--batch", batch}, {"verdict", "checks", "override"}},
        {{"queue", project_, "list", "--task", "sections"}, {}},
        {{"guide", project_, "show", "--task", "sections"}, {"version", "rules"}},
        {{"jobs", project_, "list"}, {"jobs"}},
        {{"jobs", project_, "show", "latest"}, {"jobs"}},
        {{"jobs", project_, "wait", "latest"}, {"jobs"}},
        {{"train", project_, "--snapshot", demo_["snapshot"].toString(), "--plan"},
         {"snapshot", "task", "rows", "labels", "unlabeled", "shut_by", "algorithms"}},
        {{"compare", project_, "--model", demo_["model"].toString(), "--with", demo_["model"].toString()},
         {"model", "with", "n", "difference", "p", "verdict", "baseline"}},
        {{"runs", project_}, {"runs"}},
        {{"models", project_}, {"models"}},
        {{"models", project_, "list", "--task", "sections"}, {"models"}},
        {{"snapshots", project_}, {"snapshots"}},
        {{"evaluate", project_, "--model", demo_["model"].toString(), "--on", demo_["snapshot"].toString() + ":test"},
         {"n", "accuracy", "macro_f1", "ece", "per_class", "confusion", "latency_ms"}},
        {{"drift", project_, "--asset", "packages", "--reference", batch, "--current", later},
         {"drift", "verdict", "drifted", "share", "fields"}},
        {{"crossvalidate", project_, "--task", "sections", "--folds", "3", "--wait"},
         {"job", "cross_validation", "snapshot", "folds", "metrics", "seconds"}},
        {{"suspects", project_, "--task", "sections", "--limit", "5"}, {"cross_validation", "found", "suspects"}},
        {{"verify", project_, "--deep"}, {"ok", "checked", "erased", "problems"}},
        {{"lineage", project_, demo_["model"].toString()}, {"nodes", "edges"}},
        {{"snapshot", project_, "--task", "sections", "--batch", batch},
         {"snapshot", "rows", "conflicts", "unlabeled", "verdict", "card"}},
    };
    for (const Expected& e : all) {
      const Said said = run(e.arguments + QStringList{"--json"});
      QVERIFY2(said.code == 0,
               qPrintable(e.arguments.join(' ') + ": " + QString::fromUtf8(said.err + said.out.left(800))));
      has(said.json(), e.keys);
    }
  }

  void lineage_goes_from_a_model_to_its_data() {
    const QString batch = demo_["batches"].toArray().first().toString();
    const QJsonObject said = run({"lineage", project_, demo_["model"].toString(), "--json"}).json();
    const auto leads = [&](const QString& from, const QString& to) {
      for (const auto& edge : said["edges"].toArray())
        if (edge.toObject()["from"].toString() == from && edge.toObject()["to"].toString() == to) return true;
      return false;
    };
    const QString model = demo_["model"].toString(), run_id = demo_["run"].toString();
    const QString snapshot = demo_["snapshot"].toString();
    QVERIFY(leads(model, run_id));
    QVERIFY(leads(run_id, snapshot));
    QVERIFY(leads(snapshot, batch));
    for (const auto& node : said["nodes"].toArray()) has(node.toObject(), {"id", "kind", "title", "time"});
  }

  void fields_have_the_keys_of_the_contract() {
    const QString batch = demo_["batches"].toArray().first().toString();
    const QJsonObject profile = run({"profile", project_, "--batch", batch, "--json"}).json();
    for (const auto& field : profile["fields"].toArray())
      has(field.toObject(),
          {"name", "type", "count", "missing", "distinct", "min", "max", "mean", "std", "quantiles", "top"});
    const QJsonObject gate = run({"gate", project_, "--batch", batch, "--json"}).json();
    for (const auto& check : gate["checks"].toArray())
      has(check.toObject(), {"name", "verdict", "value", "threshold", "rows"});
    for (const auto& one : run({"batches", project_, "--json"}).json()["batches"].toArray())
      has(one.toObject(), {"batch", "asset", "source", "rows", "time", "verdict"});
    for (const auto& one : run({"jobs", project_, "list", "--json"}).json()["jobs"].toArray())
      has(one.toObject(),
          {"job", "state", "progress", "cause", "seconds_left", "tokens_per_second", "memory", "device"});
    const QJsonArray algorithms = run({"train", project_, "--plan", "--json"}).json()["algorithms"].toArray();
    QCOMPARE(algorithms.first().toObject()["algorithm"].toString(), QString("linear"));
    QVERIFY(algorithms.first().toObject()["baseline"].toBool());
    for (const auto& one : algorithms)
      has(one.toObject(), {"algorithm", "fits", "why", "seconds", "memory", "baseline", "rests_on", "objectives"});
    for (const auto& one : run({"queue", project_, "list", "--json"}).json()["queues"].toArray())
      has(one.toObject(), {"queue", "items", "done"});
    for (const auto& one : run({"audit", project_}).lines()) has(one, {"seq", "time", "who", "what", "hash"});
    const Said labels = run({"labels", project_, "export", "--task", "sections", "--current"});
    has(labels.lines().first(),
        {"event", "record", "label", "by", "device", "time", "seconds", "schema_version", "guide_version", "status"});
    const QJsonObject status = run({"status", project_, "--json"}).json();
    for (const auto& stage : status["stages"].toArray()) has(stage.toObject(), {"name", "state", "figures"});
    for (const auto& next : status["next"].toArray()) has(next.toObject(), {"action", "why", "command"});
  }

  void a_model_folder_gives_neighbours_and_similar_items() {
    const QString folder = home_.filePath("tiny-reader");
    QVERIFY(millwright::fixtures::make_tiny_encoder(folder.toStdString()).has_value());
    const QString record = run({"records", project_, "--limit", "1"}).lines().first()["_id"].toString();
    const QStringList similar = {"labels", project_, "similar", "--task", "sections", "--record", record, "--json"};
    const Said none = run({"neighbours", project_, "--record", record});
    QCOMPARE(none.code, 3);
    QCOMPARE(none.lines().last()["error"].toObject()["code"].toString(), QString("neighbours.none"));
    const QJsonObject words = run(similar).json();
    has(words, {"by", "model", "among", "items"});
    QCOMPARE(words["by"].toString(), QString("words"));
    QVERIFY(words["model"].isNull());

    const Said added = run({"models", project_, "add", folder, "--json"});
    QVERIFY2(added.code == 0, added.err + added.out);
    has(added.json(), {"model", "family", "parameters", "sha256"});
    QCOMPARE(added.json()["name"].toString(), QString("tiny-reader"));  // the folder's, where nobody said another
    const Said embedded = run({"embed", project_, "--model", "tiny-reader", "--wait", "--json"});
    QVERIFY2(embedded.code == 0, embedded.err + embedded.out);
    has(embedded.json(), {"job", "rows", "dimension", "seconds"});

    const Said near = run({"neighbours", project_, "--record", record, "--limit", "4"});
    QVERIFY2(near.code == 0, near.err + near.out);
    QCOMPARE(near.lines().size(), 1);
    QCOMPARE(near.lines().first()["record"].toString(), record);
    const auto neighbours = near.lines().first()["neighbours"].toArray();
    QCOMPARE(neighbours.size(), 4);
    double before = 1.000001;
    for (const auto& one : neighbours) {
      QVERIFY(one.toObject()["record"].toString() != record);
      QVERIFY(one.toObject()["similarity"].toDouble() <= before);
      before = one.toObject()["similarity"].toDouble();
    }
    QCOMPARE(run({"neighbours", project_, "--record", record, "--limit", "0"}).code, 2);
    const QJsonObject by_vector = run(similar).json();
    QCOMPARE(by_vector["by"].toString(), QString("embedding"));
    QCOMPARE(by_vector["model"].toString(), QString("tiny-reader"));
    QVERIFY(!by_vector["items"].toArray().isEmpty());
    for (const auto& one : by_vector["items"].toArray()) has(one.toObject(), {"record", "label", "text", "similarity"});
  }

  void a_cross_validation_takes_an_encoder_and_its_options() {
    const QString folder = home_.filePath("tiny-judge");
    QVERIFY(millwright::fixtures::make_tiny_encoder(folder.toStdString()).has_value());
    const QString base = run({"models", project_, "add", folder, "--json"}).json()["model"].toString();
    const QStringList verb = {"crossvalidate", project_,      "--snapshot", demo_["snapshot"].toString(),
                              "--algorithm",   "encoder",     "--base",     base,
                              "--folds",       "3",           "--seed",     "1",
                              "--set",         "max_steps=4", "--json"};
    const Said planned = run(verb + QStringList{"--plan"});
    QVERIFY2(planned.code == 0, planned.err + planned.out);
    has(planned.json(), {"snapshot", "task", "rows", "labels", "folds", "seconds", "memory", "rests_on"});
    QVERIFY(planned.json()["seconds"].toDouble() > 0);
    const Said made = run(verb + QStringList{"--device", "cpu", "--set", "max_length=16", "--wait"});
    QVERIFY2(made.code == 0, made.err + made.out);
    has(made.json(), {"job", "cross_validation", "task", "snapshot", "algorithm", "base", "parameters", "folds", "seed",
                      "device", "metrics", "seconds"});
    QCOMPARE(made.json()["base"].toString(), base);
    QCOMPARE(made.json()["parameters"].toObject()["max_steps"].toInt(), 4);
    const QString id = made.json()["cross_validation"].toString();
    const Said suspects = run({"suspects", project_, "--snapshot", demo_["snapshot"].toString(), "--json"});
    QVERIFY2(suspects.code == 0, suspects.err + suspects.out);
    QCOMPARE(suspects.json()["cross_validation"].toString(), id);
    bool started_from = false;
    for (const auto& edge : run({"lineage", project_, id, "--json"}).json()["edges"].toArray())
      started_from |= edge.toObject()["kind"].toString() == "started_from" && edge.toObject()["to"].toString() == base;
    QVERIFY(started_from);
    for (const QStringList& wrong :
         {QStringList{"--set", "objective=masked-lm"}, {"--set", "depth=3"}, {"--device", "tpu"}})
      for (const QStringList& how : {QStringList(), {"--plan"}}) QCOMPARE(run(verb + wrong + how).code, 2);
    QCOMPARE(run({"crossvalidate", project_, "--base", base, "--json"}).code, 2);
    QCOMPARE(run({"crossvalidate", project_, "--algorithm", "encoder", "--base", "zzzzzzzz", "--json"}).code, 3);
    QCOMPARE(run({"crossvalidate", project_, "--algorithm", "encoder", "--base", demo_["model"].toString()}).code, 2);
  }

  void what_is_next_names_the_comparison_as_it_was_made() {
    const QString batch = demo_["batches"].toArray().first().toString();
    const QString later = demo_["batches"].toArray().last().toString();
    const Said drift = run({"drift", project_, "--reference", batch, "--current", later, "--new", "source", "--where",
                            "section != 'x''y'", "--json"});
    QVERIFY2(drift.code == 0, drift.err + drift.out);
    QVERIFY(drift.json()["drifted"].toInt() > 0);
    QString command;
    for (const auto& next : run({"status", project_, "--json"}).json()["next"].toArray())
      if (next.toObject()["action"].toString() == "look_at_drift") command = next.toObject()["command"].toString();
    QVERIFY2(command.contains("--new 'source'"), qPrintable(command));
    // A shell reads the expression back as it was.
    QProcess shell;
    shell.start("sh", {"-c", "for word in " + command.mid(command.indexOf("--where")) + "; do echo \"$word\"; done"});
    QVERIFY(shell.waitForFinished());
    QVERIFY(shell.readAllStandardOutput().contains("section != 'x''y'\n"));
  }

  void a_model_goes_through_its_stages() {
    const QString model = demo_["model"].toString();
    const Said up = run({"promote", project_, "--model", model, "--to", "champion", "--yes", "--json"});
    QVERIFY2(up.code == 0, up.err + up.out);
    has(up.json(), {"model", "from", "to"});
    QCOMPARE(up.json()["to"].toString(), QString("champion"));
    QCOMPARE(run({"promote", project_, "--model", model, "--to", "emperor"}).code, 2);
    QCOMPARE(run({"promote", project_, "--model", "zzzzzzzz", "--to", "champion"}).code, 3);
    const Said folder = run({"models", project_, "export", model, "--to", home_.filePath("model"), "--json"});
    QVERIFY2(folder.code == 0, folder.err);
    has(folder.json()["files"].toArray().first().toObject(), {"path", "sha256"});
    for (const auto& [format, code] : {std::pair{"onnx", "models.no_encoder"}, {"tflite", "models.format"}}) {
      const QString target = home_.filePath(format);
      const Said other = run({"models", project_, "export", model, "--format", format, "--to", target, "--json"});
      QCOMPARE(other.code, 2);
      QCOMPARE(other.json()["error"].toObject()["code"].toString(), QString(code));
    }
    const Said added = run({"models", project_, "add", home_.filePath("model"), "--name", "twin", "--json"});
    QVERIFY2(added.code == 0, added.err);
    has(added.json(), {"model", "family", "parameters", "sha256"});
  }

  void a_backup_restores_to_the_same_project() {
    const QString file = home_.filePath("backup.mw");
    const Said backup = run({"backup", project_, file, "--json"});
    QVERIFY2(backup.code == 0, backup.err);
    has(backup.json(), {"file", "sha256"});
    const QString copy = home_.filePath("copy");
    QCOMPARE(run({"restore", file, copy, "--json"}).code, 0);
    QCOMPARE(run({"verify", copy, "--deep", "--json"}).code, 0);
    QCOMPARE(run({"status", copy, "--json"}).json()["counts"], run({"status", project_, "--json"}).json()["counts"]);
  }

  void a_task_of_another_kind_goes_all_the_way() {
    const QString project = home_.filePath("kinds");
    QByteArray rows;
    for (int i = 0; i < 300; ++i) {
      const QByteArray fruit = i % 3 == 0 ? "plum" : "stone", tool = i % 2 == 0 ? "saw" : "cloud";
      QByteArray names = i % 3 == 0 ? "\"fruit\"" : "";
      if (i % 2 == 0) names += (names.isEmpty() ? "\"tool\"" : ",\"tool\"");
      rows += "{\"text\":\"" + QByteArray::number(i) + " a " + fruit + " and a " + tool + "\",\"topics\":[" + names +
              "]}\n";
    }
    const QString file = write("kinds.jsonl", rows);
    QCOMPARE(run({"init", project}).code, 0);
    QCOMPARE(run({"import", project, file, "--text", "text"}).code, 0);
    QCOMPARE(run({"task", project, "create", "topics", "--text", "text", "--kind", "several"}).code, 2);
    const Said task = run({"task", project, "create", "topics", "--text", "text", "--kind", "multi_label", "--json"});
    QVERIFY2(task.code == 0, task.err);
    has(task.json(), {"task", "labels", "schema_version", "guide_version", "kind"});
    const Said taken = run({"labels", project, "from-field", "topics", "--by", "Ada", "--json"});
    QVERIFY2(taken.code == 0, taken.err);
    QCOMPARE(taken.json()["labels_kept"].toInt(), 300);
    QCOMPARE(run({"snapshot", project, "--task", "topics", "--json"}).json()["verdict"].toString(), QString("pass"));
    const Said trained = run({"train", project, "--wait", "--json"});
    QVERIFY2(trained.code == 0, trained.err + trained.out);
    QVERIFY(trained.json()["metrics"].toObject()["micro_f1"].toObject()["value"].toDouble() > 0.95);
    const Said judged = run({"evaluate", project, "--on", "latest:test", "--json"});
    QVERIFY2(judged.code == 0, judged.err + judged.out);
    has(judged.json(), {"n", "kind", "micro_f1", "macro_f1", "accuracy", "hamming_loss", "per_class", "latency_ms"});
    const Said said = run({"predict", project, file, "--scores"});
    QVERIFY2(said.code == 0, said.err);
    QCOMPARE(said.lines().size(), 300);
    QCOMPARE(said.lines().first()["label"].toArray(), (QJsonArray{"fruit", "tool"}));
    QCOMPARE(said.lines()[1]["label"].toArray(), QJsonArray());
    has(said.lines().first(), {"row", "label", "confidence", "scores"});
    QCOMPARE(run({"crossvalidate", project, "--json"}).code, 2);
    const QJsonObject wrong = run({"train", project, "--algorithm", "lexicon", "--json"}).json();
    QCOMPARE(wrong["error"].toObject()["code"].toString(), QString("train.objective"));
  }

  void a_gate_that_fails_stops_training_until_somebody_takes_it_on_himself() {
    const QString gated = home_.filePath("gated");
    QByteArray rows = "text,label\n";
    // The same text under two labels in far more than 2 % of the rows.
    for (int i = 0; i < 200; ++i)
      rows += "word" + QByteArray::number(i / 2) + " thing," + (i % 2 == 0 ? "yes" : "no") + "\n";
    QCOMPARE(run({"init", gated}).code, 0);
    QCOMPARE(run({"import", gated, write("gated.csv", rows), "--asset", "rows", "--text", "text"}).code, 0);
    QCOMPARE(run({"task", gated, "create", "answer", "--asset", "rows", "--text", "text"}).code, 0);
    QCOMPARE(run({"labels", gated, "from-field", "label", "--task", "answer", "--by", "Ada"}).code, 0);
    const Said snapshot = run({"snapshot", gated, "--task", "answer", "--json"});
    QVERIFY2(snapshot.code == 0, snapshot.err);
    QCOMPARE(snapshot.json()["verdict"].toString(), QString("fail"));
    const QString id = snapshot.json()["snapshot"].toString();
    QCOMPARE(run({"gate", gated, "--snapshot", id}).code, 1);
    QCOMPARE(run({"train", gated, "--snapshot", id, "--algorithm", "linear", "--wait", "--json"}).code, 1);
    QCOMPARE(run({"gate", gated, "--snapshot", id, "--override"}).code, 2);
    QCOMPARE(run({"gate", gated, "--snapshot", id, "--override", "--reason", "a trial"}).code, 2);
    QCOMPARE(run({"gate", gated, "--snapshot", id, "--override", "--reason", "a trial", "--by", "Ada"}).code, 0);
    const Said trained = run({"train", gated, "--snapshot", id, "--algorithm", "linear", "--wait", "--json"});
    QVERIFY2(trained.code == 0, trained.err + trained.out);
    has(trained.json(), {"job", "run", "model", "metrics", "seconds", "device", "weights_sha256", "baseline"});
    // The override shows ever after.
    const QJsonObject gate = run({"gate", gated, "--snapshot", id, "--json"}).json();
    QCOMPARE(gate["override"].toObject()["reason"].toString(), QString("a trial"));
  }
#endif
};

QTEST_GUILESS_MAIN(TestContract)
#include "test_contract.moc"
