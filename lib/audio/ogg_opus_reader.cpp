#include "audio/ogg_opus_reader.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <deque>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <ogg/ogg.h>
#include <opus/opus.h>

#include "audio/ogg_pages.hpp"
#include "audio/opus_header.hpp"
#include "audio/pcm.hpp"

namespace unmuted::audio {
namespace {

constexpr int max_packet_samples = sample_rate * 120 / 1'000;
constexpr long max_read_packet_bytes = 61'440;  // RFC 7845, for one stream
constexpr int max_concealed_packets = 3;
constexpr std::size_t work_of_a_begin = packet_samples;  // which is generous
constexpr std::size_t max_bytes_without_page = 16'384;

enum AudioProblem : unsigned { not_ogg, broken_page, bad_head, bad_packet, number_of_audio_problems };

struct FormatMark {
  std::size_t at;
  std::string_view mark;
  std::string_view format;
};
constexpr std::array<FormatMark, 6> other_formats{{{0, "RIFF", "WAV"},
                                                   {0, "ID3", "MP3"},
                                                   {0, "fLaC", "FLAC"},
                                                   {0, "\x1A\x45\xDF\xA3", "WebM"},
                                                   {4, "ftyp", "MP4"},
                                                   {0, "T2dnU", "Ogg that was encoded as base64 twice"}}};

/// Nothing where the first bytes tell nothing.
std::string_view other_format(std::string_view opening) {
  for (const FormatMark& other : other_formats) {
    if (opening.size() > other.at && opening.substr(other.at).starts_with(other.mark)) return other.format;
  }
  return {};
}

std::string_view text_of(const ogg_packet& packet) {
  return {reinterpret_cast<const char*>(packet.packet), static_cast<std::size_t>(packet.bytes)};
}

struct DestroyDecoder {
  void operator()(OpusDecoder* decoder) const { opus_decoder_destroy(decoder); }
};

}  // namespace

class OggOpusReader::Decoding {
 public:
  Decoding() {
    if (ogg_stream_init(&packets_, 0) != 0) throw std::bad_alloc();
  }
  ~Decoding() { ogg_stream_clear(&packets_); }
  Decoding(const Decoding&) = delete;
  Decoding& operator=(const Decoding&) = delete;

  [[nodiscard]] std::size_t decoded() const { return decoded_; }

  std::optional<HeardAudio> next(std::span<const std::byte>& bytes) {
    decoded_ = 0;
    for (;;) {
      if (const auto sound = next_sound()) return *sound;
      if (!problems_.empty()) {
        HeardAudio problem = std::move(problems_.front());
        problems_.pop_front();
        return problem;
      }
      ogg_page page;
      const bool found = pages_.next(bytes, page);
      look_at_skipped();
      if (found) {
        take(page);
        if (decoded_ > 0 && problems_.empty()) return std::span<const float>();
      } else if (problems_.empty()) {
        return std::nullopt;
      }
    }
  }

 private:
  void tell(AudioProblem kind, std::string message) {
    if (told_.test(kind)) return;
    told_.set(kind);
    problems_.push_back({"invalid_audio", std::move(message), {}});
  }

  void look_at_skipped() {
    if (pages_.skipped() == 0) return;
    if (open_) {
      tell(broken_page, "The audio has bytes that are no intact page of Ogg; they are left out.");
    } else if (const auto format = other_format(pages_.opening()); !format.empty()) {
      tell(not_ogg, "The audio seems to be " + std::string(format) + "; Ogg Opus is expected.");
    } else if (pages_.skipped() >= max_bytes_without_page) {
      tell(not_ogg, "No page of Ogg is found in the audio; Ogg Opus is expected.");
    }
  }

  void take(ogg_page& page) {
    if (ogg_page_bos(&page) != 0) {
      begin(page);
    } else if (open_ && ogg_page_serialno(&page) == serial_) {
      go_on(page);
    } else {
      return;
    }
    if (ogg_page_eos(&page) != 0) open_ = false;
  }

  void begin(ogg_page& page) {
    decoded_ = work_of_a_begin;
    told_.reset();
    serial_ = ogg_page_serialno(&page);
    next_page_ = static_cast<std::uint32_t>(ogg_page_pageno(&page)) + 1;
    ogg_stream_reset_serialno(&packets_, serial_);
    ogg_stream_pagein(&packets_, &page);
    ogg_packet packet;
    const bool whole = ogg_stream_packetout(&packets_, &packet) == 1;
    const auto head = read_opus_head(whole ? text_of(packet) : std::string_view{});
    open_ = head.has_value();
    if (!head) {
      tell(bad_head, head.error().message);
      ogg_stream_reset(&packets_);
      return;
    }
    make_decoder_afresh();
    opus_decoder_ctl(decoder_.get(), OPUS_SET_GAIN(head->gain));
    to_skip_ = static_cast<std::size_t>(head->pre_skip) * sample_rate / 48'000;
    tags_ahead_ = true;
    unfinished_ = 0;
    packets_a_page_ = 1;
    packet_length_ = 0;
  }

