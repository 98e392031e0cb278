#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "events/notice.hpp"
#include "events/refusal.hpp"
#include "events/request.hpp"

namespace unmuted::events {

/// How a client's frames are read and written: the language of one connection. Nothing behind it knows which
/// one is spoken. Belongs to one session and is called on its thread, except where it says otherwise; a job
/// of the session's may hold it longer.
class Dialect {
 public:
  virtual ~Dialect() = default;

  /// What the client asks for by connecting, beside what it says later; nothing in most dialects.
  [[nodiscard]] virtual std::optional<Request> opening() { return std::nullopt; }
  /// Whether the words of a reply may come later than the sound that was told after them.
  [[nodiscard]] virtual bool words_may_wait() const { return false; }

  /// Reads one frame, whose size the caller bounds; keeps nothing of it. Throws only bad_alloc.
  [[nodiscard]] virtual tl::expected<ClientRequest, Refusal> read(std::string_view text) = 0;
  /// The same of a binary frame.
  [[nodiscard]] virtual tl::expected<ClientRequest, Refusal> read_binary(std::string_view bytes) = 0;

  /// The frame that a recording keeps in the place of so much of the client's sound: how many samples there
  /// were, at 24 kHz, and nothing of what was in them.
  [[nodiscard]] virtual std::string anonymous_audio(std::size_t samples) const = 0;

  /// Appends the frames that tell the notice: one, several, or none. `answers`: the id of the client's
  /// request that it answers; empty when there is none. Any bytes give well-formed frames. A Failure,
  /// CastLoaded or CastListed may be written on any thread, also while the session's writes another notice.
  virtual void write(const Notice& notice, std::string_view answers, std::vector<std::string>& frames) = 0;
};

}  // namespace unmuted::events
