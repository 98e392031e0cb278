#pragma once

#include <memory>
#include <string>

#include "audio/pcm.hpp"
#include "core/result.hpp"
#include "net/asio.hpp"

namespace unmuted::charctl {

/// Where speech is heard. One thread. Errors are sound_failed, and say what to do.
class SoundOutput {
 public:
  virtual ~SoundOutput() = default;

  /// The next sound, at 24 kHz. Returns when it takes more, or was stopped.
  virtual net::awaitable<Result<void>> play(audio::Samples samples) = 0;
  /// That was all for now. Returns when it has been heard – or is in the file –, or was stopped.
  virtual net::awaitable<Result<void>> finish() = 0;
  /// Silence, at once. What is played next begins anew.
  virtual void stop() = 0;
};

/// Through aplay: a process each time, from the first sound to finish() or stop().
std::unique_ptr<SoundOutput> loudspeaker(const net::asio::any_io_executor& executor);

/// A WAV file, which is made when the first sound comes, and has all that is played; "-" is stdout. Its
/// lengths are right after each finish() and stop(), unless it is a pipe, in which they stand as unknown.
std::unique_ptr<SoundOutput> wav_output(const net::asio::any_io_executor& executor, std::string path);

/// Whether there is a program of that name in PATH.
bool is_installed(const std::string& program);

}  // namespace unmuted::charctl
