#include "session/script_reply.hpp"

#include <optional>
#include <utility>

#include "net/offload.hpp"

namespace unmuted {
namespace {

using net::awaitable;
using ScriptAnswer = tl::expected<ScriptReply, Diagnostic>;

class ScriptStream final : public ReplyStream {
 public:
  ScriptStream(Stage& stage, WorkerPool::Share& scripts, std::vector<events::Message> chat_history)
      : stage_(stage),
        scripts_(scripts),
        character_(stage.character()),
        chat_history_(std::move(chat_history)) {}

  awaitable<ReplyEvent> next() override {
    if (said_) co_return ReplyFinished{"", said_->close};
    std::optional<ScriptAnswer> answer = co_await ask();
    if (!answer) {
      co_return failed(
          {"service_at_capacity", "The server is too busy to run the character's script; try again", ""});
    }
    if (!*answer) co_return failed(character_failure(*character_, answer->error()));
    said_ = std::move(**answer);
    co_return ReplyText{said_->text};
  }

  void abort() override {
    aborted_ = true;
    call_.abandon();
  }

 private:
  static ReplyFailed failed(Error error) { return {std::move(error), events::Failure::Kind::server_error}; }

  /// Nothing when the pool has no room, or the reply was aborted.
  awaitable<std::optional<ScriptAnswer>> ask() {
    while (!aborted_) {
      auto script = co_await stage_.script(call_);
      if (aborted_) break;
      if (!script) co_return ScriptAnswer(tl::unexpected(script.error()));
      auto job = [script = *script, context = stage_.call_context(chat_history_)]() -> ScriptAnswer {
        return script->reply(context);
      };
      std::optional<ScriptAnswer> answer = co_await net::offload(scripts_, call_, std::move(job));
      // A reply that was cancelled runs on, and may have ended the script before it was this one's turn.
      const bool ended_before = answer && !*answer && (*script)->dead() && !is_limit(answer->error());
      if (!ended_before) co_return answer;
    }
    co_return std::nullopt;
  }

  Stage& stage_;
  WorkerPool::Share& scripts_;
  CharacterPtr character_;
  std::vector<events::Message> chat_history_;
  net::PoolCall call_;
  bool aborted_ = false;
  std::optional<ScriptReply> said_;
};

}  // namespace

std::unique_ptr<ReplyStream> script_reply(Stage& stage, WorkerPool::Share& scripts,
                                          std::vector<events::Message> chat_history) {
  return std::make_unique<ScriptStream>(stage, scripts, std::move(chat_history));
}

}  // namespace unmuted
