#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audio/ogg_opus_writer.hpp"
#include "audio/pcm.hpp"
#include "core/clock.hpp"
#include "probe/speech.hpp"
#include "probe/voice_log.hpp"

namespace unmuted::probe {

/// Something that a session says: a sound, and silence after it.
class Utterance {
 public:
  /// `text`: of the sound; empty when it is not known.
  Utterance(Sound sound, std::size_t silent_samples, std::string text);

  [[nodiscard]] std::size_t samples() const { return sound_->size() + silent_samples_; }
  [[nodiscard]] bool is_over() const { return given_ == samples(); }
  /// When somebody near would have heard the end of what is not silent in it. Nothing before it has begun.
  [[nodiscard]] std::optional<TimePoint> ended() const { return ended_; }

 private:
  friend class SpokenPages;

  Sound sound_;
  std::size_t silent_samples_;
  std::string text_;
  std::size_t given_ = 0;
  TimePoint not_before_;
  std::optional<TimePoint> ended_;
};

/// What a web page sends of its microphone: one stream of Ogg Opus, 24 kHz mono, with two packets of 20 ms in
/// a page and one page in an event, the first two being OpusHead and OpusTags.
class SpokenPages {
 public:
  static constexpr std::size_t samples_a_page = 2 * audio::packet_samples;  ///< 40 ms

  /// What is said is written into `log`.
  SpokenPages(std::uint32_t serial, std::shared_ptr<VoiceLog> log);

  /// Is said after what still has to be, and not before `now`.
  void say(std::shared_ptr<Utterance> utterance, TimePoint now);
  [[nodiscard]] bool silent() const { return waiting_.empty(); }

  /// The next 40 ms, which begin at `begin`: events as they are sent, silence where nothing is to be said.
  std::vector<std::string> next(TimePoint begin);

 private:
  static void start(Utterance& utterance, TimePoint at, VoiceLog& log);

  std::shared_ptr<VoiceLog> log_;
  audio::OggOpusWriter writer_;
  std::deque<std::shared_ptr<Utterance>> waiting_;
};

}  // namespace unmuted::probe
