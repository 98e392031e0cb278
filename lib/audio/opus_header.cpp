#include "audio/opus_header.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "audio/pcm.hpp"

namespace unmuted::audio {
namespace {

constexpr std::string_view head_mark = "OpusHead";
constexpr std::string_view tags_mark = "OpusTags";
constexpr std::size_t opus_head_bytes = 19;

struct CodecMark {
  std::string_view mark;
  std::string_view codec;
};
constexpr std::array<CodecMark, 5> other_codecs{{{"\x01vorbis", "Vorbis"},
                                                 {"\x7F"
                                                  "FLAC",
                                                  "FLAC"},
                                                 {"Speex   ", "Speex"},
                                                 {"\x80theora", "Theora video"},
                                                 {"fishead", "a Skeleton"}}};

std::string other_codec(std::string_view packet) {
  for (const CodecMark& other : other_codecs) {
    if (packet.starts_with(other.mark)) return "holds " + std::string(other.codec) + " in Ogg";
  }
  return "is Ogg, and not of Opus";
}

unsigned byte_at(std::string_view packet, std::size_t at) {
  return static_cast<unsigned char>(packet[at]);
}
unsigned word_at(std::string_view packet, std::size_t at) {
  return byte_at(packet, at) | byte_at(packet, at + 1) << 8U;
}

void append_little_endian(std::string& packet, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) packet += static_cast<char>(value >> (8 * i) & 0xFFU);
}

/// Whether the channels are in one stream of Opus, as a decoder takes them.
bool is_single(std::string_view packet) {
  const unsigned family = byte_at(packet, 18);
  return family == 0 || (packet.size() > opus_head_bytes && byte_at(packet, opus_head_bytes) == 1);
}

}  // namespace

Result<OpusHead> read_opus_head(std::string_view packet) {
  if (!packet.starts_with(head_mark)) {
    return fail("invalid_audio", "The audio " + other_codec(packet) + "; Ogg Opus is expected.");
  }
  if (packet.size() < opus_head_bytes) {
    return fail("invalid_audio", "The audio's OpusHead has " + std::to_string(packet.size()) +
                                     " bytes; 19 at least are expected.");
  }
  const unsigned version = byte_at(packet, 8);
  if (version > 15) {  // the lower four bits are for changes that an old decoder can do without
    return fail("invalid_audio",
                "The audio's OpusHead has version " + std::to_string(version) + "; 1 is expected.");
  }
  const unsigned channels = byte_at(packet, 9);
  if (channels < 1 || channels > 2) {
    return fail("invalid_audio",
                "The audio has " + std::to_string(channels) + " channels; one or two are expected.");
  }
  if (!is_single(packet)) {
    return fail("invalid_audio",
                "The audio has its channels in several streams of Opus; a single one is expected.");
  }
  return OpusHead{static_cast<int>(word_at(packet, 10)), static_cast<std::int16_t>(word_at(packet, 16))};
}

std::string write_opus_head(const OpusHead& head) {
  std::string packet(head_mark);
  append_little_endian(packet, 1, 1);  // version
  append_little_endian(packet, 1, 1);  // channels
  append_little_endian(packet, static_cast<std::uint32_t>(head.pre_skip), 2);
  append_little_endian(packet, sample_rate, 4);
  append_little_endian(packet, static_cast<std::uint32_t>(head.gain), 2);
  append_little_endian(packet, 0, 1);  // mapping family: mono or stereo
  return packet;
}

bool is_opus_tags(std::string_view packet) {
  return packet.starts_with(tags_mark);
}

std::string write_opus_tags(std::string_view vendor) {
  std::string packet(tags_mark);
  append_little_endian(packet, static_cast<std::uint32_t>(vendor.size()), 4);
  packet += vendor;
  append_little_endian(packet, 0, 4);  // comments
  return packet;
}

}  // namespace unmuted::audio
