#include "job_center.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace millwright::ui {

namespace {
constexpr auto kWhileRunning = std::chrono::milliseconds(120);
constexpr auto kWhileIdle = std::chrono::milliseconds(600);
}  // namespace

struct JobCenter::State {
  ProjectSession& session;
  MakeForeman make;
  std::map<int64_t, jobs::Job> known;
  std::mutex mutex;
  std::condition_variable wake;
  bool ending = false;
  std::thread thread;
};

JobCenter::JobCenter(ProjectSession& session, MakeForeman make, QObject* parent)
    : QObject(parent), state_(new State{session, std::move(make), {}, {}, {}, false, {}}) {
  if (!state_->make || session.read_only()) return;
  state_->thread = std::thread([this] { follow(); });
  connect(&session, &ProjectSession::data_changed, this, [this] { state_->wake.notify_all(); });
}

JobCenter::~JobCenter() {
  {
    std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->wake.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

void JobCenter::follow() {
  auto foreman = state_->session.with_reader([this](store::Project& project) { return state_->make(project); });
  std::string said;
  if (!foreman) {
    QMetaObject::invokeMethod(
        this, [this, error = foreman.error()] { Q_EMIT failed(error); }, Qt::QueuedConnection);
    return;
  }
  auto pause = kWhileIdle;
  std::unique_lock lock(state_->mutex);
  for (;;) {
    lock.unlock();
    auto round = foreman->round();
    bool active = false;
    if (round) {
      said.clear();
      for (const auto& sighting : *round) active = active || !sighting.job.ended();
      if (!round->empty())
        QMetaObject::invokeMethod(
            this, [this, seen = std::move(*round)]() mutable { take(std::move(seen)); }, Qt::QueuedConnection);
    } else if (said != round.error().code) {  // once, not at every round
      said = round.error().code;
      QMetaObject::invokeMethod(
          this, [this, error = round.error()] { Q_EMIT failed(error); }, Qt::QueuedConnection);
    }
    pause = active ? kWhileRunning : kWhileIdle;
    lock.lock();
    if (state_->ending) return;
    state_->wake.wait_for(lock, pause);
    if (state_->ending) return;
  }
}

void JobCenter::take(std::vector<jobs::Sighting> sightings) {
  for (auto& sighting : sightings) {
    state_->known[sighting.job.id] = sighting.job;
    Q_EMIT job_changed(sighting.job);
    if (!sighting.events.empty()) Q_EMIT job_events(sighting.job.id, sighting.events);
    if (sighting.ended_now) Q_EMIT job_ended(sighting.job);
  }
}

void JobCenter::cancel(qint64 job) {
  state_->session.write(
      this, [job](store::Project& project) { return jobs::cancel_job(project, job); },
      [this](Status done) {
        if (!done && done.error().code != "job.ended") Q_EMIT failed(done.error());
      });
}

std::vector<jobs::Job> JobCenter::jobs() const {
  std::vector<jobs::Job> all;
  for (const auto& [id, job] : state_->known) all.push_back(job);
  return all;
}

int JobCenter::active() const {
  int count = 0;
  for (const auto& [id, job] : state_->known) count += job.ended() ? 0 : 1;
  return count;
}

}  // namespace millwright::ui
