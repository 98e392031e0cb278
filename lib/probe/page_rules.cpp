#include "probe/page_rules.hpp"

#include <algorithm>
#include <string_view>

namespace unmuted::probe {
namespace {

using Broken = std::optional<std::string>;

constexpr std::size_t opus_head_size = 19;
constexpr std::size_t channels_at = 9;
constexpr std::size_t max_packet = 4'000;
constexpr unsigned full_segment = 255;  ///< its packet goes on

bool starts_with(std::span<const std::byte> body, std::string_view mark) {
  return body.size() >= mark.size() &&
         std::equal(mark.begin(), mark.end(), body.begin(),
                    [](char c, std::byte b) { return static_cast<std::byte>(c) == b; });
}

std::string named(const OggPage& page) {
  return "page " + std::to_string(page.number);
}

Broken look_at_head(const OggPage& page) {
  if (page.number != 0) return named(page) + " begins a stream; 0 is expected";
  if (page.segments.size() != 1) {
    return "the first page has " + std::to_string(page.segments.size()) + " segments; one is expected";
  }
  if (page.body.size() < opus_head_size || !starts_with(page.body, "OpusHead"))
    return "the first page holds no OpusHead";
  const auto channels = std::to_integer<unsigned>(page.body[channels_at]);
  if (channels != 1) return "the sound has " + std::to_string(channels) + " channels; one is expected";
  return std::nullopt;
}

Broken look_at_tags(const OggPage& page) {
  const auto ended = std::count_if(page.segments.begin(), page.segments.end(), [](std::byte length) {
    return std::to_integer<unsigned>(length) < full_segment;
  });
  if (!starts_with(page.body, "OpusTags")) return "page 1 holds no OpusTags";
  const bool closed = std::to_integer<unsigned>(page.segments.back()) < full_segment;
  if (ended != 1 || !closed) return "page 1 holds other things than the whole of OpusTags";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> PageRules::broken_by(std::span<const std::byte> audio) {
  do {
    const auto page = take_page(audio);
    if (!page) return "the audio of an event is not made of whole pages of Ogg";
    if (auto broken = broken_by(*page)) return broken;
  } while (!audio.empty());
  return std::nullopt;
}

std::optional<std::string> PageRules::broken_by(const OggPage& page) {
  if ((page.flags & OggPage::begins_stream) != 0) {
    begun_ = true;
    serial_ = page.serial;
    next_number_ = 1;
    packet_bytes_ = 0;
    return look_at_head(page);
  }
  if (!begun_) return "the sound does not begin with a page that begins a stream";
  if (page.serial != serial_) return named(page) + " is of a stream that has not begun";
  if (page.number != next_number_) {
    return named(page) + " comes where " + std::to_string(next_number_) + " is expected";
  }
  ++next_number_;
  return page.number == 1 ? look_at_tags(page) : look_at_packets(page);
}

std::optional<std::string> PageRules::look_at_packets(const OggPage& page) {
  for (const std::byte segment : page.segments) {
    const auto length = std::to_integer<unsigned>(segment);
    packet_bytes_ += length;
    if (packet_bytes_ > max_packet) return named(page) + " has a packet of more than 4,000 bytes";
    if (length < full_segment) packet_bytes_ = 0;
  }
  return std::nullopt;
}

}  // namespace unmuted::probe
