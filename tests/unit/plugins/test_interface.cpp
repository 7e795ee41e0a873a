// The plugins as the program loads them: one symbol, version checked, batches that outlive their reader.
#include <dlfcn.h>

#include <QTest>
#include <algorithm>

#include "harness.h"

extern "C" {
size_t c_size_of_batch(void);
size_t c_size_of_connector(void);
}

using namespace millwright::test;

class TestInterface : public QObject {
  Q_OBJECT

 private:
  static const millwright_plugin* load(const char* name, uint32_t abi) {
    const std::string path = std::string(MILLWRIGHT_BUILD_DIR "/lib/millwright/plugins/") + name + ".so";
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) qFatal("%s", dlerror());
    const auto entry = reinterpret_cast<millwright_plugin_entry_function>(dlsym(library, "millwright_plugin_entry"));
    return entry == nullptr ? nullptr : entry(abi);
  }

 private Q_SLOTS:
  void the_header_is_c() {
    QCOMPARE(c_size_of_batch(), sizeof(millwright_batch));
    QCOMPARE(c_size_of_connector(), sizeof(millwright_connector));
  }

  void plugins_say_who_they_are_data() {
    QTest::addColumn<QByteArray>("name");
    for (const char* name : {"csv", "jsonl", "deb822"}) QTest::newRow(name) << QByteArray(name);
  }
  void plugins_say_who_they_are() {
    QFETCH(QByteArray, name);
    const millwright_plugin* plugin = load(name.constData(), MILLWRIGHT_PLUGIN_ABI);
    QVERIFY(plugin != nullptr);
    QCOMPARE(plugin->abi_version, MILLWRIGHT_PLUGIN_ABI);
    QVERIFY(plugin->struct_size >= sizeof(millwright_plugin));
    QCOMPARE(QByteArray(plugin->license), QByteArray("Apache-2.0"));
    QCOMPARE(plugin->connector_count, 1u);
    QCOMPARE(QByteArray(plugin->connectors[0]->name), name);
    QVERIFY(plugin->connectors[0]->struct_size >= sizeof(millwright_connector));
  }

  void another_abi_is_refused() {
    QVERIFY(load("csv", MILLWRIGHT_PLUGIN_ABI + 1) == nullptr);
    QVERIFY(load("csv", 0) == nullptr);
  }

  void the_right_connector_is_surest_data() {
    QTest::addColumn<QByteArray>("head");
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("winner");
    QTest::newRow("csv") << QByteArray("id,name\n1,Ada\n2,Grace\n") << QByteArray("x") << QByteArray("csv");
    QTest::newRow("tsv") << QByteArray("id\tname\n1\tAda\n") << QByteArray("x.tsv") << QByteArray("csv");
    QTest::newRow("one column") << QByteArray("name\nAda\n") << QByteArray("x.csv") << QByteArray("csv");
    QTest::newRow("csv of urls") << QByteArray("a,b\nhttp://x,1\n") << QByteArray("") << QByteArray("csv");
    QTest::newRow("jsonl") << QByteArray("{\"a\":1}\n{\"a\":2}\n") << QByteArray("x") << QByteArray("jsonl");
    QTest::newRow("ndjson by name") << QByteArray("not json\n") << QByteArray("x.ndjson") << QByteArray("jsonl");
    QTest::newRow("packages") << QByteArray("Package: 0ad\nVersion: 0.26\nDescription: strategy\n more, text\n")
                              << QByteArray("Packages") << QByteArray("deb822");
    QTest::newRow("packages, one stanza damaged")
        << QByteArray("Package: a\nVersion: 1\n\nno colon\n\nPackage: b\nVersion: 2\n") << QByteArray("x")
        << QByteArray("deb822");
    QTest::newRow("utf-16 csv") << QByteArray(
                                       "\xFF\xFE"
                                       "a\0,\0b\0\n\0"
                                       "1\0,\0"
                                       "2\0\n\0",
                                       18)
                                << QByteArray("") << QByteArray("csv");
  }
  void the_right_connector_is_surest() {
    QFETCH(QByteArray, head);
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, winner);
    int32_t best = 0;
    QByteArray name;
    for (const char* plugin : {"csv", "jsonl", "deb822"}) {
      const auto* connector = load(plugin, MILLWRIGHT_PLUGIN_ABI)->connectors[0];
      const int32_t sure = connector->can_read(reinterpret_cast<const uint8_t*>(head.constData()),
                                               static_cast<size_t>(head.size()), 1, file.constData());
      if (sure <= best) continue;
      best = sure;
      name = plugin;
    }
    QCOMPARE(name, winner);
  }

  void nobody_claims_bytes_of_a_program() {
    const QByteArray head(
        "\x7F"
        "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0",
        20);
    for (const char* plugin : {"csv", "jsonl", "deb822"})
      QCOMPARE(load(plugin, MILLWRIGHT_PLUGIN_ABI)
                   ->connectors[0]
                   ->can_read(reinterpret_cast<const uint8_t*>(head.constData()), static_cast<size_t>(head.size()), 1,
                              "program"),
               0);
  }

  void a_batch_outlives_its_reader() {
    const auto* csv = load("csv", MILLWRIGHT_PLUGIN_ABI)->connectors[0];
    harness::Stream stream{"a,b\n1,2\n", 0};
    millwright_source source{sizeof(source), 0, &stream, nullptr, -1, harness::Stream::read};
    millwright_open_request request{};
    request.struct_size = sizeof request;
    request.source = &source;
    millwright_reader* reader = nullptr;
    QCOMPARE(csv->open(&request, &reader, nullptr), int32_t{MILLWRIGHT_OK});
    millwright_batch batch{};
    batch.struct_size = sizeof batch;
    QCOMPARE(csv->next(reader, &batch, nullptr), int32_t{MILLWRIGHT_OK});
    csv->close(reader);
    // A child may be moved out of its parent, as the Arrow specification allows.
    ArrowArray second = *batch.fields.children[1];
    batch.fields.children[1]->release = nullptr;
    harness::release(batch);
    QCOMPARE(harness::text_at(second, 0), std::string_view("2"));
    second.release(&second);
    QVERIFY(second.release == nullptr);
  }

  void a_failing_source_is_the_hosts_failure() {
    for (const char* plugin : {"csv", "jsonl", "deb822"}) {
      const auto* connector = load(plugin, MILLWRIGHT_PLUGIN_ABI)->connectors[0];
      const ReadResult result = read_all(*connector, "a,b\n1,2\n", {.piece = 4, .fail_after = 4});
      QCOMPARE(result.status, int32_t{MILLWRIGHT_READ_FAILED});
    }
  }

  void unknown_options_are_refused() {
    for (const char* plugin : {"csv", "jsonl", "deb822"}) {
      const auto* connector = load(plugin, MILLWRIGHT_PLUGIN_ABI)->connectors[0];
      const ReadResult result = read_all(*connector, "a,b\n1,2\n", {.options = {{"colour", "red"}}});
      QCOMPARE(result.status, int32_t{MILLWRIGHT_BAD_INPUT});
      QVERIFY(result.error_message.find("colour") != std::string::npos);
    }
  }

  void no_source_is_refused() {
    const auto* csv = load("csv", MILLWRIGHT_PLUGIN_ABI)->connectors[0];
    millwright_open_request request{};
    request.struct_size = sizeof request;
    millwright_reader* reader = nullptr;
    QCOMPARE(csv->open(&request, &reader, nullptr), int32_t{MILLWRIGHT_BAD_INPUT});
    QVERIFY(reader == nullptr);
  }
};

QTEST_GUILESS_MAIN(TestInterface)
#include "test_interface.moc"
