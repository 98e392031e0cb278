#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <variant>

#include "core/result.hpp"

namespace unmuted::audio {

/// The next sound (pcm.hpp), 120 ms at the most, valid until the next call, and empty where all that was
/// decoded is to be left out; or what is wrong with what came: `invalid_audio`, with what it seems to be and
/// what is expected.
using HeardAudio = std::variant<std::span<const float>, Error>;

/// Reads a user's voice: Ogg Opus in pieces of any size, as it comes from web pages and programs.
///
///     while (const auto heard = reader.next(bytes)) { … }
///
/// - Whatever comes before a page that begins a stream is left out: a client may first send what it had for
///   an older connection. Every such page begins a new stream, whether or not the one before has ended.
/// - A stream has one channel or two, which are mixed into one, and any rate in its head. What the head says
///   is to be skipped in front is left out, and its gain is applied. Positions are not looked at, nor is the
///   end trimmed.
/// - Missing pages are concealed by the codec: as many packets as they may have held, three at the most. A
///   page that comes twice counts once.
/// - What is no intact page is left out, and so is a packet that is no Opus, or longer than 120 ms or 61,440
///   bytes.
/// - Each kind of problem is told once a stream, and once before the first stream; reading goes on after any.
///
/// The sound depends on the bytes alone, not on how they come in pieces. Whatever they are, the reader keeps
/// less than 400 KiB. But two bytes can stand for 120 ms of sound, and decoding is nearly all of the work: a
/// caller bounds it by asking for no more than it needs, counting decoded(). Asked later, the reader goes on
/// where it was.
///
/// On one thread at a time. Throws nothing but std::bad_alloc.
class OggOpusReader {
 public:
  OggOpusReader();
  ~OggOpusReader();
  OggOpusReader(OggOpusReader&&) noexcept;
  OggOpusReader& operator=(OggOpusReader&&) noexcept;

  /// What comes next. Takes what it reads off the front of `bytes`; nothing: all of them are taken, more are
  /// needed.
  std::optional<HeardAudio> next(std::span<const std::byte>& bytes);

  /// How many samples were decoded for what next() gave last, with those that are left out, and 20 ms for the
  /// begin of a stream, after which nothing or a problem is heard. Never more than 120 ms.
  [[nodiscard]] std::size_t decoded() const;

 private:
  class Decoding;
  std::unique_ptr<Decoding> decoding_;
};

}  // namespace unmuted::audio
