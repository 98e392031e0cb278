#include "signals.hpp"

#include <utility>

#include <pthread.h>
#include <unistd.h>

namespace unmuted {

Signals::Signals() {
  sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);  // threads that are started later inherit it
  std::signal(SIGPIPE, SIG_IGN);
  thread_ = std::thread([this] { listen(); });
}

Signals::~Signals() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  ::pthread_kill(thread_.native_handle(), SIGHUP);
  thread_.join();
}

void Signals::heed() {
  const std::lock_guard lock(mutex_);
  heeded_ = true;
}

int Signals::wait() {
  std::unique_lock lock(mutex_);
  heard_.wait(lock, [&] { return to_end_ != 0 || hangup_; });
  if (to_end_ != 0) return to_end_;
  hangup_ = false;
  return SIGHUP;
}

void Signals::listen() {
  ::pthread_setname_np(::pthread_self(), "signals");
  while (true) {
    int signal = 0;
    if (::sigwait(&signals_, &signal) != 0) continue;
    {
      const std::lock_guard lock(mutex_);
      if (closing_) return;
    }
    hear(signal);
  }
}

void Signals::hear(int signal) {
  const std::lock_guard lock(mutex_);
  if (signal == SIGHUP) {
    hangup_ = true;
  } else {
    if (to_end_ != 0 || !heeded_) ::_exit(128 + signal);  // says nothing: that could block as well
    to_end_ = signal;
  }
  heard_.notify_all();
}

}  // namespace unmuted
