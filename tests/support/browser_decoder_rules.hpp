#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <opus/opus.h>

#include "audio/ogg_opus_streams.hpp"

namespace unmuted::test {

/// What the decoder in Unmute's page (opus-recorder's) needs of the sound of a connection, beyond what Ogg
/// Opus is anyway. It looks for pages in each delta by itself, buffers none and checks none; it takes the
/// channels from a fixed place in the head, decodes what is on pages from number 2 on into room for 120 ms,
/// and takes the end of a stream for a reason to fill up with silence.
class BrowserDecoderRules {
 public:
  /// The next delta's bytes. What is wrong with them, in words; empty: nothing.
  std::string check(std::span<const std::byte> delta) {
    const auto pages = audio::test::to_pages(delta);
    if (!pages || pages->empty()) return "a delta that is not whole pages";
    if (places_of_capture_pattern(audio::test::text_of(delta)) != pages->size()) {
      return "a packet that looks like a page";
    }
    for (const Page& page : *pages) {
      if (const std::string wrong = check_page(page); !wrong.empty()) {
        return "page " + std::to_string(page.number) + ": " + wrong;
      }
      ++pages_;
    }
    return {};
  }

  [[nodiscard]] std::size_t pages() const { return pages_; }
  /// What the decoder makes of the packets by now, at 24 kHz: it skips nothing in front.
  [[nodiscard]] std::size_t samples() const { return samples_; }

 private:
  using Page = audio::test::Page;

  static constexpr std::size_t max_packet = 4'000;    // bytes
  static constexpr int max_packet_samples = 2'880;    // 120 ms
  static constexpr std::size_t opus_head_bytes = 19;  // one segment, with channels and rate and no table
  static constexpr std::size_t channels_in_head = 9;  // hence 37 of the page

  static std::size_t places_of_capture_pattern(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = text.find("OggS"); at != std::string_view::npos; at = text.find("OggS", at + 1))
      ++count;
    return count;
  }

  std::string check_page(const Page& page) {
    if (page.number != pages_) return "the next one is " + std::to_string(pages_);
    if (pages_ == 0) serial_ = page.serial;
    if (page.serial != serial_) return "is of another stream";
    if (page.open || (page.flags & Page::continued) != 0) return "a packet is not whole on its page";
    if ((page.flags & Page::end) != 0) return "ends the stream";
    if (((page.flags & Page::begin) != 0) != (pages_ == 0)) return "begins a stream, or the first does not";
    if (pages_ == 0) return check_head(page);
    if (pages_ == 1) return check_tags(page);
    return check_sound(page);
  }

  static std::string check_head(const Page& page) {
    if (page.packets.size() != 1 || page.packets[0].size() != opus_head_bytes) return "is not one segment";
    if (!page.packets[0].starts_with("OpusHead")) return "is no head of Opus";
    return page.packets[0][channels_in_head] == 1 ? "" : "is not mono";
  }

  static std::string check_tags(const Page& page) {
    const bool tags = page.packets.size() == 1 && page.packets[0].starts_with("OpusTags");
    return tags ? "" : "has not the tags and nothing else";
  }

  std::string check_sound(const Page& page) {
    if (page.packets.empty()) return "has no sound";
    for (const std::string& packet : page.packets) {
      if (packet.size() > max_packet) return "a packet of " + std::to_string(packet.size()) + " bytes";
      const auto* data = reinterpret_cast<const unsigned char*>(packet.data());
      const int samples =
          opus_packet_get_nb_samples(data, static_cast<opus_int32>(packet.size()), audio::sample_rate);
      if (samples <= 0 || samples > max_packet_samples) return "a packet that is no Opus, or too long";
      if (opus_packet_get_nb_channels(data) != 1) return "a packet in stereo";
      samples_ += static_cast<std::size_t>(samples);
    }
    return {};
  }

  std::size_t pages_ = 0;
  std::size_t samples_ = 0;
  std::uint32_t serial_ = 0;
};

}  // namespace unmuted::test
