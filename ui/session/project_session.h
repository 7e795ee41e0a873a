// ui/session: what the pages share, below them and below the window: the open project with its worker threads, the page
// interface, the command registry. The UI thread never waits for a disk: reads run on workers with connections of their
// own, writes on one thread in the order in which they were asked for.
#pragma once

#include <QObject>
#include <QPointer>
#include <QString>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "base/result.h"
#include "base/work.h"
#include "store/project.h"

namespace millwright::ui {

class ProjectSession : public QObject {
  Q_OBJECT
 public:
  /// Opens a project (and migrates it where needed). Takes as long as that takes: call it off the UI thread or behind a
  /// word on the screen.
  [[nodiscard]] static Result<std::unique_ptr<ProjectSession>> open(const fs::path& folder, const QString& annotator);
  ~ProjectSession() override;

  [[nodiscard]] QString name() const;
  [[nodiscard]] fs::path folder() const;
  [[nodiscard]] bool read_only() const;

  /// Who is at the keyboard: the actor of every write from now on.
  [[nodiscard]] QString annotator() const;
  void set_annotator(const QString& name);
  [[nodiscard]] Actor actor() const;

  /// Reads on a worker: job is Result<T>(store::Project&, const Work&), then is void(Result<T>) on the UI thread.
  /// A newer read of the same receiver and slot stops the older one and its answer is dropped, as it is when the
  /// receiver is gone.
  template <class Job, class Then>
  void read(QObject* receiver, const char* slot, Job job, Then then) {
    using R = std::invoke_result_t<Job, store::Project&, const Work&>;
    auto result = std::make_shared<std::unique_ptr<R>>();
    enqueue_read(
        receiver, slot,
        [job = std::move(job), result](store::Project* project, const Error* error, const Work& work) mutable {
          *result =
              project ? std::make_unique<R>(job(*project, work)) : std::make_unique<R>(tl::make_unexpected(*error));
        },
        [then = std::move(then), result]() mutable { then(std::move(**result)); }, {});
  }
  /// The same with progress, for long reads: progress is called on the UI thread, ten times a second at most.
  template <class Job, class Then>
  void read(QObject* receiver, const char* slot, Job job, Then then, std::function<void(const Progress&)> progress) {
    using R = std::invoke_result_t<Job, store::Project&, const Work&>;
    auto result = std::make_shared<std::unique_ptr<R>>();
    enqueue_read(
        receiver, slot,
        [job = std::move(job), result](store::Project* project, const Error* error, const Work& work) mutable {
          *result =
              project ? std::make_unique<R>(job(*project, work)) : std::make_unique<R>(tl::make_unexpected(*error));
        },
        [then = std::move(then), result]() mutable { then(std::move(**result)); }, std::move(progress));
  }
  /// Stops a read under way; its answer is dropped.
  void stop_read(QObject* receiver, const char* slot);

  /// Writes on the writing thread, one after the other: short use cases (a label, an override, a guide's edit). The
  /// tray shows "saving" until `then` has been called, then "saved"; a failure is shown loudly by the window as well.
  template <class Job, class Then>
  void write(QObject* receiver, Job job, Then then) {
    using R = std::invoke_result_t<Job, store::Project&>;
    auto result = std::make_shared<std::unique_ptr<R>>();
    enqueue_write(
        receiver,
        [job = std::move(job), result](store::Project* project, const Error* error) mutable -> std::optional<Error> {
          *result = project ? std::make_unique<R>(job(*project)) : std::make_unique<R>(tl::make_unexpected(*error));
          if (!**result) return (**result).error();
          return std::nullopt;
        },
        [then = std::move(then), result]() mutable { then(std::move(**result)); });
  }

  /// Long work that writes now and then (import, snapshot, demo): on a thread of its own with a connection of its own;
  /// labeling goes on beside it. Shown in the tray under `what` with progress, time left and cancel.
  template <class Job, class Then>
  void work(QObject* receiver, const QString& what, Job job, Then then) {
    using R = std::invoke_result_t<Job, store::Project&, const Work&>;
    auto result = std::make_shared<std::unique_ptr<R>>();
    enqueue_work(
        receiver, what,
        [job = std::move(job), result](store::Project* project, const Error* error, const Work& work) mutable {
          *result =
              project ? std::make_unique<R>(job(*project, work)) : std::make_unique<R>(tl::make_unexpected(*error));
        },
        [then = std::move(then), result]() mutable { then(std::move(**result)); });
  }
  void cancel_work(int id);

  /// For callbacks that are on a worker thread already (a table's source): runs the job there with a connection from
  /// the pool. Any thread but the UI's.
  template <class Job>
  std::invoke_result_t<Job, store::Project&> with_reader(Job job) {
    const Counting counting(*this);
    auto borrowed = borrow();
    if (!borrowed) return tl::make_unexpected(std::move(borrowed).error());
    auto result = job(**borrowed);
    give_back(std::move(*borrowed));
    return result;
  }

  /// Counts up whenever something in the project has changed, by this program or another.
  [[nodiscard]] qint64 data_version() const;
  [[nodiscard]] int pending_writes() const;
  /// Reads that are under way or whose answer is not delivered yet: 0 means that pages show what there is.
  [[nodiscard]] int pending_reads() const;
  /// Long work under way.
  [[nodiscard]] int pending_works() const;

 Q_SIGNALS:
  void data_changed(qint64 version);
  void annotator_changed(const QString& name);
  void saving();
  void saved();
  void save_failed(const millwright::Error& error);
  void work_started(int id, const QString& what);
  void work_progress(int id, const millwright::Progress& progress);
  void work_finished(int id);

 private:
  struct State;
  using ReadJob = std::function<void(store::Project*, const Error*, const Work&)>;
  using WriteJob = std::function<std::optional<Error>(store::Project*, const Error*)>;
  explicit ProjectSession(std::unique_ptr<State> state);
  struct Counting {
    explicit Counting(ProjectSession& session);
    Counting(const Counting&) = delete;
    Counting& operator=(const Counting&) = delete;
    ~Counting();
    ProjectSession& session;
  };
  void enqueue_read(QObject* receiver, const char* slot, ReadJob job, std::function<void()> then,
                    std::function<void(const Progress&)> progress);
  void enqueue_write(QObject* receiver, WriteJob job, std::function<void()> then);
  void enqueue_work(QObject* receiver, const QString& what, ReadJob job, std::function<void()> then);
  [[nodiscard]] Result<std::unique_ptr<store::Project>> borrow();
  void give_back(std::unique_ptr<store::Project> project);
  void watch();
  std::unique_ptr<State> state_;
};

}  // namespace millwright::ui
