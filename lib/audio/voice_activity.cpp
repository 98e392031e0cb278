#include "audio/voice_activity.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <new>

#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>

namespace unmuted::audio {
namespace {

constexpr int detector_rate = 16'000;
constexpr std::chrono::milliseconds moment_time{10};
constexpr std::size_t moment_samples = 160;  // at the detector's rate

// Levels as 16-bit samples have them.
constexpr double noise_at_first = 60;
constexpr double least_noise = 15;
constexpr double least_voice = 50;
constexpr double voice_above_noise = 3;

/// Speech begins with `voiced` of the last `among` moments.
struct Onset {
  int voiced;
  int among;
};
constexpr Onset usual_onset{8, 12};
constexpr Onset onset_over_bot{10, 14};

double level_of(std::span<const std::int16_t> samples) {
  double energy = 0;
  for (const double sample : samples) energy += sample * sample;
  return std::sqrt(energy / static_cast<double>(samples.size()));
}

}  // namespace

/// WebRTC's, behind its filter that takes out rumble.
class VoiceActivity::Detector {
 public:
  Detector() : processing_(webrtc::AudioProcessing::Create(webrtc::Config())) {
    if (!processing_) throw std::bad_alloc();
    processing_->high_pass_filter()->Enable(true);
    processing_->voice_detection()->Enable(true);
    processing_->voice_detection()->set_likelihood(webrtc::VoiceDetection::kVeryLowLikelihood);
  }

  /// The moment after the filter; valid until the next.
  std::span<const std::int16_t> filter(std::span<const std::int16_t> moment) {
    frame_.UpdateFrame(0, 0, moment.data(), moment.size(), detector_rate, webrtc::AudioFrame::kNormalSpeech,
                       webrtc::AudioFrame::kVadUnknown, 1);
    processing_->ProcessStream(&frame_);
    return {frame_.data_, moment.size()};
  }
  /// Whether the moment that was filtered last has one.
  [[nodiscard]] bool hears_voice() const { return processing_->voice_detection()->stream_has_voice(); }

 private:
  std::unique_ptr<webrtc::AudioProcessing> processing_;
  webrtc::AudioFrame frame_;
};

VoiceActivity::VoiceActivity()
    : resampler_(sample_rate, detector_rate),
      detector_(std::make_unique<Detector>()),
      noise_(noise_at_first) {}

VoiceActivity::~VoiceActivity() = default;

std::vector<VoiceActivity::Change> VoiceActivity::feed(std::span<const float> samples) {
  const std::vector<std::int16_t> pcm = to_pcm16(resampler_.feed(samples));
  waiting_.insert(waiting_.end(), pcm.begin(), pcm.end());
  std::vector<Change> changes;
  std::span<const std::int16_t> rest(waiting_);
  for (; rest.size() >= moment_samples; rest = rest.subspan(moment_samples)) {
    ++moments_;
    if (change_with(has_voice(rest.first(moment_samples)))) {
      changes.push_back({speaks_, moments_ * moment_time.count() * sample_rate / 1'000});
    }
  }
  waiting_.erase(waiting_.begin(), waiting_.end() - std::ssize(rest));
  return changes;
}

void VoiceActivity::end_speech() {
  speaks_ = false;
  voiced_ = 0;
  quiet_ = {};
}

bool VoiceActivity::has_voice(std::span<const std::int16_t> moment) {
  const double level = level_of(detector_->filter(moment));
  const bool voice = detector_->hears_voice() && level > voice_above_noise * noise_ && level > least_voice;
  follow_noise(level);
  return voice;
}

/// Down at once, up slowly; and during speech, which is no noise, only as much as lets it find back from
/// anything.
void VoiceActivity::follow_noise(double level) {
  if (level < noise_) {
    noise_ += 0.05 * (level - noise_);
  } else if (!speaks_) {
    noise_ += 0.02 * (std::min(level, voice_above_noise * noise_) - noise_);
  } else {
    noise_ *= 1.001;
  }
  noise_ = std::max(noise_, least_noise);
}

bool VoiceActivity::change_with(bool voice) {
  voiced_ = voiced_ << 1U | (voice ? 1U : 0U);
  if (!speaks_) {
    const Onset onset = bot_speaks_ ? onset_over_bot : usual_onset;
    const std::uint32_t last = voiced_ & ((1U << static_cast<unsigned>(onset.among)) - 1);
    if (std::popcount(last) < onset.voiced) return false;
    quiet_ = {};
  } else {
    quiet_ = voice ? std::chrono::milliseconds(0) : quiet_ + moment_time;
    if (quiet_ < std::max<Duration>(silence_, moment_time)) return false;
    voiced_ = 0;
  }
  speaks_ = !speaks_;
  return true;
}

}  // namespace unmuted::audio
