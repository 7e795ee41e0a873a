#include "display.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/remark.h"
#include "jobs/pace.h"
#include "models/training.h"

namespace millwright::cli {

std::function<void(const Progress&)> display_progress(const std::string& title, std::function<std::string()> pace) {
  struct Display {
    double begun = steady_seconds();
    double phase_begun = begun;
    double painted = 0;
    std::string phase;
    ~Display() {
      if (painted > 0) std::fputs("\r\033[K", stderr);
    }
  };
  auto display = std::make_shared<Display>();
  return [display, title, pace = std::move(pace)](const Progress& p) {
    const double now = steady_seconds();
    if (p.phase != display->phase) {
      display->phase = p.phase;
      display->phase_begun = now;
    } else if (now - display->painted < 0.1) {
      return;
    }
    display->painted = now;
    const std::string told = pace ? pace() : std::string();
    std::string text = title + ": " + p.phase;
    if (p.total > 0) {
      const double share = std::clamp(static_cast<double>(p.done) / static_cast<double>(p.total), 0.0, 1.0);
      text += ' ' + percent(share, 0);
      const double spent = now - display->phase_begun;
      if (told.empty() && share > 0.02 && spent > 0.5) text += ", " + words_of(time_left(spent / share * (1 - share)));
    } else if (p.done > 0) {
      text += ' ' + grouped(p.done) + ' ' + p.unit;
    }
    if (!told.empty()) text += ", " + told;
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
    std::fflush(stderr);
  };
}

Result<jobs::Job> wait_for(Context& context, const store::Project& project, const jobs::Job& job,
                           const std::string& title) {
  MW_ASSIGN(auto foreman, models::foreman(project));
  const auto pace = std::make_shared<std::optional<jobs::Pace>>();
  Work work = context.work(title);
  // Where nothing is shown, nothing is.
  if (work.progress)
    work.progress = display_progress(title, [pace] { return words_of(jobs::remarks_on(*pace), " · "); });
  return foreman.wait(job.id, work, [pace](const jobs::Event& event) { jobs::follow_pace(event, *pace); });
}

}  // namespace millwright::cli
