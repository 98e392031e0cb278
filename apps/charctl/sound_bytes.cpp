#include "sound_bytes.hpp"

#include <algorithm>
#include <string_view>

namespace unmuted::charctl {
namespace {

constexpr std::uint32_t sample_bytes = 2;

class Bytes {
 public:
  void text(std::string_view text) {
    for (const char each : text) bytes.push_back(static_cast<std::byte>(each));
  }
  void number(std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFFU));
  }

  std::vector<std::byte> bytes;
};

}  // namespace

std::vector<std::byte> to_bytes(std::span<const float> samples) {
  Bytes all;
  all.bytes.reserve(samples.size() * sample_bytes);
  for (const std::int16_t sample : audio::to_pcm16(samples))
    all.number(static_cast<std::uint16_t>(sample), sample_bytes);
  return std::move(all.bytes);
}

audio::Samples from_bytes(std::span<const std::byte> bytes) {
  std::vector<std::int16_t> pcm(bytes.size() / sample_bytes);
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    const auto low = std::to_integer<std::uint32_t>(bytes[2 * i]);
    const auto high = std::to_integer<std::uint32_t>(bytes[2 * i + 1]);
    pcm[i] = static_cast<std::int16_t>(high << 8U | low);
  }
  return audio::from_pcm16(pcm);
}

std::vector<std::byte> wav_head(std::uint32_t data) {
  constexpr std::uint32_t rest_of_head = 36;
  Bytes head;
  head.text("RIFF");
  head.number(std::min(data, unknown_length - rest_of_head) + rest_of_head, 4);
  head.text("WAVEfmt ");
  head.number(16, 4);
  head.number(1, 2);  // PCM
  head.number(1, 2);  // channels
  head.number(audio::sample_rate, 4);
  head.number(audio::sample_rate * sample_bytes, 4);
  head.number(sample_bytes, 2);
  head.number(8 * sample_bytes, 2);
  head.text("data");
  head.number(data, 4);
  return std::move(head.bytes);
}

}  // namespace unmuted::charctl
