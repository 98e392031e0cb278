#include "audio/resampler.hpp"

#include <algorithm>
#include <cstddef>
#include <new>

#include <speex/speex_resampler.h>

namespace unmuted::audio {
namespace {

/// Of 0 to 10. Speech keeps all that matters of it; each step more holds back half a millisecond and costs a
/// third more.
constexpr int filter_quality = 4;

/// At a time, so that every count fits the library's numbers.
constexpr std::size_t most_at_once = 1U << 16U;

}  // namespace

void Resampler::Free::operator()(SpeexResamplerState_* state) const {
  speex_resampler_destroy(state);
}

Resampler::Resampler(int from, int to) : from_(from), to_(to) {
  if (from == to) return;
  const auto in = static_cast<spx_uint32_t>(from);
  const auto out = static_cast<spx_uint32_t>(to);
  state_.reset(speex_resampler_init(1, in, out, filter_quality, nullptr));
  if (!state_) throw std::bad_alloc();
  begin();
}

void Resampler::begin() {
  fed_ = 0;
  given_ = 0;
  speex_resampler_reset_mem(state_.get());
  speex_resampler_skip_zeros(state_.get());
}

Samples Resampler::feed(std::span<const float> samples) {
  if (!state_) return {samples.begin(), samples.end()};
  fed_ += static_cast<std::int64_t>(samples.size());
  Samples result = filter(samples);
  given_ += static_cast<std::int64_t>(result.size());
  return result;
}

/// Silence pushes the rest out of the filter, and some of itself, which is cut off.
Samples Resampler::finish() {
  if (!state_) return {};
  const std::int64_t held_back = speex_resampler_get_input_latency(state_.get()) + from_ / to_ + 1;
  Samples result = filter(Samples(static_cast<std::size_t>(held_back)));
  const std::int64_t whole = (fed_ * to_ + from_ / 2) / from_;
  result.resize(static_cast<std::size_t>(std::max<std::int64_t>(whole - given_, 0)));
  begin();
  return result;
}

Samples Resampler::filter(std::span<const float> samples) {
  const auto ratio = static_cast<double>(to_) / static_cast<double>(from_);
  Samples result;
  std::size_t given = 0;
  while (!samples.empty()) {
    const std::span<const float> piece = samples.first(std::min(samples.size(), most_at_once));
    const auto most = static_cast<std::size_t>(static_cast<double>(piece.size()) * ratio) + 2;
    result.resize(given + most);
    auto taken = static_cast<spx_uint32_t>(piece.size());
    auto written = static_cast<spx_uint32_t>(most);
    speex_resampler_process_float(state_.get(), 0, piece.data(), &taken, result.data() + given, &written);
    given += written;
    samples = samples.subspan(taken);
  }
  result.resize(given);
  return result;
}

}  // namespace unmuted::audio
