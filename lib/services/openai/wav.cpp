#include "services/openai/wav.hpp"

#include <algorithm>

#include "services/refusal.hpp"

namespace unmuted::openai {
namespace {

constexpr std::size_t riff_bytes = 12;       ///< before the first chunk
constexpr std::size_t chunk_head_bytes = 8;  ///< name and size
constexpr std::size_t format_bytes = 16;     ///< of the chunk "fmt " that are understood
constexpr std::size_t max_header = 64U << 10U;
constexpr std::uint32_t of_a_stream = 0x7FFF0000;  ///< a size from here on is not known

constexpr std::uint32_t pcm_format = 1;
constexpr std::uint32_t extensible_format = 0xFFFE;  ///< which we take for PCM

void append(std::string& text, std::uint32_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFFU);
}

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

tl::unexpected<Error> unusable(const std::string& what) {
  return fail_unavailable("it answered with a WAV file " + what);
}

Result<WavHeader> read_format(std::string_view format) {
  if (format.size() < format_bytes) return unusable("whose format cannot be read");
  const std::uint32_t kind = number_at(format, 0, 2);
  const std::uint32_t bits = number_at(format, 14, 2);
  if ((kind != pcm_format && kind != extensible_format) || bits != 16) {
    return unusable("of " + std::to_string(bits) + " bits and format " + std::to_string(kind) +
                    "; expected 16-bit PCM");
  }
  WavHeader header;
  header.channels = number_at(format, 2, 2);
  if (header.channels < 1 || header.channels > 2) {
    return unusable("of " + std::to_string(header.channels) + " channels");
  }
  const std::uint32_t rate = number_at(format, 4, 4);
  if (rate < 8'000 || rate > 192'000) return unusable("of " + std::to_string(rate) + " samples a second");
  header.rate = static_cast<int>(rate);
  return header;
}

}  // namespace

std::string wav_file(std::span<const std::int16_t> samples, int rate) {
  const auto sound = static_cast<std::uint32_t>(samples.size() * 2);
  std::string file = "RIFF";
  append(file, 36 + sound, 4);
  file += "WAVEfmt ";
  append(file, format_bytes, 4);
  append(file, pcm_format, 2);
  append(file, 1, 2);
  append(file, static_cast<std::uint32_t>(rate), 4);
  append(file, static_cast<std::uint32_t>(rate) * 2, 4);
  append(file, 2, 2);
  append(file, 16, 2);
  file += "data";
  append(file, sound, 4);
  for (const std::int16_t sample : samples) append(file, static_cast<std::uint16_t>(sample), 2);
  return file;
}

Result<std::optional<WavHeader>> read_wav_header(std::string_view bytes) {
  std::optional<WavHeader> header;
  for (std::size_t at = riff_bytes; at + chunk_head_bytes <= bytes.size();) {
    const std::string_view name = bytes.substr(at, 4);
    const std::uint32_t size = number_at(bytes, at + 4, 4);
    at += chunk_head_bytes;
    if (name == "data") {
      if (!header) return unusable("that does not say its format");
      header->sound_at = at;
      if (size > 0 && size < of_a_stream) header->sound_bytes = size;
      return header;
    }
    if (size > max_header) return unusable("whose header is too long");
    if (name == "fmt ") {
      if (bytes.size() < at + size) return std::optional<WavHeader>();
      auto format = read_format(bytes.substr(at, size));
      if (!format) return tl::unexpected(format.error());
      header = *format;
    }
    at += size + size % 2;
  }
  if (bytes.size() > max_header) return unusable("whose header is too long");
  return std::optional<WavHeader>();
}

}  // namespace unmuted::openai
