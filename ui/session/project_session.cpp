#include "project_session.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"

namespace millwright::ui {

namespace {

constexpr int kReaders = 2;
constexpr auto kPoll = std::chrono::milliseconds(400);  // of data_version: how soon another program's work is seen
constexpr int kIdlePolls = 5;                           // so many quiet polls before a checkpoint
constexpr double kProgressEvery = 0.1;

// A queue served by threads of its own; what waits is run before they end only where `drain` says so.
class WorkerThreads {
 public:
  WorkerThreads(int threads, bool drain) : drain_(drain) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
  }
  ~WorkerThreads() {
    {
      std::lock_guard lock(mutex_);
      ending_ = true;
      if (!drain_) jobs_.clear();
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
  }
  void add(std::function<void()> job) {
    {
      std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

 private:
  void serve() {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }
  bool drain_;
  bool ending_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
};

}  // namespace

struct ProjectSession::State {
  explicit State(store::Project project) : home(std::move(project)) {}
  struct Slot {
    std::stop_source stop;
    quint64 ticket = 0;
  };
  struct LongWork {
    std::thread thread;
    std::stop_source stop;
    std::shared_ptr<std::atomic<bool>> done = std::make_shared<std::atomic<bool>>(false);
  };

  store::Project home;  // only to clone from, under its mutex, and to answer for name and folder
  std::mutex home_mutex;
  std::mutex pool_mutex;
  std::vector<std::unique_ptr<store::Project>> pool;
  QString annotator;
  Actor actor;
  std::mutex actor_mutex;
  std::map<std::pair<QObject*, std::string>, Slot> slots_of;
  quint64 tickets = 0;
  std::unique_ptr<store::Project> writer;  // of the writing thread
  std::atomic<int> pending{0};
  std::atomic<int> reading{0};
  std::atomic<qint64> version{1};
  std::map<int, LongWork> works;
  int work_ids = 0;
  std::mutex watch_mutex;
  std::condition_variable watch_wake;
  bool ending = false;
  std::thread watcher;
  std::unique_ptr<WorkerThreads> readers, writing;
};

Result<std::unique_ptr<ProjectSession>> ProjectSession::open(const fs::path& folder, const QString& annotator) {
  const QString name = annotator.isEmpty() ? QString::fromStdString(user_name()) : annotator;
  const Actor actor{name.toStdString(), this_device()};
  MW_ASSIGN(auto project, store::Project::open(store::Project::folder_for(folder), actor));
  auto state = std::make_unique<State>(std::move(project));
  state->annotator = name;
  state->actor = actor;
  return std::unique_ptr<ProjectSession>(new ProjectSession(std::move(state)));
}

ProjectSession::ProjectSession(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->readers = std::make_unique<WorkerThreads>(kReaders, false);
  state_->writing = std::make_unique<WorkerThreads>(1, true);
  state_->watcher = std::thread([this] { watch(); });
}

ProjectSession::~ProjectSession() {
  {
    std::lock_guard lock(state_->watch_mutex);
    state_->ending = true;
  }
  state_->watch_wake.notify_all();
  state_->watcher.join();
  for (auto& [key, slot] : state_->slots_of) slot.stop.request_stop();
  for (auto& [id, work] : state_->works) work.stop.request_stop();
  for (auto& [id, work] : state_->works)
    if (work.thread.joinable()) work.thread.join();
  state_->readers.reset();
  state_->writing.reset();  // what was asked to be written is written
}

QString ProjectSession::name() const { return QString::fromStdString(state_->home.name()); }
fs::path ProjectSession::folder() const { return state_->home.folder(); }
bool ProjectSession::read_only() const { return state_->home.read_only(); }
QString ProjectSession::annotator() const { return state_->annotator; }

void ProjectSession::set_annotator(const QString& name) {
  if (name.trimmed().isEmpty() || name == state_->annotator) return;
  state_->annotator = name;
  {
    std::lock_guard lock(state_->actor_mutex);
    state_->actor.name = name.toStdString();
  }
  Q_EMIT annotator_changed(name);
}

Actor ProjectSession::actor() const {
  std::lock_guard lock(state_->actor_mutex);
  return state_->actor;
}

qint64 ProjectSession::data_version() const { return state_->version; }
int ProjectSession::pending_writes() const { return state_->pending; }
int ProjectSession::pending_reads() const { return state_->reading; }
int ProjectSession::pending_works() const { return static_cast<int>(state_->works.size()); }
ProjectSession::Counting::Counting(ProjectSession& s) : session(s) { ++session.state_->reading; }
ProjectSession::Counting::~Counting() { --session.state_->reading; }

Result<std::unique_ptr<store::Project>> ProjectSession::borrow() {
  {
    std::lock_guard lock(state_->pool_mutex);
    if (!state_->pool.empty()) {
      auto project = std::move(state_->pool.back());
      state_->pool.pop_back();
      project->set_actor(actor());
      return project;
    }
  }
  std::lock_guard lock(state_->home_mutex);
  MW_ASSIGN(auto project, state_->home.clone());
  project.set_actor(actor());
  return std::make_unique<store::Project>(std::move(project));
}

void ProjectSession::give_back(std::unique_ptr<store::Project> project) {
  std::lock_guard lock(state_->pool_mutex);
  if (state_->pool.size() < 4) state_->pool.push_back(std::move(project));
}

namespace {

// Progress from a worker, thinned out to what a person can see.
std::function<void(const Progress&)> thinned(std::function<void(const Progress&)> send) {
  if (!send) return {};
  auto last = std::make_shared<double>(0);
  auto phase = std::make_shared<std::string>();
  return [send = std::move(send), last, phase](const Progress& progress) {
    const double now = steady_seconds();
    if (now - *last < kProgressEvery && progress.phase == *phase) return;
    *last = now;
    *phase = progress.phase;
    send(progress);
  };
}

}  // namespace

void ProjectSession::enqueue_read(QObject* receiver, const char* slot, ReadJob job, std::function<void()> then,
                                  std::function<void(const Progress&)> progress) {
  const auto key = std::make_pair(receiver, std::string(slot));
  auto [place, fresh] = state_->slots_of.try_emplace(key);
  if (fresh)
    connect(receiver, &QObject::destroyed, this, [this, receiver] {
      std::erase_if(state_->slots_of, [receiver](auto& entry) {
        if (entry.first.first != receiver) return false;
        entry.second.stop.request_stop();
        return true;
      });
    });
  place->second.stop.request_stop();
  place->second.stop = {};
  const quint64 ticket = place->second.ticket = ++state_->tickets;
  // Asked on the UI thread only: whether anybody still waits for this answer.
  const auto wanted = [this, key, ticket] {
    const auto entry = state_->slots_of.find(key);
    return entry != state_->slots_of.end() && entry->second.ticket == ticket;
  };
  Work work;
  work.stop = place->second.stop.get_token();
  if (progress)
    work.progress = thinned([this, wanted, progress = std::move(progress)](const Progress& p) {
      QMetaObject::invokeMethod(
          this,
          [wanted, progress, p] {
            if (wanted()) progress(p);
          },
          Qt::QueuedConnection);
    });
  ++state_->reading;
  state_->readers->add([this, job = std::move(job), then = std::move(then), work, wanted]() mutable {
    if (work.stopped()) {
      --state_->reading;
      return;
    }
    auto project = borrow();
    if (project) {
      job(project->get(), nullptr, work);
      give_back(std::move(*project));
    } else {
      job(nullptr, &project.error(), work);
    }
    QMetaObject::invokeMethod(
        this,
        [this, then = std::move(then), wanted]() mutable {
          --state_->reading;
          if (wanted()) then();
        },
        Qt::QueuedConnection);
  });
}

void ProjectSession::stop_read(QObject* receiver, const char* slot) {
  const auto entry = state_->slots_of.find({receiver, std::string(slot)});
  if (entry == state_->slots_of.end()) return;
  entry->second.stop.request_stop();
  entry->second.ticket = 0;
}

void ProjectSession::enqueue_write(QObject* receiver, WriteJob job, std::function<void()> then) {
  if (state_->pending++ == 0) Q_EMIT saving();
  const Actor who = actor();  // of the moment of the key press, not of the moment of writing
  state_->writing->add(
      [this, receiver = QPointer<QObject>(receiver), job = std::move(job), then = std::move(then), who]() mutable {
        std::optional<Error> error;
        if (!state_->writer) {
          auto project = borrow();
          if (project) {
            state_->writer = std::move(*project);
            state_->writer->set_automatic_checkpoint(false);
          } else {
            error = job(nullptr, &project.error());
          }
        }
        if (state_->writer) {
          state_->writer->set_actor(who);
          error = job(state_->writer.get(), nullptr);
        }
        QMetaObject::invokeMethod(
            this,
            [this, receiver, then = std::move(then), error]() mutable {
              const int left = --state_->pending;
              if (receiver) then();
              if (error && error->kind != ErrorKind::cancelled)
                Q_EMIT save_failed(*error);
              else if (left == 0)
                Q_EMIT saved();
            },
            Qt::QueuedConnection);
      });
}

void ProjectSession::enqueue_work(QObject* receiver, const QString& what, ReadJob job, std::function<void()> then) {
  const int id = ++state_->work_ids;
  auto& entry = state_->works[id];
  Work work;
  work.stop = entry.stop.get_token();
  work.progress = thinned([this, id](const Progress& p) {
    QMetaObject::invokeMethod(
        this, [this, id, p] { Q_EMIT work_progress(id, p); }, Qt::QueuedConnection);
  });
  Q_EMIT work_started(id, what);
  entry.thread = std::thread(
      [this, id, receiver = QPointer<QObject>(receiver), job = std::move(job), then = std::move(then), work]() mutable {
        auto project = borrow();
        if (project)
          job(project->get(), nullptr, work);
        else
          job(nullptr, &project.error(), work);
        project = fail(ErrorKind::cancelled, "ui.done", "");  // the connection goes with its thread
        QMetaObject::invokeMethod(
            this,
            [this, id, receiver, then = std::move(then)]() mutable {
              if (const auto done = state_->works.find(id); done != state_->works.end()) {
                done->second.thread.join();
                state_->works.erase(done);
              }
              Q_EMIT work_finished(id);
              if (receiver) then();
            },
            Qt::QueuedConnection);
      });
}

void ProjectSession::cancel_work(int id) {
  if (const auto work = state_->works.find(id); work != state_->works.end()) work->second.stop.request_stop();
}

// A connection of its own sees every commit of this program and of others; when all is quiet it checkpoints, so that no
// key press ever has to.
void ProjectSession::watch() {
  auto project = borrow();
  int64_t seen = project ? (*project)->data_version() : 0;
  int quiet = kIdlePolls;
  std::unique_lock lock(state_->watch_mutex);
  while (!state_->watch_wake.wait_for(lock, kPoll, [this] { return state_->ending; })) {
    lock.unlock();
    if (!project) project = borrow();
    if (project) {
      const int64_t now = (*project)->data_version();
      if (now != seen) {
        seen = now;
        quiet = 0;
        const qint64 version = ++state_->version;
        QMetaObject::invokeMethod(
            this, [this, version] { Q_EMIT data_changed(version); }, Qt::QueuedConnection);
      } else if (++quiet == kIdlePolls && !(*project)->read_only()) {
        if (auto done = (*project)->checkpoint(); !done) log::debug(message_of(done.error()));
        seen = (*project)->data_version();
      }
    }
    lock.lock();
  }
}

}  // namespace millwright::ui
