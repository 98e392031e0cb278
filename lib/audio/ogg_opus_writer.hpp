#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace unmuted::audio {

/// Encodes sound (pcm.hpp) as one stream of Ogg Opus without an end, for as long as a client is connected.
///
/// What it gives is always whole pages, with four packets of 20 ms each at the most, so that 80 ms of sound
/// are one page. The first bytes it gives begin with the two header pages: OpusHead, in one segment, and
/// OpusTags, in one page. No page ends the stream, and packets have 4,000 bytes at the most. Decoders of web
/// pages count on all of that.
///
/// On one thread at a time; some 2 ms of processor time for a second of sound, and 80 KB.
class OggOpusWriter {
 public:
  /// `serial` tells the stream from others, and may be any number.
  explicit OggOpusWriter(std::uint32_t serial, int bits_per_second = 32'000);
  ~OggOpusWriter();
  OggOpusWriter(OggOpusWriter&&) noexcept;
  OggOpusWriter& operator=(OggOpusWriter&&) noexcept;

  /// The pages with all packets that are now full; empty: none is. What is left, less than 20 ms, waits for
  /// what follows.
  std::vector<std::byte> write(std::span<const float> samples);

  /// The rest, filled up with silence to 80 ms: a page that also pushes out what the codec and the client's
  /// decoder hold back, some 50 ms. At the end of a reply; write() may follow. Empty: nothing was written
  /// since the last flush.
  std::vector<std::byte> flush();

 private:
  class Encoding;
  std::unique_ptr<Encoding> encoding_;
};

}  // namespace unmuted::audio
