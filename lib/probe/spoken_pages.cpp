#include "probe/spoken_pages.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <stdexcept>
#include <utility>

#include "core/base64.hpp"
#include "probe/ogg_page.hpp"
#include "probe/voice_measures.hpp"

namespace unmuted::probe {
namespace {

TimePoint later(TimePoint begin, std::size_t samples) {
  const std::chrono::duration<double> seconds(static_cast<double>(samples) / audio::sample_rate);
  return begin + std::chrono::duration_cast<Duration>(seconds);
}

/// From `begin` to `end`; none when it lies before.
std::size_t samples_between(TimePoint begin, TimePoint end) {
  return static_cast<std::size_t>(std::max(0.0, to_seconds(end - begin)) * audio::sample_rate);
}

}  // namespace

Utterance::Utterance(Sound sound, std::size_t silent_samples, std::string text)
    : sound_(std::move(sound)), silent_samples_(silent_samples), text_(std::move(text)) {}

SpokenPages::SpokenPages(std::uint32_t serial, std::shared_ptr<VoiceLog> log)
    : log_(std::move(log)), writer_(serial) {}

void SpokenPages::say(std::shared_ptr<Utterance> utterance, TimePoint now) {
  utterance->not_before_ = now;
  if (!utterance->is_over()) waiting_.push_back(std::move(utterance));
}

std::vector<std::string> SpokenPages::next(TimePoint begin) {
  std::array<float, samples_a_page> sound{};
  for (std::size_t filled = 0; filled < sound.size() && !waiting_.empty();) {
    Utterance& utterance = *waiting_.front();
    if (utterance.given_ == 0) {
      filled += std::min(samples_between(later(begin, filled), utterance.not_before_), sound.size() - filled);
      if (filled == sound.size()) break;
      start(utterance, later(begin, filled), *log_);
    }
    const std::size_t count = std::min(sound.size() - filled, utterance.samples() - utterance.given_);
    const std::span<const float> whole(*utterance.sound_);
    const auto audible = whole.subspan(std::min(utterance.given_, whole.size()));
    std::copy_n(audible.begin(), std::min(count, audible.size()),
                sound.begin() + static_cast<std::ptrdiff_t>(filled));
    utterance.given_ += count;
    filled += count;
    if (utterance.is_over()) waiting_.pop_front();
  }
  const auto bytes = writer_.write(sound);
  std::vector<std::string> events;
  std::span<const std::byte> rest = bytes;
  while (const auto page = take_page(rest)) {
    events.push_back(R"({"type":"input_audio_buffer.append","audio":")" + base64_encode(page->bytes) + "\"}");
  }
  if (!rest.empty()) throw std::logic_error("the writer gave something that is no page");
  return events;
}

void SpokenPages::start(Utterance& utterance, TimePoint at, VoiceLog& log) {
  const auto extent = heard_extent(*utterance.sound_);
  utterance.ended_ = later(at, extent ? extent->second + 1 : 0);
  if (extent) log.said.push_back({later(at, extent->first), *utterance.ended_, utterance.text_});
}

}  // namespace unmuted::probe
