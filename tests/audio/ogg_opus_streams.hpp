#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <opus/opus.h>

#include "audio/ogg_opus_reader.hpp"
#include "audio/pcm.hpp"

/// Ogg Opus for tests, as clients make it and as they read it, by none of the code that is tested.
namespace unmuted::audio::test {

using Bytes = std::vector<std::byte>;

inline Bytes bytes_of(std::string_view text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// Pages.

struct Page {
  enum Flag : unsigned { continued = 1, begin = 2, end = 4 };
  unsigned flags = 0;
  std::int64_t granule = 0;
  std::uint32_t serial = 1;
  std::uint32_t number = 0;
  std::vector<std::string>
      packets;  ///< one that has no end on the page: its length is a multiple of 255, and `open` is set
  bool open = false;
};

inline std::uint32_t checksum(std::string_view page) {
  std::uint32_t sum = 0;
  for (const char byte : page) {
    sum ^= std::uint32_t{static_cast<unsigned char>(byte)} << 24U;
    for (int bit = 0; bit < 8; ++bit) sum = (sum & 0x80000000U) != 0 ? sum << 1U ^ 0x04C11DB7U : sum << 1U;
  }
  return sum;
}

inline void put(std::string& text, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFFU);
}

inline std::uint64_t number_at(std::string_view text, std::size_t at, int bytes) {
  std::uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; --i)
    value = value << 8U | static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
  return value;
}

inline Bytes to_bytes(const Page& page) {
  std::string lacing;
  std::string body;
  for (std::size_t i = 0; i < page.packets.size(); ++i) {
    const std::string& packet = page.packets[i];
    lacing.append(packet.size() / 255, '\xFF');
    if (!page.open || i + 1 < page.packets.size()) lacing += static_cast<char>(packet.size() % 255);
    body += packet;
  }
  std::string text = "OggS";
  put(text, 0, 1);
  put(text, page.flags, 1);
  put(text, static_cast<std::uint64_t>(page.granule), 8);
  put(text, page.serial, 4);
  put(text, page.number, 4);
  put(text, 0, 4);
  put(text, lacing.size(), 1);
  text += lacing + body;
  std::string sum;
  put(sum, checksum(text), 4);
  text.replace(22, 4, sum);
  return bytes_of(text);
}

inline Bytes to_bytes(const std::vector<Page>& pages) {
  Bytes bytes;
  for (const Page& page : pages) bytes = std::move(bytes) + to_bytes(page);
  return bytes;
}

/// Nothing unless `bytes` are whole pages with right checksums, and nothing else.
inline std::optional<std::vector<Page>> to_pages(std::span<const std::byte> bytes) {
  std::vector<Page> pages;
  std::string text = text_of(bytes);
  while (!text.empty()) {
    if (text.size() < 27 || !text.starts_with(std::string_view("OggS\0", 5))) return {};
    const std::size_t segments = number_at(text, 26, 1);
    std::size_t at = 27 + segments;
    if (text.size() < at) return {};
    Page page{static_cast<unsigned>(number_at(text, 5, 1)),
              static_cast<std::int64_t>(number_at(text, 6, 8)),
              static_cast<std::uint32_t>(number_at(text, 14, 4)),
              static_cast<std::uint32_t>(number_at(text, 18, 4)),
              {},
              false};
    std::string packet;
    for (std::size_t i = 0; i < segments; ++i) {
      const std::size_t length = number_at(text, 27 + i, 1);
      if (text.size() < at + length) return {};
      packet += text.substr(at, length);
      at += length;
      page.open = length == 255;
      if (!page.open) page.packets.push_back(std::exchange(packet, {}));
    }
    if (page.open) page.packets.push_back(packet);
    std::string whole = text.substr(0, at);
    const std::uint64_t sum = number_at(whole, 22, 4);
    whole.replace(22, 4, 4, '\0');
    if (checksum(whole) != sum) return {};
    pages.push_back(std::move(page));
    text.erase(0, at);
  }
  return pages;
}

// Sound.

inline Samples tone(std::size_t samples, double hertz, double loudness = 0.3, int rate = sample_rate) {
  Samples sound(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    sound[i] =
        static_cast<float>(loudness * std::sin(2 * 3.14159265358979 * hertz * static_cast<double>(i) / rate));
  }
  return sound;
}

/// As loud, as low and as uneven as speech: noise through a resonance, in syllables of 200 ms.
inline Samples murmur(std::size_t samples, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> noise(0, 0.05F);
  Samples sound(samples);
  float before = 0;
  float last = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    const float next = 1.8F * last - 0.9F * before + noise(random);
    before = std::exchange(last, next);
    const auto syllable = static_cast<float>(std::sin(3.14159265 * static_cast<double>(i % 4'800) / 4'800));
    sound[i] = std::clamp(0.3F * next * syllable, -1.0F, 1.0F);
  }
  return sound;
}

