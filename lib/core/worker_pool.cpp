#include "core/worker_pool.hpp"

#include <algorithm>
#include <utility>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace unmuted {

WorkerPool::WorkerPool(const Options& options)
    : max_waiting_(options.max_waiting), to_let_go_(std::make_shared<Line>()) {
  to_let_go_->lane = &lane(Lane::chores);
  struct Crew {
    Lane lane;
    unsigned threads;
    int nice;
  };
  const unsigned threads = std::max(1U, options.threads);
  const std::lock_guard lock(mutex_);  // nobody ends before all are counted
  for (const Crew& crew : {Crew{Lane::scripts, threads, 5},
                           {Lane::speech, threads, 5},
                           {Lane::programs, threads, 5},
                           {Lane::hearing, threads, 10},
                           {Lane::loads, threads, 15},
                           {Lane::chores, 1, 5}}) {
    for (unsigned i = 0; i < crew.threads; ++i) {
      ++working_;
      threads_.emplace_back(
          [this, &of = lane(crew.lane), nice = options.yielding ? crew.nice : 0] { work(of, nice); });
    }
  }
}

WorkerPool::~WorkerPool() {
  stop();
  threads_.clear();  // joins
}

void WorkerPool::let_go(std::shared_ptr<const void> thing) {
  if (thing) submit(to_let_go_, [thing = std::move(thing)] {});
}

void WorkerPool::stop() {
  std::vector<std::deque<Waiting>>
      dropped;  // freed without the lock: what a job holds may submit another one
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (LaneState& lane : lanes_) {
      while (!lane.lines.empty()) {
        Line& line = *lane.lines.front();
        dropped.push_back(withdraw_all(line));
      }
    }
  }
  for (LaneState& lane : lanes_) lane.work.notify_all();
  held_changed_.notify_all();
}

bool WorkerPool::wait_until_idle(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, at_most, [&] { return working_ == 0; });
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
  for (LaneState& lane : lanes_) lane.work.notify_all();
}

bool WorkerPool::wait_for_held(std::size_t count, std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  const auto held = [&] {
    std::size_t waiting = 0;
    for (const LaneState& lane : lanes_) waiting += lane.waiting;
    return waiting >= count;
  };
  held_changed_.wait_for(lock, at_most, [&] { return held() || stopping_; });
  return held();
}

// --- lines: all of it under the lock ----------------------------------------------------------------------

void WorkerPool::stand_in_line(const std::shared_ptr<Line>& line) {
  auto& lines = line->lane->lines;
  line->place = lines.insert(lines.end(), line);
}

void WorkerPool::leave_line(Line& line) {
  if (!line.place) return;
  const auto place = *std::exchange(line.place, std::nullopt);
  line.lane->lines.erase(place);  // the line may end with it
}

std::optional<WorkerPool::Ticket> WorkerPool::submit(const std::shared_ptr<Line>& line, Job job) {
  LaneState& lane = *line->lane;
  Ticket ticket = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || lane.waiting >= max_waiting_) return std::nullopt;
    ticket = next_ticket_++;
    line->jobs.push_back({ticket, std::move(job)});
    ++lane.waiting;
    if (!line->running && !line->place) stand_in_line(line);
  }
  lane.work.notify_one();
  held_changed_.notify_all();
  return ticket;
}

WorkerPool::Job WorkerPool::withdraw(Line& line, Ticket ticket) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(line.jobs.begin(), line.jobs.end(),
                                  [&](const Waiting& waiting) { return waiting.ticket == ticket; });
  if (found == line.jobs.end()) return nullptr;
  Job job = std::move(found->job);
  line.jobs.erase(found);
  --line.lane->waiting;
  if (line.jobs.empty()) leave_line(line);
  return job;
}

std::deque<WorkerPool::Waiting> WorkerPool::withdraw_all(Line& line) {
  line.lane->waiting -= line.jobs.size();
  std::deque<Waiting> jobs = std::exchange(line.jobs, {});
  leave_line(line);
  return jobs;
}

// --- threads ----------------------------------------------------------------------------------------------

void WorkerPool::work(LaneState& lane, int nice) {
  ::pthread_setname_np(::pthread_self(), "worker");
  // On Linux a nice value belongs to a thread; 0 means the calling one.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nice);
  std::unique_lock lock(mutex_);
  while (true) {
    lane.work.wait(lock, [&] { return stopping_ || (!gate_shut_ && !lane.lines.empty()); });
    if (stopping_) break;
    const std::shared_ptr<Line> line = lane.lines.front();
    leave_line(*line);
    Job job = std::move(line->jobs.front().job);
    line->jobs.pop_front();
    --lane.waiting;
    line->running = true;
    lock.unlock();
    job();
    job = nullptr;  // what it holds is let go before the next wait
    lock.lock();
    line->running = false;
    // Behind all others; this thread takes the next one. After the end it is dropped with its share.
    if (!line->jobs.empty() && !stopping_) stand_in_line(line);
  }
  --working_;
  idle_.notify_all();
}

// --- shares -----------------------------------------------------------------------------------------------

WorkerPool::Share::Share(WorkerPool& pool, Lane lane) : pool_(pool), line_(std::make_shared<Line>()) {
  line_->lane = &pool.lane(lane);
}

WorkerPool::Share::~Share() {
  std::deque<Waiting> dropped;
  {
    const std::lock_guard lock(pool_.mutex_);
    dropped = pool_.withdraw_all(*line_);
  }
  // What the jobs hold may take long to free.
  if (!dropped.empty()) pool_.let_go(std::make_shared<const std::deque<Waiting>>(std::move(dropped)));
}

std::optional<WorkerPool::Ticket> WorkerPool::Share::submit(Job job) {
  return pool_.submit(line_, std::move(job));
}

void WorkerPool::Share::withdraw(Ticket ticket) {
  const Job dropped = pool_.withdraw(*line_, ticket);  // freed without the lock
}

}  // namespace unmuted
