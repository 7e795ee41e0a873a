// Runs millwright-cli as a user would: a process with an environment of its own.
#pragma once

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QProcessEnvironment>
#include <QStringList>
#include <QTemporaryDir>

namespace millwright::test {

struct Said {
  int code = -1;
  QByteArray out, err;
  [[nodiscard]] QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
  /// Lines of a verb that streams.
  [[nodiscard]] QList<QJsonObject> lines() const {
    QList<QJsonObject> all;
    for (const QByteArray& line : out.split('\n'))
      if (!line.isEmpty()) all.append(QJsonDocument::fromJson(line).object());
    return all;
  }
};

/// HOME, state and settings lie in `home`, so that a test leaves nothing behind and meets nobody else's.
inline QProcessEnvironment environment_in(const QString& home) {
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  environment.insert("HOME", home);
  environment.insert("XDG_STATE_HOME", home + "/state");
  environment.insert("XDG_DATA_HOME", home + "/data");
  environment.insert("XDG_CONFIG_HOME", home + "/config");
  return environment;
}

inline QString cli_program() { return QStringLiteral(MILLWRIGHT_BUILD_DIR "/bin/millwright-cli"); }

inline Said cli(const QTemporaryDir& home, const QStringList& arguments, const QByteArray& input = {},
                int timeout_ms = 240'000) {
  QProcess process;
  process.setProcessEnvironment(environment_in(home.path()));
  process.setWorkingDirectory(home.path());
  process.start(cli_program(), arguments);
  process.write(input);
  process.closeWriteChannel();
  Said said;
  if (!process.waitForFinished(timeout_ms)) {
    process.kill();
    process.waitForFinished();
    said.err = "timed out: " + process.readAllStandardError();
    return said;
  }
  said.code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : 128;
  said.out = process.readAllStandardOutput();
  said.err = process.readAllStandardError();
  return said;
}

}  // namespace millwright::test
