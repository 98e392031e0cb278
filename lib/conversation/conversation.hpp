#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conversation/actions.hpp"
#include "conversation/history.hpp"
#include "conversation/reply_words.hpp"
#include "conversation/tool_round.hpp"
#include "core/clock.hpp"
#include "core/turn_id.hpp"
#include "events/notice.hpp"
#include "events/request.hpp"

namespace unmuted {

/// How the answer to one AskModel ended.
struct AnswerEnd {
  std::vector<ToolCall> calls{};  ///< the tools it wants run
  bool close = false;             ///< a script ends the call after this
  std::string reason{};  ///< why a language model stopped, in its word; empty where no model was asked
  events::TokenCount tokens{};
};

struct ConversationSetup {
  std::string system_prompt;            ///< what the character's script gave
  std::string voice{};                  ///< path on the server: what the client is told of it
  std::optional<std::string> greeting;  ///< opens the conversation word for word; without it the model opens
  bool has_tools = false;               ///< the model may be offered tools of the character's
  bool stand_in = false;                ///< a voice without a character: it is what the client says it is
  events::Settings settings{};          ///< tools in them have no name of the character's
  Duration received{};                  ///< audio, before it begins
  History history{};                    ///< of a conversation that goes on; it is not started then
  /// The first turn's number: Conversation::next_turn() of the session's conversation before, so that nothing
  /// late is taken for this conversation's.
  TurnId first_turn{1};
};

/// One conversation with one character: who speaks, what is asked of whom and when, what the client is told.
///
/// Every member that returns Actions is something that happened; it answers what is to be done about it, to
/// be carried out in order and at once. No I/O, no clock, no thread: a session drives it on its own thread
/// and hands in what its services report. What the speaker reports may be handed in while actions are carried
/// out, once it was given the words that it reports: see OpenReply. It never throws but for lack of memory.
///
///     waiting_for_user --- speech, a word -----------------------------> user_speaking
///     waiting_for_user --- reply asked for, 7 s of silence ------------> bot_speaking
///     user_speaking ------ a pause after words, reply asked for -------> bot_speaking
///     user_speaking ------ a pause without words, speech-in failed ----> waiting_for_user
///     bot_speaking ------- spoken to the end, text message, cancelled, a service failed --> waiting_for_user
///     bot_speaking ------- speech, a word (interrupts) ----------------> user_speaking
///     any ---------------- end(), a farewell was spoken, fatal failure -> ended
///
/// That is how it goes unless the client has set it otherwise (events::Settings): who says when the user's
/// turn is over, whether a reply follows and what voice interrupts, how long silence may last. And a client
/// may keep the conversation as items: what is said in a turn of either side is one, with an id that stays.
///
/// Calls of the client's tools end a reply: they are handed out when it has been spoken, and what comes of
/// them is an item that the client adds; it asks for the next reply itself.
///
/// A reply is a turn with a number. All text handed in is UTF-8. Whatever happens in whatever order:
///
/// - I1  There is one reply at a time, exactly while bot_speaking: each ReplyStarted has one ReplyEnded, of
///       the same turn and before the next.
/// - I2  The numbers of turns grow; none is used twice.
/// - I3  The user speaks exactly while user_speaking: UserSpeechStarted and UserSpeechStopped alternate, no
///       reply begins between them, and every UserWord is there.
/// - I4  What is reported of a turn that is over has no effect but for results of tools, which go into the
///       history: after StopReply of a turn there is only its ReplyEnded, after that only ToolCalled.
/// - I5  Words are spoken in the order in which they were ready, each once. ReplyEnded has the text of those,
///       and `finished` means that all were.
/// - I6  The rounds of a reply are counted from 1 to max_rounds, the last without tools. After TextComplete
///       there is no further word, no question to the model and no tool.
/// - I7  Of the calls of a round at most max_calls_run are run, and each is told of once at most.
/// - I8  Nobody is shown a history that contradicts itself: for clients roles alternate and no message is
///       blank, a language model gets what the strictest server takes, and no word waits to be heard unless
///       a reply goes on.
/// - I9  CloseConnection is the last action of all, and once ended nothing has an effect.
/// - I10 What is refused, by a Failure of the kind invalid_request, changes nothing.
/// - I11 A reply whose text is complete and that has words waits for nothing but its speaker.
class Conversation {
 public:
  enum class State { waiting_for_user, user_speaking, bot_speaking, ended };

