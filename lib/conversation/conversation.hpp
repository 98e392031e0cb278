#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conversation/actions.hpp"
#include "conversation/history.hpp"
#include "conversation/reading_pace.hpp"
#include "conversation/spoken_text.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

namespace unmuted {

/// Who says when a word has been spoken.
enum class SpokenBy {
  reading_pace,    ///< nobody speaks: tick() counts words as spoken at a reading pace
  speech_service,  ///< a voice speaks: word_spoken() and utterance_ended() tell
};

/// How the answer to one AskModel ended.
struct AnswerEnd {
  std::vector<ToolCall> calls{};  ///< the tools it wants run
  bool close = false;             ///< a script ends the call after this
  std::string reason{};  ///< why a language model stopped, in its word; empty where no model was asked
};

struct ConversationSetup {
  std::string system_prompt;            ///< what the character's script gave
  std::optional<std::string> greeting;  ///< opens the conversation word for word; without it the model opens
  bool has_tools = false;               ///< the model may be offered tools
  SpokenBy spoken_by = SpokenBy::reading_pace;
  unsigned words_per_minute = 0;  ///< the reading pace; 0 = a word is spoken as soon as it is produced
  /// The first turn's number: Conversation::next_turn() of the session's conversation before, so that nothing
  /// late is taken for this conversation's.
  TurnId first_turn{1};
};

/// One conversation with one character: who speaks, what is asked of whom and when, what the client is told.
///
/// Every member that takes `now` is something that happened; it answers what is to be done about it, to be
/// carried out in order and at once. `now` never goes back. No I/O, no clock, no thread: a session drives it
/// on its own thread, calls tick() when next_deadline() has come, and hands in what its services report. It
/// never throws but for lack of memory.
///
///     waiting_for_user --- speech, a word -----------------------------> user_speaking
///     waiting_for_user --- reply asked for, 7 s of silence ------------> bot_speaking
///     user_speaking ------ a pause after words, reply asked for -------> bot_speaking
///     user_speaking ------ a pause without words, speech-in failed ----> waiting_for_user
///     bot_speaking ------- spoken to the end, text message, cancelled, a service failed --> waiting_for_user
///     bot_speaking ------- speech, a word (interrupts) ----------------> user_speaking
///     any ---------------- end(), a farewell was spoken, fatal failure -> ended: nothing has an effect
///
/// A reply is a turn with a number. What is reported with the number of a turn that is over has no effect,
/// but results of tools, which go into the history. All text handed in is UTF-8.
class Conversation {
 public:
  enum class State { waiting_for_user, user_speaking, bot_speaking, ended };

  static constexpr Duration silence_limit = std::chrono::seconds(7);  ///< of received audio
  static constexpr int max_rounds = 4;  ///< of asking the model in one reply; the last without tools
  static constexpr std::size_t max_calls_run =
      16;  ///< in a round; further ones get a text instead of a result
  static constexpr std::size_t max_calls_kept = 32;               ///< in a round; further ones are forgotten
  static constexpr std::size_t max_arguments_bytes = 4 * 1024;    ///< of a call; one with more is not run
  static constexpr std::size_t max_tool_result_bytes = 4 * 1024;  ///< a longer one is cut
  static constexpr std::size_t max_reply_bytes = 16 * 1024;       ///< of text; then the model is stopped
  static constexpr double opening_temperature = 0.7;              ///< while the bot has said nothing yet
  static constexpr double temperature = 0.3;

  explicit Conversation(ConversationSetup setup);

  // ---- The conversation -------------------------------------------------------------------------------

