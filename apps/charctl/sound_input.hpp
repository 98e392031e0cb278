#pragma once

#include <memory>
#include <string>

#include "audio/pcm.hpp"
#include "core/result.hpp"
#include "net/asio.hpp"

namespace unmuted::charctl {

/// Where the user's voice comes from. One thread. Errors are sound_failed.
class SoundInput {
 public:
  virtual ~SoundInput() = default;

  /// The next sound, at 24 kHz, when it comes; empty: there is no more.
  virtual net::awaitable<Result<audio::Samples>> next() = 0;
  /// A next() under way returns, and there is no more.
  virtual void stop() = 0;
};

/// Through arecord, from the first next() on.
std::unique_ptr<SoundInput> microphone(const net::asio::any_io_executor& executor);

/// A WAV file, at the pace at which it is spoken; behind it some seconds of silence, in
/// which the end of what was said is noticed.
Result<std::unique_ptr<SoundInput>> wav_input(const net::asio::any_io_executor& executor,
                                              const std::string& path);

}  // namespace unmuted::charctl
