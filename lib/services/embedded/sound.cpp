#include "services/embedded/sound.hpp"

#include "audio/resampler.hpp"

namespace unmuted::embedded {

audio::Samples converted(std::span<const std::int16_t> pcm, int rate, float gain) {
  audio::Samples samples = audio::from_pcm16(pcm);
  for (float& sample : samples) sample *= gain;
  audio::Resampler resampler(rate, audio::sample_rate);
  audio::Samples result = resampler.feed(samples);
  const audio::Samples rest = resampler.finish();
  result.insert(result.end(), rest.begin(), rest.end());
  return result;
}

}  // namespace unmuted::embedded
