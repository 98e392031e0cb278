#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace unmuted {

/// A fixed number of threads for everything that blocks or runs a script: directories, Lua, serialising
/// metrics. First come, first served, with a bounded queue. Every member may be called from any thread.
class WorkerPool {
 public:
  using Job = std::function<void()>;

  struct Options {
    unsigned threads = 2;
    std::size_t max_waiting = 16'384;
    /// Added to the threads' nice value, so that a busy pool does not take the processor from the
    /// network threads. Silently without effect where the system does not allow it.
    int nice = 10;
  };

  explicit WorkerPool(const Options& options);
  ~WorkerPool();  ///< stop()
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Ends the pool: jobs that wait are dropped unrun, running ones are waited for, later ones refused.
  void stop();

  /// Hands over a job, which must not throw. False (and the job is dropped) when the queue is full
  /// or the pool has ended.
  [[nodiscard]] bool submit(Job job);

  /// The gate, for tests: while it is shut every worker stops with the job it has just taken, before running
  /// it.
  void shut_gate();
  void open_gate();
  /// Waits until at least `count` jobs stand at the shut gate or wait behind them. False when they did not
  /// within `at_most`.
  bool wait_for_held(std::size_t count, std::chrono::milliseconds at_most = std::chrono::seconds(10));

 private:
  void work(int nice);

  std::mutex mutex_;
  std::condition_variable work_;          ///< a job came, or the end
  std::condition_variable gate_;          ///< the gate opened, or the end
  std::condition_variable held_changed_;  ///< a job came, or the end
  std::deque<Job> waiting_;
  std::size_t max_waiting_;
  std::size_t held_ = 0;
  bool gate_shut_ = false;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace unmuted