  static constexpr Duration silence_limit = std::chrono::seconds(7);  ///< of received audio
  static constexpr int max_rounds = 4;  ///< of asking the model in one reply; the last without tools
  static constexpr std::size_t max_calls_run = ToolRound::max_run;    ///< in a round
  static constexpr std::size_t max_calls_kept = ToolRound::max_kept;  ///< in a round
  static constexpr std::size_t max_arguments_bytes = ToolRound::max_arguments_bytes;
  static constexpr std::size_t max_tool_result_bytes = 4 * 1024;         ///< a longer one is cut
  static constexpr std::size_t max_reply_bytes = ReplyWords::max_bytes;  ///< then the model is stopped
  static constexpr double opening_temperature = 0.7;  ///< while the bot has said nothing yet
  static constexpr double temperature = 0.3;

  explicit Conversation(ConversationSetup setup);

  // ---- The conversation -------------------------------------------------------------------------------

  /// The character was selected: the bot speaks first. Once, before anything else.
  [[nodiscard]] Actions start();
  /// A reload, another selection, the end of the session. A reply that goes on ends as interrupted.
  [[nodiscard]] Actions end();

  // ---- The client -------------------------------------------------------------------------------------

  /// The user wrote: interrupts a reply, starts none.
  [[nodiscard]] Actions user_wrote(std::string text);
  /// The client wants a reply. Refused with response_already_active while there is one. When the user has
  /// said nothing since the last one, the user's turn is the silence "...".
  [[nodiscard]] Actions reply_requested() { return reply_wanted({}); }
  /// The same, and how it is to be.
  [[nodiscard]] Actions reply_wanted(events::StartReply wanted);
  /// The client wants no more of the reply. Refused with response_not_active when there is none.
  [[nodiscard]] Actions cancel_requested();

  /// From here on it goes so; a reply that goes on ends as it began.
  void configure(events::Settings settings) { setup_.settings = std::move(settings); }

  // Items. Refused with item_not_found where there is no such, with item_exists where there is one already.
  [[nodiscard]] Actions item_added(events::Item item, const std::optional<std::string>& after);
  [[nodiscard]] Actions item_wanted(const std::string& id);
  [[nodiscard]] Actions item_cut(const std::string& id, std::chrono::milliseconds heard);
  [[nodiscard]] Actions item_removed(const std::string& id);

  /// The user's turn is over, where turns go by the client; its words follow, and user_paused() behind them.
  /// A reply that is asked for meanwhile waits for them.
  [[nodiscard]] Actions user_turn_ended();
  /// What came of the user's sound and is no turn yet is forgotten.
  [[nodiscard]] Actions user_sound_dropped();

  // ---- Speech in --------------------------------------------------------------------------------------

  /// Voice activity. Interrupts a reply.
  [[nodiscard]] Actions user_speech_started();
  /// A transcribed word; `start_time` in seconds of received audio. Interrupts a reply.
  [[nodiscard]] Actions user_word(std::string_view word, double start_time);
  /// The user paused, and all words before it have been handed in: the bot replies, if there were any.
  [[nodiscard]] Actions user_paused();
  /// Audio arrived, whatever is in it. silence_limit of it without anybody speaking makes the bot react.
  [[nodiscard]] Actions audio_received(Duration audio);

  // ---- The model, or the script: answers to AskModel and RunTools -------------------------------------

  /// A piece of the reply's text, of any size.
  [[nodiscard]] Actions model_text(TurnId turn, std::string_view piece);
  /// The text of this answer so far was a thought: it is neither spoken, as far as that has not happened, nor
  /// remembered.
  [[nodiscard]] Actions model_began_afresh(TurnId turn);
  /// The answer to one AskModel is complete. A language model's that comes to no word and no call is told to
  /// the client as a warning with the reason.
  [[nodiscard]] Actions model_finished(TurnId turn, AnswerEnd end);
  /// The result of one call of RunTools, numbered as there; a failure is a result too. The last result makes
  /// the model be asked again.
  [[nodiscard]] Actions tool_returned(TurnId turn, std::size_t call, std::string_view result);

  // ---- Speech out: what the speaker reports -------------------------------------------------------------

