#include "audio/pcm.hpp"

#include <algorithm>
#include <cmath>

namespace unmuted::audio {

std::int16_t to_pcm16(float sample) {
  if (std::isnan(sample)) return 0;
  return static_cast<std::int16_t>(std::lrint(std::clamp(sample * 32'768.0F, -32'768.0F, 32'767.0F)));
}

std::vector<std::int16_t> to_pcm16(std::span<const float> samples) {
  std::vector<std::int16_t> pcm(samples.size());
  std::transform(samples.begin(), samples.end(), pcm.begin(), [](float sample) { return to_pcm16(sample); });
  return pcm;
}

Samples from_pcm16(std::span<const std::int16_t> pcm) {
  Samples samples(pcm.size());
  std::transform(pcm.begin(), pcm.end(), samples.begin(),
                 [](std::int16_t value) { return static_cast<float>(value) / 32'768.0F; });
  return samples;
}

}  // namespace unmuted::audio
