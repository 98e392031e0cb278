#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "audio/pcm.hpp"

namespace unmuted::kyutai {

/// The sound of a user as it is sent on one connection: in whole frames, with silence of ours behind each
/// utterance; and what the service says of its times, in those of the user.
class SentSound {
 public:
  /// `begins_at`: how many samples of the stream were sent before, elsewhere.
  explicit SentSound(std::size_t begins_at = 0) : passed_(begins_at) {}

  /// The messages that are due now. Less than a frame waits here.
  std::vector<std::string> hear(std::span<const float> samples);

  /// The service is behind what it has got: silence that takes it past the last sound. Returns the messages.
  /// When as many frames as heard_by() says were listened to, all that was said before has been told.
  std::vector<std::string> flush();
  [[nodiscard]] std::size_t heard_by() const { return heard_by_; }

  /// Frames that were made.
  [[nodiscard]] std::size_t frames() const { return frames_; }
  /// Samples that wait for the rest of their frame.
  [[nodiscard]] const audio::Samples& rest() const { return rest_; }
  /// Whether that frame is silence of ours, but for a part of less than its half.
  [[nodiscard]] bool is_ours(std::size_t frame) const;
  /// Seconds of the stream, of seconds as the service counts them.
  [[nodiscard]] double time_in_stream(double service_seconds) const;

 private:
  /// Silence of ours among what was sent, in samples.
  struct Gap {
    std::size_t begin;
    std::size_t end;
  };

  void put(std::span<const float> samples, std::vector<std::string>& messages);

  audio::Samples rest_;
  std::size_t frames_ = 0;
  std::size_t heard_by_ = 0;
  std::ptrdiff_t passed_;  ///< samples that the stream is ahead of what was sent, before the first gap
  std::deque<Gap> gaps_;   ///< the last ones
};

}  // namespace unmuted::kyutai
