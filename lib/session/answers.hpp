#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "conversation/actions.hpp"
#include "conversation/conversation.hpp"
#include "core/turn_id.hpp"
#include "events/notice.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"
#include "services/language_model.hpp"
#include "session/environment.hpp"
#include "session/stage.hpp"

namespace unmuted {

/// Who answers when a conversation asks: the character's script where it replies itself, else the language
/// model, else a rehearsal. All are a ReplyStream. One answer at a time, in the order of asking. On the
/// session's thread.
class Answers {
 public:
  /// A part of an answer; an AnswerEnd or a Failure is the last.
  struct Part {
    TurnId turn;
    std::variant<ReplyText, AnswerEnd, events::Failure> said;
  };

  /// All outlive it.
  Answers(net::asio::any_io_executor executor, const SessionEnvironment& environment,
          WorkerPool::Share& scripts, Stage& stage);

  void ask(actions::AskModel ask);
  /// Nothing of this turn is wanted any more: neither what waits nor what is under way.
  void stop(TurnId turn);

  /// The next part; waits for it. Nothing after shut_down(). One call at a time.
  net::awaitable<std::optional<Part>> next();

  /// next() returns, and whatever it waits for is abandoned.
  void shut_down();

 private:
  std::unique_ptr<ReplyStream> open(actions::AskModel ask);
  std::unique_ptr<ReplyStream> ask_model(actions::AskModel ask);
  std::unique_ptr<ReplyStream> rehearse(const actions::AskModel& ask) const;
  std::optional<Part> take(TurnId turn, ReplyEvent event);
  void note_end(const ReplyFinished& finished) const;

  net::asio::any_io_executor executor_;
  const SessionEnvironment& environment_;
  WorkerPool::Share& scripts_;
  Stage& stage_;

  std::deque<actions::AskModel> asks_;
  std::optional<TurnId> asking_;  ///< the turn of stream_; nothing once it is stopped
  std::unique_ptr<ReplyStream> stream_;
  std::vector<ToolCall> calls_;  ///< of the answer under way
  net::Signal work_;
  bool shut_down_ = false;
};

}  // namespace unmuted
