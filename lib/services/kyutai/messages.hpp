#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "audio/pcm.hpp"
#include "core/result.hpp"

namespace unmuted::kyutai {

// The messages of Kyutai's speech services: MessagePack maps, told apart by their field `type`.

/// The service has a place for this connection.
struct Ready {};

struct ServiceError {
  std::string message;  ///< as it came
  /// Whether it says that no place is free.
  [[nodiscard]] bool says_full() const { return message.find("no free channels") != std::string::npos; }
};

/// Of speech-in: a word that was recognised.
struct Word {
  std::string text;
  double start_time = 0;  ///< seconds of the sound that was sent
};

/// Of speech-in: one more frame has been listened to.
struct Step {
  std::optional<double> pause;  ///< how likely it is that the user has finished, from 0 to 1
};

/// Of speech-out: where a word begins and ends in the sound. It comes when the next word begins, which is
/// long before the sound of that, and for the last word behind all sound.
struct Text {
  std::string text;
  double start_s = 0;
  double stop_s = 0;
};

/// Of speech-out: the next sound.
struct Audio {
  audio::Samples samples;  ///< from -1 to 1, whatever came
};

/// One that says nothing of interest here: the end of a word, a marker, any type that is not known.
struct OtherMessage {};

using Message = std::variant<Ready, ServiceError, Word, Step, Text, Audio, OtherMessage>;

/// Error: invalid_response, for what is no message.
Result<Message> read_message(std::string_view bytes);

// What is sent.
std::string audio_message(std::span<const float> samples);
std::string text_message(std::string_view text);
std::string end_message();

}  // namespace unmuted::kyutai
