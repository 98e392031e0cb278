#include "services/embedded/sound.hpp"

#include <memory>
#include <new>

#include <speex/speex_resampler.h>

namespace unmuted::embedded {
namespace {

constexpr int resampling_quality = 5;  // of 10

struct EndResampler {
  void operator()(SpeexResamplerState* state) const { speex_resampler_destroy(state); }
};

}  // namespace

audio::Samples converted(std::span<const std::int16_t> pcm, int rate, float gain) {
  audio::Samples input = audio::from_pcm16(pcm);
  for (float& sample : input) sample *= gain;
  if (rate == audio::sample_rate || input.empty()) return input;

  const std::unique_ptr<SpeexResamplerState, EndResampler> resampler(speex_resampler_init(
      1, static_cast<spx_uint32_t>(rate), audio::sample_rate, resampling_quality, nullptr));
  if (!resampler) throw std::bad_alloc();
  speex_resampler_skip_zeros(resampler.get());
  input.resize(input.size() + static_cast<std::size_t>(speex_resampler_get_input_latency(resampler.get())));
  auto left = static_cast<spx_uint32_t>(input.size());
  audio::Samples output(input.size() * audio::sample_rate / static_cast<std::size_t>(rate) + 64);
  auto made = static_cast<spx_uint32_t>(output.size());
  speex_resampler_process_float(resampler.get(), 0, input.data(), &left, output.data(), &made);
  output.resize(made);
  return output;
}

}  // namespace unmuted::embedded
