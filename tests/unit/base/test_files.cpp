#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>
#include <cerrno>
#include <sstream>

#include "base/files.h"
#include "strange_files.h"

using namespace millwright;

namespace {

/// Lets everything through but the n-th call that changes the disk, which fails with `error`; notes the order of calls.
class Failing final : public FileSystem {
 public:
  int fail_at = -1, error = ENOSPC, calls = 0;
  std::string order;

  int open(const fs::path& path, int flags, unsigned mode) override {
    return go("open ") ? posix_file_system().open(path, flags, mode) : -error;
  }
  int write(int fd, std::span<const uint8_t> data) override {
    return go("write ") ? posix_file_system().write(fd, data) : -error;
  }
  int sync(int fd) override { return go("sync ") ? posix_file_system().sync(fd) : -error; }
  int close(int fd) override {
    const int result = posix_file_system().close(fd);
    return go("close ") ? result : -error;
  }
  int rename(const fs::path& from, const fs::path& to) override {
    return go("rename ") ? posix_file_system().rename(from, to) : -error;
  }
  int remove(const fs::path& path) override { return posix_file_system().remove(path); }
  int make_folder(const fs::path& path) override {
    return go("folder ") ? posix_file_system().make_folder(path) : -error;
  }
  int sync_folder(const fs::path& path) override {
    return go("sync_folder ") ? posix_file_system().sync_folder(path) : -error;
  }

 private:
  bool go(const char* what) {
    order += what;
    return calls++ != fail_at;
  }
};

struct Replace {
  explicit Replace(FileSystem& with) { set_file_system(&with); }
  ~Replace() { set_file_system(nullptr); }
};

}  // namespace

