#include "services/kyutai/sent_sound.hpp"

#include <algorithm>

#include "services/kyutai/messages.hpp"

namespace unmuted::kyutai {
namespace {

/// The service tells a word half a second after its sound, which is not quite seven frames.
constexpr std::size_t delay_frames = 7;
/// One more is sent: a service whose first frame gives no step is passed all the same.
constexpr std::size_t flush_frames = delay_frames + 1;
constexpr std::size_t most_gaps = 64;

}  // namespace

std::vector<std::string> SentSound::hear(std::span<const float> samples) {
  std::vector<std::string> messages;
  put(samples, messages);
  return messages;
}

void SentSound::put(std::span<const float> samples, std::vector<std::string>& messages) {
  while (rest_.size() + samples.size() >= audio::frame_samples) {
    const std::size_t taken = audio::frame_samples - rest_.size();
    if (rest_.empty()) {
      messages.push_back(audio_message(samples.first(taken)));
    } else {
      rest_.insert(rest_.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(taken));
      messages.push_back(audio_message(rest_));
      rest_.clear();
    }
    samples = samples.subspan(taken);
    ++frames_;
  }
  rest_.insert(rest_.end(), samples.begin(), samples.end());
}

std::vector<std::string> SentSound::flush() {
  const std::size_t begin = frames_ * audio::frame_samples + rest_.size();
  const std::size_t fill = rest_.empty() ? 0 : audio::frame_samples - rest_.size();
  const audio::Samples silence(fill + flush_frames * audio::frame_samples, 0.0F);
  std::vector<std::string> messages;
  put(silence, messages);
  heard_by_ = frames_ - flush_frames + delay_frames;
  gaps_.push_back({begin, begin + silence.size()});
  if (gaps_.size() > most_gaps) {
    passed_ -= static_cast<std::ptrdiff_t>(gaps_.front().end - gaps_.front().begin);
    gaps_.pop_front();
  }
  return messages;
}

bool SentSound::is_ours(std::size_t frame) const {
  const std::size_t middle = frame * audio::frame_samples + audio::frame_samples / 2;
  return std::any_of(gaps_.begin(), gaps_.end(),
                     [middle](const Gap& gap) { return gap.begin <= middle && middle < gap.end; });
}

double SentSound::time_in_stream(double service_seconds) const {
  constexpr double rate = audio::sample_rate;
  const double at = service_seconds * rate;
  double shift = static_cast<double>(passed_);
  for (const Gap& gap : gaps_) {
    const double inside = std::min(at, static_cast<double>(gap.end)) - static_cast<double>(gap.begin);
    shift -= std::max(inside, 0.0);
  }
  return std::max(at + shift, 0.0) / rate;
}

}  // namespace unmuted::kyutai
