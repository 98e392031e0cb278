#include "core/worker_pool.hpp"

#include <algorithm>
#include <utility>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace unmuted {

WorkerPool::WorkerPool(const Options& options) : max_waiting_(options.max_waiting) {
  const unsigned count = std::max(1U, options.threads);
  for (unsigned i = 0; i < count; ++i) {
    threads_.emplace_back([this, nice = options.nice] { work(nice); });
  }
}

WorkerPool::~WorkerPool() {
  stop();
}

void WorkerPool::stop() {
  std::deque<Job> dropped;  // freed without the lock: what a job holds may submit another one
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(waiting_);
  }
  work_.notify_all();
  gate_.notify_all();
  held_changed_.notify_all();
  threads_.clear();  // joins
}

bool WorkerPool::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiting_.size() >= max_waiting_) return false;
    waiting_.push_back(std::move(job));
  }
  work_.notify_one();
  held_changed_.notify_all();
  return true;
}

void WorkerPool::shut_gate() {
  const std::lock_guard lock(mutex_);
  gate_shut_ = true;
}

void WorkerPool::open_gate() {
  {
    const std::lock_guard lock(mutex_);
    gate_shut_ = false;
  }
  gate_.notify_all();
}

bool WorkerPool::wait_for_held(std::size_t count, std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  const auto held = [&] { return held_ + waiting_.size() >= count; };
  held_changed_.wait_for(lock, at_most, [&] { return held() || stopping_; });
  return held();
}

void WorkerPool::work(int nice) {
  ::pthread_setname_np(::pthread_self(), "worker");
  // On Linux a nice value belongs to a thread; 0 means the calling one.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nice);
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    if (gate_shut_) {
      ++held_;
      gate_.wait(lock, [&] { return stopping_ || !gate_shut_; });
      --held_;
      if (stopping_) return;
    }
    lock.unlock();
    job();
    job = nullptr;  // what it holds is let go before the next wait
    lock.lock();
  }
}

}  // namespace unmuted