  /// The next of the words of SayWord has been spoken.
  [[nodiscard]] Actions word_spoken(TurnId turn);
  /// All of the text up to TextComplete has been spoken, also words that were not reported one by one.
  /// Before TextComplete it is a failure of the speaker.
  [[nodiscard]] Actions utterance_ended(TurnId turn);

  /// So much more of the reply's sound was sent; and of that the next word that is spoken begins so long
  /// before the end.
  void sound_spoken(TurnId turn, Duration length);
  void next_word_began(Duration ahead) { word_ahead_ = ahead; }

  // ---- Failures ---------------------------------------------------------------------------------------

  /// A service or a script failed in this turn; the reply ends, and after what is fatal the conversation.
  /// `failure` names the service and the cause; it is no invalid_request.
  [[nodiscard]] Actions reply_failed(TurnId turn, events::Failure failure);
  /// Speech-in failed, whoever speaks. A reply goes on unless it is fatal.
  [[nodiscard]] Actions listening_failed(events::Failure failure);

  // ---- What is ----------------------------------------------------------------------------------------

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const History& history() const { return history_; }
  /// Once it has ended, for one that goes on with it.
  [[nodiscard]] History take_history() { return std::exchange(history_, {}); }
  /// The reply that goes on; nothing unless bot_speaking.
  [[nodiscard]] std::optional<TurnId> turn() const;
  /// For the session's next conversation.
  [[nodiscard]] TurnId next_turn() const { return next_turn_; }
  [[nodiscard]] Duration received() const { return received_; }  ///< audio

 private:
  enum class Text { coming, waiting_for_tools, complete };
  struct Reply {
    Reply(TurnId turn_id, double model_temperature, events::ReplyOptions reply_options);

    TurnId turn;
    double temperature;
    events::ReplyOptions options;
    bool written;  ///< nobody speaks it
    Text text = Text::coming;
    int round = 1;
    bool offer_tools = false;  ///< in this round
    bool close = false;
    std::size_t results_missing = 0;
    ReplyWords words;
    bool item_begun = false;
    std::size_t written_bytes = 0;
    std::vector<ToolCall> handed_out{};  ///< at its end
    events::TokenCount tokens{};
    std::string reason{};
  };

  void leave();
  void close(actions::CloseConnection::Why why);

  void begin_user_speech();
  void end_user_speech();
  void hear_turn(std::optional<events::Failure> failure);

  /// The history that the reply is a part of.
  [[nodiscard]] History& book() { return aside_ ? *aside_ : history_; }
  [[nodiscard]] bool set_aside(const events::StartReply& wanted);
  [[nodiscard]] std::optional<Duration> silence_allowed() const;
  void start_reply(events::StartReply wanted = {});
  [[nodiscard]] std::string system_prompt() const;
  void ask_model();
  void add_text(std::string_view piece);
  void add_words(std::vector<std::string> words);
  void write(std::string_view piece);
  [[nodiscard]] events::Place place();
  void finish_round(AnswerEnd end);
  void complete_text();
  void call_tools(std::vector<ToolCall> calls);
  [[nodiscard]] bool is_clients(const ToolCall& call) const;
  void hand_out_calls();
  void next_round();
  void hear_next_word();
  void stop_reply(events::Ending how);
  void end_reply(events::Ending how);
  void fail_reply(events::Failure failure);

  [[nodiscard]] bool is_current(TurnId turn) const { return reply_ && reply_->turn == turn; }
  [[nodiscard]] bool expects_text(TurnId turn) const {
    return is_current(turn) && reply_->text == Text::coming;
  }
  void refuse(std::string code, std::string message);
  void emit(Action action) { actions_.push_back(std::move(action)); }
  Actions take_actions() { return std::exchange(actions_, {}); }

  ConversationSetup setup_;
  State state_ = State::waiting_for_user;
  History history_;
  Duration word_ahead_{};
  std::optional<Reply> reply_;                ///< exactly while bot_speaking
  bool user_said_words_ = false;              ///< in the present speech of the user
  std::string user_item_;                     ///< of that
  std::deque<std::string> ended_turns_;       ///< items whose words have not all come
  std::optional<events::StartReply> wanted_;  ///< until they have
  std::optional<History> aside_;              ///< of a reply beside the conversation
  Duration received_{};                       ///< audio
  Duration silence_{};                        ///< received audio since anybody spoke
  TurnId next_turn_;
  Actions actions_;  ///< of the present input
};

}  // namespace unmuted
