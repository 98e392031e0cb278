#include "probe/microphone.hpp"

#include <chrono>
#include <random>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

namespace unmuted::probe {
namespace {

using net::awaitable;

constexpr std::chrono::milliseconds page_time{40};
constexpr std::chrono::seconds send_patience{10};

}  // namespace

Microphone::Microphone(const net::asio::any_io_executor& executor, std::shared_ptr<Connection> connection,
                       std::shared_ptr<VoiceLog> log, bool always_open)
    : executor_(executor),
      connection_(std::move(connection)),
      pages_(std::random_device{}(), std::move(log)),
      always_open_(always_open),
      changed_(executor) {}

void Microphone::open() {
  if (running_) return;
  running_ = true;
  net::asio::co_spawn(executor_, run(shared_from_this()), net::asio::detached);
}

awaitable<Result<void>> Microphone::say(std::shared_ptr<Utterance> utterance) {
  pages_.say(utterance, Clock::now());
  if (sent_) open();
  while (!utterance->is_over() && sent_) co_await changed_.wait(TimePoint::max());
  co_return sent_;
}

awaitable<void> Microphone::run(std::shared_ptr<Microphone> self) {
  net::asio::steady_timer timer(self->executor_);
  TimePoint begin = Clock::now();
  for (bool speaks = true; speaks; begin += page_time) {
    timer.expires_at(begin + page_time);
    co_await timer.async_wait(net::as_result);
    const bool spoke = !self->pages_.silent();
    auto events = self->pages_.next(begin);
    self->sent_ = co_await self->send(std::move(events));
    self->changed_.notify_all();
    if (!self->sent_) break;
    // The codec holds some milliseconds back: one page more, which is silent, has them.
    speaks = self->always_open_ || spoke || !self->pages_.silent();
  }
  self->running_ = false;
}

awaitable<Result<void>> Microphone::send(std::vector<std::string> events) {
  for (std::string& event : events) {
    auto sent = co_await connection_->stream(std::move(event), Clock::now() + send_patience);
    if (!sent) co_return sent;
  }
  co_return Result<void>();
}

}  // namespace unmuted::probe
