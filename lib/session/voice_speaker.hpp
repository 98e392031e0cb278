#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audio/playout.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"
#include "services/text_to_speech.hpp"
#include "session/speaker.hpp"

namespace unmuted {

/// Speaks with a voice: words go to a service as they are said, and its sound through a Playout by the clock.
/// A word counts as spoken when it begins to be heard.
class VoiceSpeaker final : public Speaker {
 public:
  /// Past it the service is asked for no more, until some has been sent.
  static constexpr std::size_t enough_waits = 2 * audio::sample_rate;  ///< samples

  /// `voice` is asked whose voice speaks whenever the service is to begin. `service` outlives it.
  VoiceSpeaker(const net::asio::any_io_executor& executor, TextToSpeech& service,
               std::function<VoiceChoice()> voice, Duration lead = audio::Playout::default_lead);

  void say(TurnId turn, std::string_view word) override;
  /// What the service has of the reply is abandoned; words that stay and have not begun to be sent are said
  /// to it again.
  void take_back(TurnId turn, std::size_t words) override;
  void complete(TurnId turn) override;
  void stop(TurnId turn) override;
  void hold() override;
  void go_on() override;
  std::optional<Spoken> take() override;
  /// Asks the service for the sound.
  net::awaitable<void> run() override;
  net::awaitable<void> wait() override;
  void shut_down() override;

 private:
  void follow(TurnId turn);
  void pass_on(std::string_view word);
  void abandon_stream();
  void hear(SpeechEvent event);
  void fail(Error error);
  void clear();
  [[nodiscard]] std::optional<TimePoint> next() const;
  void wake_if_sooner();

  net::asio::any_io_executor executor_;
  TextToSpeech& service_;
  std::function<VoiceChoice()> voice_;
  audio::Playout playout_;

  std::optional<TurnId> turn_;
  std::deque<std::string> words_;  ///< that have not been taken as spoken
  std::size_t put_in_ = 0;         ///< how many of them the playout has
  bool complete_ = false;
  bool has_sounded_ = false;                   ///< the service has given sound of it
  std::optional<TimePoint> first_sound_at_{};  ///< until it is taken
  std::optional<Error> failure_;               ///< until it is taken
  /// Of the words from the first one on that the playout does not have. Shared with the next() under way,
  /// which may return when another has taken its place.
  std::shared_ptr<SpeechStream> stream_;

  net::Signal sound_wanted_;
  TimePoint wakes_at_ = TimePoint::max();  ///< when wait() returns by itself
  net::Signal sooner_;
  bool shut_down_ = false;
};

}  // namespace unmuted