class TestFiles : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  fs::path at(const char* name) const { return fs::path(folder_.path().toStdString()) / name; }

 private Q_SLOTS:
  void reads_regular_files_alone_data() {
    QTest::addColumn<QByteArray>("what");
    QTest::addColumn<QByteArray>("code");
    QTest::newRow("nothing") << QByteArray("nothing") << QByteArray("file.not_found");
    QTest::newRow("a link to itself") << QByteArray("link to itself") << QByteArray("file.not_found");
    for (const char* what : {"folder", "pipe", "device"})
      QTest::newRow(what) << QByteArray(what) << QByteArray("file.not_regular");
  }
  void reads_regular_files_alone() {
    QFETCH(QByteArray, what);
    QFETCH(QByteArray, code);
    QVERIFY(fixtures::put_in_place_of(at("strange"), what.toStdString()));
    const auto read = read_file(at("strange"));
    const auto mapped = MappedFile::open(at("strange"));
    const auto hashed = sha256_of_file(at("strange"));
    QVERIFY(!read && !mapped && !hashed);
    QCOMPARE(read.error().code, code.toStdString());
    QCOMPARE(mapped.error().code, code.toStdString());
    QCOMPARE(hashed.error().code, code.toStdString());
    QVERIFY(read.error().kind == ErrorKind::bad_input);
    QVERIFY(fixtures::put_in_place_of(at("strange"), "nothing"));
  }
  void a_file_in_the_place_of_a_folder() {
    QVERIFY(write_file_atomically(at("file"), "x"));
    QCOMPARE(read_file(at("file") / "config.json").error().code, std::string("file.not_found"));
    QVERIFY(make_folders(at("file") / "model").error().kind == ErrorKind::bad_input);
  }
  void reads_no_more_than_it_may() {
    QVERIFY(write_file_atomically(at("ten"), "0123456789"));
    QCOMPARE(*read_file(at("ten"), 10), std::string("0123456789"));
    QCOMPARE(read_file(at("ten"), 9).error().code, std::string("file.too_large"));
    // A file of a terabyte that takes no room on the disk.
    QVERIFY(write_file_atomically(at("sparse"), ""));
    if (::truncate(at("sparse").c_str(), off_t{1} << 40) == 0)
      QCOMPARE(read_file(at("sparse"), 1 << 20).error().code, std::string("file.too_large"));
  }
  void reads_lines() {
    const std::string long_line(40'000, 'x');
    std::istringstream input("one\n\ntwo\r\n" + std::string("a\0b\n", 4) + long_line + "\nend");
    std::string line;
    for (const std::string& expected : {std::string("one"), std::string(), std::string("two\r"), std::string("a\0b", 3),
                                        long_line, std::string("end")}) {
      QVERIFY(read_line(input, line, 40'000) == LineRead::line);
      QCOMPARE(line, expected);
    }
    QVERIFY(read_line(input, line, 40'000) == LineRead::end);
    for (const size_t length : {16382, 16383, 16384, 16385, 32766, 32767, 32768})  // round the size of its pieces
      for (const char* end : {"", "\n"}) {
        std::istringstream one(std::string(length, 'y') + end);
        QVERIFY(read_line(one, line, 40'000) == LineRead::line);
        QCOMPARE(line.size(), length);
        QVERIFY(read_line(one, line, 40'000) == LineRead::end);
      }
    std::istringstream too_long(long_line + "\nnext");
    QVERIFY(read_line(too_long, line, 39'999) == LineRead::too_long);
  }

  void writes_whole_files() {
    QVERIFY(write_file_atomically(at("a"), "one"));
    QCOMPARE(*read_file(at("a")), std::string("one"));
    QVERIFY(write_file_atomically(at("a"), std::string(100'000, 'x')));
    QCOMPARE(read_file(at("a"))->size(), size_t{100'000});
  }
  void syncs_before_it_renames() {
    Failing files;
    const Replace replace(files);
    QVERIFY(write_file_atomically(at("order"), "x"));
    QCOMPARE(files.order, std::string("open write sync close rename sync_folder "));
  }
  // Whatever fails: an error that says what, the old content in its place, no temporary file left.
  void keeps_the_old_content_when_anything_fails() {
    QVERIFY(write_file_atomically(at("b"), "old"));
    for (int n = 0; n < 5; ++n) {
      Failing files;
      files.fail_at = n;
      const Replace replace(files);
      const Status status = write_file_atomically(at("b"), "new");
      QVERIFY(!status);
      QCOMPARE(status.error().code, std::string("file.disk_full"));
      QCOMPARE(status.error().kind, ErrorKind::store);
      QCOMPARE(*read_file(at("b")), std::string("old"));
    }
    for (const auto& entry : fs::directory_iterator(at(".")))
      QVERIFY(entry.path().string().find(".tmp-") == std::string::npos);
  }
  void makes_folders_and_syncs_their_parents() {
    Failing files;
    const Replace replace(files);
    QVERIFY(make_folders(at("d") / "e"));
    QCOMPARE(files.order, std::string("folder sync_folder folder sync_folder "));
    QVERIFY(fs::is_directory(at("d") / "e"));
    QVERIFY(make_folders(at("d") / "e"));
  }
  void a_lock_is_held_once() {
    {
      auto first = FileLock::try_lock(at("lock"));
      QVERIFY(first && *first);
      const auto second = FileLock::try_lock(at("lock"));
      QVERIFY(second && !*second);
    }
    const auto third = FileLock::try_lock(at("lock"));
    QVERIFY(third && *third);
  }
  void a_lock_goes_with_its_process() {
    int ready[2];
    QCOMPARE(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto lock = FileLock::try_lock(at("lock2"));
      const char byte = lock && *lock ? 1 : 0;
      if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
      ::pause();
      ::_exit(0);
    }
    char byte = 0;
    QCOMPARE(::read(ready[0], &byte, 1), ssize_t{1});
    QCOMPARE(int(byte), 1);
    auto mine = FileLock::try_lock(at("lock2"));
    QVERIFY(mine && !*mine);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    mine = FileLock::try_lock(at("lock2"));
    QVERIFY(mine && *mine);
  }
  void maps_files() {
    QVERIFY(write_file_atomically(at("m"), "mapped"));
    const auto file = MappedFile::open(at("m"));
    QVERIFY(file);
    QCOMPARE(std::string(file->text()), std::string("mapped"));
    QVERIFY(write_file_atomically(at("empty"), ""));
    QVERIFY(MappedFile::open(at("empty"))->bytes().empty());
    QVERIFY(!MappedFile::open(at("none")));
    QVERIFY(!MappedFile::open(at("d")));
  }
  void appends() {
    auto file = AppendFile::open(at("log"));
    QVERIFY(file);
    QVERIFY(file->append("a\n"));
    QVERIFY(file->sync());
    QVERIFY(file->append("b\n"));
    QCOMPARE(*read_file(at("log")), std::string("a\nb\n"));
  }
  void a_temporary_folder_is_local() { QVERIFY(!on_network_file_system(at("not/there/yet"))); }
};

QTEST_GUILESS_MAIN(TestFiles)
#include "test_files.moc"
