#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/clock.hpp"
#include "core/worker_pool.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"

namespace unmuted::net {

/// Lets the owner of a coroutine end its wait for the pool. One call at a time; on the coroutine's thread.
class PoolCall {
 public:
  /// The call under way, if there is one, returns at once, without a result. A job that has not begun never
  /// begins.
  void abandon() {
    if (waiting_ == nullptr) return;
    abandoned_ = true;
    share_->withdraw(ticket_);
    waiting_->notify();
  }

  /// Whether the last call was.
  [[nodiscard]] bool abandoned() const { return abandoned_; }

 private:
  template <class Function>
  friend awaitable<std::optional<std::invoke_result_t<Function&>>> offload(WorkerPool::Share&, PoolCall&,
                                                                           Function, TimePoint);

  WorkerPool::Share* share_ = nullptr;
  WorkerPool::Share::Ticket ticket_ = 0;
  Signal* waiting_ = nullptr;
  bool abandoned_ = false;
};

/// Runs `function` on the pool when it is the share's turn, and resumes here, on this coroutine's thread,
/// with what it returned or threw. Nothing when the pool has no room, when `call` was abandoned, or when
/// `deadline` has passed: a job that runs already then runs to its end unheard, and its result is dropped.
/// `function` owns all it needs: it may outlive its caller.
template <class Function>
awaitable<std::optional<std::invoke_result_t<Function&>>> offload(WorkerPool::Share& share, PoolCall& call,
                                                                  Function function, TimePoint deadline) {
  using Value = std::invoke_result_t<Function&>;
  struct State {
    explicit State(const asio::any_io_executor& executor) : done(executor) {}
    Signal done;
    std::optional<Value> value;
    std::exception_ptr thrown;
  };
  auto executor = co_await asio::this_coro::executor;
  auto state = std::make_shared<State>(executor);
  auto job = [executor, state, function = std::move(function)]() mutable {
    std::optional<Value> value;
    std::exception_ptr thrown;
    try {
      value.emplace(function());
    } catch (...) {
      thrown = std::current_exception();
    }
    auto deliver = [state = std::move(state), value = std::move(value),
                    thrown = std::move(thrown)]() mutable {
      state->value = std::move(value);
      state->thrown = std::move(thrown);
      state->done.notify();
    };
    asio::post(executor, std::move(deliver));
  };
  // std::function copies; a job may hold what cannot be copied.
  auto shared_job = std::make_shared<decltype(job)>(std::move(job));
  const auto ticket = share.submit([shared_job] { (*shared_job)(); });
  shared_job.reset();
  call.abandoned_ = false;
  if (!ticket) co_return std::nullopt;
  call.share_ = &share;
  call.ticket_ = *ticket;
  call.waiting_ = &state->done;
  struct Wait {
    ~Wait() { call->waiting_ = nullptr; }  // also where the loop ends before the job does
    PoolCall* call;
  };
  const Wait wait{&call};
  co_await state->done.wait_until(deadline);
  share.withdraw(*ticket);  // where the deadline passed before its turn came
  if (state->thrown) std::rethrow_exception(state->thrown);
  co_return std::move(state->value);
}

/// The same, however long it takes.
template <class Function>
awaitable<std::optional<std::invoke_result_t<Function&>>> offload(WorkerPool::Share& share, PoolCall& call,
                                                                  Function function) {
  return offload(share, call, std::move(function), TimePoint::max());
}

}  // namespace unmuted::net