  /// The character was selected: the bot speaks first. Once, before anything else.
  [[nodiscard]] Actions start(TimePoint now);
  /// A reload, another selection, the end of the session. A reply that goes on ends as interrupted.
  [[nodiscard]] Actions end(TimePoint now);
  /// Call when next_deadline() has come; a call too early or too late does no harm.
  [[nodiscard]] Actions tick(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  // ---- The client -------------------------------------------------------------------------------------

  /// `conversation.item.create`: interrupts a reply, starts none.
  [[nodiscard]] Actions user_wrote(std::string text, TimePoint now);
  /// `response.create`. Refused with response_already_active while there is a reply. When the user has said
  /// nothing since the last one, the user's turn is the silence "...".
  [[nodiscard]] Actions reply_requested(TimePoint now);
  /// `response.cancel`. Refused with response_not_active when there is no reply.
  [[nodiscard]] Actions cancel_requested(TimePoint now);

  // ---- Speech in --------------------------------------------------------------------------------------

  /// Voice activity. Interrupts a reply.
  [[nodiscard]] Actions user_speech_started(TimePoint now);
  /// A transcribed word; `start_time` in seconds of received audio. Interrupts a reply.
  [[nodiscard]] Actions user_word(std::string_view word, double start_time, TimePoint now);
  /// The user paused, and all words before it have been handed in: the bot replies, if there were any.
  [[nodiscard]] Actions user_paused(TimePoint now);
  /// Audio arrived, whatever is in it. silence_limit of it without anybody speaking makes the bot react.
  [[nodiscard]] Actions audio_received(Duration audio, TimePoint now);

  // ---- The model, or the script: answers to AskModel and RunTools -------------------------------------

  /// A piece of the reply's text, of any size.
  [[nodiscard]] Actions model_text(TurnId turn, std::string_view piece, TimePoint now);
  /// The text of this answer so far was a thought: it is neither spoken, as far as that has not happened, nor
  /// remembered.
  [[nodiscard]] Actions model_began_afresh(TurnId turn, TimePoint now);
  /// The answer to one AskModel is complete. A language model's that comes to no word and no call is told to
  /// the client as a warning with the reason.
  [[nodiscard]] Actions model_finished(TurnId turn, AnswerEnd end, TimePoint now);
  /// The result of one call of RunTools, numbered as there; a failure is a result too. The last result makes
  /// the model be asked again.
  [[nodiscard]] Actions tool_returned(TurnId turn, std::size_t call, std::string_view result, TimePoint now);

  // ---- Speech out, with SpokenBy::speech_service only --------------------------------------------------

  /// The next of the words of WordReady has been spoken.
  [[nodiscard]] Actions word_spoken(TurnId turn, TimePoint now);
  /// All of the text up to TextComplete has been spoken, also words that were not reported one by one.
  /// Before TextComplete it is a failure of the service.
  [[nodiscard]] Actions utterance_ended(TurnId turn, TimePoint now);

  // ---- Failures ---------------------------------------------------------------------------------------

  /// A service or a script failed in this turn; the reply ends. `error` names the service and the cause.
  [[nodiscard]] Actions reply_failed(TurnId turn, Error error, actions::Severity severity, TimePoint now);
  /// Speech-in failed, whoever speaks. A reply goes on unless it is fatal.
  [[nodiscard]] Actions listening_failed(Error error, actions::Severity severity, TimePoint now);

  // ---- What is ----------------------------------------------------------------------------------------

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const History& history() const { return history_; }
  /// The reply that goes on; nothing unless bot_speaking.
  [[nodiscard]] std::optional<TurnId> turn() const;
  /// For the session's next conversation.
  [[nodiscard]] TurnId next_turn() const { return next_turn_; }

 private:
  enum class Text { coming, waiting_for_tools, complete };
  struct Reply {
    Reply(TurnId turn_id, double model_temperature);

    TurnId turn;
    double temperature;
    Text text = Text::coming;
    int round = 1;
    bool offer_tools = false;  ///< in this round
    bool close = false;
    bool has_words = false;  ///< in the rounds before this one, or in this one
    bool round_has_words = false;
    bool had_words = false;  ///< in the rounds before
    std::size_t bytes = 0;
    std::size_t results_missing = 0;
    SpokenText words;
  };

  /// What every input begins with: words whose time has come are spoken before it. False when the
  /// conversation has ended.
  bool begin_input(TimePoint now);
  void advance(TimePoint now);
  void leave();
  void close(actions::CloseConnection::Why why);

  void begin_user_speech();
  void end_user_speech();

  void start_reply(TimePoint now);
  void ask_model();
  void add_text(std::string_view piece, TimePoint now);
  bool add_words(std::vector<std::string> words, TimePoint now);
  void add_word(std::string word, TimePoint now);
  void finish_round(AnswerEnd end, TimePoint now);
  void complete_text();
  void call_tools(std::vector<ToolCall> calls);
  void next_round();
  void hear_next_word();
  void end_reply_if_spoken();
  void stop_reply(actions::Ending how);
  void end_reply(actions::Ending how);
  void fail_reply(Error error, actions::Severity severity);

  [[nodiscard]] bool is_current(TurnId turn) const { return reply_ && reply_->turn == turn; }
  void emit(Action action) { actions_.push_back(std::move(action)); }
  Actions take_actions() { return std::exchange(actions_, {}); }

  ConversationSetup setup_;
  State state_ = State::waiting_for_user;
  History history_;
  std::optional<Reply> reply_;  ///< exactly while bot_speaking
  ReadingPace pace_;
  bool user_said_words_ = false;  ///< in the present speech of the user
  Duration silence_{};            ///< received audio since anybody spoke
  TurnId next_turn_;
  Actions actions_;  ///< of the present input
};

}  // namespace unmuted
