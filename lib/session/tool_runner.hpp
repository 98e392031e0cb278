#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "conversation/chat_message.hpp"
#include "core/turn_id.hpp"
#include "core/worker_pool.hpp"
#include "events/notice.hpp"
#include "metrics/metrics.hpp"
#include "net/asio.hpp"
#include "net/offload.hpp"
#include "net/signal.hpp"
#include "session/stage.hpp"

namespace unmuted {

/// Runs the tools of the active character, one call at a time, in order. On the session's thread; the tools
/// run on the pool.
class ToolRunner {
 public:
  struct Call {
    TurnId turn;
    std::size_t number;  ///< in its round
    ToolCall call;
  };

  struct Outcome {
    std::string text;  ///< what the language model is told
    std::optional<ToolError> error;
    std::optional<events::Failure> failure;  ///< what the client is told beside it: a limit ended the script
  };

  /// All outlive it.
  ToolRunner(const net::asio::any_io_executor& executor, Metrics& metrics, WorkerPool::Share& scripts,
             Stage& stage);

  void add(TurnId turn, std::vector<ToolCall> calls);
  /// Calls of this turn that wait are not run.
  void drop(TurnId turn);

  /// The next call to run; waits for it. Nothing after shut_down().
  net::awaitable<std::optional<Call>> next();
  /// Runs it, counts and measures it. `chat_history` is what the tool may look at.
  net::awaitable<Outcome> run(ToolCall call, std::vector<events::Message> chat_history);

  /// next() and run() return, and whatever they wait for is abandoned.
  void shut_down();

 private:
  net::awaitable<Outcome> run_unmeasured(ToolCall call, std::vector<events::Message> chat_history);

  Metrics& metrics_;
  WorkerPool::Share& scripts_;
  Stage& stage_;
  std::deque<Call> calls_;
  net::PoolCall running_;
  net::Signal work_;
  bool shut_down_ = false;
};

}  // namespace unmuted
