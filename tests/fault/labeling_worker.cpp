// A process of its own that labels, to be killed: labeling_worker PROJECT TASK QUEUE. Prints the id of each label once
// it is reported as saved; labels until it is killed or the queue is empty.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "labeling_project.h"

using namespace millwright;

namespace {

Status label_all(const char* folder, int64_t task, int64_t queue) {
  MW_ASSIGN(store::Project project, store::Project::open(folder, {"ann", "device-one"}));
  MW_ASSIGN(labels::Labeling labeling, labels::Labeling::open(project, task, queue));
  for (;;) {
    MW_ASSIGN(const Uuid uuid, millwright::testing::label_next(labeling));
    const std::string line = to_string(uuid) + "\n";
    // One write, at once: what arrives at the other end was saved before.
    if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::exit(3);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const Status done = label_all(argv[1], std::atoll(argv[2]), std::atoll(argv[3]));
  if (!done && done.error().code == "test.queue_empty") return 0;
  if (!done) std::fprintf(stderr, "%s\n", message_of(done.error()).c_str());
  return 1;
}
