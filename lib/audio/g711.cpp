#include "audio/g711.hpp"

#include <algorithm>
#include <bit>

namespace unmuted::audio {
namespace {

// Both laws write a sign, three bits of exponent and four of mantissa. The mantissa has a hidden one in front
// of it, but in A-law for the exponent 0. In µ-law a bias of 33 gives every number that hidden one.

constexpr unsigned sign_bit = 0x80;  // set for what is not negative, before bits are inverted
constexpr unsigned mu_law_bias = 33;
constexpr unsigned max_mu_law = 0x1FFF;  // magnitude with its bias

bool is_negative(std::int16_t sample) {
  return sample < 0;
}

/// In 15 bits. -1 has the magnitude 0, as in one's complement.
unsigned magnitude_of(std::int16_t sample) {
  return static_cast<unsigned>(is_negative(sample) ? ~sample : sample);
}

std::int16_t with_sign(unsigned code, unsigned magnitude) {
  const int value = static_cast<int>(magnitude);
  return static_cast<std::int16_t>((code & sign_bit) != 0 ? value : -value);
}

unsigned mu_law_code(std::int16_t sample) {
  const unsigned magnitude = std::min((magnitude_of(sample) >> 2U) + mu_law_bias, max_mu_law);
  const auto exponent = static_cast<unsigned>(std::bit_width(magnitude)) - 6;
  const unsigned mantissa = magnitude >> (exponent + 1) & 0xFU;
  return (is_negative(sample) ? 0 : sign_bit) | ((exponent << 4U | mantissa) ^ 0x7FU);
}

std::int16_t mu_law_sample(unsigned code) {
  const unsigned exponent = (code ^ 0x7FU) >> 4U & 7U;
  const unsigned mantissa = ~code & 0xFU;
  return with_sign(code, (((2 * mantissa + mu_law_bias) << exponent) - mu_law_bias) << 2U);
}

unsigned a_law_code(std::int16_t sample) {
  const unsigned magnitude = magnitude_of(sample) >> 4U;
  const auto width = static_cast<unsigned>(std::bit_width(magnitude));
  const unsigned exponent = width > 4 ? width - 4 : 0;
  const unsigned mantissa = magnitude >> (exponent > 1 ? exponent - 1 : 0) & 0xFU;
  return ((is_negative(sample) ? 0 : sign_bit) | exponent << 4U | mantissa) ^ 0x55U;
}

std::int16_t a_law_sample(unsigned code) {
  code ^= 0x55U;
  const unsigned exponent = code >> 4U & 7U;
  const unsigned middle = 2 * (code & 0xFU) + 1;  // of what the code stands for
  return with_sign(code, (exponent == 0 ? middle : (middle + 32) << (exponent - 1)) << 3U);
}

template <class Code>
std::vector<std::byte> each_code(std::span<const std::int16_t> pcm, Code code) {
  std::vector<std::byte> bytes(pcm.size());
  std::transform(pcm.begin(), pcm.end(), bytes.begin(),
                 [&](std::int16_t sample) { return static_cast<std::byte>(code(sample)); });
  return bytes;
}

template <class Sample>
std::vector<std::int16_t> each_sample(std::span<const std::byte> bytes, Sample sample) {
  std::vector<std::int16_t> pcm(bytes.size());
  std::transform(bytes.begin(), bytes.end(), pcm.begin(),
                 [&](std::byte byte) { return sample(std::to_integer<unsigned>(byte)); });
  return pcm;
}

}  // namespace

std::vector<std::byte> to_mu_law(std::span<const std::int16_t> pcm) {
  return each_code(pcm, mu_law_code);
}
std::vector<std::int16_t> from_mu_law(std::span<const std::byte> bytes) {
  return each_sample(bytes, mu_law_sample);
}

std::vector<std::byte> to_a_law(std::span<const std::int16_t> pcm) {
  return each_code(pcm, a_law_code);
}
std::vector<std::int16_t> from_a_law(std::span<const std::byte> bytes) {
  return each_sample(bytes, a_law_sample);
}

}  // namespace unmuted::audio
