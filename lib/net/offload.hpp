#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/worker_pool.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"

namespace unmuted::net {

/// Lets the owner of a coroutine end its wait for the pool. One call at a time; on the coroutine's thread.
class PoolCall {
 public:
  /// The call under way, if there is one, returns at once, without a result.
  void abandon() {
    if (waiting_ != nullptr) waiting_->notify();
  }

 private:
  template <class Function>
  friend awaitable<std::optional<std::invoke_result_t<Function&>>> offload(WorkerPool&, PoolCall&, Function);

  Signal* waiting_ = nullptr;
};

/// Runs `function` on the pool and resumes here, on this coroutine's thread, with what it returned. Nothing
/// when the pool is full, or when `call` was abandoned: then the job runs to its end unheard and its result
/// is dropped. `function` must not throw, and owns all it needs: it may outlive its caller.
template <class Function>
awaitable<std::optional<std::invoke_result_t<Function&>>> offload(WorkerPool& pool, PoolCall& call,
                                                                  Function function) {
  using Value = std::invoke_result_t<Function&>;
  struct State {
    explicit State(const asio::any_io_executor& executor) : done(executor) {}
    Signal done;
    std::optional<Value> value;
  };
  auto executor = co_await asio::this_coro::executor;
  auto state = std::make_shared<State>(executor);
  auto job = [executor, state, function = std::move(function)]() mutable {
    auto deliver = [state = std::move(state), value = function()]() mutable {
      state->value.emplace(std::move(value));
      state->done.notify();
    };
    asio::post(executor, std::move(deliver));
  };
  // std::function copies; a job may hold what cannot be copied.
  auto shared_job = std::make_shared<decltype(job)>(std::move(job));
  if (!pool.submit([shared_job] { (*shared_job)(); })) co_return std::nullopt;
  shared_job.reset();
  call.waiting_ = &state->done;
  co_await state->done.wait();
  call.waiting_ = nullptr;
  co_return std::move(state->value);
}

}  // namespace unmuted::net
