#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "audio/pcm.hpp"
#include "audio/resampler.hpp"
#include "core/clock.hpp"

namespace unmuted::audio {

/// Whether somebody speaks, by the sound alone. A moment of 10 ms has voice where WebRTC's strictest detector
/// hears one and it is well above the noise, whose level is followed all the time: the one is not fooled by
/// hum and keys, the other not by many voices far away. Speech begins with some 90 ms of voice, and ends with
/// a silence.
class VoiceActivity {
 public:
  static constexpr std::chrono::milliseconds default_silence{500};

  struct Change {
    bool speaks;      ///< from now on
    std::int64_t at;  ///< when it was noticed: samples of all that was fed, at 24 kHz
  };

  VoiceActivity();
  ~VoiceActivity();

  /// The next sound, at 24 kHz, in pieces of any size: what has changed by its end.
  std::vector<Change> feed(std::span<const float> samples);
  [[nodiscard]] bool speaks() const { return speaks_; }

  /// No more sound comes, for now: nobody speaks.
  void end_speech();

  /// How much silence is the end of speech; at least 10 ms. From the next piece on, as the following.
  void end_after(Duration silence) { silence_ = silence; }
  /// While the bot speaks it takes more of a voice to be heard: some 120 ms, so that a cough or a key is
  /// none.
  void bot_speaks(bool does) { bot_speaks_ = does; }

 private:
  class Detector;

  [[nodiscard]] bool has_voice(std::span<const std::int16_t> moment);
  void follow_noise(double level);
  [[nodiscard]] bool change_with(bool voice);

  Resampler resampler_;
  std::unique_ptr<Detector> detector_;
  std::vector<std::int16_t> waiting_;  ///< what is no whole moment yet
  std::int64_t moments_ = 0;
  double noise_;              ///< its level, as 16-bit samples have it
  std::uint32_t voiced_ = 0;  ///< a bit a moment, the last one lowest
  std::chrono::milliseconds quiet_{0};
  Duration silence_ = default_silence;
  bool bot_speaks_ = false;
  bool speaks_ = false;
};

}  // namespace unmuted::audio
