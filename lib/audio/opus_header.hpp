#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace unmuted::audio {

/// The first packet of Opus in Ogg (RFC 7845), as far as it concerns who decodes it to mono.
struct OpusHead {
  int pre_skip = 0;  ///< samples at 48 kHz that come before the sound
  int gain = 0;      ///< in 1/256 dB
};

/// `invalid_audio` where it is the head of another codec, or of Opus that cannot be played in one or two
/// channels. The message says what it is, and what is expected.
Result<OpusHead> read_opus_head(std::string_view packet);

/// Of mono at 24 kHz.
std::string write_opus_head(const OpusHead& head);

/// The second packet.
bool is_opus_tags(std::string_view packet);
/// Without comments.
std::string write_opus_tags(std::string_view vendor);

}  // namespace unmuted::audio
