#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace unmuted::probe {

/// A page of Ogg, as far as it must be looked at without decoding it. A view of its bytes.
struct OggPage {
  static constexpr unsigned begins_stream = 2;  ///< of flags

  std::span<const std::byte> bytes;     ///< all of it
  std::span<const std::byte> segments;  ///< the length of each
  std::span<const std::byte> body;
  unsigned flags = 0;
  std::uint32_t serial = 0;
  std::uint32_t number = 0;
};

/// Takes the page off the front of `bytes`; its checksum is not looked at. Nothing, and `bytes` stays, when
/// no whole page stands there.
std::optional<OggPage> take_page(std::span<const std::byte>& bytes);

}  // namespace unmuted::probe
