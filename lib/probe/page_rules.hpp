#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "probe/ogg_page.hpp"

namespace unmuted::probe {

/// What the decoder of Unmute's web page counts on, and nobody tells it when it does not hold: each event has
/// whole pages; a stream begins with OpusHead, mono, as page 0 in one segment, then OpusTags, page 1; pages
/// are numbered without a hole; packets have 4,000 bytes at the most. Another stream may begin at any time.
class PageRules {
 public:
  /// Takes the audio of the next event. One sentence about the first rule that it breaks, if any.
  std::optional<std::string> broken_by(std::span<const std::byte> audio);

 private:
  std::optional<std::string> broken_by(const OggPage& page);
  std::optional<std::string> look_at_packets(const OggPage& page);

  bool begun_ = false;
  std::uint32_t serial_ = 0;
  std::uint32_t next_number_ = 0;
  std::size_t packet_bytes_ = 0;  ///< of the packet that goes on in the next page
};

}  // namespace unmuted::probe
