// Runs millwright-engine as a script would.
#pragma once

#include "cli_process.h"

namespace millwright::test {

inline Said engine(const QStringList& arguments, const QByteArray& input = {}) {
  QProcess process;
  process.start(QStringLiteral(MILLWRIGHT_BUILD_DIR "/bin/millwright-engine"), arguments);
  process.write(input);
  process.closeWriteChannel();
  process.waitForFinished(60'000);
  return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : 128, process.readAllStandardOutput(),
          process.readAllStandardError()};
}

}  // namespace millwright::test
