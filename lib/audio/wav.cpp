#include "audio/wav.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace unmuted::audio {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t chunk_head_bytes = 8;
constexpr std::size_t first_chunk_at = 12;  // behind "RIFF", a length and "WAVE"
constexpr std::size_t format_bytes = 16;
constexpr std::size_t written_head_bytes = 44;
constexpr unsigned max_channels = 64;
constexpr unsigned min_rate = 4'000;
constexpr unsigned max_rate = 192'000;

enum WavCoding : unsigned { pcm_coding = 1, float_coding = 3, extensible_coding = 0xFFFE };

struct WavFormat {
  unsigned coding = 0;
  unsigned channels = 0;
  unsigned rate = 0;
  unsigned bits = 0;
};

tl::unexpected<Error> unreadable_wav(std::string message) {
  return fail("invalid_audio", std::move(message));
}

std::uint32_t little_endian_at(Bytes bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i > 0; --i)
    value = value << 8U | std::to_integer<std::uint32_t>(bytes[at + i - 1]);
  return value;
}

bool has_mark(Bytes bytes, std::size_t at, std::string_view mark) {
  if (bytes.size() < at + mark.size()) return false;
  return std::equal(
      mark.begin(), mark.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
      [](char c, std::byte b) { return static_cast<unsigned char>(c) == std::to_integer<unsigned>(b); });
}

/// The body of the first chunk of that name, as far as it is there; no data() where there is none.
Bytes chunk_of(Bytes file, std::string_view name) {
  for (std::size_t at = first_chunk_at; at + chunk_head_bytes <= file.size();) {
    const std::size_t length = little_endian_at(file, at + 4, 4);
    const Bytes rest = file.subspan(at + chunk_head_bytes);
    if (has_mark(file, at, name)) return rest.first(std::min(length, rest.size()));
    at += chunk_head_bytes + length + length % 2;
  }
  return {};
}

Result<WavFormat> format_of(Bytes file) {
  const Bytes chunk = chunk_of(file, "fmt ");
  if (chunk.size() < format_bytes) return unreadable_wav("does not say which form its sound has");
  WavFormat format{little_endian_at(chunk, 0, 2), little_endian_at(chunk, 2, 2),
                   little_endian_at(chunk, 4, 4), little_endian_at(chunk, 14, 2)};
  // The form itself is the beginning of an identifier then, behind the length and two fields.
  if (format.coding == extensible_coding && chunk.size() >= 26)
    format.coding = little_endian_at(chunk, 24, 2);
  const bool is_pcm = format.coding == pcm_coding && format.bits == 16;
  const bool is_float = format.coding == float_coding && format.bits == 32;
  if (!is_pcm && !is_float) {
    return unreadable_wav("has sound of form " + std::to_string(format.coding) + " with " +
                          std::to_string(format.bits) +
                          " bits; PCM with 16 bits or floating point with 32 is expected");
  }
  if (format.channels < 1 || format.channels > max_channels) {
    return unreadable_wav("has " + std::to_string(format.channels) + " channels; 1 to 64 are expected");
  }
  if (format.rate < min_rate || format.rate > max_rate) {
    return unreadable_wav("has " + std::to_string(format.rate) +
                          " samples a second; 4,000 to 192,000 are expected");
  }
  return format;
}

float sample_at(Bytes data, std::size_t at, const WavFormat& format) {
  if (format.coding == pcm_coding) {
    return static_cast<float>(static_cast<std::int16_t>(little_endian_at(data, at, 2))) / 32'768.0F;
  }
  const auto value = std::bit_cast<float>(little_endian_at(data, at, 4));
  return std::isnan(value) ? 0.0F : std::clamp(value, -1.0F, 1.0F);
}

Samples mixed(Bytes data, const WavFormat& format) {
  const std::size_t sample_bytes = format.bits / 8;
  const std::size_t step = sample_bytes * format.channels;
  Samples samples(data.size() / step);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    float sum = 0;
    for (std::size_t channel = 0; channel < format.channels; ++channel) {
      sum += sample_at(data, i * step + channel * sample_bytes, format);
    }
    samples[i] = sum / static_cast<float>(format.channels);
  }
  return samples;
}

void put_little_endian(std::vector<std::byte>& bytes, std::size_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFFU));
}

void put_mark(std::vector<std::byte>& bytes, std::string_view mark) {
  for (const char c : mark) bytes.push_back(static_cast<std::byte>(c));
}

}  // namespace

Result<Wav> read_wav(std::span<const std::byte> file) {
  if (!has_mark(file, 0, "RIFF") || !has_mark(file, 8, "WAVE")) return unreadable_wav("is no WAV file");
  const auto format = format_of(file);
  if (!format) return tl::unexpected(format.error());
  const Bytes data = chunk_of(file, "data");
  if (data.data() == nullptr) return unreadable_wav("has no sound in it");
  return Wav{static_cast<int>(format->rate), mixed(data, *format)};
}

std::vector<std::byte> write_wav(std::span<const float> samples, int rate) {
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
  const std::size_t length = samples.size() * 2;
  std::vector<std::byte> file;
  file.reserve(written_head_bytes + length);
  put_mark(file, "RIFF");
  put_little_endian(file, std::min(length + written_head_bytes - chunk_head_bytes, most), 4);
  put_mark(file, "WAVEfmt ");
  put_little_endian(file, format_bytes, 4);
  put_little_endian(file, pcm_coding, 2);
  put_little_endian(file, 1, 2);  // channels
  put_little_endian(file, static_cast<std::size_t>(rate), 4);
  put_little_endian(file, static_cast<std::size_t>(rate) * 2, 4);  // bytes a second
  put_little_endian(file, 2, 2);                                   // bytes of a sample
  put_little_endian(file, 16, 2);                                  // bits of it
  put_mark(file, "data");
  put_little_endian(file, std::min(length, most), 4);
  for (const std::int16_t value : to_pcm16(samples)) {
    put_little_endian(file, static_cast<std::uint16_t>(value), 2);
  }
  return file;
}

}  // namespace unmuted::audio