  /// Making one costs more than all else that is done for a page.
  void make_decoder_afresh() {
    if (decoder_) {
      opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE);
      return;
    }
    decoder_.reset(opus_decoder_create(sample_rate, 1, nullptr));
    if (!decoder_) throw std::bad_alloc();
  }

  void go_on(ogg_page& page) {
    const auto number = static_cast<std::uint32_t>(ogg_page_pageno(&page));
    const auto missing = static_cast<std::int32_t>(number - next_page_);
    if (missing == -1) return;  // the last one again
    next_page_ = number + 1;
    if (missing > 0 && packet_length_ > 0) {
      to_conceal_ =
          std::min(std::min<int>(missing, max_concealed_packets) * packets_a_page_, max_concealed_packets);
    }
    if (missing != 0) unfinished_ = 0;
    if (const int ended = ogg_page_packets(&page); ended > 0) {
      packets_a_page_ = ended;
      unfinished_ = 0;
    } else if (unfinished_ += page.body_len; unfinished_ > max_read_packet_bytes) {
      // libogg would keep all of it. That this page never came makes it drop the packet's other parts, too.
      if (!tags_ahead_) refuse_packet();
      return;
    }
    ogg_stream_pagein(&packets_, &page);
  }

  /// Nothing: a page is needed.
  std::optional<std::span<const float>> next_sound() {
    while (to_conceal_ > 0) {
      const int length = packet_length_;
      if (--to_conceal_ == 0) packet_length_ = 0;  // once for each packet that came
      if (const auto sound = decode(nullptr, 0, length)) return sound;
    }
    ogg_packet packet;
    // Negative where pages are missing, which go_on() has seen.
    while (const int got = ogg_stream_packetout(&packets_, &packet)) {
      if (got < 0) continue;
      if (const auto sound = take(packet)) return sound;
    }
    return std::nullopt;
  }

  std::optional<std::span<const float>> take(const ogg_packet& packet) {
    if (std::exchange(tags_ahead_, false) && is_opus_tags(text_of(packet))) return std::nullopt;
    const auto size = static_cast<opus_int32>(packet.bytes);
    const int length = size > 0 && size <= max_read_packet_bytes
                           ? opus_packet_get_nb_samples(packet.packet, size, sample_rate)
                           : 0;
    if (length <= 0 || length > max_packet_samples) {
      refuse_packet();
      return std::nullopt;
    }
    packet_length_ = length;
    return decode(packet.packet, size, max_packet_samples);
  }

  /// What of it is to be heard. No packet: what may have been in one of that length.
  std::optional<std::span<const float>> decode(const unsigned char* packet, opus_int32 size, int length) {
    const int decoded = opus_decode_float(decoder_.get(), packet, size, sound_.data(), length, 0);
    if (decoded < 0) {
      refuse_packet();
      return std::nullopt;
    }
    decoded_ = static_cast<std::size_t>(decoded);
    const std::span<float> sound(sound_.data(), decoded_);
    for (float& sample : sound) sample = std::clamp(sample, -1.0F, 1.0F);
    const std::size_t skipped = std::min(to_skip_, sound.size());
    to_skip_ -= skipped;
    return sound.subspan(skipped);
  }

  void refuse_packet() {
    tell(bad_packet,
         "The audio has packets that are no Opus, or are longer than 120 ms or 61,440 bytes; they are "
         "left out.");
  }

  OggPages pages_;
  ogg_stream_state packets_{};
  std::unique_ptr<OpusDecoder, DestroyDecoder> decoder_;
  std::array<float, max_packet_samples> sound_{};
  std::deque<Error> problems_;
  std::bitset<number_of_audio_problems> told_;
  std::size_t decoded_ = 0;

  // Of the stream:
  bool open_ = false;  // has begun, and not ended
  bool tags_ahead_ = false;
  int serial_ = 0;
  std::uint32_t next_page_ = 0;
  std::size_t to_skip_ = 0;
  long unfinished_ = 0;  // bytes of pages in which no packet ended, one after the other
  int packets_a_page_ = 1;
  int packet_length_ = 0;  // samples of the last one; 0: what comes is not known well enough to conceal it
  int to_conceal_ = 0;
};

OggOpusReader::OggOpusReader() : decoding_(std::make_unique<Decoding>()) {}
OggOpusReader::~OggOpusReader() = default;
OggOpusReader::OggOpusReader(OggOpusReader&&) noexcept = default;
OggOpusReader& OggOpusReader::operator=(OggOpusReader&&) noexcept = default;

std::size_t OggOpusReader::decoded() const {
  return decoding_->decoded();
}

std::optional<HeardAudio> OggOpusReader::next(std::span<const std::byte>& bytes) {
  return decoding_->next(bytes);
}

}  // namespace unmuted::audio
