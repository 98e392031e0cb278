#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "audio/ogg_opus_reader.hpp"
#include "audio/sound_form.hpp"
#include "audio/voice_activity.hpp"
#include "conversation/turn_taking.hpp"
#include "core/clock.hpp"
#include "events/notice.hpp"
#include "events/request.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"
#include "services/speech_to_text.hpp"

namespace unmuted {

/// What is heard of a user.
namespace heard {

/// Sound has come, whatever is in it.
struct Sound {
  std::size_t samples;
};
/// The service failed. The next utterance is tried anew.
struct Failed {
  events::Failure failure;
};
/// What came is no sound, or too much of it.
struct Unusable {
  events::Failure failure;
};

}  // namespace heard

using Heard = std::variant<heard::Sound, heard::Failed, heard::Unusable, turn::SpeechStarted, turn::Word,
                           turn::Paused, turn::HoldReply, turn::ResumeReply>;

/// Listens to what a user says: decodes it, finds voice in it, has a service recognise it, and decides what
/// follows for whose turn it is. Used on the session's thread only. It knows nobody: take() gives what it has
/// to report.
class Listener {
 public:
  /// Sound may be so far ahead of real time; what comes earlier is dropped.
  static constexpr std::chrono::seconds ahead_limit{10};
  /// The same where turns go by the client, which may send what was recorded.
  static constexpr std::chrono::seconds ahead_limit_of_turns{120};
  /// Of the sound before voice is noticed, what a service gets of it: 400 ms, and what noticing takes.
  static constexpr std::size_t lead_in = 13'000;  ///< samples

  /// `service`: null where nobody listens; else it outlives the listener.
  Listener(const net::asio::any_io_executor& executor, SpeechToText* service);

  /// A conversation begins; what was heard for the one before is forgotten, with what was asked of the
  /// service. Between conversations sound is decoded, and nobody listens.
  void begin(ListeningChoice choice, const events::TurnRules& rules = {});
  void end();
  /// From here on turns go so, and this is listened for, an utterance that has begun excepted. Where turns go
  /// by the client now, or do not any more, what was heard and is no turn yet is forgotten: whether that was
  /// so.
  bool set(ListeningChoice choice, const events::TurnRules& rules);

  /// The next of the client's sound, in pieces of any size, which has arrived now. Call take() then.
  void hear(const events::AppendAudio& sound);

  /// What has come since the last turn of the user's ended, or was dropped.
  [[nodiscard]] Duration heard_of_turn() const { return audio::time_of(of_turn_); }
  /// The client says that the user's turn is over.
  void end_turn();
  /// What was heard and is no turn yet is forgotten.
  void drop();

  // What the reply does; once each, in this order.
  void reply_began();
  void reply_sounds();
  void reply_ended(bool finished);

  /// What was heard by now, one thing a call, nothing when that is all. Call it until it gives nothing.
  std::optional<Heard> take();

  /// Asks the service, until shut_down(). Run once; it is not cancelled and does not throw.
  net::awaitable<void> run();
  /// Returns when take() may have something that no input made, and after shut_down(). One coroutine waits.
  net::awaitable<void> wait();
  /// The session has ended: run() and wait() return, now and always.
  void shut_down();

 private:
  struct Ears {
    audio::OggOpusReader reader;
    std::optional<audio::PlainSoundReader> plain_reader;
    audio::VoiceActivity voice_activity;
  };

  /// Where in the received sound an utterance is that the service was given.
  struct Utterance {
    std::int64_t in_stream;
    std::int64_t received;
  };

  using VoiceChanges = std::vector<audio::VoiceActivity::Change>;

  void hear(std::span<const float> samples);
  void decode(std::span<const std::byte> bytes);
  void decode_plain(std::span<const std::byte> bytes, audio::SoundForm form);
  void listen(std::span<const float> samples, const VoiceChanges& changes);
  void hear(HearingEvent event);
  [[nodiscard]] bool comes_too_fast(std::size_t samples);
  void carry_out(TurnDecisions decisions);
  void begin_utterance();
  void end_utterance();
  void pass_on(std::span<const float> samples);
  void open_stream(std::int64_t begins_at);
  void close_stream();
  void fail(Error error);
  void remember(std::span<const float> samples);
  [[nodiscard]] double received_time(double stream_time) const;
  void report(Heard heard);
  void wake_if_due();

  net::asio::any_io_executor executor_;
  SpeechToText* const service_;
  std::unique_ptr<Ears> ears_;  ///< from the first sound on: most sessions of a text game have none
  std::int64_t received_ = 0;   ///< samples
  std::size_t of_turn_ = 0;     ///< samples
  TimePoint heard_until_{};     ///< at which all that came would have been played
  bool too_fast_ = false;

  ListeningChoice choice_;
  std::optional<TurnTaking> turns_;        ///< while there is a conversation
  audio::Samples recent_;                  ///< the last sound, for the next utterance's begin
  std::shared_ptr<HearingStream> stream_;  ///< shared with the next() under way
  bool stream_failed_ = false;  ///< a service that hears everything is tried again when there is voice
  bool in_utterance_ = false;
  std::int64_t given_ = 0;            ///< samples, to the stream
  std::deque<Utterance> utterances_;  ///< that the stream has not answered

  std::deque<Heard> reports_;
  net::Signal stream_wanted_;
  bool hears_sound_ = false;               ///< whose caller takes what comes of it
  TimePoint wakes_at_ = TimePoint::max();  ///< when wait() returns by itself
  net::Signal changed_;
  bool shut_down_ = false;
};

}  // namespace unmuted
