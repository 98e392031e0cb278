#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "characters/character_manager.hpp"
#include "conversation/conversation.hpp"
#include "conversation/open_reply.hpp"
#include "events/server_event.hpp"
#include "net/asio.hpp"
#include "net/offload.hpp"
#include "net/signal.hpp"
#include "services/language_model.hpp"
#include "session/environment.hpp"
#include "session/outbox.hpp"
#include "session/speaker.hpp"

namespace unmuted {

/// The way from a dialogue to its client.
class ClientLink {
 public:
  virtual ~ClientLink() = default;
  virtual void send(const events::ServerEvent& event, std::string_view request_id) = 0;
  virtual void close(CloseFrame frame) = 0;
  /// Nothing more of the reply that was under way will be sent.
  virtual void reply_ended() = 0;
  /// Returns when the client takes more, or is gone.
  virtual net::awaitable<void> room() = 0;
};

/// What came of one call of a tool.
struct ToolOutcome {
  std::string text;  ///< what the language model is told
  std::optional<ToolError> error;
  bool ended_by_limit = false;
};

/// What the active character plays in one conversation.
struct Role {
  InstanceOptions options;  ///< to make its script anew when a limit has ended it
  CallContext context;      ///< what its script is told, but for time and history
  std::string system_prompt;
  std::string voice;    ///< path on the server
  bool ad_hoc = false;  ///< a voice with instructions of the client's: its character's name is no name
};

/// Carries out what a Conversation wants done: asks the language model, the character's script or the
/// rehearsal, runs tools, lets the speaker speak, and tells the client. One for a session, for all its
/// conversations, on the session's thread. Scripts run on the pool.
class Dialogue {
 public:
  /// `scripts` is where the session's scripts run, `characters` holds the active instance; all outlive the
  /// dialogue.
  Dialogue(const net::asio::any_io_executor& executor, const SessionEnvironment& environment,
           WorkerPool::Share& scripts, CharacterManager& characters, ClientLink& client);
  ~Dialogue();

  /// Begins a conversation with the active character, who speaks first.
  void begin(Role role);
  /// What the script sees as ctx.context from its next call on.
  void set_context(nlohmann::json context);
  /// Ends the conversation, if there is one; a reply under way ends as interrupted.
  void end();

  /// Whether a reply has begun and not ended.
  [[nodiscard]] bool replying() const { return conversation_ && conversation_->turn().has_value(); }

  /// The conversation.* and response.* events of the client. Without a conversation: no_active_character, or
  /// response_not_active for a cancel.
  void user_wrote(std::string text, std::string_view request_id);
  void reply_requested(std::string_view request_id);
  void cancel_requested(std::string_view request_id);

  /// Frees a script that is no longer active, before the session's next one runs: so a session that makes
  /// many waits for its own.
  void let_go_of_script(std::shared_ptr<const void> script);

  // The coroutines that do the work. They return after shut_down(), and throw what is a bug.
  net::awaitable<void> run_model();
  net::awaitable<void> run_tools();
  net::awaitable<void> run_speaker();

  /// The session has ended: nothing is said any more, and whatever is waited for is abandoned.
  void shut_down();

 private:
  using ScriptAnswer = tl::expected<ScriptReply, Diagnostic>;
  struct PendingCall {
    TurnId turn;
    std::size_t number;
    ToolCall call;
  };

  Conversation& up_to_date(std::string_view request_id = {});
  void hear_speaker(std::string_view request_id = {});
  void carry_out(Actions actions, std::string_view request_id = {});
  void do_action(actions::ReplyStarted action, std::string_view request_id);
  void do_action(actions::AskModel action, std::string_view request_id);
  void do_action(actions::WordReady action, std::string_view request_id);
  void do_action(actions::WordsTakenBack action, std::string_view request_id);
  void do_action(actions::TextComplete action, std::string_view request_id);
  void do_action(actions::WordSpoken action, std::string_view request_id);
  void do_action(actions::RunTools action, std::string_view request_id);
  void do_action(actions::ToolCalled action, std::string_view request_id);
  void do_action(actions::StopModel action, std::string_view request_id);
  void do_action(actions::StopReply action, std::string_view request_id);
  void do_action(actions::ReplyEnded action, std::string_view request_id);
  void do_action(actions::SpeechStarted action, std::string_view request_id);
  void do_action(actions::SpeechStopped action, std::string_view request_id);
  void do_action(actions::UserWord action, std::string_view request_id);
  void do_action(actions::Refused action, std::string_view request_id);
  void do_action(actions::Failed action, std::string_view request_id);
  void do_action(actions::CloseConnection action, std::string_view request_id);

  void refuse(std::string code, std::string message, std::string_view request_id);
  void stop_model(TurnId turn);
  [[nodiscard]] bool asking(TurnId turn) const { return asking_ == turn && !shut_down_; }

  net::awaitable<void> answer(actions::AskModel ask);
  net::awaitable<void> answer_by_model(actions::AskModel ask);
  net::awaitable<void> answer_by_script(actions::AskModel ask);
  net::awaitable<std::optional<ScriptAnswer>> ask_script(TurnId turn, CallContext context);
  void answer_by_rehearsal(const actions::AskModel& ask);
  void hear(TurnId turn, ReplyEvent event, std::vector<ToolCall>& calls);
  void note_end(const ReplyFinished& finished) const;
  void fail(TurnId turn, Error error);

  net::awaitable<ToolOutcome> run_tool(ToolCall call);
  /// The active instance, made anew where a limit has ended it. Null, and an error told, when that fails.
  net::awaitable<tl::expected<ScriptInstancePtr, Diagnostic>> usable_instance(net::PoolCall& call);
  [[nodiscard]] CallContext script_context(const std::vector<ChatMessage>& chat_history) const;

  const SessionEnvironment& environment_;
  net::asio::any_io_executor executor_;
  WorkerPool::Share& scripts_;
  CharacterManager& characters_;
  ClientLink& client_;

  std::optional<Conversation> conversation_;
  Role role_;
  TurnId next_turn_{1};
  bool shut_down_ = false;

  std::deque<actions::AskModel> asks_;
  std::optional<TurnId> asking_;  ///< the turn that run_model is busy with; nothing once it is stopped
  std::unique_ptr<ReplyStream> stream_;
  net::PoolCall script_call_;
  net::Signal model_work_;

  std::deque<PendingCall> calls_;
  net::PoolCall tool_call_;
  net::Signal tool_work_;

  std::unique_ptr<Speaker> speaker_;
  OpenReply open_reply_;
};

/// `character_failed`, as a client is told of it.
Error character_failure(const Character& character, const Diagnostic& problem);

}  // namespace unmuted
