// What a person at a terminal sees of long work: one line on stderr, written over and over.
#pragma once

#include <functional>
#include <string>

#include "jobs/queue.h"
#include "verb.h"

namespace millwright::cli {

/// Shows progress with the time left by the pace so far, or with what `pace` says in its place. The line goes with the
/// function.
[[nodiscard]] std::function<void(const Progress&)> display_progress(const std::string& title,
                                                                    std::function<std::string()> pace = {});
/// Looks after a job until it has ended, as jobs::Foreman::wait(); a training's pace is shown beside its progress.
[[nodiscard]] Result<jobs::Job> wait_for(Context& context, const store::Project& project, const jobs::Job& job,
                                         const std::string& title);

}  // namespace millwright::cli
