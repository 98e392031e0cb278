#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace unmuted {

/// A fixed number of threads for everything that blocks or runs a script, in lanes, so that what takes long
/// does not hold up what somebody waits for. Jobs are handed over through a Share: the shares of a lane take
/// turns, so that one user's many jobs do not hold up another's one. Every member may be called from any
/// thread.
class WorkerPool {
 public:
  using Job = std::function<void()>;

  enum class Lane : std::uint8_t {
    scripts,   ///< of conversations: somebody waits for an answer
    speech,    ///< made of text: somebody listens, and it takes long for a script
    programs,  ///< speech that other programs make, which may hang: nobody else waits for them
    hearing,   ///< text made of speech: goes on for as long as somebody speaks
    loads,     ///< of directories: may take seconds, and for ever where a file system hangs
    chores     ///< what nobody listens to: metrics, freeing memory
  };

  struct Options {
    unsigned threads = 2;              ///< for each lane but chores, which has one
    std::size_t max_waiting = 16'384;  ///< jobs of one lane
    /// Whether the threads let the network threads go first, hearing those who answer, and loads all others.
    /// Silently without effect where the system does not allow it.
    bool yielding = true;
  };

  class Share;

  explicit WorkerPool(const Options& options);
  ~WorkerPool();  ///< stop(), and waits for what runs
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Frees, as a chore, what may take long to free: a script's memory, a large cast. When there is no room
  /// for that, here and now.
  void let_go(std::shared_ptr<const void> thing);

  /// Ends the pool: jobs that wait are dropped unrun, later ones refused, what runs goes on.
  void stop();
  /// After stop(): waits until nothing runs any more. False when that took longer than `at_most`.
  bool wait_until_idle(std::chrono::milliseconds at_most);

  /// The gate, for tests: while it is shut no job begins.
  void shut_gate();
  void open_gate();
  /// Waits until at least `count` jobs wait. False when they did not within `at_most`.
  bool wait_for_held(std::size_t count, std::chrono::milliseconds at_most = std::chrono::seconds(10));

 private:
  using Ticket = std::uint64_t;
  struct Waiting {
    Ticket ticket;
    Job job;
  };
  struct LaneState;
  /// What a share has to do: outlives the share while a job of it runs.
  struct Line {
    LaneState* lane;
    std::deque<Waiting> jobs;
    bool running = false;
    /// Where it stands among those whose turn comes; nothing when it has no job that may begin.
    std::optional<std::list<std::shared_ptr<Line>>::iterator> place;
  };
  struct LaneState {
    std::condition_variable work;  ///< a line came, or the gate opened, or the end
    std::list<std::shared_ptr<Line>> lines;
    std::size_t waiting = 0;
  };

  LaneState& lane(Lane which) { return lanes_[static_cast<std::size_t>(which)]; }
  std::optional<Ticket> submit(const std::shared_ptr<Line>& line, Job job);
  Job withdraw(Line& line, Ticket ticket);
  std::deque<Waiting> withdraw_all(Line& line);
  static void stand_in_line(const std::shared_ptr<Line>& line);
  static void leave_line(Line& line);
  void work(LaneState& lane, int nice);

  std::mutex mutex_;
  std::condition_variable held_changed_;  ///< a job came, or the end
  std::condition_variable idle_;          ///< a thread has ended
  std::array<LaneState, 6> lanes_;
  std::size_t max_waiting_;
  Ticket next_ticket_ = 1;
  std::size_t working_ = 0;  ///< threads that have not ended
  bool gate_shut_ = false;
  bool stopping_ = false;
  std::shared_ptr<Line> to_let_go_;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

/// One user's place in a lane. Of its jobs one runs at a time, in the order in which they came. The pool
/// outlives it. At its end what waits is dropped unrun.
class WorkerPool::Share {
 public:
  using Ticket = WorkerPool::Ticket;

  Share(WorkerPool& pool, Lane lane);
  ~Share();
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  /// Hands over a job, which must not throw. Nothing (and the job is dropped) when too many wait or the pool
  /// has ended.
  std::optional<Ticket> submit(Job job);

  /// Drops a job that has not begun; of one that has, nothing is taken back.
  void withdraw(Ticket ticket);

 private:
  WorkerPool& pool_;
  std::shared_ptr<Line> line_;
};

}  // namespace unmuted
