#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conversation/conversation.hpp"
#include "conversation/open_reply.hpp"
#include "net/asio.hpp"
#include "session/answers.hpp"
#include "session/environment.hpp"
#include "session/listener.hpp"
#include "session/outbox.hpp"
#include "session/output.hpp"
#include "session/recorder.hpp"
#include "session/speaker.hpp"
#include "session/stage.hpp"
#include "session/tool_runner.hpp"

namespace unmuted {

/// A character's tools are its own: those of the client that have the name of one are left out. Their names.
std::vector<std::string> drop_tools_of(const Character& character, events::ReplyOptions& options);

/// The character has a tool of that name, and the client's is left out.
events::Failure tool_is_taken(const std::string& name);

/// The switchboard between a Conversation and those who carry out what it wants: what happens is handed to
/// the conversation, and what that answers to the stations. One for a session, for all its conversations, on
/// the session's thread.
class Dialogue {
 public:
  /// `close` ends the session, after what has been said. All outlive the dialogue.
  Dialogue(const net::asio::any_io_executor& executor, const SessionEnvironment& environment,
           WorkerPool::Share& scripts, Stage& stage, Output& output, Recorder& recorder,
           std::function<void(CloseFrame)> close);

  /// Begins a conversation with the character on the stage, who speaks first; or goes on with one, of which
  /// something was said.
  void begin(History history = {});
  /// From here on conversations go so, the present one too. No tool in it has a name of the character's.
  void configure(const events::Settings& settings);
  /// Ends the conversation, if there is one; a reply under way ends as interrupted. What was said in it.
  std::optional<History> end();

  /// Whether a reply has begun and not ended.
  [[nodiscard]] bool replying() const { return conversation_ && conversation_->turn().has_value(); }
  /// Closes the session once the reply under way, if there is one, has ended by itself.
  void close_after_reply(CloseFrame frame);
  /// Ends the conversation, so that the client is told of the end of its reply, and closes the session.
  void end_and_close(CloseFrame frame);

  // What the client asks for; without a conversation: no_active_character, or response_not_active for a
  // cancel.
  void user_wrote(std::string text, std::string_view answers);
  void reply_requested(events::StartReply wanted, std::string_view answers);
  void cancel_requested(std::string_view answers);

  void item_added(events::AddItem wanted, std::string_view answers);
  void item_wanted(const events::FindItem& wanted, std::string_view answers);
  void item_cut(const events::CutItem& wanted, std::string_view answers);
  void item_removed(const events::RemoveItem& wanted, std::string_view answers);
  void user_turn_ended(std::string_view answers);
  void user_sound_dropped(std::string_view answers);

  /// The client's next sound, see Listener::hear(). Needs no conversation.
  void sound_arrived(const events::AppendAudio& sound);

  // The coroutines that pull from the stations. They return after shut_down(), and throw what is a bug.
  net::awaitable<void> run_answers();
  net::awaitable<void> run_tools();
  net::awaitable<void> run_speaker();
  net::awaitable<void> run_voice();
  net::awaitable<void> run_listener();
  net::awaitable<void> run_hearing();

  /// The session has ended: nothing is said any more, and whatever is waited for is abandoned.
  void shut_down();

 private:
  void carry_out(Actions actions, std::string_view answers = {});
  void carry_out(Action& action, std::string_view answers);
  void tell(const events::Notice& notice, std::string_view answers);
  [[nodiscard]] ListeningChoice listening_choice() const;
  template <class Ask>
  void ask(std::string_view answers, Ask ask);
  Conversation& up_to_date(std::string_view answers = {});
  void hear_speaker(std::string_view answers = {});
  void hear(Spoken spoken, std::string_view answers);
  void hear(Answers::Part part);
  void hear_listener();
  void hear(Heard heard);
  void tell_that_sound_comes(Duration length);

  const SessionEnvironment& environment_;
  Stage& stage_;
  Output& output_;
  Recorder& recorder_;
  std::function<void(CloseFrame)> close_;
  std::optional<CloseFrame> close_after_reply_;

  events::Settings settings_;
  std::optional<Conversation> conversation_;
  TurnId next_turn_{1};
  Duration received_{};  ///< audio
  bool shut_down_ = false;

  Answers answers_;
  ToolRunner tools_;
  std::unique_ptr<Speaker> speaker_;
  Listener listener_;
  TimePoint sound_arrived_at_{};
  Duration sound_not_told_{};  ///< of UserSoundComes
  OpenReply open_reply_;
};

}  // namespace unmuted
