#pragma once

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

namespace unmuted {

/// Hears SIGTERM, SIGINT and SIGHUP, from its construction on, in a thread of its own: whatever the rest of
/// the process waits for – a blocked terminal, a file system that hangs – the second signal to end ends it at
/// once, and so does the first one until heed(). One a process, made before any other thread.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// From here on somebody will wait() for the first signal to end, and end the process in order.
  void heed();

  /// The next signal; several SIGHUP that nobody waited for are one, and a signal to end comes first.
  int wait();

 private:
  void listen();
  void hear(int signal);

  sigset_t signals_{};
  std::mutex mutex_;
  std::condition_variable heard_;
  int to_end_ = 0;  ///< SIGTERM or SIGINT, once one came
  bool hangup_ = false;
  bool heeded_ = false;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace unmuted