/// In dB; of silence about -200.
inline double level(std::span<const float> sound) {
  double sum = 1e-20;
  for (const float sample : sound) sum += double{sample} * double{sample};
  return 10 * std::log10(sum / static_cast<double>(std::max<std::size_t>(sound.size(), 1)));
}

/// By how many samples `heard` is later than `said`, by their likeness, up to 100 either way.
inline int delay(std::span<const float> said, std::span<const float> heard) {
  int best = 0;
  double most = -1;
  const auto length = static_cast<int>(std::min(said.size(), heard.size()));
  for (int lag = -100; lag <= 100; ++lag) {
    double sum = 0;
    for (int i = 100; i + 100 < length; ++i) {
      sum += double{said[static_cast<std::size_t>(i)]} * double{heard[static_cast<std::size_t>(i + lag)]};
    }
    if (sum > most) most = sum, best = lag;
  }
  return best;
}

// Streams.

struct Head {
  unsigned version = 1;
  unsigned channels = 1;
  unsigned pre_skip = 3'840;
  std::uint32_t rate = 48'000;
  int gain = 0;
  unsigned family = 0;
  std::string more = {};  ///< behind it: the mapping table of other families
};

inline std::string opus_head(const Head& head = {}) {
  std::string text = "OpusHead";
  put(text, head.version, 1);
  put(text, head.channels, 1);
  put(text, head.pre_skip, 2);
  put(text, head.rate, 4);
  put(text, static_cast<std::uint64_t>(head.gain), 2);
  put(text, head.family, 1);
  return text + head.more;
}

inline std::string opus_tags(std::string_view vendor = "RecorderJS") {
  std::string text = "OpusTags";
  put(text, vendor.size(), 4);
  text += vendor;
  put(text, 0, 4);
  return text;
}

/// Packets of `sound` (interleaved when `channels` is 2), of `milliseconds` each; what is left at its end is
/// left out.
inline std::vector<std::string> opus_packets(std::span<const float> sound, int channels = 1,
                                             int milliseconds = 20) {
  int error = 0;
  const std::unique_ptr<OpusEncoder, void (*)(OpusEncoder*)> encoder(
      opus_encoder_create(sample_rate, channels, OPUS_APPLICATION_AUDIO, &error), opus_encoder_destroy);
  const int length = sample_rate * milliseconds / 1'000;
  const auto step = static_cast<std::size_t>(length * channels);
  std::vector<std::string> packets;
  for (; sound.size() >= step; sound = sound.subspan(step)) {
    std::string packet(4'000, '\0');
    packet.resize(static_cast<std::size_t>(opus_encode_float(
        encoder.get(), sound.data(), length, reinterpret_cast<unsigned char*>(packet.data()), 4'000)));
    packets.push_back(std::move(packet));
  }
  return packets;
}

/// As Unmute's page records: two packets a page.
inline std::vector<Page> recorded(const std::vector<std::string>& packets, const Head& head = {},
                                  std::uint32_t serial = 1) {
  std::vector<Page> pages{{Page::begin, 0, serial, 0, {opus_head(head)}}, {0, 0, serial, 1, {opus_tags()}}};
  for (std::size_t i = 0; i < packets.size(); i += 2) {
    Page page{0,
              static_cast<std::int64_t>(960 * (i + 2)),
              serial,
              static_cast<std::uint32_t>(pages.size()),
              {packets[i]}};
    if (i + 1 < packets.size()) page.packets.push_back(packets[i + 1]);
    pages.push_back(std::move(page));
  }
  return pages;
}

/// `seconds` of a voice, as a page records it.
inline std::vector<Page> a_recording(double seconds = 1, std::uint32_t serial = 1) {
  const auto samples = static_cast<std::size_t>(seconds * sample_rate);
  return recorded(opus_packets(murmur(samples, serial)), {}, serial);
}

inline constexpr std::size_t recorded_pre_skip = 3'840 / 2;

/// That are to be heard of so many packets of a recording.
inline std::size_t samples_of(std::size_t packets) {
  return packets * packet_samples - recorded_pre_skip;
}

// What a reader makes of it.

struct Heard {
  Samples samples;
  std::vector<std::string> problems;
  bool operator==(const Heard&) const = default;
};

inline void hear(OggOpusReader& reader, std::span<const std::byte> bytes, Heard& heard) {
  while (const auto next = reader.next(bytes)) {
    if (const auto* sound = std::get_if<std::span<const float>>(&*next)) {
      heard.samples.insert(heard.samples.end(), sound->begin(), sound->end());
    } else {
      const Error& problem = std::get<Error>(*next);
      heard.problems.push_back(problem.code + ": " + problem.message);
    }
  }
}

/// In pieces of `piece` bytes.
inline Heard hear(std::span<const std::byte> bytes, std::size_t piece) {
  OggOpusReader reader;
  Heard heard;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
    hear(reader, bytes.first(std::min(piece, bytes.size())), heard);
  }
  return heard;
}

inline Heard hear(std::span<const std::byte> bytes) {
  return hear(bytes, std::max<std::size_t>(bytes.size(), 1));
}

}  // namespace unmuted::audio::test
