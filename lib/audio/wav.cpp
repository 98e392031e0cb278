#include "audio/wav.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
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

/// What a file's chunks say up to its sound.
struct Chunks {
  std::optional<Bytes> format;            ///< once it is all there
  std::optional<std::size_t> sound_at{};  ///< nothing: that is not there yet
  std::uint32_t sound_bytes = 0;
};

Chunks chunks_of(Bytes file) {
  Chunks chunks;
  for (std::size_t at = first_chunk_at; at + chunk_head_bytes <= file.size();) {
    const std::uint32_t length = little_endian_at(file, at + 4, 4);
    const std::size_t body = at + chunk_head_bytes;
    if (has_mark(file, at, "data")) {
      chunks.sound_at = body;
      chunks.sound_bytes = length;
      break;
    }
    const bool whole = length <= file.size() - body;
    if (whole && has_mark(file, at, "fmt ") && !chunks.format) chunks.format = file.subspan(body, length);
    at = body + length + length % 2;
  }
  return chunks;
}

Result<WavHead> head_of(Bytes format) {
  if (format.size() < format_bytes) return unreadable_wav("does not say which form its sound has");
  unsigned coding = little_endian_at(format, 0, 2);
  // The form itself is the beginning of an identifier then, behind the length and two fields.
  if (coding == extensible_coding && format.size() >= 26) coding = little_endian_at(format, 24, 2);
  const unsigned bits = little_endian_at(format, 14, 2);
  const bool is_pcm = coding == pcm_coding && bits == 16;
  const bool is_float = coding == float_coding && bits == 32;
  if (!is_pcm && !is_float) {
    return unreadable_wav("has sound of form " + std::to_string(coding) + " with " + std::to_string(bits) +
                          " bits; PCM with 16 bits or floating point with 32 is expected");
  }
  const unsigned channels = little_endian_at(format, 2, 2);
  if (channels < 1 || channels > max_channels) {
    return unreadable_wav("has " + std::to_string(channels) + " channels; 1 to 64 are expected");
  }
  const unsigned rate = little_endian_at(format, 4, 4);
  if (rate < min_rate || rate > max_rate) {
    return unreadable_wav("has " + std::to_string(rate) + " samples a second; 4,000 to 192,000 are expected");
  }
  return WavHead{static_cast<int>(rate), {is_float, channels}};
}

float sample_at(Bytes bytes, std::size_t at, bool floats) {
  if (!floats) {
    return static_cast<float>(static_cast<std::int16_t>(little_endian_at(bytes, at, 2))) / 32'768.0F;
  }
  const auto value = std::bit_cast<float>(little_endian_at(bytes, at, 4));
  return std::isnan(value) ? 0.0F : std::clamp(value, -1.0F, 1.0F);
}

void put_little_endian(std::vector<std::byte>& bytes, std::size_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFFU));
}

void put_mark(std::vector<std::byte>& bytes, std::string_view mark) {
  for (const char c : mark) bytes.push_back(static_cast<std::byte>(c));
}

}  // namespace

Samples read_samples(std::span<const std::byte> bytes, const SampleForm& form) {
  const std::size_t sample_bytes = form.floats ? 4 : 2;
  Samples samples(bytes.size() / form.bytes());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    float sum = 0;
    for (std::size_t channel = 0; channel < form.channels; ++channel) {
      sum += sample_at(bytes, i * form.bytes() + channel * sample_bytes, form.floats);
    }
    samples[i] = sum / static_cast<float>(form.channels);
  }
  return samples;
}

std::vector<std::byte> write_samples(std::span<const float> samples) {
  std::vector<std::byte> bytes;
  bytes.reserve(samples.size() * 2);
  for (const std::int16_t value : to_pcm16(samples)) {
    put_little_endian(bytes, static_cast<std::uint16_t>(value), 2);
  }
  return bytes;
}

Result<std::optional<WavHead>> read_wav_head(std::span<const std::byte> bytes) {
  if (bytes.size() < first_chunk_at) return std::optional<WavHead>();
  if (!has_mark(bytes, 0, "RIFF") || !has_mark(bytes, 8, "WAVE")) return unreadable_wav("is no WAV file");
  const Chunks chunks = chunks_of(bytes);
  if (!chunks.format && !chunks.sound_at) return std::optional<WavHead>();
  auto head = head_of(chunks.format.value_or(Bytes()));
  if (!head) return tl::unexpected(head.error());
  if (!chunks.sound_at) return std::optional<WavHead>();
  head->sound_at = *chunks.sound_at;
  head->sound_bytes = chunks.sound_bytes;
  return std::optional(*head);
}

Result<Wav> read_wav(std::span<const std::byte> file) {
  if (!has_mark(file, 0, "RIFF") || !has_mark(file, 8, "WAVE")) return unreadable_wav("is no WAV file");
  const Chunks chunks = chunks_of(file);
  const auto head = head_of(chunks.format.value_or(Bytes()));
  if (!head) return tl::unexpected(head.error());
  if (!chunks.sound_at) return unreadable_wav("has no sound in it");
  const Bytes rest = file.subspan(*chunks.sound_at);
  const Bytes sound = rest.first(std::min<std::size_t>(rest.size(), chunks.sound_bytes));
  return Wav{head->rate, read_samples(sound, head->form)};
}

std::vector<std::byte> write_wav_head(std::uint32_t sound_bytes, int rate) {
  constexpr std::uint32_t rest_of_head = written_head_bytes - chunk_head_bytes;
  std::vector<std::byte> head;
  put_mark(head, "RIFF");
  put_little_endian(head, std::min(sound_bytes, unknown_length - rest_of_head) + rest_of_head, 4);
  put_mark(head, "WAVEfmt ");
  put_little_endian(head, format_bytes, 4);
  put_little_endian(head, pcm_coding, 2);
  put_little_endian(head, 1, 2);  // channels
  put_little_endian(head, static_cast<std::size_t>(rate), 4);
  put_little_endian(head, static_cast<std::size_t>(rate) * 2, 4);  // bytes a second
  put_little_endian(head, 2, 2);                                   // bytes of a sample
  put_little_endian(head, 16, 2);                                  // bits of it
  put_mark(head, "data");
  put_little_endian(head, sound_bytes, 4);
  return head;
}

std::vector<std::byte> write_wav(std::span<const float> samples, int rate) {
  const std::size_t length = std::min<std::size_t>(samples.size() * 2, unknown_length);
  std::vector<std::byte> file = write_wav_head(static_cast<std::uint32_t>(length), rate);
  const std::vector<std::byte> sound = write_samples(samples);
  file.insert(file.end(), sound.begin(), sound.end());
  return file;
}

}  // namespace unmuted::audio
