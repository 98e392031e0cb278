#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "events/settings.hpp"

namespace unmuted {

/// What follows from what is heard of a user.
namespace turn {

/// The user speaks; of a reply that goes on nothing is known yet.
struct SpeechStarted {};
/// The user has said this; it interrupts a reply.
struct Word {
  std::string text;       ///< without white space around it
  double start_time = 0;  ///< seconds of received sound
};
/// The user has said what they wanted to say.
struct Paused {};

/// The reply is silent from here on, and nobody is told.
struct HoldReply {};
/// It goes on where it was.
struct ResumeReply {};

/// An utterance begins in the sound, or a little before; and ends. Each end is answered by utterance_heard().
/// Where the service hears everything, its ends are all it is told, and there may be fewer.
struct BeginUtterance {};
struct EndUtterance {};
/// No more sound comes: whoever was heard in it speaks no more.
struct SoundStopped {};

}  // namespace turn

using TurnDecision =
    std::variant<turn::SpeechStarted, turn::Word, turn::Paused, turn::HoldReply, turn::ResumeReply,
                 turn::BeginUtterance, turn::EndUtterance, turn::SoundStopped>;
using TurnDecisions = std::vector<TurnDecision>;

/// Whose turn it is, by what is heard of the user: voice activity, words, and how likely a pause is. For one
/// conversation. No I/O and no clock: every input is something that happened, at a time that never goes back,
/// and answers what follows, in order.
///
/// - Without a reply, voice begins the user's speech at once. It ends, for a service that hears everything,
///   when that thinks a pause likely, and once its last words have come; else after a silence of `pause`,
///   of `pause_after_opening` where the last word asks for more.
/// - Over a reply, voice *holds* the sound: it may be a cough. A word makes it an interruption; nothing, or
///   only a backchannel, lets the reply go on: `hold_limit` later, or, where words come at the end of an
///   utterance only, when that has been heard – `long_hold_limit` later at the latest. In the first `echo` of
///   a reply's sound voice holds nothing, as it may be the reply itself; words always count.
/// - A backchannel shortly before the end of a reply was an answer, and is the user's turn then.
/// - A client that sends no more sound is silent.
///
/// That is how it goes unless the client sets other rules. Where its turns go by the client, all sound is an
/// utterance, end_turn() ends it, and Paused follows its words, whatever a reply does.
class TurnTaking {
 public:
  static constexpr std::chrono::milliseconds pause{500};
  static constexpr std::chrono::milliseconds pause_after_opening{900};
  static constexpr std::chrono::milliseconds hold_limit{700};
  static constexpr std::chrono::milliseconds long_hold_limit{5'000};
  static constexpr std::chrono::milliseconds echo{3'000};
  static constexpr std::chrono::milliseconds sound_gap{500};  ///< without sound: the client sends none
  /// Of silence, after which words are taken to be all although the service thinks no pause likely.
  static constexpr std::chrono::milliseconds patience{2'000};
  static constexpr std::chrono::milliseconds answer_limit{1'500};  ///< from a backchannel to the reply's end
  static constexpr double pause_likely = 0.6;                      ///< above it
  static constexpr double pause_unlikely = 0.4;                    ///< below it somebody speaks

  struct Options {
    /// Of the service: see SpeechToText::hears_everything().
    bool hears_everything = true;
    std::string language{};  ///< of the character
    events::TurnRules rules{};
  };
  explicit TurnTaking(Options options) : options_(std::move(options)) {}

  /// The silence that ends voice, by such rules.
  static std::chrono::milliseconds silence_of(const events::TurnRules& rules);

  /// From here on turns go so. Not from or to turns by the client, unless drop() comes first.
  void set(std::string language, events::TurnRules rules) {
    options_.language = std::move(language);
    options_.rules = rules;
  }
  [[nodiscard]] std::chrono::milliseconds silence() const { return silence_of(options_.rules); }
  [[nodiscard]] bool by_client() const { return options_.rules.by == events::TurnRules::By::client; }

  // ---- What is heard

  TurnDecisions sound_arrived(TimePoint now);
  /// A silence of silence_of() ended the voice, where it ends.
  TurnDecisions voice_changed(bool speaks, TimePoint now);
  TurnDecisions word_heard(std::string text, double start_time, TimePoint now);
  TurnDecisions pause_is_likely(double likelihood, TimePoint now);
  /// All words before the first EndUtterance that was not answered have come.
  TurnDecisions utterance_heard(TimePoint now);
  /// The service failed: what was begun with it is not answered.
  TurnDecisions hearing_failed();

  // ---- What the client says

  /// The user's turn is over.
  TurnDecisions end_turn();
  /// What was heard and is no turn yet is none.
  void drop();

  // ---- The reply

  void reply_began();
  void reply_sounds(TimePoint now);
  /// `finished`: it was spoken to its end.
  TurnDecisions reply_ended(bool finished, TimePoint now);

  // ---- Time

  /// When time_passed() is due; nothing: not before something happens.
  [[nodiscard]] std::optional<TimePoint> next() const;
  TurnDecisions time_passed(TimePoint now);

 private:
  void begin_speech();
  void begin_utterance();
  void end_utterance();
  void hold_if_reply_sounds(TimePoint now);
  void resume();
  void give_words();
  void pause_now();
  void decide_pause(TimePoint now);
  void forget_old_words(TimePoint now);
  [[nodiscard]] bool only_backchannels() const;
  [[nodiscard]] TimePoint hold_ends() const;
  [[nodiscard]] bool waits_for_sound() const;
  void emit(TurnDecision decision) { decisions_.push_back(std::move(decision)); }
  TurnDecisions take() { return std::exchange(decisions_, {}); }

  [[nodiscard]] std::chrono::milliseconds silence_after_opening() const;
  [[nodiscard]] std::chrono::milliseconds patience_with_service() const;
  [[nodiscard]] bool interrupts() const { return options_.rules.interrupts.value_or(true); }

  Options options_;
  TurnDecisions decisions_;  ///< of the present input

  // What is heard.
  TimePoint sound_at_{};        ///< when some came last
  bool sound_comes_ = false;    ///< no gap since
  bool voice_ = false;          ///< somebody speaks
  TimePoint quiet_since_{};     ///< unless voice_
  bool utterance_ = false;      ///< one has begun
  std::size_t unanswered_ = 0;  ///< EndUtterances
  bool pause_unlikely_ = false;

  // The user's turn.
  bool speech_ = false;  ///< begun, by voice or a word, and not paused
  bool words_ = false;   ///< in it
  std::string last_word_;
  std::optional<TimePoint> pause_at_;  ///< unless something is heard before

  // The reply.
  bool reply_ = false;
  std::optional<TimePoint> sounds_since_;
  std::optional<TimePoint> held_since_;
  std::vector<turn::Word> over_reply_;  ///< words that have not interrupted it
  TimePoint over_reply_at_{};           ///< when the last of them came
};

}  // namespace unmuted
