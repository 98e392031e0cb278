#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "audio/pcm.hpp"
#include "audio/resampler.hpp"
#include "audio/wav.hpp"
#include "core/result.hpp"

namespace unmuted::openai {

/// The body of a response with speech as it arrives: samples of 16 bits, or a WAV file, whatever the server
/// names them. Bare ones are of 24,000 a second, unless the media type says otherwise.
/// Without I/O.
class SpeechSound {
 public:
  explicit SpeechSound(std::string content_type);

  /// The sound in the next bytes. Error: service_unavailable, when it is something else: the message is the
  /// cause alone.
  Result<audio::Samples> feed(std::string_view bytes);
  /// That was all of the body: the rest of the sound.
  Result<audio::Samples> end();

 private:
  enum class Form { unknown, pcm, wav_header, sound };

  Result<void> find_form(bool ended);
  Result<void> read_header(bool ended);
  audio::Samples take_sound();

  std::string content_type_;
  Form form_ = Form::unknown;
  std::string bytes_;  ///< that are not understood yet: of the beginning, or half a sample
  audio::SampleForm samples_;
  std::optional<std::size_t> bytes_left_;  ///< of the sound, if that is known
  int rate_ = audio::sample_rate;
  std::optional<audio::Resampler> resampler_;
};

}  // namespace unmuted::openai
